/* serial.c - no pool at all: the caller runs each job inside executor_next().
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
	struct slot slot;
	unsigned timeouts;
};

static int serial_start(struct executor *executor)
{
	struct serial *serial = calloc(1, sizeof(*serial));
	int status;

	if (!serial)
		return -ENOMEM;
	serial->slot.in = BUFFER_HEAP;
	serial->slot.out = BUFFER_HEAP;
	status = state_make(&executor->options, &serial->slot.state);
	if (status) {
		free(serial);
		return status;
	}
	executor->state = serial;
	return 0;
}

static void serial_submit(struct executor *executor, struct task *task)
{
	struct serial *serial = executor->state;

	task_list_push(&serial->queue, task);
}

/* There is nobody to wait for. */
static int refuse(struct slot *slot, uint64_t bytes)
{
	(void)slot;
	(void)bytes;
	return -E2BIG;
}

static void run(struct executor *executor, struct task *task)
{
	const struct executor_options *options = &executor->options;
	const struct task_ops *ops = options->ops;
	struct serial *serial = executor->state;
	task_stage *const middle[] = {ops->read, ops->transform, ops->write};
	struct run_limit limit = run_limit_in(options->timeout_ms);

	task->attempt = 1;
	slot_clear(&serial->slot);
	serial->slot.share = admission_share(options->memory, 1);
	serial->slot.ask = refuse;
	bool well = task_open(options, task, &serial->slot);

	for (unsigned i = 0; well && i < sizeof(middle) / sizeof(middle[0]); i++) {
		task->error = stage_run(options, middle[i], task, &serial->slot);
		if (task->error)
			task->status = EXECUTOR_FAILED;
		else if (run_limit_over(&limit))
			task->status = EXECUTOR_TIMEOUT;
		well = task->status == EXECUTOR_DONE;
	}
	if (task->status == EXECUTOR_TIMEOUT)
		serial->timeouts++;
	task_close(options, task, &serial->slot);
}

static int serial_wait(struct executor *executor, struct task **out, uint64_t deadline)
{
	struct serial *serial = executor->state;
	struct task *task = task_list_pop(&serial->queue);

	(void)deadline; /* there is never anything to wait for */
	if (!task)
		return -EAGAIN;
	if (executor->cancelled)
		task_cancel(task);
	else
		run(executor, task);
	*out = task;
	return 0;
}

static void serial_cancel(struct executor *executor, bool kill)
{
	/* serial_wait() sees executor->cancelled; and while it runs a job nobody can call this. */
	(void)executor;
	(void)kill;
}

static unsigned serial_stop(struct executor *executor)
{
	struct serial *serial = executor->state;
	struct task *task;

	while ((task = task_list_pop(&serial->queue)))
		task_free(task);
	state_free(&executor->options, serial->slot.state);
	buffer_release(&serial->slot.in);
	buffer_release(&serial->slot.out);
	free(serial);
	return 0;
}

static void serial_stats(const struct executor *executor, struct executor_stats *stats)
{
	const struct serial *serial = executor->state;

	stats->workers_started = 1;
	stats->timeouts = serial->timeouts;
}

const struct backend serial_backend = {
    .start = serial_start,
    .submit = serial_submit,
    .wait = serial_wait,
    .cancel = serial_cancel,
    .stop = serial_stop,
    .stats = serial_stats,
};
