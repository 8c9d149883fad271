/* io_pool.c - see io_pool.h. One mutex guards the lists between the threads and the caller. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/base.h"
#include "base/threads.h"
#include "exec/io_pool.h"
#include "exec/io_thread.h"

/* Threads that may hang at a time beyond as many as are to work, which a server may leave all at
 * once. Each costs some 20 KB of memory, and what its call holds in the kernel. */
#define STUCK_MAX 64

/* A patient caller has so much of all places come together before it wakes a thread, but no more
 * than that: with many threads each of them is long at its work. */
#define DRAIN_SHARE 4
#define DRAIN_MOST  8

/* When to look whether one thread that was woken is enough, ns. */
#define HELP_NS 2000000U

/* As executor.h says: less of a limited address space than the 8 MiB that are usual. */
#define STACK_BYTES ((size_t)1 << 20)

/* --- the pool's memory ------------------------------------------------------------------------
 */

static void pool_free(struct io_pool *pool)
{
	slots_free(pool->slots);
	(void)close(pool->wake);
	(void)pthread_cond_destroy(&pool->work);
	(void)pthread_cond_destroy(&pool->ended);
	(void)pthread_mutex_destroy(&pool->mutex);
	free(pool->caller);
	free(pool->threads);
	free(pool);
}

/* With the mutex held, which it releases. */
static void pool_release(struct io_pool *pool)
{
	bool last = --pool->references == 0;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (last)
		pool_free(pool);
}

int io_pool_new(struct io_pool **out, const struct br_executor_options *options,
                struct slot_table *slots, unsigned places)
{
	struct io_pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t attributes;

	if (!pool)
		return -ENOMEM;
	pool->threads = calloc(options->io_threads_most, sizeof(struct io_thread *));
	pool->wake = pool->threads ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
	if (pool->wake < 0) {
		int status = pool->threads ? refused(options, -errno, "eventfd(2)") : -ENOMEM;

		free(pool->threads);
		free(pool);
		return status;
	}
	pool->options = *options;
	pool->slots = slots;
	pool->wanted = options->io_threads;
	pool->control = io_control_start(options->io_threads, options->io_threads_most);
	pool->places = pool->places_free = places + pool->wanted;
	pool->references = 1;
	/* With these arguments glibc's init functions can't fail. The clock is that of clock_ns().
	 */
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&pool->mutex, NULL);
	(void)pthread_cond_init(&pool->work, NULL);
	(void)pthread_cond_init(&pool->ended, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	*out = pool;
	return 0;
}

static void cancel(struct io_pool *pool, struct job_list *list)
{
	struct job *job;

	job_list_cancel(list);
	while ((job = job_list_pop(list)))
		io_finish(pool, job);
}

/* --- threads that come and go ------------------------------------------------------------------
 */

static void *thread_main(void *arg)
{
	struct io_thread *thread = arg;
	struct io_pool *pool = thread->pool;

	(void)pthread_mutex_lock(&pool->mutex);
	io_thread_work(thread);
	if (thread->given_up) {
		pool->stuck--;
		io_notify(pool); /* another one can be started in its place */
		free(thread);
	} else {
		pool->running--;
		(void)pthread_cond_signal(&pool->ended);
	}
	pool_release(pool);
	return NULL;
}

/* With the mutex held. */
static int start_thread(struct io_pool *pool, unsigned index)
{
	struct io_thread *thread = calloc(1, sizeof(*thread));
	pthread_attr_t attributes;
	int status;

	if (!thread)
		return -ENOMEM;
	*thread = (struct io_thread){.pool = pool, .index = index, .deadline = UINT64_MAX};
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	status = threads_start(&thread->handle, &attributes, thread_main, thread);
	(void)pthread_attr_destroy(&attributes);
	if (status) {
		free(thread);
		return status;
	}
	pool->threads[index] = thread;
	pool->references++;
	pool->running++;
	return 0;
}

