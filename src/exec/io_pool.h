/* io_pool.h - threads that open jobs for worker processes and publish what comes of them.
 *
 * The other half of the process and hybrid executors: the supervisor's workers run the middle of a
 * job, these threads both of its ends, so that the caller's thread never waits for a file system.
 * A job goes round: io_pool_fill() -> thread (open; hybrid: read) -> `ready` of io_pool_collect()
 * -> supervisor -> io_pool_drain() -> thread (hybrid: write; commit or discard) -> collected.
 *
 * A thread that hangs in a call (on a mount that is dead, say) can't be killed. It is given up when
 * its time is over: its job is handed back as timed out, another thread takes its place, and when
 * the call returns at last, whatever it brought is discarded. So many can be given up at a time;
 * with no thread left the pool is dead. The pool's memory outlives io_pool_free() for as long as
 * such a thread may still come back to it.
 *
 * All functions are for one thread at a time, who has the executor's lock.
 */
#ifndef EXEC_IO_POOL_H
#define EXEC_IO_POOL_H

#include "exec/internal.h"
#include "exec/slots.h"

struct io_pool;

/* No thread is started yet. At most `places` jobs are open at a time, and one more for each thread.
 * `slots` is a table with a slot for each of these, however many threads there will be, in which
 * jobs are read and written (hybrid), or NULL; it is the pool's from a successful return on.
 * Returns 0 or a negative errno. */
int io_pool_new(struct io_pool **out, const struct br_executor_options *options,
                struct slot_table *slots, unsigned places);

/* Starts as many threads as options.io_threads says and the system gives. When it gives none (a
 * filter that refuses clone3(2), a limit of tasks) their work is done in io_pool_collect(), and a
 * call that hangs there can't be given up. Others follow from there, up to options.io_threads_most,
 * when these wait for a disk or a server rather than for work, as io_control.h says. Returns 0 or
 * -ENOMEM. */
int io_pool_start(struct io_pool *pool);

/* Becomes readable when there is something to collect; to be polled, and cleared by a read(2). */
int io_pool_wake(const struct io_pool *pool);

/* Takes a job to be opened, or one to be closed, whose status says how; for that one a thread is
 * only woken by the next io_pool_collect(). */
void io_pool_fill(struct io_pool *pool, struct job *job);
void io_pool_drain(struct io_pool *pool, struct job *job);

/* Takes what the threads have put down: opened jobs are appended to *ready, a finished one is
 * returned, or NULL: only then does the wake tell of what comes next. Wakes threads for what is to
 * be done. A `patient` caller looks again soon by himself: the wake does not tell him, and threads
 * are woken only when several jobs have come together. Gives up threads whose time is over;
 * *deadline is when to look again at the latest, on clock_ns(). */
struct job *io_pool_collect(struct io_pool *pool, struct job_list *ready, bool patient,
                            uint64_t *deadline);

/* Finishes what was not begun as CANCELLED, and opened jobs as well. With `kill`, calls under way
 * have a moment left, and are given up then. */
void io_pool_cancel(struct io_pool *pool, bool kill);

/* Finishes that job as CANCELLED if it is here and has not been to a worker. False when not. */
bool io_pool_cancel_job(struct io_pool *pool, uint64_t id);

/* Whether no thread is left and none can be had. All jobs have been finished then, and those that
 * come later are at once, as CANCELLED. */
bool io_pool_is_dead(const struct io_pool *pool);

/* Whether it holds no job at all. */
bool io_pool_is_empty(struct io_pool *pool);

/* Adds timeouts so far, threads, and how many read at a time. */
void io_pool_stats(struct io_pool *pool, struct br_executor_stats *stats);

/* Gives up all jobs, and ends the threads, which have a moment for that. Returns how many were
 * left behind, these and those that were given up before. */
unsigned io_pool_free(struct io_pool *pool);

#endif
