/* thread.c - a thread of a pool: job after job, until the pool stops or it has been abandoned. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
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
	br_buffer_release(&thread->slot.in);
	br_buffer_release(&thread->slot.out);
	free(thread);
}

/* A look before commit(), and one before each of its steps that is seen: -ECANCELED when the job
 * has been given up. From here on it has its time anew: a call that hangs in the file system is
 * given up as well. */
static int confirm(struct br_slot *slot)
{
	struct thread *thread = slot->asker;
	struct pool *pool = thread->pool;

	(void)pthread_mutex_lock(&pool->mutex);
	const bool mine = !thread->abandoned;

	if (mine) {
		thread->commits = true;
		thread->deadline =
		    pool_deadline(pool, pool->killed ? GRACE_MS : thread->job->timeout_ms);
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
	struct thread *thread = slot->asker;
	struct pool *pool = thread->pool;
	const struct admission_entry *entry = &pool->admission.entry[thread->index];
	int status;

	(void)pthread_mutex_lock(&pool->mutex);
	status =
	    thread->abandoned ? -ECANCELED : admission_ask(&pool->admission, thread->index, bytes);
	if (!status) {
		thread->deadline = UINT64_MAX;
		grant(pool);
		while (!thread->abandoned && entry->asked)
			(void)pthread_cond_wait(&pool->granted, &pool->mutex);
		thread->deadline = pool_deadline(pool, thread->job->timeout_ms);
		status = thread->abandoned ? -ECANCELED : 0;
		/* Who waits for the first deadline knows nothing of this one. */
		if (pool->caller_waits)
			(void)pthread_cond_signal(&pool->finished);
	}
	(void)pthread_mutex_unlock(&pool->mutex);
	return status;
}

static void run(struct thread *thread, struct job *job)
{
	const struct br_executor_options *options = &thread->pool->options;
	const struct br_task_ops *ops = options->ops;
	br_task_stage *const middle[] = {ops->read, ops->transform, ops->write};

	slot_clear(&thread->slot);
	thread->slot.share = admission_share(options->memory, options->workers);
	thread->slot.ask = ask;
	thread->slot.confirm = confirm;
	thread->slot.asker = thread;
	bool well = job_open(options, job, &thread->slot);

	for (unsigned i = 0; well && i < sizeof(middle) / sizeof(middle[0]); i++) {
		job->error = stage_run(options, middle[i], job, &thread->slot);
		if (job->error)
			job->status = BR_EXECUTOR_FAILED;
		well = !job->error && !is_abandoned(thread);
	}
	if (job->status == BR_EXECUTOR_DONE && confirm(&thread->slot))
		job->status = BR_EXECUTOR_TIMEOUT;
	job_close(options, job, &thread->slot);
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

	if (!most || ++thread->jobs < most || pool->stopping)
		return true;
	(void)pthread_mutex_unlock(&pool->mutex);
	state_free(&pool->options, thread->slot.state);
	int status = state_make(&pool->options, &thread->slot.state);

	(void)pthread_mutex_lock(&pool->mutex);
	thread->jobs = 0;
	if (!status) {
		pool->stats.workers_started++;
		return true;
	}
	pool->init_error = status;
	pool->ready--;
	pool_tell(pool);
	return false;
}

/* With the mutex held: runs jobs until the pool stops, this thread has been abandoned, or it has
 * no state to go on with: only then false. */
static bool work(struct thread *thread)
{
	struct pool *pool = thread->pool;
	struct job *job;

	while (!thread->abandoned && (job = take(pool))) {
		job->attempt = 1;
		job->worker = thread->index;
		thread->job = job;
		thread->commits = false;
		thread->deadline = pool_deadline(pool, job->timeout_ms);
		admission_begin(&pool->admission, thread->index);
		(void)pthread_mutex_unlock(&pool->mutex);
		run(thread, job);
		(void)pthread_mutex_lock(&pool->mutex);
		thread->job = NULL;
		if (thread->abandoned) {
			job_free(job); /* expire() handed back a copy */
			break;
		}
		pool_give_back(pool, thread->index);
		job_list_push(&pool->done, job);
		pool_tell(pool);
		if (!renew(thread))
			return false;
	}
	return true;
}

static void *thread_main(void *arg)
{
	struct thread *thread = arg;
	struct pool *pool = thread->pool;
	int status = state_make(&pool->options, &thread->slot.state);
	bool has_state = !status;

	(void)pthread_mutex_lock(&pool->mutex);
	pool->starting--;
	if (status)
		pool->init_error = status;
	else
		pool->ready++;
	(void)pthread_cond_signal(&pool->finished);
	if (has_state)
		has_state = work(thread);
	bool abandoned = thread->abandoned;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (has_state)
		state_free(&pool->options, thread->slot.state);
	(void)pthread_mutex_lock(&pool->mutex);
	/* Whoever joins frees the others. */
	if (abandoned) {
		pool->abandoned--;
		thread_free(thread);
	}
	pool_release(pool);
	return NULL;
}

/* Signals are for the thread that runs the executor: the new one blocks all
 * except those that a fault of its own raises. */
int thread_start(struct pool *pool, unsigned index)
{
	struct thread *thread = calloc(1, sizeof(*thread));
	sigset_t all, before;
	int status;

	if (!thread)
		return -ENOMEM;
	thread->pool = pool;
	thread->index = index;
	thread->deadline = UINT64_MAX;
	thread->slot.in = BR_BUFFER_HEAP;
	thread->slot.out = BR_BUFFER_HEAP;
	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGSEGV);
	(void)sigdelset(&all, SIGBUS);
	(void)sigdelset(&all, SIGFPE);
	(void)sigdelset(&all, SIGILL);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	pool->references++;
	pool->starting++;
	status = pthread_create(&thread->handle, NULL, thread_main, thread);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (status) {
		pool->references--;
		pool->starting--;
		free(thread);
		return -status;
	}
	pool->threads[index] = thread;
	pool->stats.workers_started++;
	return 0;
}