/* With the mutex held: fills the places of threads that were given up. */
static int refill(struct io_pool *pool)
{
	int status = 0;

	for (unsigned i = 0; i < pool->wanted && !status; i++) {
		if (!pool->threads[i] && pool->stuck <= STUCK_MAX + pool->wanted)
			status = start_thread(pool, i);
	}
	return status;
}

int io_pool_start(struct io_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mutex);
	int status = refill(pool);

	/* Fewer than asked for are slower, none is slower still. */
	if (status && pool->running == 0) {
		pool->caller = calloc(1, sizeof(*pool->caller));
		if (pool->caller)
			pool->caller->pool = pool;
	}
	status = pool->running || pool->caller ? 0 : -ENOMEM;
	(void)pthread_mutex_unlock(&pool->mutex);
	return status;
}

/* With the mutex held. The thread goes on to use its job, so what is handed back is another one.
 */
static void give_up(struct io_pool *pool, struct io_thread *thread)
{
	const struct job *job = thread->job;
	const enum br_executor_status status =
	    pool->killed ? BR_EXECUTOR_CANCELLED : BR_EXECUTOR_TIMEOUT;
	struct job *substitute = job_substitute(&pool->options, job, status);

	/* Without memory for that the thread gets more time: the next call tries again. */
	if (!substitute)
		return;
	substitute->error = status == BR_EXECUTOR_TIMEOUT ? -ETIMEDOUT : 0;
	pool->timeouts += status == BR_EXECUTOR_TIMEOUT;
	thread->given_up = true;
	(void)pthread_detach(thread->handle);
	pool->threads[thread->index] = NULL;
	pool->running--;
	pool->stuck++;
	pool->filling -= thread->fills;
	if (job_is_slotted(job))
		pool->places_lost++;
	else
		io_free_place(pool);
	if (io_can_fill(pool))
		io_wake_thread(pool);
	io_finish(pool, substitute);
}

/* With the mutex held: nobody is left who could open, write or discard. What is open stays so until
 * the program ends. */
static void die(struct io_pool *pool)
{
	pool->dead = true;
	cancel(pool, &pool->fill);
	cancel(pool, &pool->ready);
	cancel(pool, &pool->drain);
}

/* With the mutex held. Calls that hang can hold every slot, while there still are threads. */
static bool is_lost(const struct io_pool *pool)
{
	return pool->running == 0 || pool->places_lost == pool->places;
}

/* With the mutex held: gives up what is over its time; until when, of clock_ns(), one may wait
 * before the next look. */
static uint64_t expire(struct io_pool *pool)
{
	const uint64_t now = io_now(pool);
	uint64_t next = UINT64_MAX;

	if (pool->caller)
		return next;
	for (unsigned i = 0; i < pool->wanted; i++) {
		struct io_thread *thread = pool->threads[i];

		if (!thread || !thread->job || thread->deadline == UINT64_MAX)
			continue;
		if (thread->deadline <= now)
			give_up(pool, thread);
		else if (thread->deadline < next)
			next = thread->deadline;
	}
	if (pool->running < pool->wanted && !pool->stopping && !pool->dead) {
		(void)refill(pool);
		if (is_lost(pool))
			die(pool);
	}
	/* What waits for a thread may begin as soon as the caller sleeps, and hang. */
	if (pool->fill.first || pool->drain.first)
		next = earlier(next, io_deadline(pool, now, pool->least_timeout_ms));
	return look_by(next, now);
}

/* --- the caller's side ------------------------------------------------------------------------
 */

int io_pool_wake(const struct io_pool *pool)
{
	return pool->wake;
}

/* Lets the mutex go. A thread is woken without it: it would only wait for it at once. */
static void unlock_and_wake(struct io_pool *pool, bool wake)
{
	wake = wake && io_thread_is_idle(pool);
	pool->waking += wake;
	(void)pthread_mutex_unlock(&pool->mutex);
	if (wake)
		(void)pthread_cond_signal(&pool->work);
}

