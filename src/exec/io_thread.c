/* io_thread.c - what a thread of an I/O pool does: opens, reads, writes, commits, discards. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/thread_time.h"
#include "exec/io_thread.h"

/* What waits for less is as good as what does not, ns: a large picture takes more of a CPU. */
#define WAIT_NS 3000000U

/* --- lists ----------------------------------------------------------------------------------- */

void io_notify(struct io_pool *pool)
{
	const uint64_t one = 1;

	if (!pool->caller_waits || pool->caller_is_patient)
		return;
	pool->caller_waits = false;
	(void)!write(pool->wake, &one, sizeof(one));
}

bool io_thread_is_idle(const struct io_pool *pool)
{
	return pool->idle > pool->waking;
}

void io_wake_thread(struct io_pool *pool)
{
	if (!io_thread_is_idle(pool))
		return;
	pool->waking++;
	(void)pthread_cond_signal(&pool->work);
}

void io_finish(struct io_pool *pool, struct job *job)
{
	job_list_push(&pool->done, job);
	io_notify(pool);
}

bool io_can_fill(const struct io_pool *pool)
{
	return pool->fill.first && pool->places_free > 0 && !pool->starved &&
	       pool->filling < pool->control.limit;
}

void io_free_place(struct io_pool *pool)
{
	pool->places_free++;
	pool->starved = false;
}

void io_cancel_ready(struct io_pool *pool)
{
	struct job *job;

	job_list_cancel(&pool->ready);
	while ((job = job_list_pop(&pool->ready))) {
		job_list_push(&pool->drain, job);
		io_wake_thread(pool);
	}
}

/* A job leaves its place. */
static void leave(struct io_pool *pool, struct job *job)
{
	if (job_is_slotted(job))
		slots_give(pool->slots, job->slot);
	job->slot = NULL;
	io_free_place(pool);
}

/* --- a thread's work --------------------------------------------------------------------------
 */

uint64_t io_now(struct io_pool *pool)
{
	return run_clock_look(&pool->clock, pool->caller_waits ? LOOK_NS : AWAY_NS);
}

uint64_t io_deadline(const struct io_pool *pool, uint64_t now, unsigned timeout_ms)
{
	return deadline_after(now, pool->killed ? IO_GRACE_MS : timeout_ms);
}

/* Releases the mutex: from here on the job may take its time. */
static void begin(struct io_thread *thread, struct job *job)
{
	struct io_pool *pool = thread->pool;

	thread->job = job;
	thread->deadline = io_deadline(pool, io_now(pool), job->timeout_ms);
	(void)pthread_mutex_unlock(&pool->mutex);
}

/* Takes the mutex: whether the job still is this thread's to go on with. Otherwise another one
 * has been handed back in its place, and what it has is to be discarded. */
static bool is_mine(struct io_thread *thread)
{
	(void)pthread_mutex_lock(&thread->pool->mutex);
	return !thread->given_up;
}

/* The end of a job that was given up. It keeps a slot until now, since the call that hung might
 * have used it. */
static void drop(struct io_thread *thread, struct job *job)
{
	struct io_pool *pool = thread->pool;

	(void)pthread_mutex_unlock(&pool->mutex);
	job->status = BR_EXECUTOR_TIMEOUT;
	job_close(&pool->options, job, job->slot);
	(void)pthread_mutex_lock(&pool->mutex);
	if (job_is_slotted(job)) {
		pool->places_lost--;
		leave(pool, job);
	}
	job_free(job);
}

/* The job's failure may be only that others hold what it needs: shared memory, descriptors. */
static bool is_starvation(const struct job *job)
{
	return job->error == -EMFILE || job->error == -ENFILE ||
	       (job->error == -EFBIG && job_is_slotted(job) && slots_refused(job->slot));
}

/* Takes back a job that could not be filled now, for when others have given something back. False
 * when there are no others. */
static bool postpone(struct io_pool *pool, struct job *job)
{
	if (!is_starvation(job) || pool->cancelled || pool->places_free + 1 >= pool->places)
		return false;
	leave(pool, job);
	pool->starved = true;
	memset(job->result, 0, pool->options.result_size);
	job_list_push_front(&pool->fill, job);
	return true;
}

static struct way_input input_of(const struct br_slot *slot)
{
	return (struct way_input){.bytes = slot->expects, .at_hand = slot->at_hand};
}

/* Runs read() or write(), and looks whether that waits, if it makes a difference: for an input that
 * could go another way. The mutex is free before and after. */
static void watch_stage(struct io_pool *pool, br_task_stage *stage, struct job *job)
{
	const struct way_input input = input_of(job->slot);
	const bool looks = pool->options.mode == BR_EXECUTOR_AUTO && way_is_open(&input);
	struct thread_time before = {0};

	if (looks)
		before = thread_time_now();
	job->error = stage_run(&pool->options, stage, job, job->slot);
	if (job->error)
		job->status = BR_EXECUTOR_FAILED;
	if (!looks)
		return;
	const bool waited = thread_time_blocked(&before) >= WAIT_NS;

	(void)pthread_mutex_lock(&pool->mutex);
	way_note(&pool->way, waited);
	(void)pthread_mutex_unlock(&pool->mutex);
}

