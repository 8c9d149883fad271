/* process_pool.c - worker processes run the middle of a job; the caller opens and commits.
 *
 * The caller opens a few jobs ahead, so that a worker never waits for open(2), and no more than a
 * few, so that waiting jobs hold few descriptors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "exec/supervisor.h"

struct process_pool {
	const struct executor_options *options;
	struct supervisor *supervisor;
	struct task_list pending; /* not opened */
	struct task_list done;
	unsigned ahead; /* jobs to keep open that no worker has */
};

static void finished(void *arg, struct task *task)
{
	struct process_pool *pool = arg;

	task_close(pool->options, task, task->slot);
	task_list_push(&pool->done, task);
}

/* Opens pending jobs. When descriptors run out while other jobs hold some, the rest waits for them:
 * that is no fault of the job's. */
static void feed(struct process_pool *pool)
{
	struct supervisor *supervisor = pool->supervisor;
	struct task *task;

	while (supervisor_queued(supervisor) < pool->ahead &&
	       (task = task_list_pop(&pool->pending))) {
		task->slot = &task->descriptors;
		slot_clear(task->slot);
		if (task_open(pool->options, task, task->slot)) {
			supervisor_submit(supervisor, task);
			continue;
		}
		task_close(pool->options, task, task->slot);
		bool full = task->error == -EMFILE || task->error == -ENFILE;

		if (full && supervisor_running(supervisor) + supervisor_queued(supervisor) > 0) {
			memset(task->result, 0, pool->options->result_size);
			task_list_push_front(&pool->pending, task);
			break;
		}
		task->attempt = 1;
		task_list_push(&pool->done, task);
	}
}

static void process_submit(struct executor *executor, struct task *task)
{
	struct process_pool *pool = executor->state;

	task_list_push(&pool->pending, task);
	feed(pool);
}

static void cancel_pending(struct process_pool *pool)
{
	struct task *task;

	while ((task = task_list_pop(&pool->pending))) {
		task_cancel(task);
		task_list_push(&pool->done, task);
	}
}

static int process_wait(struct executor *executor, struct task **out, uint64_t deadline)
{
	struct process_pool *pool = executor->state;

	while (!(*out = task_list_pop(&pool->done))) {
		int status = supervisor_step(pool->supervisor, deadline);

		if (status == -ECHILD) {
			executor->dead = true;
			cancel_pending(pool);
		} else {
			feed(pool);
		}
		if (pool->done.first)
			continue;
		if (status)
			return status == -EINTR ? -EAGAIN : status;
		if (deadline != UINT64_MAX && clock_ns() >= deadline)
			return -EAGAIN;
	}
	return 0;
}

static void process_cancel(struct executor *executor, bool kill)
{
	struct process_pool *pool = executor->state;

	cancel_pending(pool);
	supervisor_cancel(pool->supervisor, kill);
}

static void process_stop(struct executor *executor)
{
	struct process_pool *pool = executor->state;
	struct task *task;

	supervisor_free(pool->supervisor); /* its tasks come out through finished() */
	task_list_append(&pool->done, &pool->pending);
	while ((task = task_list_pop(&pool->done)))
		task_free(task);
	free(pool);
}

static int process_start(struct executor *executor)
{
	struct process_pool *pool = calloc(1, sizeof(*pool));
	struct supervisor_hooks hooks = {.arg = pool, .finished = finished};
	int status;

	if (!pool)
		return -ENOMEM;
	pool->options = &executor->options;
	pool->ahead = executor->options.workers + 1;
	status = supervisor_new(&pool->supervisor, pool->options, NULL, &hooks, -1);
	if (status) {
		free(pool);
		return status;
	}
	executor->state = pool;
	return 0;
}

static void process_stats(const struct executor *executor, struct executor_stats *stats)
{
	const struct process_pool *pool = executor->state;

	supervisor_stats(pool->supervisor, stats);
}

const struct backend process_backend = {
    .start = process_start,
    .submit = process_submit,
    .wait = process_wait,
    .cancel = process_cancel,
    .stop = process_stop,
    .stats = process_stats,
};
