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
	struct job_list queue;
	struct job_list cancelled;
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

static void serial_submit(struct br_executor *executor, struct job *job)
{
	struct serial *serial = executor->state;

	job_list_insert(&serial->queue, job);
}

/* There is nobody to wait for. */
static int refuse(struct br_slot *slot, uint64_t bytes)
{
	(void)slot;
	(void)bytes;
	return -E2BIG;
}

static void run(struct br_executor *executor, struct job *job)
{
	const struct br_executor_options *options = &executor->options;
	const struct br_task_ops *ops = options->ops;
	struct serial *serial = executor->state;
	br_task_stage *const middle[] = {ops->read, ops->transform, ops->write};
	struct run_limit limit = run_limit_in(job->timeout_ms);

	job->attempt = 1;
	slot_clear(&serial->slot);
	serial->slot.share = admission_share(options->memory, 1);
	serial->slot.ask = refuse;
	bool well = job_open(options, job, &serial->slot);

	for (unsigned i = 0; well && i < sizeof(middle) / sizeof(middle[0]); i++) {
		job->error = stage_run(options, middle[i], job, &serial->slot);
		if (job->error)
			job->status = BR_EXECUTOR_FAILED;
		else if (run_limit_over(&limit))
			job->status = BR_EXECUTOR_TIMEOUT;
		well = job->status == BR_EXECUTOR_DONE;
	}
	job_close(options, job, &serial->slot);
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

	job_list_cancel(&serial->queue);
	job_list_append(&serial->cancelled, &serial->queue);
}

/* There is never anything to wait for. */
static int serial_wait(struct br_executor *executor, struct job **out, uint64_t deadline)
{
	struct serial *serial = executor->state;

	(void)deadline;
	if (serial->queue.first && !executor->dead)
		executor->dead = renew(executor);
	if (executor->cancelled || executor->dead)
		cancel_queue(executor);
	*out = job_list_pop(&serial->cancelled);
	if (*out)
		return 0;
	*out = job_list_pop(&serial->queue);
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

static int serial_cancel_job(struct br_executor *executor, uint64_t id, bool kill)
{
	struct serial *serial = executor->state;
	struct job *job = job_list_remove(&serial->queue, id);

	(void)kill;
	if (!job)
		return -EBUSY;
	job_cancel(job);
	job_list_push(&serial->cancelled, job);
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
	struct job *job;

	job_list_append(&serial->queue, &serial->cancelled);
	while ((job = job_list_pop(&serial->queue)))
		job_free(job);
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
    .cancel_job = serial_cancel_job,
    .stop = serial_stop,
    .stats = serial_stats,
};
