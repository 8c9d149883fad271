/* io_thread.c - what a thread of an I/O pool does: opens, reads, writes, commits, discards. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "exec/io_thread.h"

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

void io_finish(struct io_pool *pool, struct task *task)
{
	task_list_push(&pool->done, task);
	io_notify(pool);
}

bool io_can_fill(const struct io_pool *pool)
{
	return pool->fill.first && pool->places_free > 0 && !pool->starved;
}

void io_free_place(struct io_pool *pool)
{
	pool->places_free++;
	pool->starved = false;
}

void io_cancel_ready(struct io_pool *pool)
{
	struct task *task;

	while ((task = task_list_pop(&pool->ready))) {
		task_cancel(task);
		task_list_push(&pool->drain, task);
		io_wake_thread(pool);
	}
}

/* A task leaves its place. */
static void leave(struct io_pool *pool, struct task *task)
{
	if (pool->slots && task->slot && task->slot != &task->descriptors)
		slots_give(pool->slots, task->slot);
	task->slot = NULL;
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

/* Releases the mutex: from here on the task may take its time. */
static void begin(struct io_thread *thread, struct task *task)
{
	struct io_pool *pool = thread->pool;

	thread->task = task;
	thread->deadline = io_deadline(pool, io_now(pool), task->timeout_ms);
	(void)pthread_mutex_unlock(&pool->mutex);
}

/* Takes the mutex: whether the task still is this thread's to go on with. Otherwise another one
 * has been handed back in its place, and what it has is to be discarded. */
static bool is_mine(struct io_thread *thread)
{
	(void)pthread_mutex_lock(&thread->pool->mutex);
	return !thread->given_up;
}

/* The end of a task that was given up. It keeps a slot until now, since the call that hung might
 * have used it. */
static void drop(struct io_thread *thread, struct task *task)
{
	struct io_pool *pool = thread->pool;

	(void)pthread_mutex_unlock(&pool->mutex);
	task->status = BR_EXECUTOR_TIMEOUT;
	task_close(&pool->options, task, task->slot);
	(void)pthread_mutex_lock(&pool->mutex);
	if (task->slot != &task->descriptors) {
		pool->places_lost--;
		leave(pool, task);
	}
	task_free(task);
}

/* The task's failure may be only that others hold what it needs: shared memory, descriptors. */
static bool is_starvation(const struct io_pool *pool, const struct task *task)
{
	return task->error == -EMFILE || task->error == -ENFILE ||
	       (task->error == -EFBIG && pool->slots && task->slot != &task->descriptors &&
	        slots_refused(task->slot));
}

/* Takes back a task that could not be filled now, for when others have given something back. False
 * when there are no others. */
static bool postpone(struct io_pool *pool, struct task *task)
{
	if (!is_starvation(pool, task) || pool->cancelled || pool->places_free + 1 >= pool->places)
		return false;
	leave(pool, task);
	pool->starved = true;
	memset(task->result, 0, pool->options.result_size);
	task_list_push_front(&pool->fill, task);
	return true;
}

/* An opened task moves from its own slot into one of the table. */
static void enter_slot(struct io_pool *pool, struct task *task)
{
	const struct br_slot *own = &task->descriptors;
	struct br_slot *slot = slots_take(pool->slots);

	memcpy(slot->fd, own->fd, own->fds * sizeof(own->fd[0]));
	slot->fds = own->fds;
	slot->local = own->local;
	task->slot = slot;
}

/* Hybrid: reads an opened task into a slot. True when all is well; the mutex is held before and
 * after. */
static bool read_task(struct io_thread *thread, struct task *task)
{
	struct io_pool *pool = thread->pool;
	const struct br_executor_options *options = &pool->options;

	enter_slot(pool, task);
	(void)pthread_mutex_unlock(&pool->mutex);
	task->error = stage_run(options, options->ops->read, task, task->slot);
	if (task->error)
		task->status = BR_EXECUTOR_FAILED;
	return is_mine(thread) && !task->error;
}

/* A task that could not be filled is closed. */
static void refuse(struct io_thread *thread, struct task *task)
{
	struct io_pool *pool = thread->pool;
	int error = task->error;

	(void)pthread_mutex_unlock(&pool->mutex);
	task_close(&pool->options, task, task->slot);
	task->error = error;
	if (!is_mine(thread)) {
		drop(thread, task);
		return;
	}
	thread->task = NULL;
	if (task->cancelled)
		task_cancel(task);
	else if (postpone(pool, task))
		return;
	task->attempt = 1;
	leave(pool, task);
	io_finish(pool, task);
}

/* The mutex is released meanwhile. */
static void fill(struct io_thread *thread, struct task *task)
{
	struct io_pool *pool = thread->pool;

	pool->places_free--;
	task->slot = &task->descriptors;
	slot_clear(task->slot);
	thread->fills = true;
	begin(thread, task);
	bool well = task_open(&pool->options, task, task->slot);

	if (is_mine(thread) && well && pool->slots)
		well = read_task(thread, task);
	if (thread->given_up) {
		drop(thread, task);
	} else if (well && task->cancelled) {
		thread->task = NULL;
		task_cancel(task);
		task_list_push(&pool->drain, task);
	} else if (well) {
		thread->task = NULL;
		task_list_insert(&pool->ready, task);
		io_notify(pool);
	} else {
		refuse(thread, task);
	}
}

/* The last look before a job's outcome becomes visible. */
static void check_still_mine(struct io_thread *thread, struct task *task)
{
	if (!is_mine(thread))
		task->status = BR_EXECUTOR_TIMEOUT;
	(void)pthread_mutex_unlock(&thread->pool->mutex);
}

/* The same from within commit(), before each step that is seen. */
static int confirm(struct br_slot *slot)
{
	struct io_thread *thread = slot->asker;
	struct io_pool *pool = thread->pool;
	const bool mine = is_mine(thread);

	if (mine)
		thread->deadline = io_deadline(pool, io_now(pool), thread->task->timeout_ms);
	(void)pthread_mutex_unlock(&pool->mutex);
	return mine ? 0 : -ECANCELED;
}

/* The same for a task that its worker is done with. */
static void drain(struct io_thread *thread, struct task *task)
{
	struct io_pool *pool = thread->pool;
	const struct br_executor_options *options = &pool->options;

	thread->fills = false;
	begin(thread, task);
	if (task->status == BR_EXECUTOR_DONE && pool->slots) {
		task->error = stage_run(options, options->ops->write, task, task->slot);
		if (task->error)
			task->status = BR_EXECUTOR_FAILED;
		check_still_mine(thread, task);
	}
	if (task->slot) {
		task->slot->confirm = confirm;
		task->slot->asker = thread;
	}
	task_close(options, task, task->slot);
	if (!is_mine(thread)) {
		drop(thread, task);
		return;
	}
	thread->task = NULL;
	leave(pool, task);
	io_finish(pool, task);
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
		drain(thread, task_list_pop(&pool->drain));
	else if (!pool->stopping && io_can_fill(pool))
		fill(thread, task_list_pop(&pool->fill));
	else
		return false;
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
