/* thread.c - a thread of a pool: job after job, until the pool stops or it has been abandoned. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "base/threads.h"
#include "exec/thread_pool.h"

uint64_t pool_now(struct pool *pool)
{
	return run_clock_look(&pool->clock, pool->caller_waits ? LOOK_NS : AWAY_NS);
}

uint64_t pool_deadline(struct pool *pool, unsigned ms)
{
	return deadline_after(pool_now(pool), ms);
}

void thread_free(struct thread *thread)
{
	gang_free(thread->gang);
	for (unsigned i = 0; thread->seats && i < thread->pool->options.together; i++) {
		br_buffer_release(&thread->seats[i].slot.in);
		br_buffer_release(&thread->seats[i].slot.out);
	}
	free(thread->seats);
	free(thread);
}

/* A look before commit(), and one before each of its steps that is seen: -ECANCELED when the job
 * has been given up. From here on it has its time anew: a call that hangs in the file system is
 * given up as well. */
static int confirm(struct br_slot *slot)
{
	const struct thread_seat *seat = slot->asker;
	struct thread *thread = seat->thread;
	struct pool *pool = thread->pool;

	(void)pthread_mutex_lock(&pool->mutex);
	const bool mine = !thread->abandoned;

	if (mine) {
		thread->commits = true;
		thread->deadline =
		    pool_deadline(pool, pool->killed ? GRACE_MS : seat->job->timeout_ms);
	}
	(void)pthread_mutex_unlock(&pool->mutex);
	return mine ? 0 : -ECANCELED;
}

static bool is_abandoned(struct thread *thread)
{
	(void)pthread_mutex_lock(&thread->pool->mutex);
	bool abandoned = thread->abandoned;

	(void)pthread_mutex_unlock(&thread->pool->mutex);
	return abandoned;
}

/* With the mutex held: wakes those whose turn has come, and when none waits any more, those who
 * wait for a job. */
static void grant(struct pool *pool)
{
	bool granted = false;

	while (admission_grant(&pool->admission) >= 0)
		granted = true;
	if (!granted)
		return;
	(void)pthread_cond_broadcast(&pool->granted);
	if (!admission_closed(&pool->admission))
		(void)pthread_cond_broadcast(&pool->work);
}

/* Time stands still for a job that waits for memory. */
static int ask(struct br_slot *slot, uint64_t bytes)
{
	const struct thread_seat *seat = slot->asker;
	struct thread *thread = seat->thread;
	struct pool *pool = thread->pool;
	const struct admission_entry *entry = &pool->admission.entry[thread->index];
	int status;

	if (thread->gang && gang_admit(thread->gang, seat->index, bytes))
		return 0;
	(void)pthread_mutex_lock(&pool->mutex);
	status =
	    thread->abandoned ? -ECANCELED : admission_ask(&pool->admission, thread->index, bytes);
	if (!status) {
		thread->deadline = UINT64_MAX;
		thread->since.began = 0;
		grant(pool);
		while (!thread->abandoned && entry->asked)
			(void)pthread_cond_wait(&pool->granted, &pool->mutex);
		thread->deadline = pool_deadline(pool, seat->job->timeout_ms);
		status = thread->abandoned ? -ECANCELED : 0;
		/* Who waits for the first deadline knows nothing of this one. */
		if (pool->caller_waits)
			(void)pthread_cond_signal(&pool->finished);
	}
	(void)pthread_mutex_unlock(&pool->mutex);
	return status;
}

static void gather(struct br_slot *slot, void *piece, br_executor_together *function, void *arg)
{
	const struct thread_seat *seat = slot->asker;

	gang_gather(seat->thread->gang, seat->index, piece, function, arg);
}

static void run(struct thread_seat *seat)
{
	struct thread *thread = seat->thread;
	const struct br_executor_options *options = &thread->pool->options;
	const struct br_task_ops *ops = options->ops;
	br_task_stage *const middle[] = {ops->read, ops->transform, ops->write};
	struct job *job = seat->job;
	struct br_slot *slot = &seat->slot;

	slot_clear(slot);
	slot->state = thread->state;
	slot->share = thread->gang ? gang_least(thread->gang)
	                           : admission_share(options->memory, options->workers);
	slot->ask = ask;
	slot->confirm = confirm;
	slot->gather = thread->gang ? gather : NULL;
	slot->asker = seat;
	bool well = job_open(options, job, slot);

	for (unsigned i = 0; well && i < sizeof(middle) / sizeof(middle[0]); i++) {
		job->error = stage_run(options, middle[i], job, slot);
		if (job->error)
			job->status = BR_EXECUTOR_FAILED;
		well = !job->error && !is_abandoned(thread);
	}
	if (job->status == BR_EXECUTOR_DONE && confirm(slot))
		job->status = BR_EXECUTOR_TIMEOUT;
	job_close(options, job, slot);
}

