/* rooted.h - a path in a list that says below which directory it was found: "photos/./a/b.jpg" is
 * photos/a/b.jpg, and has the output that it has when photos/ is walked. rsync --relative knows
 * such paths too.
 */
#ifndef PLAN_ROOTED_H
#define PLAN_ROOTED_H

#include <stdbool.h>

#include <batchresize/error.h>

#include "plan/paths.h"

/* A path taken apart at its last "/./". */
struct rooted {
	const char *path;
	size_t length;    /* bytes of the directory's path; 0: it has no such part */
	const char *rest; /* what follows */
};

/* None for a path whose rest would lead out of the directory, or is empty. */
struct rooted rooted_split(const char *path);

/* The directories, below the one that was split off and, unless `flat`, below `output`, in which
 * the first `length` bytes of the rest lie. `output` that is none (PATHS_NONE) becomes the one
 * beside that directory. Returns 0, BR_ERROR_USAGE or a negative errno, with *error. */
int rooted_find(struct paths *paths, const struct rooted *rooted, size_t length, bool flat,
                uint32_t *source, uint32_t *output, struct br_error *error);

#endif
