/* executor.c - the public interface: bounds, order, and the way to the backend. */
#include <errno.h>
#include <limits.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "exec/internal.h"

static const struct {
	const char *name;
	const struct backend *backend;
} modes[EXECUTOR_MODES] = {
    [EXECUTOR_SERIAL] = {"serial", &serial_backend},
    [EXECUTOR_THREAD] = {"thread", &thread_backend},
    [EXECUTOR_PROCESS] = {"process", &process_backend},
    [EXECUTOR_HYBRID] = {"hybrid", &hybrid_backend},
};

const char *executor_mode_name(enum executor_mode mode)
{
	return (unsigned)mode < EXECUTOR_MODES ? modes[mode].name : "unknown";
}

int executor_mode_parse(const char *name, enum executor_mode *mode)
{
	for (unsigned i = 0; i < EXECUTOR_MODES; i++) {
		if (strcmp(name, modes[i].name) == 0) {
			*mode = (enum executor_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* A few more than one: one that waits for a disk or a server must not keep the others from being
 * ready. What a hybrid needs more of is for its user to find out: files that come slowly. */
#define IO_THREADS_DEFAULT 4

/* Enough that no worker waits for the caller between two results, and little enough that the
 * memory of waiting jobs does not count; descriptors are held by few of them. */
static unsigned default_capacity(const struct executor_options *options)
{
	return options->workers * 32 + options->io_threads * 8;
}

static bool has_io_threads(enum executor_mode mode)
{
	return mode == EXECUTOR_PROCESS || mode == EXECUTOR_HYBRID;
}

static int check_options(const struct executor_options *options)
{
	if ((unsigned)options->mode >= EXECUTOR_MODES || !options->ops ||
	    !options->ops->transform || options->workers == 0)
		return -EINVAL;
	if (options->workers > 4096 || options->io_threads > 4096 || options->capacity > 1U << 20)
		return -EINVAL;
	if (options->job_size == 0 || options->job_size > EXECUTOR_MESSAGE_MAX ||
	    options->result_size > EXECUTOR_MESSAGE_MAX)
		return -EINVAL;
	if (options->timeout_ms > INT_MAX)
		return -EINVAL;
	return 0;
}

static void free_tasks(struct executor *executor)
{
	struct task *task;

	while ((task = task_list_pop(&executor->unused)))
		task_free(task);
	if (executor->handed_out)
		task_free(executor->handed_out);
	for (unsigned i = 0; executor->waiting && i < executor->options.capacity; i++) {
		if (executor->waiting[i])
			task_free(executor->waiting[i]);
	}
	free(executor->waiting);
}

static int make_tasks(struct executor *executor)
{
	const struct executor_options *options = &executor->options;

	if (options->ordered) {
		executor->waiting = calloc(options->capacity, sizeof(struct task *));
		if (!executor->waiting)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < options->capacity; i++) {
		struct task *task = task_new(options);

		if (!task)
			return -ENOMEM;
		task_list_push(&executor->unused, task);
	}
	return 0;
}

int executor_new(struct executor **out, const struct executor_options *options)
{
	int status = check_options(options);
	struct executor *executor;

	*out = NULL;
	if (status)
		return status;
	executor = calloc(1, sizeof(*executor));
	if (!executor)
		return -ENOMEM;
	executor->options = *options;
	if (options->mode == EXECUTOR_SERIAL)
		executor->options.workers = 1;
	if (!has_io_threads(options->mode))
		executor->options.io_threads = 0;
	else if (options->io_threads == 0)
		executor->options.io_threads = IO_THREADS_DEFAULT;
	if (options->capacity == 0)
		executor->options.capacity = default_capacity(&executor->options);
	/* The job lies behind the result and is to be aligned as well: see task_new(). */
	executor->options.result_size = (options->result_size + alignof(max_align_t) - 1) /
	                                alignof(max_align_t) * alignof(max_align_t);
	executor->backend = modes[options->mode].backend;
	status = make_tasks(executor);
	if (!status)
		status = executor->backend->start(executor);
	if (status) {
		free_tasks(executor);
		free(executor);
		return status;
	}
	*out = executor;
	return 0;
}

/* The caller is done with the bytes of the last result. */
static void recycle(struct executor *executor)
{
	if (!executor->handed_out)
		return;
	task_list_push(&executor->unused, executor->handed_out);
	executor->handed_out = NULL;
}

int executor_submit(struct executor *executor, const void *job, uint64_t tag)
{
	const struct executor_options *options = &executor->options;
	struct task *task;

	if (executor->cancelled)
		return -ECANCELED;
	if (executor->dead)
		return -ECHILD;
	recycle(executor);
	task = task_list_pop(&executor->unused);
	if (!task)
		return -EAGAIN;
	task->id = executor->submitted++;
	task->tag = tag;
	task->status = EXECUTOR_DONE;
	task->error = 0;
	task->signal = 0;
	task->attempt = 0;
	task->worker = 0;
	task->spared = 0;
	task->opened = false;
	task->slot = NULL;
	memcpy(task->job, job, options->job_size);
	memset(task->result, 0, options->result_size);
	executor->backend->submit(executor, task);
	return 0;
}

static void hand_out(struct executor *executor, struct task *task, struct executor_result *result)
{
	executor->handed_out = task;
	executor->returned++;
	*result = (struct executor_result){
	    .id = task->id,
	    .tag = task->tag,
	    .status = task->status,
	    .error = task->error,
	    .signal = task->signal,
	    .attempt = task->attempt,
	    .worker = task->worker,
	    .job = task->job,
	    .result = task->result,
	};
}

/* Ordered: keeps a finished task until those before it are finished; the one whose turn it is.
 * At most `capacity` are under way, so their ids differ modulo capacity. */
static struct task *in_turn(struct executor *executor, struct task *finished)
{
	unsigned capacity = executor->options.capacity;
	struct task *task;

	if (!executor->options.ordered)
		return finished;
	if (finished)
		executor->waiting[finished->id % capacity] = finished;
	task = executor->waiting[executor->returned % capacity];
	executor->waiting[executor->returned % capacity] = NULL;
	return task;
}

int executor_next(struct executor *executor, struct executor_result *result, int timeout_ms)
{
	uint64_t deadline = UINT64_MAX;
	struct task *task;

	recycle(executor);
	if (executor->returned == executor->submitted)
		return executor->dead ? -ECHILD : -ENODATA;
	if (timeout_ms >= 0)
		deadline = clock_ns() + (uint64_t)timeout_ms * 1000000U;
	task = in_turn(executor, NULL);
	while (!task) {
		int status = executor->backend->wait(executor, &task, deadline);

		if (status)
			return status;
		task = in_turn(executor, task);
	}
	hand_out(executor, task, result);
	return 0;
}

void executor_cancel(struct executor *executor, bool kill)
{
	executor->cancelled = true;
	executor->backend->cancel(executor, kill);
}

unsigned executor_free(struct executor *executor)
{
	if (!executor)
		return 0;
	unsigned left = executor->backend->stop(executor);

	free_tasks(executor);
	free(executor);
	return left;
}

struct executor_stats executor_stats(const struct executor *executor)
{
	struct executor_stats stats = {0};

	executor->backend->stats(executor, &stats);
	stats.error = executor->dead;
	stats.under_way = (unsigned)(executor->submitted - executor->returned);
	return stats;
}

/* Submits until the executor is full or there is no more; whether there may be more. No job is
 * asked for that would not be taken. */
static bool feed(struct executor *executor, bool (*next_job)(void *, void *, uint64_t *), void *arg,
                 void *job)
{
	uint64_t tag = 0;

	while (executor->submitted - executor->returned < executor->options.capacity) {
		if (executor->cancelled || executor->dead || !next_job(arg, job, &tag))
			return false;
		if (executor_submit(executor, job, tag) != 0)
			return false;
	}
	return true;
}

int executor_map(struct executor *executor, bool (*next_job)(void *arg, void *job, uint64_t *tag),
                 int (*finished)(void *arg, const struct executor_result *result), void *arg)
{
	unsigned char job[EXECUTOR_MESSAGE_MAX];
	struct executor_result result;
	bool more = true;
	int verdict = 0;

	for (;;) {
		if (more)
			more = feed(executor, next_job, arg, job);
		int status = executor_next(executor, &result, -1);

		if (status == -ENODATA)
			return verdict;
		if (status == -EAGAIN)
			continue;
		if (status)
			return verdict ? verdict : status;
		status = finished(arg, &result);
		if (status && !verdict) {
			verdict = status;
			executor_cancel(executor, false);
		}
	}
}
