/* serial.c - no pool at all: the caller runs each job inside br_executor_next().
 *
 * The oracle that the other executors are compared with, and the right choice for one image. A job
 * that is under way can't be interrupted: what ran past its time is found out before it is written
 * and again before it is committed, and is then given up.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/run_clock.h"
#include "exec/admission.h"
#include "exec/internal.h"

struct serial {
	struct task_list queue;
	struct task_list cancelled;
	struct br_slot slot;
	unsigned jobs; /* that used the state */
	unsigned states;
	unsigned timeouts;
};

static int serial_start(struct br_executor *executor)
{
	struct serial *serial = calloc(1, sizeof(*serial));
	int status;

	if (!serial)
		return -ENOMEM;
	serial->slot.in = BR_BUFFER_HEAP;
	serial->slot.out = BR_BUFFER_HEAP;
	status = state_make(&executor->options, &serial->slot.state);
	if (status) {
		free(serial);
		return status;
	}
	serial->states = 1;
	executor->state = serial;
	return 0;
}

static void serial_submit(struct br_executor *executor, struct task *task)
{
	struct serial *serial = executor->state;

	task_list_insert(&serial->queue, task);
}

/* There is nobody to wait for. */
static int refuse(struct br_slot *slot, uint64_t bytes)
{
	(void)slot;
	(void)bytes;
	return -E2BIG;
}

static void run(struct br_executor *executor, struct task *task)
{
	const struct br_executor_options *options = &executor->options;
	const struct br_task_ops *ops = options->ops;
	struct serial *serial = executor->state;
	br_task_stage *const middle[] = {ops->read, ops->transform, ops->write};
	struct run_limit limit = run_limit_in(task->timeout_ms);

	task->attempt = 1;
	slot_clear(&serial->slot);
	serial->slot.share = admission_share(options->memory, 1);
	serial->slot.ask = refuse;
	bool well = task_open(options, task, &serial->slot);

	for (unsigned i = 0; well && i < sizeof(middle) / sizeof(middle[0]); i++) {
		task->error = stage_run(options, middle[i], task, &serial->slot);
		if (task->error)
			task->status = BR_EXECUTOR_FAILED;
		else if (run_limit_over(&limit))
			task->status = BR_EXECUTOR_TIMEOUT;
		well = task->status == BR_EXECUTOR_DONE;
	}
	task_close(options, task, &serial->slot);
}

/* The state is made anew when its time has come. */
static int renew(struct br_executor *executor)
{
	const struct br_executor_options *options = &executor->options;
	struct serial *serial = executor->state;
	int status;

	if (!options->max_jobs_per_worker || serial->jobs < options->max_jobs_per_worker)
		return 0;
	state_free(options, serial->slot.state);
	status = state_make(options, &serial->slot.state);
	if (status)
		serial->slot.state = NULL;
	else
		serial->states++;
	serial->jobs = 0;
	return status;
}

static void cancel_queue(struct br_executor *executor)
{
	struct serial *serial = executor->state;
	struct task *task;

	while ((task = task_list_pop(&serial->queue))) {
		task_cancel(task);
		task_list_push(&serial->cancelled, task);
	}
}

/* There is never anything to wait for. */
static int serial_wait(struct br_executor *executor, struct task **out, uint64_t deadline)
{
	struct serial *serial = executor->state;

	(void)deadline;
	if (serial->queue.first && !executor->dead)
		executor->dead = renew(executor);
	if (executor->cancelled || executor->dead)
		cancel_queue(executor);
	*out = task_list_pop(&serial->cancelled);
	if (*out)
		return 0;
	*out = task_list_pop(&serial->queue);
	executor->look_by = UINT64_MAX;
	if (!*out)
		return executor->dead ? -ECHILD : -EAGAIN;
	serial->jobs++;
	executor_unlock(executor);
	run(executor, *out);
	executor_lock(executor);
	serial->timeouts += (*out)->status == BR_EXECUTOR_TIMEOUT;
	return 0;
}

/* Who is in serial_wait() runs a job, and does not sleep. */
static void serial_wake(struct br_executor *executor)
{
	(void)executor;
}

static int serial_cancel_task(struct br_executor *executor, uint64_t id, bool kill)
{
	struct serial *serial = executor->state;
	struct task *task = task_list_remove(&serial->queue, id);

	(void)kill;
	if (!task)
		return -EBUSY;
	task_cancel(task);
	task_list_push(&serial->cancelled, task);
	return 0;
}

static void serial_cancel(struct br_executor *executor, bool kill)
{
	/* serial_wait() sees executor->cancelled. */
	(void)executor;
	(void)kill;
}

static unsigned serial_stop(struct br_executor *executor)
{
	struct serial *serial = executor->state;
	struct task *task;

	task_list_append(&serial->queue, &serial->cancelled);
	while ((task = task_list_pop(&serial->queue)))
		task_free(task);
	if (!executor->dead)
		state_free(&executor->options, serial->slot.state);
	br_buffer_release(&serial->slot.in);
	br_buffer_release(&serial->slot.out);
	free(serial);
	return 0;
}

static void serial_stats(const struct br_executor *executor, struct br_executor_stats *stats)
{
	const struct serial *serial = executor->state;

	stats->workers_started = serial->states;
	stats->timeouts = serial->timeouts;
}

const struct backend serial_backend = {
    .start = serial_start,
    .submit = serial_submit,
    .wait = serial_wait,
    .wake = serial_wake,
    .cancel = serial_cancel,
    .cancel_task = serial_cancel_task,
    .stop = serial_stop,
    .stats = serial_stats,
};
