/* thread_pool.c - worker threads that run whole jobs.
 *
 * One mutex guards everything that is shared: jobs are far longer than the few instructions that
 * are run under it. What crosses is whole jobs, from the queue to a worker to the finished list.
 *
 * A thread that runs past its deadline can't be killed. It is abandoned: its job is handed back as
 * timed out, another thread takes its place, and a flag that is looked at before commit(), and by
 * it (br_executor_confirm()), keeps the late result from becoming visible. So many can be abandoned
 * at a time. The pool's memory outlives the executor for as long as such a thread may still come
 * back to it, which is what `references` counts.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "exec/thread_pool.h"

/* Threads that may be abandoned at a time: each has a picture's memory, and may be computing. */
#define ABANDONED_MAX 64

static void pool_free(struct pool *pool)
{
	(void)pthread_cond_destroy(&pool->work);
	(void)pthread_cond_destroy(&pool->granted);
	(void)pthread_cond_destroy(&pool->finished);
	(void)pthread_mutex_destroy(&pool->mutex);
	admission_release(&pool->admission);
	free(pool->threads);
	free(pool);
}

/* With the mutex held, which it releases. */
void pool_release(struct pool *pool)
{
	bool last = --pool->references == 0;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (last)
		pool_free(pool);
}

/* Waits for `finished` with the mutex held, until a time of clock_ns(). The executor's lock is let
 * go meanwhile. */
static void wait_finished(struct br_executor *executor, uint64_t deadline)
{
	struct pool *pool = executor->state;

	pool->caller_waits = true;
	executor_unlock(executor);
	if (!pool->woken)
		wait_until(&pool->finished, &pool->mutex, deadline);
	pool->woken = false;
	(void)pool_now(pool);
	pool->caller_waits = false;
	if (executor_try_lock(executor))
		return;
	/* In this order, or two threads could wait for each other. */
	(void)pthread_mutex_unlock(&pool->mutex);
	executor_lock(executor);
	(void)pthread_mutex_lock(&pool->mutex);
}

/* What is handed back in place of a job that an abandoned thread has: `which` has ended so, and the
 * others begin again. */
static struct job *substitute(const struct pool *pool, struct job *job, const struct job *which,
                              enum br_executor_status status)
{
	const bool over = pool->killed || pool->cancelled;
	struct job *copy;

	if (job == which)
		return job_substitute(&pool->options, job, status);
	copy = job_substitute(&pool->options, job, over ? BR_EXECUTOR_CANCELLED : BR_EXECUTOR_DONE);
	if (copy && !over)
		copy->attempt = 0;
	return copy;
}

/* Hands back jobs for those of an abandoned thread: finished, or to begin again. */
static void hand_back(struct pool *pool, struct job_list *copies)
{
	struct job_list again = {0};
	struct job *job;

	while ((job = job_list_pop(copies)))
		job_list_push(job->status == BR_EXECUTOR_DONE ? &again : &pool->done, job);
	if (!again.first)
		return;
	job_list_append(&again, &pool->queue);
	pool->queue = again;
	(void)pthread_cond_broadcast(&pool->work);
}

/* Gives up on a thread and what it runs, with the mutex held: on `which` with that status, NULL: on
 * what it does for several. The thread goes on to use its jobs, so what is handed back are other
 * ones. */
static void abandon(struct pool *pool, struct thread *thread, const struct job *which,
                    enum br_executor_status status)
{
	struct job_list copies = {0};
	struct job *copy;

	for (unsigned i = 0; i < pool->options.together; i++) {
		if (!thread->seats[i].job)
			continue;
		copy = substitute(pool, thread->seats[i].job, which, status);
		if (copy) {
			/* Each alone: as few as can be are left behind with a thread. */
			if (!which)
				copy->company = ++pool->companies;
			job_list_push(&copies, copy);
			continue;
		}
		/* Without memory the thread gets more time: the next call tries again. */
		while ((copy = job_list_pop(&copies)))
			job_free(copy);
		return;
	}
	hand_back(pool, &copies);
	thread->abandoned = true;
	pool->abandoned++;
	(void)pthread_cond_broadcast(&pool->granted);
	/* What it goes on to use is counted no more: it may be for ever. */
	pool_give_back(pool, thread->index);
	(void)pthread_detach(thread->handle);
	pool->threads[thread->index] = NULL;
	pool->ready--;
}

/* With the mutex held: starts threads in the places of those that were abandoned. If the system
 * refuses, the others go on; nobody_left() sees the end. */
static void refill(struct pool *pool)
{
	int status = 0;

	for (unsigned i = 0; i < pool->options.workers && !status && !pool->killed; i++) {
		if (!pool->threads[i] && pool->abandoned <= ABANDONED_MAX)
			status = thread_start(pool, i);
	}
}

/* With the mutex held: abandons what is over its time, and replaces it. Until when, of clock_ns(),
 * the caller may wait before it looks again. */
