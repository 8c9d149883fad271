/* supervisor.h - the parent's side of worker processes: hand out, collect, time, bury, replace.
 *
 * Runs wholly in the thread that calls it, who has the executor's lock. Jobs go in by
 * supervisor_submit() and come out, one each, through the `finished` callback inside
 * supervisor_step(). A job that crashed or hung its worker has been tried again as often as the
 * options say by then.
 */
#ifndef EXEC_SUPERVISOR_H
#define EXEC_SUPERVISOR_H

#include "exec/desk.h"
#include "exec/internal.h"

struct supervisor;

struct supervisor_hooks {
	void *arg;
	/* The job's status, error, signal and attempt are set; hybrid: its slot holds the output.
	 */
	void (*finished)(void *arg, struct job *job);
	/* Called before the supervisor sleeps in supervisor_step(), and after. Another thread may
	 * call its other functions meanwhile. */
	void (*sleeps)(void *arg, bool begins);
};

/* Starts the zygote and the workers, and waits until one is ready at least. With places at the
 * workers' desks the jobs that are submitted lie in slots of slots.h, and only transform is run.
 * `wake` is a descriptor
 * whose readability ends a step, or -1. Errors as br_executor_new(). */
int supervisor_new(struct supervisor **out, const struct br_executor_options *options,
                   const struct desk_shape *shape, const struct supervisor_hooks *hooks, int wake);
/* Kills the workers. Jobs still inside are finished as CANCELLED. */
void supervisor_free(struct supervisor *supervisor);

void supervisor_submit(struct supervisor *supervisor, struct job *job);

/* Jobs that no worker has begun. */
unsigned supervisor_queued(const struct supervisor *supervisor);

/* Waits for something to happen until clock_ns() reaches `deadline` (0: only looks), and deals with
 * it. 0; -EINTR when a signal handler ran; -ECHILD when no worker can be had any more: everything
 * submitted has been finished as CANCELLED then, and will be from now on. */
int supervisor_step(struct supervisor *supervisor, uint64_t deadline);

/* Finishes what is queued as CANCELLED; with `kill` what runs as well, at once. */
void supervisor_cancel(struct supervisor *supervisor, bool kill);

/* As br_executor_future_cancel(), of a job that is here: 0 or -EBUSY. */
int supervisor_cancel_job(struct supervisor *supervisor, uint64_t id, bool kill);

/* Is readable when a step would find something to do, until supervisor_step() returns -ECHILD. */
int supervisor_fd(const struct supervisor *supervisor);
/* When the next step is due at the latest, of clock_ns(). */
uint64_t supervisor_look_by(struct supervisor *supervisor);

/* Finishes everything as CANCELLED, what runs as well, and what is submitted from now on. */
void supervisor_give_up(struct supervisor *supervisor);

/* After supervisor_step() returned -ECHILD: why no worker can be had, a negative errno. */
int supervisor_cause(const struct supervisor *supervisor);

void supervisor_stats(const struct supervisor *supervisor, struct br_executor_stats *stats);

#endif
