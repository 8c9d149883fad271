/* map.c - the loops that most callers want. */
#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>

#include "exec/internal.h"

#define LOOK_MS_DEFAULT 100

/* While others' jobs, with futures, take all the room. */
#define ROOM_MS 5

/* Jobs for each worker that are plenty: see has_plenty(). */
#define PLENTY 8

/* A run of br_executor_map(). */
struct map_run {
	struct br_executor *executor;
	const struct br_executor_loop *loop;
	int verdict; /* the first that the caller gave */
	bool over;   /* next_job() has no more */
	bool held;   /* `job` is its last, and waits for room */
	bool later;  /* ready() has put next_job() off */
	uint64_t tag;
	alignas(max_align_t) unsigned char job[BR_EXECUTOR_MESSAGE_MAX];
};

static void judge(struct map_run *run, int verdict)
{
	if (!verdict || run->verdict)
		return;
	run->verdict = verdict;
	br_executor_cancel(run->executor, false);
}

static bool is_cancelled(const struct map_run *run)
{
	return __atomic_load_n(&run->executor->cancelled, __ATOMIC_RELAXED);
}

/* A job that can't be submitted any more. */
static void hand_back(struct map_run *run)
{
	const struct br_executor_result result = {
	    .id = UINT64_MAX,
	    .tag = run->tag,
	    .status = BR_EXECUTOR_CANCELLED,
	    .job = run->job,
	    .result = (const unsigned char[BR_EXECUTOR_MESSAGE_MAX]){0},
	};

	run->held = false;
	judge(run, run->loop->finished(run->loop->arg, &result));
}

/* Has the next job ready in run->job. False: there is none, or not yet. */
static bool take(struct map_run *run)
{
	const struct br_executor_loop *loop = run->loop;

	run->over = run->over || is_cancelled(run);
	run->later = !run->over && loop->ready && !loop->ready(loop->arg);
	if (run->over || run->later)
		return false;
	run->tag = 0;
	run->over = !loop->next_job(loop->arg, run->job, &run->tag);
	return !run->over;
}

/* Submits until the executor is full, or there is no more for now. */
static void feed(struct map_run *run)
{
	while (run->held || take(run)) {
		int status = br_executor_submit(run->executor, run->job, run->tag);

		run->held = status != 0;
		if (status == -EAGAIN)
			return;
		if (status) {
			run->over = true;
			hand_back(run);
		}
	}
}

/* Whether so many of the loop's jobs are under way that another would only stand in line behind
 * them: a result comes soon, and the caller is asked again then. To wait for that alone costs less.
 */
static bool has_plenty(struct br_executor *executor)
{
	const struct br_executor_options *options = &executor->options;
	uint64_t jobs;

	executor_lock(executor);
	jobs = executor->turns - executor->returned;
	executor_unlock(executor);
	return jobs >= PLENTY * (uint64_t)options->workers + options->io_threads;
}

/* Waits for a result, and where next_job() was put off also for what the caller waits for. */
static int wait_next(const struct map_run *run, struct br_executor_result *result, int look_ms)
{
	const int *wake = run->later ? run->loop->wake : NULL;
	struct pollfd fds[2];

	if (!wake || *wake < 0 || has_plenty(run->executor))
		return br_executor_next(run->executor, result, look_ms);
	fds[0] = (struct pollfd){.fd = *wake, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = watch_begin(run->executor), .events = POLLIN};
	/* without a descriptor of its own the executor is looked at now and then */
	(void)poll(fds, 2, fds[1].fd < 0 && look_ms > ROOM_MS ? ROOM_MS : look_ms);
	watch_rest(run->executor);
	return br_executor_next(run->executor, result, 0);
}

/* If nothing is under way: until there may be room, or a job. */
static void wait_idle(const struct map_run *run, int look_ms)
{
	if (run->held)
		(void)poll(NULL, 0, ROOM_MS);
	else if (!run->loop->wake || *run->loop->wake < 0)
		(void)poll(NULL, 0, look_ms);
}

int br_executor_map(struct br_executor *executor, const struct br_executor_loop *loop)
{
	const int look_ms = loop->look_ms ? loop->look_ms : LOOK_MS_DEFAULT;
	struct map_run run = {.executor = executor, .loop = loop};
	struct br_executor_result result;
	int status;

	do {
		feed(&run);
		status = wait_next(&run, &result, look_ms);
		if (!status)
			judge(&run, loop->finished(loop->arg, &result));
		if (loop->look)
			judge(&run, loop->look(loop->arg));
		if (status == -ENODATA && (run.held || run.later))
			wait_idle(&run, look_ms);
	} while (!status || status == -EAGAIN || (status == -ENODATA && (run.held || run.later)));
	if (run.verdict)
		return run.verdict;
	return status == -ENODATA ? 0 : status;
}

/* --- jobs that lie in an array --------------------------------------------------------------- */

struct array {
	const struct br_executor_options *options;
	const unsigned char *jobs;
	unsigned char *results;
	size_t next, count;
	size_t failed; /* the first that did; `count`: none */
	int error;
};

static bool next_element(void *arg, void *job, uint64_t *tag)
{
	struct array *array = arg;
	const size_t size = array->options->job_size;

	if (array->next == array->count)
		return false;
	memcpy(job, array->jobs + array->next * size, size);
	*tag = array->next++;
	return true;
}

static int error_of(const struct br_executor_result *result)
{
	switch (result->status) {
	case BR_EXECUTOR_DONE:
		return 0;
	case BR_EXECUTOR_FAILED:
		return result->error;
	case BR_EXECUTOR_TIMEOUT:
		return -ETIMEDOUT;
	case BR_EXECUTOR_CANCELLED:
		return -ECANCELED;
	default:
		return -EIO;
	}
}

static int store(void *arg, const struct br_executor_result *result)
{
	struct array *array = arg;
	const size_t size = array->options->result_size;
	const int error = error_of(result);

	if (size)
		memcpy(array->results + result->tag * size, result->result, size);
	if (error && result->tag < array->failed) {
		array->failed = result->tag;
		array->error = error;
	}
	return 0;
}

int br_executor_array(const struct br_executor_options *options, const void *jobs, void *results,
                      size_t count)
{
	struct array array = {
	    .options = options, .jobs = jobs, .results = results, .count = count, .failed = count};
	const struct br_executor_loop loop = {
	    .next_job = next_element, .finished = store, .arg = &array};
	struct br_executor *executor;
	int status = br_executor_new(&executor, options);

	if (status)
		return status;
	status = br_executor_map(executor, &loop);
	(void)br_executor_free(executor);
	return array.error ? array.error : status;
}
