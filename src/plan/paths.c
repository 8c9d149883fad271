/* paths.c - see paths.h. */
#include "plan/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

void paths_release(struct paths *paths)
{
	free(paths->bytes);
	free(paths->directory);
	table_release(&paths->known);
	*paths = (struct paths){0};
}

static int reserve_bytes(struct paths *paths, size_t more)
{
	size_t capacity = paths->capacity ? paths->capacity : 4096;
	char *bytes;

	if (more > UINT32_MAX - 1 - paths->used)
		return -EOVERFLOW;
	if (paths->used + more <= paths->capacity)
		return 0;
	/* by half: for many files this is most of what a plan needs */
	while (capacity < paths->used + more)
		capacity += capacity / 2;
	bytes = realloc(paths->bytes, capacity);
	if (!bytes)
		return -ENOMEM;
	paths->bytes = bytes;
	paths->capacity = capacity;
	return 0;
}

int paths_text(struct paths *paths, const char *text, size_t length, uint32_t *offset)
{
	int status;

	if (length >= UINT32_MAX)
		return -EOVERFLOW;
	status = reserve_bytes(paths, length + 1);
	if (status != 0)
		return status;
	*offset = (uint32_t)paths->used;
	memcpy(paths->bytes + paths->used, text, length);
	paths->bytes[paths->used + length] = '\0';
	paths->used += length + 1;
	return 0;
}

/* What stands between a root's text and a name. */
static size_t root_slash(const char *text, size_t length)
{
	return length > 0 && text[length - 1] != '/';
}

static int add_directory(struct paths *paths, uint32_t parent, const char *text, size_t length,
                         uint32_t *directory)
{
	struct path_directory made = {.parent = parent, .place = PATHS_NONE};
	size_t whole = parent == PATHS_NONE ? length + root_slash(text, length)
	                                    : paths->directory[parent].length + length + 1;
	int status;

	if (whole > INT_MAX || paths->count == PATHS_NONE - 1)
		return -EOVERFLOW;
	if (paths->count == paths->allocated) {
		size_t allocated = paths->allocated ? (size_t)paths->allocated * 2 : 64;
		struct path_directory *grown = NULL;

		if (allocated > UINT32_MAX)
			allocated = UINT32_MAX;
		if (allocated <= SIZE_MAX / sizeof(*grown))
			grown = realloc(paths->directory, allocated * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		paths->directory = grown;
		paths->allocated = (uint32_t)allocated;
	}
	made.length = (uint32_t)whole;
	status = paths_text(paths, text, length, &made.text);
	if (status != 0)
		return status;
	paths->directory[paths->count] = made;
	*directory = paths->count++;
	return 0;
}

static uint32_t find_directory(const struct paths *paths, uint32_t hash, uint32_t parent,
                               const char *text, size_t length)
{
	size_t cursor = 0;
	uint32_t directory;

	while ((directory = table_next(&paths->known, hash, &cursor)) != TABLE_NONE) {
		const struct path_directory *known = &paths->directory[directory];
		const char *name = paths_at(paths, known->text);

		if (known->parent == parent && strlen(name) == length &&
		    memcmp(name, text, length) == 0)
			break;
	}
	return directory;
}

static int known_directory(struct paths *paths, uint32_t parent, const char *text, size_t length,
                           uint32_t *directory)
{
	uint32_t hash = table_hash(parent, text, length);
	int status;

	*directory = find_directory(paths, hash, parent, text, length);
	if (*directory != TABLE_NONE)
		return 0;
	status = add_directory(paths, parent, text, length, directory);
	return status == 0 ? table_add(&paths->known, hash, *directory) : status;
}

int paths_root(struct paths *paths, const char *text, size_t length, uint32_t *directory)
{
	return known_directory(paths, PATHS_NONE, text, length, directory);
}

int paths_child(struct paths *paths, uint32_t parent, const char *name, size_t length,
                uint32_t *directory)
{
	return add_directory(paths, parent, name, length, directory);
}

int paths_known_child(struct paths *paths, uint32_t parent, const char *name, size_t length,
                      uint32_t *directory)
{
	return known_directory(paths, parent, name, length, directory);
}

uint32_t paths_find_child(const struct paths *paths, uint32_t parent, const char *name,
                          size_t length)
{
	return find_directory(paths, table_hash(parent, name, length), parent, name, length);
}

size_t paths_prefix(const struct paths *paths, uint32_t directory, char *buffer, size_t size)
{
	const struct path_directory *at = &paths->directory[directory];
	size_t length = at->length;

	if (length > size)
		return length;
	for (; at->parent != PATHS_NONE; at = &paths->directory[at->parent]) {
		size_t begin = paths->directory[at->parent].length;

		memcpy(buffer + begin, paths_at(paths, at->text), at->length - begin - 1);
		buffer[at->length - 1] = '/';
	}
	memcpy(buffer, paths_at(paths, at->text), strlen(paths_at(paths, at->text)));
	if (at->length > strlen(paths_at(paths, at->text)))
		buffer[at->length - 1] = '/';
	return length;
}

int paths_directory(const struct paths *paths, uint32_t directory, char *buffer, size_t size)
{
	size_t length = paths_prefix(paths, directory, buffer, size);

	if (length >= size || size < 2)
		return -ENAMETOOLONG;
	while (length > 1 && buffer[length - 1] == '/')
		length--;
	if (length == 0)
		buffer[length++] = '.';
	buffer[length] = '\0';
	return (int)length;
}

size_t paths_root_length(const struct paths *paths, uint32_t directory)
{
	while (paths->directory[directory].parent != PATHS_NONE)
		directory = paths->directory[directory].parent;
	return paths->directory[directory].length;
}
