/* scratch.h - the directory in which a lab makes its outputs, and what labs that were killed have
 * left of theirs.
 *
 * Whoever has one has a lock on it (flock(2)), which goes with the process: one of this user's that
 * can be locked is nobody's any more. One thread; children keep no part of it once they have ended.
 */
#ifndef LAB_SCRATCH_H
#define LAB_SCRATCH_H

#include <limits.h>

#include <batchresize/error.h>

struct scratch {
	char path[PATH_MAX]; /* "": there is none */
	int lock;            /* descriptor of the directory; -1 */
};

#define SCRATCH_NONE ((struct scratch){.lock = -1})

/* Removes what others have left in $TMPDIR, or /tmp, and makes one there. Returns 0 or a negative
 * errno; *scratch is then fit for scratch_remove(). */
int scratch_make(struct scratch *scratch, struct br_error *error);

/* Removes it with all that is in it. Nothing for SCRATCH_NONE. */
void scratch_remove(struct scratch *scratch);

#endif
