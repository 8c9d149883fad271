/* slow_answers.c - 100 questions whose answers take their time, asked by ten threads: ten are
 * waited for at once, and each answer is told as it comes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <batchresize/executor.h>

/* Whatever is slow to answer: here a program that sleeps. */
static int ask(void *ctx, const void *job, void *result)
{
	const int question = *(const int *)job;
	char command[64];
	FILE *program;

	(void)ctx;
	(void)snprintf(command, sizeof(command), "sleep 0.02; echo %d", question * 2);
	program = popen(command, "r");
	if (!program)
		return 1;
	const bool answered = fscanf(program, "%d", (int *)result) == 1;

	return pclose(program) == 0 && answered ? 0 : 1;
}

static int question;

static bool next_question(void *arg, void *job, uint64_t *tag)
{
	(void)arg;
	*tag = (uint64_t)question;
	*(int *)job = question++;
	return question <= 100;
}

static int tell(void *arg, const struct br_executor_result *result)
{
	(void)arg;
	printf("%d: %d\n", (int)result->tag, *(const int *)result->result);
	return result->status == BR_EXECUTOR_DONE ? 0 : 1; /* anything other than 0 ends the loop */
}

int main(void)
{
	const struct br_executor_options options = {.mode = BR_EXECUTOR_THREAD,
	                                            .workers = 10,
	                                            .function = ask,
	                                            .job_size = sizeof(int),
	                                            .result_size = sizeof(int)};
	const struct br_executor_loop loop = {.next_job = next_question, .finished = tell};
	struct br_executor *pool;

	if (br_executor_new(&pool, &options) != 0)
		return EXIT_FAILURE;
	int status = br_executor_map(pool, &loop);

	br_executor_free(pool);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
