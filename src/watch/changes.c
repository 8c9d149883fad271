/* changes.c - see changes.h. */
#include "watch/changes.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Bits of notes. A directory's name ends with a slash, or is empty; a file's does neither. */
enum bit { ON_THE_WAY = 1, SOME = 2, WHOLE = 4, CHANGED = 8 };

static void add(struct changes *changes, const char *path, size_t length, unsigned bits)
{
	struct note *note;

	if (changes->everything)
		return;
	note = changes->paths.count < CHANGES_MAX ? notes_add(&changes->paths, path, length) : NULL;
	if (note) {
		note->bits |= bits;
		return;
	}
	changes_release(changes);
	changes->everything = true;
}

/* Adds a directory, and those that lead to it. */
static void add_directory(struct changes *changes, const char *directory, unsigned bits)
{
	const size_t length = strlen(directory);

	for (size_t i = 0; i + 1 < length; i++) {
		if (directory[i] == '/')
			add(changes, directory, i + 1, ON_THE_WAY);
	}
	add(changes, directory, length, bits);
}

void changes_add_file(struct changes *changes, const char *directory, const char *name)
{
	char path[PATH_MAX + NAME_MAX + 1];
	const int length = snprintf(path, sizeof(path), "%s%s", directory, name);

	if (length < 0 || (size_t)length >= sizeof(path))
		return; /* no plan can name it either */
	add_directory(changes, directory, SOME);
	add(changes, path, (size_t)length, CHANGED);
}

void changes_add_tree(struct changes *changes, const char *directory)
{
	add_directory(changes, directory, WHOLE);
}

void changes_add_neighbour(struct changes *changes, const char *directory)
{
	add_directory(changes, directory, SOME);
}

bool changes_are_none(const struct changes *changes)
{
	return !changes->everything && changes->paths.count == 0;
}

static unsigned bits_of(const struct changes *changes, const char *path, size_t length)
{
	const struct note *note = notes_find(&changes->paths, path, length);

	return note ? note->bits : 0;
}

enum changes_part changes_part_of(const struct changes *changes, const char *directory)
{
	const size_t length = strlen(directory);
	unsigned own = bits_of(changes, directory, length);

	if (changes->everything || own & WHOLE)
		return CHANGES_ALL;
	for (size_t i = 0; i + 1 < length; i++) {
		if (directory[i] == '/' && bits_of(changes, directory, i + 1) & WHOLE)
			return CHANGES_ALL;
	}
	return own & SOME ? CHANGES_SOME : own & ON_THE_WAY ? CHANGES_BELOW : CHANGES_NONE;
}

bool changes_has_file(const struct changes *changes, const char *path)
{
	return bits_of(changes, path, strlen(path)) & CHANGED;
}

void changes_release(struct changes *changes)
{
	notes_release(&changes->paths);
	changes->everything = false;
}
