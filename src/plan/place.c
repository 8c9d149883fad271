/* place.c - see place.h. */
#include "plan/place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void places_release(struct places *places)
{
	free(places->place);
	table_release(&places->known);
	*places = (struct places){.folds = places->folds, .answers = places->answers};
}

static int add_place(struct places *places, struct place place, uint32_t hash, uint32_t *number)
{
	if (places->count == places->allocated) {
		size_t allocated = places->allocated ? (size_t)places->allocated * 2 : 64;
		struct place *grown;

		if (allocated >= UINT32_MAX)
			return -EOVERFLOW;
		if (allocated > SIZE_MAX / sizeof(*grown))
			return -ENOMEM;
		grown = realloc(places->place, allocated * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		places->place = grown;
		places->allocated = (uint32_t)allocated;
	}
	places->place[places->count] = place;
	*number = places->count++;
	return table_add(&places->known, hash, *number);
}

static uint32_t hash_existing(dev_t device, ino_t inode)
{
	uint64_t key[2] = {device, inode};

	return table_hash(PATHS_NONE, key, sizeof(key));
}

uint32_t places_find(const struct places *places, dev_t device, ino_t inode)
{
	uint32_t hash = hash_existing(device, inode);
	uint32_t number;
	size_t cursor = 0;

	while ((number = table_next(&places->known, hash, &cursor)) != TABLE_NONE) {
		const struct place *place = &places->place[number];

		if (place->parent == PATHS_NONE && place->device == device && place->inode == inode)
			return number;
	}
	return PATHS_NONE;
}

int places_existing(struct places *places, dev_t device, ino_t inode, uint32_t *place)
{
	struct place made = {
	    .device = device, .inode = inode, .parent = PATHS_NONE, .name = PATHS_NONE};

	*place = places_find(places, device, inode);
	if (*place != PATHS_NONE)
		return 0;
	return add_place(places, made, hash_existing(device, inode), place);
}

size_t places_key(const struct places *places, uint32_t place, const char *name, char *key,
                  size_t size)
{
	size_t length;

	if (places->place[place].folds)
		return fold_name(name, key, size);
	length = strnlen(name, size - 1);
	memcpy(key, name, length);
	key[length] = '\0';
	return length;
}

/* The place of a name below another that does not exist. */
static int missing_place(struct places *places, struct paths *paths, uint32_t parent,
                         const char *name, uint32_t *number)
{
	struct place made = {
	    .parent = parent, .fold_known = true, .folds = places->place[parent].folds};
	char key[FOLD_MAX];
	size_t length = places_key(places, parent, name, key, sizeof(key));
	uint32_t hash = table_hash(parent, key, length);
	size_t cursor = 0;
	int status;

	while ((*number = table_next(&places->known, hash, &cursor)) != TABLE_NONE) {
		const struct place *place = &places->place[*number];

		if (place->parent == parent && strcmp(paths_at(paths, place->name), key) == 0)
			return 0;
	}
	status = paths_text(paths, key, length, &made.name);
	return status == 0 ? add_place(places, made, hash, number) : status;
}

/* Asks anew only what has not been asked before. */
static bool asks_fold(const struct places *places, const struct place *place, const char *path)
{
	const uint32_t hash = hash_existing(place->device, place->inode);
	struct place_answers *answers = places->answers;
	const size_t at = hash % PLACE_ANSWERS;

	if (!answers)
		return places->folds(path);
	if (answers->answer[at].device != place->device ||
	    answers->answer[at].inode != place->inode || place->inode == 0) {
		answers->answer[at].folds = places->folds(path);
		answers->answer[at].device = place->device;
		answers->answer[at].inode = place->inode;
	}
	return answers->answer[at].folds;
}

static void learn_fold(struct places *places, uint32_t number, const char *path)
{
	struct place *place = &places->place[number];

	if (place->fold_known)
		return;
	place->folds = asks_fold(places, place, path);
	place->fold_known = true;
}

/* The components of `rest`, one below the other, from an existing place. */
static int missing_components(struct places *places, struct paths *paths, char *rest,
                              uint32_t *number)
{
	char *context = NULL;
	int status = 0;

	for (char *name = strtok_r(rest, "/", &context); name && status == 0;
	     name = strtok_r(NULL, "/", &context)) {
		uint32_t parent = places->place[*number].parent;

		if (strcmp(name, "..") == 0)
			*number = parent == PATHS_NONE ? *number : parent;
		else if (strcmp(name, ".") != 0)
			status = missing_place(places, paths, *number, name, number);
	}
	return status;
}

/* The longest part of the path that is a directory: its first *length bytes, 0 for the working
 * directory; `upper` is its path. */
static int find_existing(const char *path, size_t *length, char upper[PATH_MAX], struct stat *st)
{
	size_t cut = strlen(path);

	for (;;) {
		while (cut > 0 && path[cut - 1] == '/')
			cut--;
		while (cut > 0 && path[cut - 1] != '/')
			cut--;
		(void)snprintf(upper, PATH_MAX, "%.*s", cut == 0 ? 1 : (int)cut,
		               cut == 0 ? "." : path);
		if (stat(upper, st) == 0 && S_ISDIR(st->st_mode)) {
			*length = cut;
			return 0;
		}
		if (cut == 0 || strspn(path, "/") == cut)
			return -ENOENT;
	}
}

static int resolve_missing_root(struct places *places, struct paths *paths, const char *path,
                                uint32_t *number)
{
	char upper[PATH_MAX];
	char rest[PATH_MAX];
	struct stat st;
	size_t length;
	int status = find_existing(path, &length, upper, &st);

	if (status == 0)
		status = places_existing(places, st.st_dev, st.st_ino, number);
	if (status != 0)
		return status;
	learn_fold(places, *number, upper);
	(void)snprintf(rest, sizeof(rest), "%s", path + length);
	return missing_components(places, paths, rest, number);
}

static int resolve_existing(struct places *places, const char *path, const struct stat *st,
                            bool output, uint32_t *number)
{
	int status = places_existing(places, st->st_dev, st->st_ino, number);

	if (status == 0 && output)
		learn_fold(places, *number, path);
	return status;
}

static int resolve_missing(struct places *places, struct paths *paths, uint32_t directory,
                           const char *path, uint32_t *number)
{
	uint32_t parent = paths->directory[directory].parent;
	char name[NAME_MAX + 1];

	if (parent == PATHS_NONE)
		return resolve_missing_root(places, paths, path, number);
	/* a copy, since the arena may move; longer than any name that could exist does no harm */
	(void)snprintf(name, sizeof(name), "%s", paths_at(paths, paths->directory[directory].text));
	return missing_place(places, paths, paths->directory[parent].place, name, number);
}

static bool is_known(const struct paths *paths, uint32_t directory)
{
	return directory == PATHS_NONE || paths->directory[directory].place != PATHS_NONE;
}

static bool parent_is_missing(const struct places *places, const struct paths *paths,
                              uint32_t directory)
{
	uint32_t parent = paths->directory[directory].parent;

	return parent != PATHS_NONE && is_known(paths, parent) &&
	       places->place[paths->directory[parent].place].parent != PATHS_NONE;
}

/* *known: false if it is missing, and its parent has to be looked up first. */
static int resolve(struct places *places, struct paths *paths, uint32_t directory, bool output,
                   bool *known)
{
	char path[PATH_MAX];
	uint32_t number = PATHS_NONE;
	struct stat st;
	int status = paths_directory(paths, directory, path, sizeof(path));

	*known = true;
	if (status < 0)
		return status;
	if (!parent_is_missing(places, paths, directory) && stat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		status = resolve_existing(places, path, &st, output, &number);
	else if (!(*known = is_known(paths, paths->directory[directory].parent)))
		return 0;
	else
		status = resolve_missing(places, paths, directory, path, &number);
	if (status == 0)
		paths->directory[directory].place = number;
	return status;
}

/* Those above a directory that have not been looked up, from the highest on. */
static int resolve_above(struct places *places, struct paths *paths, uint32_t directory)
{
	int status = 0;

	while (status == 0 && !is_known(paths, paths->directory[directory].parent)) {
		uint32_t next = paths->directory[directory].parent;
		bool known;

		while (!is_known(paths, paths->directory[next].parent))
			next = paths->directory[next].parent;
		status = resolve(places, paths, next, true, &known);
	}
	return status;
}

int places_resolve(struct places *places, struct paths *paths, uint32_t directory, bool output)
{
	bool known;
	int status = resolve(places, paths, directory, output, &known);

	if (status != 0 || known)
		return status;
	status = resolve_above(places, paths, directory);
	return status == 0 ? resolve(places, paths, directory, output, &known) : status;
}
