/* worker.h - the life of a worker process.
 *
 * A worker is forked by the zygote with two descriptors, its end of a channel and its desk. It says
 * READY, then answers every JOB with a RESULT until the other end is closed. It never returns and
 * runs no exit handlers of the program that it was forked from.
 */
#ifndef EXEC_WORKER_H
#define EXEC_WORKER_H

#include <stdint.h>
#include <sys/types.h>

#include "exec/desk.h"
#include "exec/internal.h"
#include "sandbox/sandbox.h"

/* Which stages run in the worker is told by `desk`: with places (hybrid) it is transform alone, on
 * what lies there; without, it is read, transform and write, on a slot of the worker's own with the
 * descriptors that came along. */
struct worker_setup {
	const struct br_executor_options *options;
	struct desk_shape desk;
	pid_t parent;                  /* the zygote, whose death ends the worker */
	int desk_fd;                   /* of this worker; -1: nobody sees what it has begun */
	unsigned index;                /* of this one */
	void *ctx;                     /* a copy of options.ctx, to be handed over; or NULL */
	const struct sandbox *sandbox; /* to be entered; or NULL. The zygote's */
	bool prepared;                 /* ops->prepare() has run. The zygote's */
};

/* Runs the worker on `channel`; ends in _exit(2). */
_Noreturn void worker_main(const struct worker_setup *setup, int channel);

/* For the zygote and its workers: dies with `parent`, ignores the signals that a terminal or a
 * service manager sends to a whole group, and keeps only stderr and the descriptors in `keep`,
 * which are renumbered in place to 3, 4, ... Returns 0 or a negative errno. */
int worker_isolate(pid_t parent, const char *name, int *keep, unsigned count);

#endif
