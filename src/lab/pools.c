/* pools.c - starts, memory and messages: see pools.h. */
#include "lab/pools.h"

#include <math.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <batchresize/executor.h>

#include "base/base.h"
#include "lab/apart.h"

#define THREADS   200
#define PROCESSES 15
#define POOLS     15
#define TRIPS     2000

/* Threads whose memory is counted together, since one has too little to be seen. */
#define CROWD 32

#define TIMEOUT_MS 8000

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *figure, size_t count)
{
	qsort(figure, count, sizeof(*figure), by_size);
	return figure[count / 2];
}

static double us_since(uint64_t begin)
{
	return (double)(clock_ns() - begin) / 1e3;
}

/* A line of a file below /proc, in kB; 0 if it is not there. */
static double kilobytes(const char *path, const char *key)
{
	FILE *file = fopen(path, "re");
	char line[128];
	double sum = 0;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0)
			sum += strtod(strchr(line, ':') ? strchr(line, ':') + 1 : line, NULL);
	if (file)
		(void)fclose(file);
	return sum;
}

/* --- starts ------------------------------------------------------------------------------------
 */

static void *nothing(void *arg)
{
	return arg;
}

static int start_threads(const void *ctx, double *figure)
{
	double each[THREADS];
	pthread_t thread;

	(void)ctx;
	for (unsigned i = 0; i < THREADS; i++) {
		const uint64_t begin = clock_ns();

		if (pthread_create(&thread, NULL, nothing, NULL) != 0)
			return -1;
		(void)pthread_join(thread, NULL);
		each[i] = us_since(begin);
	}
	figure[0] = median(each, THREADS);
	return 0;
}

/* A program that does nothing, from fork(2) and execve(2) to its end; and the most that it had. */
static int start_processes(const void *ctx, double *figure)
{
	char *const command[] = {"true", NULL};
	char *const environment[] = {NULL};
	double each[PROCESSES];
	struct rusage usage = {0};

	(void)ctx;
	for (unsigned i = 0; i < PROCESSES; i++) {
		const uint64_t begin = clock_ns();
		pid_t child;
		int status;

		if (posix_spawn(&child, "/bin/true", NULL, NULL, command, environment) != 0 ||
		    wait4(child, &status, 0, &usage) != child || status != 0)
			return -1;
		each[i] = us_since(begin);
	}
	figure[0] = median(each, PROCESSES);
	figure[1] = (double)usage.ru_maxrss * 1024 / 1e6;
	return 0;
}

/* What a worker says that it has for itself alone, bytes. */
static int tell_memory(void *ctx, const void *job, void *result)
{
	(void)ctx;
	(void)job;
	*(double *)result = kilobytes("/proc/self/smaps_rollup", "Private") * 1024;
	return 0;
}

/* From a zygote, until the first worker is ready; and a worker's memory. */
static int start_workers(const void *ctx, double *figure)
{
	struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS,
	                                      .workers = 1,
	                                      .function = tell_memory,
	                                      .job_size = 1,
	                                      .result_size = sizeof(double)};
	struct br_executor *executor;
	double each[POOLS], memory = (double)NAN;

	(void)ctx;
	if (br_executor_zygote_new(&options.zygote) != 0)
		return -1;
	for (unsigned i = 0; i < POOLS; i++) {
		struct br_executor_result result;
		const uint64_t begin = clock_ns();

		if (br_executor_new(&executor, &options) != 0)
			return -1;
		each[i] = us_since(begin);
		if (br_executor_submit(executor, "", 0) == 0 &&
		    br_executor_next(executor, &result, -1) == 0)
			memory = *(const double *)result.result / 1e6;
		(void)br_executor_free(executor);
	}
	figure[0] = median(each, POOLS);
	figure[1] = memory > 0 ? memory : (double)NAN;
	return 0;
}

/* --- memory of a thread -------------------------------------------------------------------------
 */

static pthread_barrier_t met;

static void *wait_for_all(void *arg)
{
	(void)pthread_barrier_wait(&met);
	(void)pthread_barrier_wait(&met);
	return arg;
}