static uint64_t expire(struct pool *pool)
{
	const uint64_t now = pool_now(pool);
	uint64_t next = UINT64_MAX;
	bool lost = false;

	for (unsigned i = 0; i < pool->options.workers; i++) {
		struct thread *thread = pool->threads[i];

		if (!thread || !thread->under_way || thread->deadline == UINT64_MAX)
			continue;
		if (thread->deadline <= now) {
			abandon(pool, thread, thread->job,
			        pool->killed ? BR_EXECUTOR_CANCELLED : BR_EXECUTOR_TIMEOUT);
			pool->stats.timeouts += !pool->killed;
			lost = true;
		} else if (thread->deadline < next) {
			next = thread->deadline;
		}
	}
	if (lost || pool->ready + pool->starting == 0)
		refill(pool);
	/* What is queued may begin as soon as the caller sleeps. */
	if (pool->queue.first)
		next = earlier(next, deadline_after(now, pool->least_timeout_ms));
	return look_by(next, now);
}

/* With the mutex held: whether no thread can ever take from the queue again. */
static bool nobody_left(const struct pool *pool)
{
	return pool->ready + pool->starting == 0;
}

static void cancel_queue(struct pool *pool)
{
	job_list_cancel(&pool->queue);
	job_list_append(&pool->done, &pool->queue);
}

/* With the mutex held: ends the executor when no thread can take from the queue again. */
static void see_end(struct br_executor *executor)
{
	struct pool *pool = executor->state;

	if (!nobody_left(pool))
		return;
	executor->dead = pool->init_error ? pool->init_error : -ECHILD;
	if (pool->abandoned)
		executor->dead = -ETIMEDOUT;
	cancel_queue(pool);
}

/* With the mutex held: until a job is finished. As thread_wait(). */
static int wait_done(struct br_executor *executor, uint64_t deadline)
{
	struct pool *pool = executor->state;
	const uint64_t patience = clock_ns() + PATIENCE_NS;

	pool->bell_armed = false;
	while (!pool->done.first) {
		uint64_t next = expire(pool);

		see_end(executor);
		if (pool->done.first)
			break;
		if (executor->dead)
			return -ECHILD;
		if (clock_ns() >= deadline) {
			executor->look_by = next;
			pool->bell_armed = pool->bell >= 0;
			return -EAGAIN;
		}
		pool->caller_is_patient =
		    pool_has_backlog(pool) && clock_ns() < patience && patience < deadline;
		next = earlier(next, deadline);
		wait_finished(executor, pool->caller_is_patient ? earlier(next, patience) : next);
	}
	return 0;
}

static int thread_wait(struct br_executor *executor, struct job **out, uint64_t deadline)
{
	struct pool *pool = executor->state;
	int status = 0;

	if (!pool->taken.first) {
		(void)pthread_mutex_lock(&pool->mutex);
		status = wait_done(executor, deadline);
		job_list_append(&pool->taken, &pool->done);
		(void)pthread_mutex_unlock(&pool->mutex);
	}
	*out = job_list_pop(&pool->taken);
	return *out ? 0 : status;
}

static void thread_wake(struct br_executor *executor)
{
	struct pool *pool = executor->state;

	(void)pthread_mutex_lock(&pool->mutex);
	pool->woken = true;
	(void)pthread_cond_signal(&pool->finished);
	(void)pthread_mutex_unlock(&pool->mutex);
}

static void thread_submit(struct br_executor *executor, struct job *job)
{
	struct pool *pool = executor->state;

	(void)pthread_mutex_lock(&pool->mutex);
	if (job->timeout_ms &&
	    (!pool->least_timeout_ms || job->timeout_ms < pool->least_timeout_ms))
		pool->least_timeout_ms = job->timeout_ms;
	job_list_insert(&pool->queue, job);
	bool wake = pool->idle > 0;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (wake)
		(void)pthread_cond_signal(&pool->work);
}

static void thread_cancel(struct br_executor *executor, bool kill)
{
	struct pool *pool = executor->state;

	(void)pthread_mutex_lock(&pool->mutex);
	const uint64_t soon = pool_deadline(pool, GRACE_MS);

	pool->killed |= kill;
	pool->cancelled = true;
	cancel_queue(pool);
	for (unsigned i = 0; kill && i < pool->options.workers; i++) {
		struct thread *thread = pool->threads[i];

		if (!thread || !thread->under_way)
			continue;
		if (!thread->commits)
			abandon(pool, thread, thread->job, BR_EXECUTOR_CANCELLED);
		else if (thread->deadline > soon)
			thread->deadline = soon;
	}
	(void)pthread_mutex_unlock(&pool->mutex);
}

static struct job *find_job(const struct pool *pool, const struct thread *thread, uint64_t id)
{
	for (unsigned i = 0; thread && i < pool->options.together; i++)
		if (thread->seats[i].job && thread->seats[i].job->id == id)
			return thread->seats[i].job;
	return NULL;
}

