/* bench_executor.c - what an executor itself costs: microseconds a job for a task that does
 * nothing, and milliseconds until a pool's workers are ready.
 *
 * bench_executor MODE WORKERS JOBS prints one line of JSON: mode, workers, jobs, job_us (wall time
 * a job, from first submit to last result), start_ms (br_executor_new, until a worker is ready).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/executor.h>

#include "base/base.h"

struct nothing {
	unsigned number;
};

static int transform(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	(void)ctx;
	(void)slot;
	memcpy(result, job, sizeof(struct nothing));
	return 0;
}

static const struct br_task_ops ops = {.transform = transform};

struct run {
	unsigned next, count, failed;
};

static bool next_job(void *arg, void *job, uint64_t *tag)
{
	struct run *run = arg;

	if (run->next == run->count)
		return false;
	*tag = run->next;
	((struct nothing *)job)->number = run->next++;
	return true;
}

static int finished(void *arg, const struct br_executor_result *result)
{
	struct run *run = arg;
	const struct nothing *answer = result->result;

	run->failed += result->status != BR_EXECUTOR_DONE || answer->number != result->tag;
	return 0;
}

int main(int argc, char **argv)
{
	struct br_executor_options options = {
	    .job_size = sizeof(struct nothing),
	    .result_size = sizeof(struct nothing),
	    .io_threads = 2,
	    .ops = &ops,
	};
	struct br_executor *executor;
	struct run run = {0};
	const struct br_executor_loop loop = {
	    .next_job = next_job, .finished = finished, .arg = &run};

	if (argc != 4 || br_executor_mode_parse(argv[1], &options.mode) != 0) {
		fprintf(stderr, "usage: bench_executor MODE WORKERS JOBS\n");
		return 2;
	}
	options.workers = (unsigned)atoi(argv[2]);
	run.count = (unsigned)atoi(argv[3]);
	uint64_t begin = clock_ns();
	int status = br_executor_new(&executor, &options);
	uint64_t ready = clock_ns();

	if (status) {
		fprintf(stderr, "bench_executor: no executor: %s\n", strerror(-status));
		return 1;
	}
	status = br_executor_map(executor, &loop);
	uint64_t end = clock_ns();

	br_executor_free(executor);
	if (status || run.failed) {
		fprintf(stderr, "bench_executor: %u wrong results\n", run.failed);
		return 1;
	}
	printf("{\"mode\": \"%s\", \"workers\": %u, \"jobs\": %u, \"job_us\": %.3f, "
	       "\"start_ms\": %.3f}\n",
	       argv[1], options.workers, run.count, (double)(end - ready) / 1e3 / run.count,
	       (double)(ready - begin) / 1e6);
	return 0;
}