static int memory_of_threads(const void *ctx, double *figure)
{
	const double had = kilobytes("/proc/self/smaps_rollup", "Private");
	pthread_t thread[CROWD];

	(void)ctx;
	if (had <= 0 || pthread_barrier_init(&met, NULL, CROWD + 1) != 0)
		return -1;
	for (unsigned i = 0; i < CROWD; i++)
		if (pthread_create(&thread[i], NULL, wait_for_all, NULL) != 0)
			return -1;
	(void)pthread_barrier_wait(&met);
	figure[0] = (kilobytes("/proc/self/smaps_rollup", "Private") - had) * 1024 / CROWD / 1e6;
	(void)pthread_barrier_wait(&met);
	for (unsigned i = 0; i < CROWD; i++)
		(void)pthread_join(thread[i], NULL);
	return 0;
}

/* --- a message there and back -------------------------------------------------------------------
 */

static int answer(void *ctx, const void *job, void *result)
{
	(void)ctx;
	(void)job;
	(void)result;
	return 0;
}

static int round_trips(const void *ctx, double *figure)
{
	const struct br_executor_options options = {.mode = *(const enum br_executor_mode *)ctx,
	                                            .workers = 1,
	                                            .function = answer,
	                                            .job_size = 1};
	struct br_executor_result result;
	struct br_executor *executor;

	if (br_executor_new(&executor, &options) != 0)
		return -1;
	const uint64_t begin = clock_ns();

	for (unsigned i = 0; i < TRIPS; i++)
		if (br_executor_submit(executor, "", i) != 0 ||
		    br_executor_next(executor, &result, -1) != 0)
			return -1;
	figure[0] = us_since(begin) / TRIPS;
	return 0;
}

/* --- all ----------------------------------------------------------------------------------------
 */

void pools_measure(struct lab_table *table)
{
	static const char *const names[POOLS_ROWS] = {"start of a thread",
	                                              "start of a worker, from a zygote",
	                                              "start of a program",
	                                              "memory of a thread",
	                                              "memory of a worker",
	                                              "memory of a program",
	                                              "a job there and back, thread",
	                                              "a job there and back, process"};
	static const enum lab_unit units[POOLS_ROWS] = {LAB_US, LAB_US, LAB_US, LAB_MB,
	                                                LAB_MB, LAB_MB, LAB_US, LAB_US};
	const enum br_executor_mode thread = BR_EXECUTOR_THREAD, process = BR_EXECUTOR_PROCESS;
	double figure[2];

	table->rows = POOLS_ROWS;
	for (unsigned i = 0; i < POOLS_ROWS; i++) {
		(void)snprintf(table->row[i].name, LAB_NAME, "%s", names[i]);
		for (unsigned k = 0; k < table->columns; k++) {
			table->row[i].unit[k] = units[i];
			table->row[i].value[k] = (double)NAN;
		}
	}
	(void)apart(start_threads, NULL, figure, 1, TIMEOUT_MS);
	table->row[POOLS_START_THREAD].value[POOLS_OURS] = figure[0];
	(void)apart(start_workers, NULL, figure, 2, TIMEOUT_MS);
	table->row[POOLS_START_WORKER].value[POOLS_OURS] = figure[0];
	table->row[POOLS_MEMORY_WORKER].value[POOLS_OURS] = figure[1];
	(void)apart(start_processes, NULL, figure, 2, TIMEOUT_MS);
	table->row[POOLS_START_PROCESS].value[POOLS_OURS] = figure[0];
	table->row[POOLS_MEMORY_PROCESS].value[POOLS_OURS] = figure[1];
	(void)apart(memory_of_threads, NULL, figure, 1, TIMEOUT_MS);
	table->row[POOLS_MEMORY_THREAD].value[POOLS_OURS] = figure[0];
	(void)apart(round_trips, &thread, figure, 1, TIMEOUT_MS);
	table->row[POOLS_TRIP_THREAD].value[POOLS_OURS] = figure[0];
	(void)apart(round_trips, &process, figure, 1, TIMEOUT_MS);
	table->row[POOLS_TRIP_PROCESS].value[POOLS_OURS] = figure[0];
}