/* Puts a job down for the threads. */
static void put(struct io_pool *pool, struct job_list *list, struct job *job)
{
	(void)pthread_mutex_lock(&pool->mutex);
	if (job->timeout_ms &&
	    (!pool->least_timeout_ms || job->timeout_ms < pool->least_timeout_ms))
		pool->least_timeout_ms = job->timeout_ms;
	job_list_insert(list, job);
	if (pool->dead)
		cancel(pool, list);
}

void io_pool_fill(struct io_pool *pool, struct job *job)
{
	put(pool, &pool->fill, job);
	unlock_and_wake(pool, io_can_fill(pool));
}

void io_pool_drain(struct io_pool *pool, struct job *job)
{
	put(pool, &pool->drain, job);
	(void)pthread_mutex_unlock(&pool->mutex);
}

/* With the mutex held: whether a thread is to be woken. For a patient caller they do several jobs
 * in one go: being woken costs as much as publishing a small picture. Those that are awake may hang
 * in a call: while there is still more to do and somebody who could, the caller looks again soon,
 * not to have all of them run for what one can do. */
static bool needs_thread(const struct io_pool *pool, bool patient, uint64_t *deadline)
{
	const unsigned jobs = pool->drain.count + (io_can_fill(pool) ? pool->fill.count : 0);

	if (jobs == 0 || !io_thread_is_idle(pool))
		return false;
	if (patient && pool->drain.count < pool->places / DRAIN_SHARE &&
	    pool->drain.count < DRAIN_MOST)
		return false;
	if (jobs > 1 || pool->waking > 0)
		*deadline = earlier(*deadline, clock_ns() + HELP_NS);
	return pool->waking == 0;
}

/* With the mutex held: whether there is more to do, and nobody who could. */
static bool is_saturated(const struct io_pool *pool)
{
	const bool can_read =
	    pool->fill.first && pool->places_free > 0 && !pool->starved && !pool->stopping;

	return !pool->caller && (pool->drain.first || can_read) &&
	       (pool->idle == 0 || (can_read && pool->filling >= pool->control.limit));
}

/* With the mutex held. If the system gives fewer, no more are asked for. */
static void add_threads(struct io_pool *pool, unsigned wanted)
{
	const unsigned more = wanted - pool->wanted;

	pool->wanted = wanted;
	pool->places += more;
	pool->places_free += more;
	if (refill(pool) != 0)
		pool->control.most = wanted;
}

/* With the mutex held: what was done while all were busy decides how many read. */
static void control_readers(struct io_pool *pool, bool patient, uint64_t *deadline)
{
	struct io_look look;
	struct io_sample sample;

	if (pool->control.least == pool->control.most)
		return;
	look = (struct io_look){.now = clock_ns(),
	                        .busy = !patient && is_saturated(pool),
	                        .served = pool->served,
	                        .work = pool->units};
	if (io_watch_look(&pool->watch, &look, pool->control.limit, &sample, deadline) &&
	    io_control_sample(&pool->control, &sample) > pool->wanted)
		add_threads(pool, pool->control.limit);
}

struct job *io_pool_collect(struct io_pool *pool, struct job_list *ready, bool patient,
                            uint64_t *deadline)
{
	(void)pthread_mutex_lock(&pool->mutex);
	*deadline = expire(pool);
	if (pool->cancelled)
		io_cancel_ready(pool);
	while (pool->caller && !pool->done.first && io_thread_step(pool->caller))
		;
	job_list_append(ready, &pool->ready);
	struct job *job = job_list_pop(&pool->done);

	control_readers(pool, patient, deadline);
	pool->caller_waits = !job;
	pool->caller_is_patient = patient;
	unlock_and_wake(pool, needs_thread(pool, patient, deadline));
	return job;
}

