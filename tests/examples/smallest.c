/* smallest.c - one function for every element of an array, in as many processes as there are CPUs.
 */
#include <stdio.h>

#include <batchresize/executor.h>

static int square(void *ctx, const void *job, void *result)
{
	const int number = *(const int *)job;

	(void)ctx;
	*(int *)result = number * number;
	return 0;
}

int main(void)
{
	const struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS,
	                                            .function = square,
	                                            .job_size = sizeof(int),
	                                            .result_size = sizeof(int)};
	const int numbers[] = {2, 3, 5, 7, 11};
	int squares[5];

	if (br_executor_array(&options, numbers, squares, 5) != 0)
		return 1;
	for (int i = 0; i < 5; i++)
		printf("%d -> %d\n", numbers[i], squares[i]);
	return 0;
}
