/* thread_pool.c - worker threads that run whole jobs.
 *
 * One mutex guards everything that is shared: jobs are far longer than the few instructions that
 * are run under it. What crosses is whole tasks, from the queue to a worker to the finished list.
 *
 * A thread that runs past its deadline can't be killed. It is abandoned: its job is handed back as
 * timed out, another thread takes its place, and a flag that is looked at before commit(), and by
 * it (executor_confirm()), keeps the late result from becoming visible. So many can be abandoned at
 * a time. The pool's memory outlives the executor for as long as such a thread may still come back
 * to it, which is what `references` counts.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/run_clock.h"
#include "exec/admission.h"
#include "exec/internal.h"

/* Threads that may be abandoned at a time: each has a picture's memory, and may be computing. */
#define ABANDONED_MAX 64

/* What a commit that is under way is given when the executor is killed, ms: what it does is seen
 * right afterwards. */
#define GRACE_MS 500U

struct pool;

struct thread {
	struct pool *pool;
	struct slot slot;
	struct task *task; /* that it runs, or NULL */
	uint64_t deadline; /* of that task, on the pool's clock */
	unsigned index;
	bool commits; /* too late to take it back */
	bool abandoned;
	pthread_t handle;
};

struct pool {
	struct executor_options options;
	pthread_mutex_t mutex;
	pthread_cond_t work;     /* the queue has a task, or `stopping` */
	pthread_cond_t granted;  /* a thread that asked for memory may go on */
	pthread_cond_t finished; /* the finished list has a task, or a thread began or failed */
	struct task_list queue;
	struct task_list done;
	struct admission admission;
	struct run_clock clock;
	unsigned idle;     /* threads that wait for work */
	unsigned starting; /* threads that have not come back from worker_init() */
	unsigned ready;    /* threads that take from the queue */
	unsigned abandoned;
	int init_error; /* what the last worker_init() that failed returned */
	bool killed;
	bool caller_waits;
	bool caller_is_patient; /* it looks again soon: see PATIENCE_NS */
	bool stopping;
	unsigned references;     /* the executor, and every thread that has not ended */
	struct thread **threads; /* options.workers of them */
	struct executor_stats stats;
	/* The caller's alone, without the mutex. */
	struct task_list taken;
};

/* With the mutex held: the time on the pool's clock. A caller that waits looks at it often. */
static uint64_t pool_now(struct pool *pool)
{
	return run_clock_look(&pool->clock, pool->caller_waits ? LOOK_NS : AWAY_NS);
}

/* With the mutex held: `ms` from now, on the pool's clock; UINT64_MAX for 0. */
static uint64_t deadline_in(struct pool *pool, unsigned ms)
{
	return deadline_after(pool_now(pool), ms);
}

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
static void pool_release(struct pool *pool)
{
	bool last = --pool->references == 0;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (last)
		pool_free(pool);
}

static void thread_free(struct thread *thread)
{
	buffer_release(&thread->slot.in);
	buffer_release(&thread->slot.out);
	free(thread);
}

/* A look before commit(), and one before each of its steps that is seen: -ECANCELED when the job
 * has been given up. From here on it has its time anew: a call that hangs in the file system is
 * given up as well. */
static int confirm(struct slot *slot)
{
	struct thread *thread = slot->asker;
	struct pool *pool = thread->pool;

	(void)pthread_mutex_lock(&pool->mutex);
	const bool mine = !thread->abandoned;

	if (mine) {
		thread->commits = true;
		thread->deadline =
		    deadline_in(pool, pool->killed ? GRACE_MS : pool->options.timeout_ms);
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
static int ask(struct slot *slot, uint64_t bytes)
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
		thread->deadline = deadline_in(pool, pool->options.timeout_ms);
		status = thread->abandoned ? -ECANCELED : 0;
		/* Who waits for the first deadline knows nothing of this one. */
		if (pool->caller_waits)
			(void)pthread_cond_signal(&pool->finished);
	}
	(void)pthread_mutex_unlock(&pool->mutex);
	return status;
}