/* With the mutex held. */
static void hurry(struct io_pool *pool)
{
	const uint64_t soon = deadline_after(io_now(pool), IO_GRACE_MS);

	pool->killed = true;
	for (unsigned i = 0; i < pool->wanted; i++) {
		if (pool->threads[i] && pool->threads[i]->deadline > soon)
			pool->threads[i]->deadline = soon;
	}
}

void io_pool_cancel(struct io_pool *pool, bool kill)
{
	(void)pthread_mutex_lock(&pool->mutex);
	pool->cancelled = true;
	cancel(pool, &pool->fill);
	io_cancel_ready(pool);
	if (kill)
		hurry(pool);
	(void)pthread_mutex_unlock(&pool->mutex);
}

/* With the mutex held: a job that a thread opens goes no further. */
static bool cancel_opening(struct io_pool *pool, uint64_t id)
{
	for (unsigned i = 0; i < pool->wanted; i++) {
		const struct io_thread *thread = pool->threads[i];

		if (!thread || !thread->job || !thread->fills || thread->job->id != id)
			continue;
		thread->job->cancelled = true;
		return true;
	}
	return false;
}

bool io_pool_cancel_job(struct io_pool *pool, uint64_t id)
{
	struct job_list found = {0};
	struct job *job;
	bool opening = false;

	(void)pthread_mutex_lock(&pool->mutex);
	if ((job = job_list_remove(&pool->fill, id))) {
		job_list_push(&found, job);
		cancel(pool, &found);
	} else if ((job = job_list_remove(&pool->ready, id))) {
		job_cancel(job);
		job_list_push(&pool->drain, job);
		io_wake_thread(pool);
	} else {
		opening = cancel_opening(pool, id);
	}
	(void)pthread_mutex_unlock(&pool->mutex);
	return job || opening;
}

bool io_pool_is_dead(const struct io_pool *pool)
{
	return pool->dead;
}

bool io_pool_is_empty(struct io_pool *pool)
{
	(void)pthread_mutex_lock(&pool->mutex);
	bool empty =
	    !pool->fill.first && !pool->drain.first && !pool->ready.first && !pool->done.first;

	for (unsigned i = 0; i < pool->wanted && empty; i++)
		empty = !pool->threads[i] || !pool->threads[i]->job;
	(void)pthread_mutex_unlock(&pool->mutex);
	return empty;
}

void io_pool_stats(struct io_pool *pool, struct br_executor_stats *stats)
{
	(void)pthread_mutex_lock(&pool->mutex);
	stats->timeouts += pool->timeouts;
	stats->io_threads = pool->running;
	stats->io_reading = pool->control.limit;
	(void)pthread_mutex_unlock(&pool->mutex);
}

/* With the mutex held: until every thread has ended or has been given up. */
static void wait_for_threads(struct io_pool *pool)
{
	while (pool->running > 0) {
		const uint64_t next = expire(pool);

		if (pool->running > 0)
			wait_until(&pool->ended, &pool->mutex, next);
	}
}

unsigned io_pool_free(struct io_pool *pool)
{
	struct job *job;

	io_pool_cancel(pool, true);
	(void)pthread_mutex_lock(&pool->mutex);
	pool->stopping = true;
	(void)pthread_cond_broadcast(&pool->work);
	wait_for_threads(pool);
	while (pool->caller && io_thread_step(pool->caller))
		;
	cancel(pool, &pool->drain);
	(void)pthread_mutex_unlock(&pool->mutex);
	for (unsigned i = 0; i < pool->wanted; i++) {
		if (!pool->threads[i])
			continue;
		(void)pthread_join(pool->threads[i]->handle, NULL);
		free(pool->threads[i]);
	}
	(void)pthread_mutex_lock(&pool->mutex);
	while ((job = job_list_pop(&pool->done)) || (job = job_list_pop(&pool->drain)))
		job_free(job);
	unsigned left = pool->stuck;

	pool_release(pool);
	return left;
}
