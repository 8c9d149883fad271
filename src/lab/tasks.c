/* tasks.c - simple tasks in our pools: waiting, computing, and very little of either. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include <batchresize/executor.h>

#include "base/base.h"
#include "lab/apart.h"
#include "lab/pools.h"

#define TIMEOUT_MS 15000

/* Four tasks at a time; and small ones. */
#define AT_ONCE 4
#define SMALL   1000

/* In Python 10 million squares take about as long. */
#define SQUARES UINT64_C(300000000)

static int sleep_a_second(void *ctx, const void *job, void *result)
{
	struct timespec rest = {.tv_sec = 1};

	(void)ctx;
	(void)job;
	(void)result;
	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		;
	return 0;
}

static int sum_squares(void *ctx, const void *job, void *result)
{
	uint64_t sum = 0;

	(void)ctx;
	(void)job;
	/* each step is seen, so that no compiler knows the sum */
	for (uint64_t i = 0; i < SQUARES; i++) {
		sum += i * i;
		__asm__ volatile("" : "+r"(sum));
	}
	*(uint64_t *)result = sum;
	return 0;
}

static int add_one(void *ctx, const void *job, void *result)
{
	(void)ctx;
	*(uint64_t *)result = *(const uint64_t *)job + 1;
	return 0;
}

struct task {
	const char *name;
	br_executor_function *function;
	size_t count;
};

struct lab_asked {
	const struct task *task;
	enum br_executor_mode mode;
};

/* The pool's start and end included. */
static int measure(const void *ctx, double *figure)
{
	static uint64_t jobs[SMALL], results[SMALL];
	const struct lab_asked *asked = ctx;
	const struct br_executor_options options = {.mode = asked->mode,
	                                            .workers = AT_ONCE,
	                                            .function = asked->task->function,
	                                            .job_size = sizeof(jobs[0]),
	                                            .result_size = sizeof(results[0])};
	const uint64_t begin = clock_ns();
	const int status = br_executor_array(&options, jobs, results, asked->task->count);

	figure[0] = (double)(clock_ns() - begin) / (double)NS_PER_S;
	return status;
}

void tasks_measure(struct lab_table *table)
{
	static const struct task tasks[TASKS_ROWS] = {
	    {"wait a second, 4 times", sleep_a_second, AT_ONCE},
	    {"sums of squares, 4", sum_squares, AT_ONCE},
	    {"add 1, 1,000 times", add_one, SMALL}};
	static const enum br_executor_mode modes[] = {[TASKS_SERIAL] = BR_EXECUTOR_SERIAL,
	                                              [TASKS_THREAD] = BR_EXECUTOR_THREAD,
	                                              [TASKS_PROCESS] = BR_EXECUTOR_PROCESS};

	table->rows = TASKS_ROWS;
	for (unsigned i = 0; i < TASKS_ROWS; i++) {
		struct lab_row *row = &table->row[i];

		(void)snprintf(row->name, LAB_NAME, "%s", tasks[i].name);
		for (unsigned k = 0; k < table->columns; k++) {
			const struct lab_asked asked = {.task = &tasks[i],
			                                .mode = modes[k <= TASKS_PROCESS ? k : 0]};

			row->unit[k] = LAB_S;
			row->value[k] = (double)NAN;
			if (k <= TASKS_PROCESS)
				(void)apart(measure, &asked, &row->value[k], 1, TIMEOUT_MS);
		}
	}
}
