/* executor.c - making and ending executors; jobs.c is what happens in between. */
#include <errno.h>
#include <limits.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "exec/internal.h"
#include "sandbox/sandbox.h"

static const struct {
	const char *name;
	const struct backend *backend;
} modes[BR_EXECUTOR_MODES] = {
    [BR_EXECUTOR_SERIAL] = {"serial", &serial_backend},
    [BR_EXECUTOR_THREAD] = {"thread", &thread_backend},
    [BR_EXECUTOR_PROCESS] = {"process", &process_backend},
    [BR_EXECUTOR_HYBRID] = {"hybrid", &process_backend},
    [BR_EXECUTOR_AUTO] = {"auto", &process_backend},
};

const char *br_executor_mode_name(enum br_executor_mode mode)
{
	return (unsigned)mode < BR_EXECUTOR_MODES ? modes[mode].name : "unknown";
}

int br_executor_mode_parse(const char *name, enum br_executor_mode *mode)
{
	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		if (strcmp(name, modes[i].name) == 0) {
			*mode = (enum br_executor_mode)i;
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
static unsigned default_capacity(const struct br_executor_options *options)
{
	const unsigned some = options->io_threads * 8, most = options->io_threads_most * 2;
	unsigned each = 2 * options->together;

	if (each < BR_EXECUTOR_JOBS_PER_WORKER)
		each = BR_EXECUTOR_JOBS_PER_WORKER;
	return options->workers * each + (some > most ? some : most);
}

static bool has_processes(enum br_executor_mode mode)
{
	return mode >= BR_EXECUTOR_PROCESS;
}

/* What is said of a sandbox. */
static bool makes_sense(const struct br_executor_options *options)
{
	const char *calls = options->sandbox_calls;

	return (unsigned)options->sandbox <= BR_EXECUTOR_SANDBOX_REQUIRE &&
	       (options->sandbox != BR_EXECUTOR_SANDBOX_REQUIRE || has_processes(options->mode)) &&
	       (!calls || (strlen(calls) < BR_EXECUTOR_CALLS_MAX && sandbox_knows(calls)));
}

static int check_options(const struct br_executor_options *options)
{
	if ((unsigned)options->mode >= BR_EXECUTOR_MODES || !options->ops == !options->function ||
	    (options->ops && !options->ops->transform))
		return -EINVAL;
	if (options->workers > 4096 || options->io_threads > 4096 ||
	    options->io_threads_most > 4096 || options->capacity > 1U << 20 ||
	    options->together > BR_EXECUTOR_TOGETHER_MAX)
		return -EINVAL;
	if (options->job_size == 0 || options->job_size > BR_EXECUTOR_MESSAGE_MAX ||
	    options->result_size > BR_EXECUTOR_MESSAGE_MAX)
		return -EINVAL;
	if (!makes_sense(options))
		return -EINVAL;
	if (options->timeout_ms > INT_MAX || options->ctx_size > BR_EXECUTOR_MESSAGE_MAX)
		return -EINVAL;
	return 0;
}

/* --- jobs ----------------------------------------------------------------------------------- */

static void free_list(struct job_list *list)
{
	struct job *job;

	while ((job = job_list_pop(list)))
		job_free(job);
}

static void free_jobs(struct br_executor *executor)
{
	futures_free(executor);
	free_list(&executor->unused);
	free_list(&executor->finished);
	if (executor->handed_out)
		job_free(executor->handed_out);
	for (unsigned i = 0; executor->waiting && i < executor->options.capacity; i++) {
		if (executor->waiting[i])
			job_free(executor->waiting[i]);
	}
	free(executor->waiting);
}

/* A job that can be under way, and one whose result the caller still looks at: more are made when
 * there is use for them, see take_unused(). */
#define JOBS_AT_FIRST 2

static int make_jobs(struct br_executor *executor)
{
	const struct br_executor_options *options = &executor->options;

	if (options->ordered) {
		executor->waiting = calloc(options->capacity, sizeof(struct job *));
		if (!executor->waiting)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < JOBS_AT_FIRST; i++) {
		struct job *job = job_new(options);

		if (!job)
			return -ENOMEM;
		job_list_push(&executor->unused, job);
	}
	return 0;
}

/* --- the executor ------------------------------------------------------------------------------
 */

/* Every field that was left to us. */
static void complete(struct br_executor_options *options)
{
	if (options->mode == BR_EXECUTOR_SERIAL)
		options->workers = 1;
	else if (options->workers == 0)
		options->workers = cpu_count();
	if (!has_processes(options->mode))
		options->io_threads = options->io_threads_most = 0;
	else if (options->io_threads == 0)
		options->io_threads = IO_THREADS_DEFAULT;
	if (options->io_threads_most < options->io_threads)
		options->io_threads_most = options->io_threads;
	if (options->together == 0)
		options->together = 1;
	if (options->sandbox == BR_EXECUTOR_SANDBOX_REQUIRE)
		options->secluded = true;
	if (options->capacity == 0)
		options->capacity = default_capacity(options);
	/* The job lies behind the result and is to be aligned as well: see job_new(). */
	options->result_size = (options->result_size + alignof(max_align_t) - 1) /
	                       alignof(max_align_t) * alignof(max_align_t);
}

static int adapt(struct br_executor *executor)
{
	struct br_executor_options *options = &executor->options;

	if (!options->function)
		return 0;
	executor->adapter = adapter_new(options->function, options->ctx);
	if (!executor->adapter)
		return -ENOMEM;
	options->ops = &executor->adapter->ops;
	options->ctx = executor->adapter;
	return 0;
}

/* With these arguments glibc's init functions can't fail. The clock is that of clock_ns(). */
static void init_lock(struct br_executor *executor)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&executor->mutex, NULL);
	(void)pthread_cond_init(&executor->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

static void destroy(struct br_executor *executor)
{
	free_jobs(executor);
	watch_release(executor);
	(void)pthread_cond_destroy(&executor->changed);
	(void)pthread_mutex_destroy(&executor->mutex);
	free(executor);
}

int br_executor_new(struct br_executor **out, const struct br_executor_options *options)
{
	int status = check_options(options);
	struct br_executor *executor;

	*out = NULL;
	if (status)
		return status;
	executor = calloc(1, sizeof(*executor));
	if (!executor)
		return -ENOMEM;
	init_lock(executor);
	executor->options = *options;
	complete(&executor->options);
	executor->backend = modes[options->mode].backend;
	status = adapt(executor);
	if (!status)
		status = make_jobs(executor);
	if (!status) {
		executor_lock(executor);
		status = executor->backend->start(executor);
		executor_unlock(executor);
	}
	if (status) {
		free(executor->adapter);
		destroy(executor);
		return status;
	}
	*out = executor;
	return 0;
}

unsigned br_executor_free(struct br_executor *executor)
{
	if (!executor)
		return 0;
	/* From now on a stage that still runs is told that it can submit nothing. */
	executor_lock(executor);
	__atomic_store_n(&executor->cancelled, true, __ATOMIC_RELAXED);
	executor_unlock(executor);
	unsigned left = executor->backend->stop(executor);

	/* A thread that was left behind may still call what is behind the adapter. */
	if (left == 0)
		free(executor->adapter);
	destroy(executor);
	return left;
}

void br_executor_cancel(struct br_executor *executor, bool kill)
{
	executor_lock(executor);
	__atomic_store_n(&executor->cancelled, true, __ATOMIC_RELAXED);
	executor->backend->cancel(executor, kill);
	executor_wake(executor);
	executor_unlock(executor);
}

struct br_executor_stats br_executor_stats(struct br_executor *executor)
{
	struct br_executor_stats stats = {0};

	executor_lock(executor);
	executor->backend->stats(executor, &stats);
	stats.error = executor->dead;
	stats.under_way = executor->under_way;
	executor_unlock(executor);
	return stats;
}
