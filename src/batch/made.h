/* made.h - the directories that a run makes for its outputs: those are its own to remove when they
 * are empty one day.
 *
 * Threads that open outputs tell of them; the pump takes them. */
#ifndef BATCH_MADE_H
#define BATCH_MADE_H

#include <stddef.h>

struct made;

/* Directories of an output: that in which it lies, and those above it as long as their paths have
 * at least `highest` bytes. */
struct made_path {
	size_t highest;
	char *path; /* of the output */
};

/* NULL when memory is short: then nothing is remembered. */
struct made *made_new(void);
void made_free(struct made *made);

/* From any thread. NULL is allowed, and a `highest` of 0: none was made. */
void made_add(struct made *made, const char *path, size_t highest);

/* All that have been added since the last call: an array to be freed, and each path. Returns how
 * many. */
size_t made_take(struct made *made, struct made_path **paths);

#endif
