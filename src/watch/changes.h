/* changes.h - what has changed below the directories that are watched, until a run has dealt with
 * it.
 *
 * Directories are named with what stands before a name in them ("images/", "" for the working
 * directory), files by their whole path, all as a plan names them (plan/plan.h): struct plan_filter
 * asks by the same names. Not thread-safe.
 */
#ifndef WATCH_CHANGES_H
#define WATCH_CHANGES_H

#include "watch/notes.h"

/* So many paths at most: of more, everything counts as changed. */
#define CHANGES_MAX 65536

/* All zero is: nothing. */
struct changes {
	struct notes paths;
	bool everything;
};

/* What a directory has to do with what has changed. */
enum changes_part {
	CHANGES_NONE,
	CHANGES_BELOW, /* something far below it */
	CHANGES_SOME,  /* single files in it */
	CHANGES_ALL    /* all that it holds, at any depth */
};

/* None of them fails: without memory everything counts as changed. */
void changes_add_file(struct changes *changes, const char *directory, const char *name);
/* A directory as a whole. */
void changes_add_tree(struct changes *changes, const char *directory);
/* One in which files are to be looked at for their names, though none of them need have changed. */
void changes_add_neighbour(struct changes *changes, const char *directory);

bool changes_are_none(const struct changes *changes);
enum changes_part changes_part_of(const struct changes *changes, const char *directory);
bool changes_has_file(const struct changes *changes, const char *path);
void changes_release(struct changes *changes);

#endif