static void run(struct thread *thread, struct task *task)
{
	const struct executor_options *options = &thread->pool->options;
	const struct task_ops *ops = options->ops;
	task_stage *const middle[] = {ops->read, ops->transform, ops->write};

	slot_clear(&thread->slot);
	thread->slot.share = admission_share(options->memory, options->workers);
	thread->slot.ask = ask;
	thread->slot.confirm = confirm;
	thread->slot.asker = thread;
	bool well = task_open(options, task, &thread->slot);

	for (unsigned i = 0; well && i < sizeof(middle) / sizeof(middle[0]); i++) {
		task->error = stage_run(options, middle[i], task, &thread->slot);
		if (task->error)
			task->status = EXECUTOR_FAILED;
		well = !task->error && !is_abandoned(thread);
	}
	if (task->status == EXECUTOR_DONE && confirm(&thread->slot))
		task->status = EXECUTOR_TIMEOUT;
	task_close(options, task, &thread->slot);
}

/* With the mutex held: the next task, or NULL when the pool stops. */
static struct task *take(struct pool *pool)
{
	while ((!pool->queue.first || admission_closed(&pool->admission)) && !pool->stopping) {
		pool->idle++;
		(void)pthread_cond_wait(&pool->work, &pool->mutex);
		pool->idle--;
	}
	return pool->stopping ? NULL : task_list_pop(&pool->queue);
}

/* With the mutex held: a job's memory. */
static void give_back(struct pool *pool, unsigned index)
{
	bool closed = admission_closed(&pool->admission);

	admission_end(&pool->admission, index);
	grant(pool);
	if (closed && !admission_closed(&pool->admission))
		(void)pthread_cond_broadcast(&pool->work);
}

/* With the mutex held: whether the threads have enough to do for a while. */
static bool has_backlog(const struct pool *pool)
{
	return pool->queue.count >= pool->options.workers;
}

/* With the mutex held: the caller has something to look at. */
static void tell_finished(struct pool *pool)
{
	if (pool->caller_waits && !(pool->caller_is_patient && has_backlog(pool)))
		(void)pthread_cond_signal(&pool->finished);
}

/* With the mutex held: runs tasks until the pool stops or this thread has been abandoned. */
static void work(struct thread *thread)
{
	struct pool *pool = thread->pool;
	struct task *task;

	while (!thread->abandoned && (task = take(pool))) {
		task->attempt = 1;
		task->worker = thread->index;
		thread->task = task;
		thread->commits = false;
		thread->deadline = deadline_in(pool, pool->options.timeout_ms);
		admission_begin(&pool->admission, thread->index);
		(void)pthread_mutex_unlock(&pool->mutex);
		run(thread, task);
		(void)pthread_mutex_lock(&pool->mutex);
		thread->task = NULL;
		if (thread->abandoned) {
			task_free(task); /* expire() handed back a copy */
			break;
		}
		give_back(pool, thread->index);
		task_list_push(&pool->done, task);
		tell_finished(pool);
	}
}

