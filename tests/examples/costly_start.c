/* costly_start.c - how many primes there are in each of 64 ranges, counted by processes that each
 * make a table of primes once, before their first job, and use it for all their jobs.
 */
#include <stdio.h>
#include <stdlib.h>

#include <batchresize/executor.h>

#define LIMIT  1000000
#define RANGES 64
#define RANGE  (LIMIT / RANGES)

/* Costly, and done once in each worker. */
static int make_table(void *ctx, void **state)
{
	char *composite = calloc(LIMIT, 1);

	(void)ctx;
	if (!composite)
		return 1;
	for (long i = 2; i < LIMIT; i++)
		for (long j = i * i; j < LIMIT && !composite[i]; j += i)
			composite[j] = 1;
	*state = composite;
	return 0;
}

static int count_primes(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	const char *composite = slot->state;
	const int begin = *(const int *)job;
	int primes = 0;

	(void)ctx;
	for (int i = begin < 2 ? 2 : begin; i < begin + RANGE; i++)
		primes += !composite[i];
	*(int *)result = primes;
	return 0;
}

int main(void)
{
	const struct br_task_ops ops = {.worker_init = make_table, .transform = count_primes};
	const struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS,
	                                            .ops = &ops,
	                                            .job_size = sizeof(int),
	                                            .result_size = sizeof(int)};
	int begins[RANGES], primes[RANGES], sum = 0;

	for (int i = 0; i < RANGES; i++)
		begins[i] = i * RANGE;
	if (br_executor_array(&options, begins, primes, RANGES) != 0)
		return EXIT_FAILURE;
	for (int i = 0; i < RANGES; i++)
		sum += primes[i];
	printf("%d primes below %d\n", sum, LIMIT);
	return EXIT_SUCCESS;
}
