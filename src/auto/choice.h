/* choice.h - how --mode=auto works on what it sees: the flow chart, as a function.
 *
 * Pictures are work for the CPU that begins and ends with waiting for files. Of a handful of small
 * ones the start of a pool would cost more than it gives; sources that are not trusted are opened
 * in worker processes, always; and where nothing waits and everything is trusted, threads have it
 * all in one memory. The rest is for an executor of the mode auto, which measures as it goes.
 */
#ifndef AUTO_CHOICE_H
#define AUTO_CHOICE_H

#include <batchresize/executor.h>

#include "auto/sight.h"

/* Bytes of a choice's reason. */
#define CHOICE_WHY_MAX 256

struct auto_choice {
	enum br_executor_mode mode; /* not HYBRID, and PROCESS only where memory is scarce: between
	                             * these AUTO decides later */
	unsigned workers;           /* at most so many are of use; 0: all that there may be */
	unsigned io_threads;        /* to begin with; 0: as usual */
	unsigned pictures;          /* at most so many are there; 0: not known */
	bool local;                 /* everything lies on file systems of this machine */
	char why[CHOICE_WHY_MAX];   /* a sentence without its full stop */
};

/* Pure. `workers`: as many as there may be. `trusted`: sources need not be kept apart. `memory`:
 * bytes that a worker may use; 0: as many as there are. */
struct auto_choice choice_make(const struct sight *sight, unsigned workers, bool trusted,
                               uint64_t memory);

#endif