/* Whether an opened job is to be read by this thread. */
static bool is_to_be_read(struct io_pool *pool, struct job *job)
{
	struct br_slot *own = &job->descriptors;
	const struct way_input input = input_of(own);

	/* auto has none where there is no memory to share */
	if (pool->options.mode == BR_EXECUTOR_AUTO &&
	    (!pool->slots || !way_is_hybrid(&pool->way, &input, slots_budget(pool->slots))))
		job->mode = own->mode = BR_EXECUTOR_PROCESS;
	return job->mode == BR_EXECUTOR_HYBRID;
}

/* An opened job moves from its own slot into one of the table. */
static void enter_slot(struct io_pool *pool, struct job *job)
{
	const struct br_slot *own = &job->descriptors;
	struct br_slot *slot = slots_take(pool->slots);

	memcpy(slot->fd, own->fd, own->fds * sizeof(own->fd[0]));
	slot->fds = own->fds;
	slot->local = own->local;
	slot->expects = own->expects;
	slot->at_hand = own->at_hand;
	slot->mode = own->mode;
	job->slot = slot;
}

/* Hybrid: reads an opened job into a slot. True when all is well; the mutex is held before and
 * after. */
static bool read_job(struct io_thread *thread, struct job *job)
{
	struct io_pool *pool = thread->pool;

	enter_slot(pool, job);
	(void)pthread_mutex_unlock(&pool->mutex);
	watch_stage(pool, pool->options.ops->read, job);
	return is_mine(thread) && !job->error;
}

/* A job that could not be filled is closed. */
static void refuse(struct io_thread *thread, struct job *job)
{
	struct io_pool *pool = thread->pool;
	int error = job->error;

	(void)pthread_mutex_unlock(&pool->mutex);
	job_close(&pool->options, job, job->slot);
	job->error = error;
	if (!is_mine(thread)) {
		drop(thread, job);
		return;
	}
	thread->job = NULL;
	if (job->cancelled)
		job_cancel(job);
	else if (postpone(pool, job))
		return;
	job->attempt = 1;
	leave(pool, job);
	io_finish(pool, job);
}

/* The mutex is released meanwhile. */
static void fill(struct io_thread *thread, struct job *job)
{
	struct io_pool *pool = thread->pool;

	pool->places_free--;
	pool->filling++;
	job->slot = &job->descriptors;
	slot_clear(job->slot);
	thread->fills = true;
	begin(thread, job);
	bool well = job_open(&pool->options, job, job->slot);

	if (is_mine(thread) && well && is_to_be_read(pool, job))
		well = read_job(thread, job);
	pool->units += io_work(job_is_slotted(job) ? job->slot->in.size : job->slot->expects);
	if (thread->given_up) {
		drop(thread, job);
	} else if (well && job->cancelled) {
		thread->job = NULL;
		job_cancel(job);
		job_list_push(&pool->drain, job);
	} else if (well) {
		thread->job = NULL;
		job_list_insert(&pool->ready, job);
		io_notify(pool);
	} else {
		refuse(thread, job);
	}
	/* of one that was given up, whoever did that has said so */
	pool->filling -= !thread->given_up;
}

/* The last look before a job's outcome becomes visible. */
static void check_still_mine(struct io_thread *thread, struct job *job)
{
	if (!is_mine(thread))
		job->status = BR_EXECUTOR_TIMEOUT;
	(void)pthread_mutex_unlock(&thread->pool->mutex);
}

/* The same from within commit(), before each step that is seen. */
static int confirm(struct br_slot *slot)
{
	struct io_thread *thread = slot->asker;
	struct io_pool *pool = thread->pool;
	const bool mine = is_mine(thread);

	if (mine)
		thread->deadline = io_deadline(pool, io_now(pool), thread->job->timeout_ms);
	(void)pthread_mutex_unlock(&pool->mutex);
	return mine ? 0 : -ECANCELED;
}

/* The same for a job that its worker is done with. */
static void drain(struct io_thread *thread, struct job *job)
{
	struct io_pool *pool = thread->pool;
	const struct br_executor_options *options = &pool->options;

	thread->fills = false;
	begin(thread, job);
	if (job->status == BR_EXECUTOR_DONE && job_is_slotted(job)) {
		watch_stage(pool, options->ops->write, job);
		check_still_mine(thread, job);
	}
	if (job->slot) {
		job->slot->confirm = confirm;
		job->slot->asker = thread;
	}
	job_close(options, job, job->slot);
	if (!is_mine(thread)) {
		drop(thread, job);
		return;
	}
	thread->job = NULL;
	leave(pool, job);
	io_finish(pool, job);
}

static void wait_for_work(struct io_pool *pool)
{
	pool->idle++;
	(void)pthread_cond_wait(&pool->work, &pool->mutex);
	pool->idle--;
	if (pool->waking > 0)
		pool->waking--;
}

bool io_thread_step(struct io_thread *thread)
{
	struct io_pool *pool = thread->pool;

	/* Nobody comes to collect what was being opened when the end came. */
	if (pool->stopping)
		io_cancel_ready(pool);
	if (pool->drain.first)
		drain(thread, job_list_pop(&pool->drain));
	else if (!pool->stopping && io_can_fill(pool))
		fill(thread, job_list_pop(&pool->fill));
	else
		return false;
	pool->served++;
	return true;
}

void io_thread_work(struct io_thread *thread)
{
	while (!thread->given_up) {
		if (io_thread_step(thread))
			continue;
		if (thread->pool->stopping)
			break;
		wait_for_work(thread->pool);
	}
}
