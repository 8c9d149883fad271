/* worker.h - the life of a worker process.
 *
 * A worker is forked by the zygote with one descriptor, its end of a channel. It says READY, then
 * answers every JOB with a RESULT until the other end is closed. It never returns and runs no exit
 * handlers of the program that it was forked from.
 */
#ifndef EXEC_WORKER_H
#define EXEC_WORKER_H

#include <stdalign.h>
#include <stdint.h>
#include <sys/types.h>

#include "exec/internal.h"
#include "exec/slots.h"

/* What a worker says without a message: the job that it has begun last, by the number that came
 * with it, and what that has left in slot->notes. Lies in memory that is shared with the
 * supervisor, which looks when the worker is dead: a job that was not begun is not to blame. A line
 * of the cache for each, since all write at once.
 */
struct worker_mark {
	alignas(64) uint32_t serial;
	uint64_t note[BR_EXECUTOR_NOTES];
};

/* The marks of all workers, inherited by them; or `handed_over` to them in *fd, which is the
 * caller's then, and otherwise -1. NULL when there is no memory to be had: then the first job of a
 * worker's counts as begun. */
struct worker_mark *marks_new(unsigned workers, bool handed_over, int *fd);
struct worker_mark *marks_attach(int fd, unsigned workers);
void marks_free(struct worker_mark *marks, unsigned workers);

/* In that worker's process: the job of that number begins, without notes. */
void marks_begin(struct worker_mark *marks, unsigned worker, uint32_t serial);
/* Elsewhere: whether the job of that number is the one that the worker has begun last, and what it
 * has left; otherwise zeros. Both may be called without marks. */
bool marks_read(const struct worker_mark *marks, unsigned worker, uint32_t serial,
                uint64_t note[BR_EXECUTOR_NOTES]);

/* Which stages run in the worker is told by `slots`: with a table (hybrid) it is transform alone,
 * on the slot of that index; without one it is read, transform and write, on a slot of the worker's
 * own with the descriptors that came along. */
struct worker_setup {
	const struct br_executor_options *options;
	struct slot_table *slots;
	pid_t parent;              /* the zygote, whose death ends the worker */
	struct worker_mark *marks; /* of all workers; or NULL */
	int marks_fd;              /* what they lie in, to be handed over; -1: nothing */
	unsigned index;            /* of this one */
};

/* Runs the worker on `channel`; ends in _exit(2). */
_Noreturn void worker_main(const struct worker_setup *setup, int channel);

/* For the zygote and its workers: dies with `parent`, ignores the signals that a terminal or a
 * service manager sends to a whole group, and keeps only stderr and the descriptors in `keep`,
 * which are renumbered in place to 3, 4, ... Returns 0 or a negative errno. */
int worker_isolate(pid_t parent, const char *name, int *keep, unsigned count);

#endif
