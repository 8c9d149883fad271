/* notes.c - see notes.h: open addressing, linear probing, at most half full. */
#include "watch/notes.h"

#include <stdlib.h>
#include <string.h>

static size_t hash(const char *path, size_t length)
{
	uint64_t value = UINT64_C(14695981039346656037); /* FNV-1a, 64 bits */

	for (size_t i = 0; i < length; i++)
		value = (value ^ (unsigned char)path[i]) * UINT64_C(1099511628211);
	return (size_t)(value ^ value >> 32);
}

/* Where the path is, or the free place for it; there is always a free one. */
static size_t place_of(const struct notes *notes, const char *path, size_t length)
{
	size_t at = hash(path, length) & (notes->capacity - 1);

	while (notes->note[at].path && (notes->note[at].length != length ||
	                                memcmp(notes->note[at].path, path, length) != 0))
		at = (at + 1) & (notes->capacity - 1);
	return at;
}

struct note *notes_find(const struct notes *notes, const char *path, size_t length)
{
	struct note *note;

	if (notes->count == 0)
		return NULL;
	note = &notes->note[place_of(notes, path, length)];
	return note->path ? note : NULL;
}

static bool grow(struct notes *notes)
{
	struct notes grown = {.capacity = notes->capacity ? notes->capacity * 2 : 64};

	grown.note = calloc(grown.capacity, sizeof(*grown.note));
	if (!grown.note)
		return false;
	for (size_t i = 0; i < notes->capacity; i++) {
		const struct note *note = &notes->note[i];

		if (note->path)
			grown.note[place_of(&grown, note->path, note->length)] = *note;
	}
	grown.count = notes->count;
	free(notes->note);
	*notes = grown;
	return true;
}

struct note *notes_add(struct notes *notes, const char *path, size_t length)
{
	struct note *note = notes_find(notes, path, length);

	if (note)
		return note;
	if (notes->count * 2 >= notes->capacity && !grow(notes))
		return NULL;
	note = &notes->note[place_of(notes, path, length)];
	char *copy = malloc(length + 1);

	if (!copy)
		return NULL;
	memcpy(copy, path, length);
	copy[length] = '\0';
	*note = (struct note){.path = copy, .length = length};
	notes->count++;
	return note;
}

/* Empties a place, and brings those that had to go round it nearer to where they belong. */
static void empty(struct notes *notes, size_t at)
{
	const size_t mask = notes->capacity - 1;
	size_t next = at;

	free(notes->note[at].path);
	notes->note[at] = (struct note){0};
	notes->count--;
	for (;;) {
		next = (next + 1) & mask;
		const struct note *note = &notes->note[next];

		if (!note->path)
			return;
		const size_t home = hash(note->path, note->length) & mask;

		if (((next - home) & mask) < ((next - at) & mask))
			continue;
		notes->note[at] = *note;
		notes->note[next] = (struct note){0};
		at = next;
	}
}

void notes_drop(struct notes *notes, const char *path, size_t length)
{
	const struct note *note = notes_find(notes, path, length);

	if (note)
		empty(notes, (size_t)(note - notes->note));
}

void notes_drop_where(struct notes *notes, bool (*is)(struct note *note, void *ctx), void *ctx)
{
	/* What moves into an emptied place came from behind it, or, at the table's end, from its
	 * beginning: that may be looked at twice, and nothing is passed by. */
	for (size_t i = 0; i < notes->capacity;) {
		if (notes->note[i].path && is(&notes->note[i], ctx))
			empty(notes, i);
		else
			i++;
	}
}

void notes_release(struct notes *notes)
{
	for (size_t i = 0; i < notes->capacity; i++)
		free(notes->note[i].path);
	free(notes->note);
	*notes = (struct notes){0};
}

struct note *notes_next(const struct notes *notes, size_t *from)
{
	for (; *from < notes->capacity; ++*from) {
		if (notes->note[*from].path)
			return &notes->note[(*from)++];
	}
	return NULL;
}

struct mark mark_of(const struct stat *st)
{
	return (struct mark){.device = st->st_dev,
	                     .inode = st->st_ino,
	                     .size = st->st_size,
	                     .modified = st->st_mtim};
}

bool mark_equals(const struct mark *one, const struct mark *other)
{
	return one->device == other->device && one->inode == other->inode &&
	       one->size == other->size && one->modified.tv_sec == other->modified.tv_sec &&
	       one->modified.tv_nsec == other->modified.tv_nsec;
}
