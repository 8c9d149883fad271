/* hold.h - one run at a time writes to an output directory.
 *
 * The locks (see state/lock.h) are taken when the plan knows its output directories, before sources
 * are looked for, and in those that do not exist yet, when they have been made. A run that makes
 * others wait for long, such as one that watches, keeps its turn over several parts.
 */
#ifndef BATCH_HOLD_H
#define BATCH_HOLD_H

#include "plan/plan.h"
#include "state/lock.h"

struct pump;

/* Begun with all zero. */
struct hold {
	struct lock lock[PLAN_ROOTS_MAX];
	unsigned count;
	bool told_lack, told_wait;
	int lack;           /* why one can't be had, or 0, */
	uint32_t lack_root; /* and of which directory of the plan's */
	bool
	    fresh; /* the last was taken in a place that was made for it: files can be made there */
	size_t made; /* as of place_make(), by which that was */
	bool late;   /* one was taken where another run had made the place for it meanwhile */
};

/* Takes it, or waits for it as br_batch_options.lock says. `make`: in all directories, which are
 * made if need be; else in those that have a place for the lock. What can't be locked is gone
 * without, and noted for hold_tell_lack(). hold->late says whether another run has worked there
 * since it was not to be locked yet: what was found by then is not true any more. Returns 0,
 * BR_ERROR_LOCKED (pump->outcome->skipped: which is no failure) or -ECANCELED for a signal; *error
 * says why. */
int hold_take(struct pump *pump, const struct plan *plan, bool make, struct br_error *error);

/* Tells what could not be locked, once. */
void hold_tell_lack(struct pump *pump, const struct plan *plan);

void hold_end(struct hold *hold);

#endif