/* With the mutex held: the next job, or NULL when the pool stops. */
static struct job *take(struct pool *pool)
{
	while ((!pool->queue.first || admission_closed(&pool->admission)) && !pool->stopping) {
		pool->idle++;
		(void)pthread_cond_wait(&pool->work, &pool->mutex);
		pool->idle--;
	}
	return pool->stopping ? NULL : job_list_pop(&pool->queue);
}

void pool_give_back(struct pool *pool, unsigned index)
{
	bool closed = admission_closed(&pool->admission);

	admission_end(&pool->admission, index);
	grant(pool);
	if (closed && !admission_closed(&pool->admission))
		(void)pthread_cond_broadcast(&pool->work);
}

bool pool_has_backlog(const struct pool *pool)
{
	return pool->queue.count >= pool->options.workers;
}

void pool_tell(struct pool *pool)
{
	if (pool->caller_waits && !(pool->caller_is_patient && pool_has_backlog(pool)))
		(void)pthread_cond_signal(&pool->finished);
	if (pool->bell_armed) {
		const uint64_t one = 1;

		pool->bell_armed = false;
		(void)!write(pool->bell, &one, sizeof(one));
	}
}

/* With the mutex held, which is released meanwhile: whether the thread has a state to go on with,
 * a new one when it has used the old one long enough. */
static bool renew(struct thread *thread)
{
	struct pool *pool = thread->pool;
	const unsigned most = pool->options.max_jobs_per_worker;

	if (!most || thread->jobs < most || pool->stopping)
		return true;
	(void)pthread_mutex_unlock(&pool->mutex);
	state_free(&pool->options, thread->state);
	int status = state_make(&pool->options, &thread->state);

	(void)pthread_mutex_lock(&pool->mutex);
	thread->jobs = 0;
	if (!status) {
		pool->stats.workers_started++;
		return true;
	}
	thread->stateless = true;
	pool->init_error = status;
	pool->ready--;
	pool_tell(pool);
	return false;
}

/* --- jobs, one or several at a time, with the mutex held ------------------------------------- */

static void begin(struct thread_seat *seat, struct job *job)
{
	struct thread *thread = seat->thread;
	struct pool *pool = thread->pool;

	job->attempt = 1;
	job->worker = thread->index;
	seat->job = job;
	thread->job = job;
	thread->jobs++;
	thread->commits = false;
	thread->deadline = pool_deadline(pool, job->timeout_ms);
	if (thread->under_way++ == 0)
		admission_begin(&pool->admission, thread->index);
}

static void finish(struct thread_seat *seat)
{
	struct thread *thread = seat->thread;
	struct pool *pool = thread->pool;
	struct job *job = seat->job;

	seat->job = NULL;
	thread->job = NULL;
	thread->commits = false;
	thread->under_way--;
	if (thread->abandoned) {
		job_free(job); /* abandon() handed back a copy */
		return;
	}
	if (!thread->under_way)
		pool_give_back(pool, thread->index);
	job_list_push(&pool->done, job);
	pool_tell(pool);
}

/* Runs jobs until the pool stops, or the thread has been abandoned or has no state to go on with.
 */
static void work(struct thread *thread)
{
	struct pool *pool = thread->pool;
	struct thread_seat *seat = &thread->seats[0];
	struct job *job;

	while (!thread->abandoned && renew(thread) && (job = take(pool))) {
		begin(seat, job);
		(void)pthread_mutex_unlock(&pool->mutex);
		run(seat);
		(void)pthread_mutex_lock(&pool->mutex);
		finish(seat);
	}
}

/* A job that is there, for a thread that has others. */
static struct job *take_another(const struct thread *thread)
{
	struct pool *pool = thread->pool;
	struct job *job = pool->queue.first;

	if (!job || pool->stopping || pool->admission.waiting)
		return NULL;
	for (unsigned i = 0; i < pool->options.together; i++)
		if (thread->seats[i].job && thread->seats[i].job->company != job->company)
			return NULL;
	if (pool->options.max_jobs_per_worker && thread->jobs >= pool->options.max_jobs_per_worker)
		return NULL;
	return job_list_pop(&pool->queue);
}

