/* gang.h - several jobs of one worker that are under way together and wait for each other: what is
 * behind br_executor_gather().
 *
 * A job runs in a seat, which is a thread of its own, so that it can stop in the middle of
 * whatever it is at; but only one of them runs at a time, and none while the owner does: whoever
 * has the turn gives it to another and waits until it comes back. So a worker still is one thread
 * to all that it calls, one after the other, and uses one CPU.
 *
 * The owner seats jobs until all seats are taken or no job is ready, then calls the function for
 * all that wait, then lets each go on to its end or to the next time that it waits; and so on. It
 * never waits for a job while another one waits.
 *
 * Memory: all seats together have the worker's share. One that needs more than is left retreats:
 * nobody is seated until the others have ended, and it goes on alone.
 *
 * For one owner, a thread, and its seats.
 */
#ifndef EXEC_GANG_H
#define EXEC_GANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/executor.h>

/* In place of a seat: all that wait. */
#define GANG_ALL UINT32_MAX

struct gang_ops {
	/* Takes the next job for that seat: waits for one, or not. 0, -EAGAIN when there is none
	 * and `wait` is false, or another negative errno at the end. In the owner; without `wait`
	 * also in a seat. */
	int (*take)(void *arg, unsigned seat, bool wait);
	/* Runs that job to its end. In the seat. */
	void (*run)(void *arg, unsigned seat);
	/* Something begins or goes on: a seat, or GANG_ALL for the function and the first of the
	 * `count` seats that wait. In the owner or a seat. */
	void (*step)(void *arg, unsigned seat, unsigned first, unsigned count);
};

struct gang;

/* `share`: bytes that all jobs have together without asking; UINT64_MAX: as many as they like.
 * Threads are started when they are needed. 0 or -ENOMEM. */
int gang_new(struct gang **out, unsigned seats, uint64_t share, const struct gang_ops *ops,
             void *arg);
/* With no job under way. NULL is allowed. */
void gang_free(struct gang *gang);

/* Runs jobs until take() ends it; then none is under way. Returns what that said. */
int gang_work(struct gang *gang);

/* Bytes of addresses that all seats' stacks take. 0 for NULL. */
size_t gang_stacks(const struct gang *gang);

/* What a seat's job may have without asking. */
uint64_t gang_least(const struct gang *gang);

/* In a seat: as br_executor_gather(). */
void gang_gather(struct gang *gang, unsigned seat, void *piece, br_executor_together *function,
                 void *arg);

/* In a seat, once a job: takes `bytes` of the share in all. False if they are not there: then no
 * other job has any, and none is seated before this one has ended. */
bool gang_admit(struct gang *gang, unsigned seat, uint64_t bytes);

#endif