static void *thread_main(void *arg)
{
	struct thread *thread = arg;
	struct pool *pool = thread->pool;
	int status = state_make(&pool->options, &thread->slot.state);

	(void)pthread_mutex_lock(&pool->mutex);
	pool->starting--;
	if (status)
		pool->init_error = status;
	else
		pool->ready++;
	(void)pthread_cond_signal(&pool->finished);
	if (!status)
		work(thread);
	bool abandoned = thread->abandoned;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (!status)
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

/* With the mutex held. Signals are for the thread that runs the executor: the new one blocks all
 * but those that a fault of its own raises. */
static int thread_start(struct pool *pool, unsigned index)
{
	struct thread *thread = calloc(1, sizeof(*thread));
	sigset_t all, before;
	int status;

	if (!thread)
		return -ENOMEM;
	thread->pool = pool;
	thread->index = index;
	thread->deadline = UINT64_MAX;
	thread->slot.in = BUFFER_HEAP;
	thread->slot.out = BUFFER_HEAP;
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

/* Waits for `finished` with the mutex held, until a time of clock_ns(). */
static void wait_finished(struct pool *pool, uint64_t deadline)
{
	pool->caller_waits = true;
	wait_until(&pool->finished, &pool->mutex, deadline);
	(void)pool_now(pool);
	pool->caller_waits = false;
}

/* Gives up on a thread and what it runs, with the mutex held. The thread goes on to use its task,
 * so what is handed back is another one. */
static void abandon(struct pool *pool, struct thread *thread, enum executor_status status)
{
	struct task *copy = task_substitute(&pool->options, thread->task, status);

	/* Without memory for the copy the thread gets more time: the next call tries again. */
	if (!copy)
		return;
	task_list_push(&pool->done, copy);
	thread->abandoned = true;
	pool->abandoned++;
	(void)pthread_cond_broadcast(&pool->granted);
	/* What it goes on to use is counted no more: it may be for ever. */
	give_back(pool, thread->index);
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

		if (!thread || !thread->task || thread->deadline == UINT64_MAX)
			continue;
		if (thread->deadline <= now) {
			abandon(pool, thread, pool->killed ? EXECUTOR_CANCELLED : EXECUTOR_TIMEOUT);
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
		next = earlier(next, deadline_after(now, pool->options.timeout_ms));
	return look_by(next, now);
}

/* With the mutex held: whether no thread can ever take from the queue again. */
static bool nobody_left(const struct pool *pool)
{
	return pool->ready + pool->starting == 0;
}

static void cancel_queue(struct pool *pool)
{
	struct task *task;

	while ((task = task_list_pop(&pool->queue))) {
		task_cancel(task);
		task_list_push(&pool->done, task);
	}
}

static int thread_wait(struct executor *executor, struct task **out, uint64_t deadline)
{
	struct pool *pool = executor->state;
	int status = 0;

	if (!pool->taken.first) {
		const uint64_t patience = clock_ns() + PATIENCE_NS;

		(void)pthread_mutex_lock(&pool->mutex);
		while (!pool->done.first) {
			uint64_t next = expire(pool);

			if (nobody_left(pool)) {
				executor->dead = pool->abandoned ? -ETIMEDOUT : -ECHILD;
				cancel_queue(pool);
			}
			if (pool->done.first)
				break;
			if (executor->dead || clock_ns() >= deadline) {
				status = executor->dead ? -ECHILD : -EAGAIN;
				break;
			}
			pool->caller_is_patient = has_backlog(pool) && clock_ns() < patience;
			next = earlier(next, deadline);
			wait_finished(pool,
			              pool->caller_is_patient ? earlier(next, patience) : next);
		}
		task_list_append(&pool->taken, &pool->done);
		(void)pthread_mutex_unlock(&pool->mutex);
	}
	*out = task_list_pop(&pool->taken);
	return *out ? 0 : status;
}

static void thread_submit(struct executor *executor, struct task *task)
{
	struct pool *pool = executor->state;

	(void)pthread_mutex_lock(&pool->mutex);
	task_list_push(&pool->queue, task);
	bool wake = pool->idle > 0;

	(void)pthread_mutex_unlock(&pool->mutex);
	if (wake)
		(void)pthread_cond_signal(&pool->work);
}

static void thread_cancel(struct executor *executor, bool kill)
{
	struct pool *pool = executor->state;

	(void)pthread_mutex_lock(&pool->mutex);
	const uint64_t soon = deadline_in(pool, GRACE_MS);

	pool->killed |= kill;
	cancel_queue(pool);
	for (unsigned i = 0; kill && i < pool->options.workers; i++) {
		struct thread *thread = pool->threads[i];

		if (!thread || !thread->task)
			continue;
		if (!thread->commits)
			abandon(pool, thread, EXECUTOR_CANCELLED);
		else if (thread->deadline > soon)
			thread->deadline = soon;
	}
	(void)pthread_mutex_unlock(&pool->mutex);
}

static unsigned thread_stop(struct executor *executor)
{
	struct pool *pool = executor->state;
	struct task *task;

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
	task_list_append(&pool->taken, &pool->done);
	task_list_append(&pool->taken, &pool->queue);
	while ((task = task_list_pop(&pool->taken)))
		task_free(task);
	(void)pthread_mutex_lock(&pool->mutex);
	unsigned left = pool->abandoned;

	pool_release(pool);
	return left;
}

/* Waits until every thread has run worker_init(). */
static int wait_ready(struct executor *executor)
{
	struct pool *pool = executor->state;
	int status = 0;

	(void)pthread_mutex_lock(&pool->mutex);
	while (pool->starting > 0)
		wait_finished(pool, UINT64_MAX);
	if (pool->ready == 0)
		status = refused(&pool->options, pool->init_error, "preparing a thread");
	(void)pthread_mutex_unlock(&pool->mutex);
	return status;
}

static struct pool *pool_new(const struct executor_options *options)
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

static int thread_pool_start(struct executor *executor)
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

static void thread_stats(const struct executor *executor, struct executor_stats *stats)
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
    .cancel = thread_cancel,
    .stop = thread_stop,
    .stats = thread_stats,
};