static int seat_take(void *arg, unsigned index, bool wait)
{
	struct thread *thread = arg;
	struct pool *pool = thread->pool;
	struct job *job = NULL;

	(void)pthread_mutex_lock(&pool->mutex);
	if (!wait)
		job = thread->abandoned ? NULL : take_another(thread);
	else if (!thread->abandoned && renew(thread))
		job = take(pool);
	if (wait)
		thread->since.began = 0;
	if (job)
		begin(&thread->seats[index], job);
	(void)pthread_mutex_unlock(&pool->mutex);
	if (job)
		return 0;
	return wait ? -ECANCELED : -EAGAIN;
}

static void seat_run(void *arg, unsigned index)
{
	struct thread *thread = arg;

	run(&thread->seats[index]);
	(void)pthread_mutex_lock(&thread->pool->mutex);
	finish(&thread->seats[index]);
	(void)pthread_mutex_unlock(&thread->pool->mutex);
}

/* The time for what is done for `count` jobs, ms; 0 if one has no limit. */
static unsigned time_together(const struct thread *thread, unsigned count)
{
	uint64_t ms = 0;
	unsigned longest = 0;

	for (unsigned i = 0; i < thread->pool->options.together; i++) {
		const struct job *job = thread->seats[i].job;

		if (job && !job->timeout_ms)
			return 0;
		if (!job)
			continue;
		ms += job->timeout_ms;
		longest = job->timeout_ms > longest ? job->timeout_ms : longest;
	}
	ms = together_limit(ms, longest, count, thread->pool->slowest / NS_PER_MS);
	return ms < UINT_MAX ? (unsigned)ms : UINT_MAX;
}

static void seat_step(void *arg, unsigned index, unsigned first, unsigned count)
{
	struct thread *thread = arg;
	struct pool *pool = thread->pool;

	(void)pthread_mutex_lock(&pool->mutex);
	thread->job = count > 1 ? NULL : thread->seats[index == GANG_ALL ? first : index].job;
	together_step(&thread->since, count, pool_now(pool), &pool->slowest);
	thread->deadline = pool_deadline(pool, thread->job ? thread->job->timeout_ms
	                                                   : time_together(thread, count));
	(void)pthread_mutex_unlock(&pool->mutex);
}

static const struct gang_ops seat_ops = {.take = seat_take, .run = seat_run, .step = seat_step};

static void *thread_main(void *arg)
{
	struct thread *thread = arg;
	struct pool *pool = thread->pool;
	int status = state_make(&pool->options, &thread->state);

	(void)pthread_mutex_lock(&pool->mutex);
	pool->starting--;
	thread->stateless = status != 0;
	if (status)
		pool->init_error = status;
	else
		pool->ready++;
	(void)pthread_cond_signal(&pool->finished);
	if (!status && !thread->gang)
		work(thread);
	(void)pthread_mutex_unlock(&pool->mutex);
	if (!status && thread->gang)
		(void)gang_work(thread->gang);
	(void)pthread_mutex_lock(&pool->mutex);
	const bool abandoned = thread->abandoned;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (!thread->stateless)
		state_free(&pool->options, thread->state);
	/* Whoever joins frees the others. */
	if (abandoned)
		thread_free(thread);
	(void)pthread_mutex_lock(&pool->mutex);
	pool->abandoned -= abandoned;
	pool_release(pool);
	return NULL;
}

static int make_seats(struct thread *thread)
{
	const struct br_executor_options *options = &thread->pool->options;

	thread->seats = calloc(options->together, sizeof(*thread->seats));
	if (!thread->seats)
		return -ENOMEM;
	for (unsigned i = 0; i < options->together; i++) {
		thread->seats[i].thread = thread;
		thread->seats[i].index = i;
		thread->seats[i].slot.in = BR_BUFFER_HEAP;
		thread->seats[i].slot.out = BR_BUFFER_HEAP;
	}
	return options->together > 1
	           ? gang_new(&thread->gang, options->together,
	                      admission_share(options->memory, options->workers), &seat_ops, thread)
	           : 0;
}

int thread_start(struct pool *pool, unsigned index)
{
	struct thread *thread = calloc(1, sizeof(*thread));
	int status;

	if (!thread)
		return -ENOMEM;
	thread->pool = pool;
	thread->index = index;
	thread->deadline = UINT64_MAX;
	status = make_seats(thread);
	if (status) {
		thread_free(thread);
		return status;
	}
	pool->references++;
	pool->starting++;
	status = threads_start(&thread->handle, NULL, thread_main, thread);
	if (status) {
		pool->references--;
		pool->starting--;
		thread_free(thread);
		return status;
	}
	pool->threads[index] = thread;
	pool->stats.workers_started++;
	return 0;
}