/* With the mutex held: a job that a thread has. */
static int kill_job(struct pool *pool, uint64_t id)
{
	for (unsigned i = 0; i < pool->options.workers; i++) {
		struct thread *thread = pool->threads[i];
		const struct job *job = find_job(pool, thread, id);

		if (!job || thread->commits)
			continue;
		abandon(pool, thread, job, BR_EXECUTOR_CANCELLED);
		if (!thread->abandoned)
			return -EBUSY;
		refill(pool);
		return 0;
	}
	return -EBUSY;
}

static int thread_cancel_job(struct br_executor *executor, uint64_t id, bool kill)
{
	struct pool *pool = executor->state;
	int status = -EBUSY;

	(void)pthread_mutex_lock(&pool->mutex);
	struct job *job = job_list_remove(&pool->queue, id);

	if (job) {
		job_cancel(job);
		job_list_push(&pool->done, job);
		status = 0;
	} else if (kill) {
		status = kill_job(pool, id);
	}
	(void)pthread_mutex_unlock(&pool->mutex);
	return status;
}

static int thread_watch(struct br_executor *executor, int epoll)
{
	struct pool *pool = executor->state;

	(void)epoll; /* the bell is in it already */
	(void)pthread_mutex_lock(&pool->mutex);
	pool->bell = executor->watch.bell;
	(void)pthread_mutex_unlock(&pool->mutex);
	return 0;
}

static unsigned thread_stop(struct br_executor *executor)
{
	struct pool *pool = executor->state;
	struct job *job;

	(void)pthread_mutex_lock(&pool->mutex);
	pool->stopping = true;
	(void)pthread_cond_broadcast(&pool->work);
	(void)pthread_mutex_unlock(&pool->mutex);
	for (unsigned i = 0; i < pool->options.workers; i++) {
		if (pool->threads[i]) {
			(void)pthread_join(pool->threads[i]->handle, NULL);
			thread_free(pool->threads[i]);
			pool->threads[i] = NULL;
		}
	}
	job_list_append(&pool->taken, &pool->done);
	job_list_append(&pool->taken, &pool->queue);
	while ((job = job_list_pop(&pool->taken)))
		job_free(job);
	(void)pthread_mutex_lock(&pool->mutex);
	unsigned left = pool->abandoned;

	pool_release(pool);
	return left;
}

/* Waits until every thread has run worker_init(). */
static int wait_ready(struct br_executor *executor)
{
	struct pool *pool = executor->state;
	int status = 0;

	(void)pthread_mutex_lock(&pool->mutex);
	while (pool->starting > 0)
		wait_finished(executor, UINT64_MAX);
	if (pool->ready == 0)
		status = refused(&pool->options, pool->init_error, "preparing a thread");
	(void)pthread_mutex_unlock(&pool->mutex);
	return status;
}

static struct pool *pool_new(const struct br_executor_options *options)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t attributes;

	if (!pool)
		return NULL;
	pool->threads = calloc(options->workers, sizeof(struct thread *));
	if (!pool->threads ||
	    admission_init(&pool->admission, options->memory, options->workers) != 0) {
		free(pool->threads);
		free(pool);
		return NULL;
	}
	pool->options = *options;
	pool->references = 1;
	pool->bell = -1;
	/* With these arguments glibc's init functions can't fail. The clock is that of clock_ns().
	 */
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&pool->mutex, NULL);
	(void)pthread_cond_init(&pool->work, NULL);
	(void)pthread_cond_init(&pool->granted, NULL);
	(void)pthread_cond_init(&pool->finished, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return pool;
}

static int thread_pool_start(struct br_executor *executor)
{
	struct pool *pool = pool_new(&executor->options);
	int status = 0;

	if (!pool)
		return -ENOMEM;
	executor->state = pool;
	(void)pthread_mutex_lock(&pool->mutex);
	for (unsigned i = 0; i < executor->options.workers && !status; i++)
		status = thread_start(pool, i);
	if (status)
		(void)refused(&executor->options, status, "pthread_create(3), by clone3(2)");
	bool some = pool->stats.workers_started > 0;

	(void)pthread_mutex_unlock(&pool->mutex);
	/* Fewer threads than asked for are slower, none is a failure. */
	if (some)
		status = wait_ready(executor);
	if (status)
		(void)thread_stop(executor);
	return status;
}

static void thread_stats(const struct br_executor *executor, struct br_executor_stats *stats)
{
	struct pool *pool = executor->state;

	(void)pthread_mutex_lock(&pool->mutex);
	*stats = pool->stats;
	(void)pthread_mutex_unlock(&pool->mutex);
}

const struct backend thread_backend = {
    .start = thread_pool_start,
    .submit = thread_submit,
    .wait = thread_wait,
    .wake = thread_wake,
    .cancel = thread_cancel,
    .cancel_job = thread_cancel_job,
    .stop = thread_stop,
    .stats = thread_stats,
    .watch = thread_watch,
};
