/* test_executor_starts.c - workers that come to nothing: which hang before they are ready, or end
 * when they are, before their first job.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor_fixture.h"

/* Twice as many as there are places, and fewer than what an executor takes for hopeless. */
#define KILLED_FIRST 6

/* No message with a descriptor reaches this worker: it is ready, and ends when it gets its job. */
static int init_without_room(void *ctx, void **state)
{
	const struct rlimit none = {3, 3};

	return setrlimit(RLIMIT_NOFILE, &none) ? -errno : sum_ops.worker_init(ctx, state);
}

/* They are not made again and again without a pause, no job is to blame, and it ends. */
static void test_end_before_the_first_job(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	struct br_task_ops ops = sum_ops;
	char reason[BR_EXECUTOR_REASON_MAX] = "";
	struct br_executor_result result;
	unsigned cancelled = 0;
	int status;

	ops.worker_init = init_without_room;
	options.ops = &ops;
	options.reason = reason;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 5; i++)
		submit(executor, (struct sum_job){.kind = ADD}, i);
	while ((status = br_executor_next(executor, &result, 30000)) == 0)
		cancelled += result.status == BR_EXECUTOR_CANCELLED;
	assert_int_equal(status, -ECHILD);
	assert_int_equal(cancelled, 5);
	const struct br_executor_stats stats = br_executor_stats(executor);

	assert_int_equal(stats.error, -ECHILD);
	assert_int_equal(stats.crashes, 0);
	assert_in_range(stats.workers_started, 8, 12);
	assert_non_null(strstr(reason, "before its first job (exit status 71)"));
	br_executor_free(executor);
	assert_balanced(fixture);
}

/* Writes over what its worker and the pool share, from which it is known what had begun, and dies.
 */
static int lie(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	static const unsigned char zeros[64];

	if (((const struct sum_job *)job)->kind != CRASH)
		return sum_ops.transform(ctx, job, slot, result);
	for (int fd = STDERR_FILENO + 1; fd < 16; fd++)
		(void)!pwrite(fd, zeros, sizeof(zeros), 0); /* of sockets it fails */
	(void)raise(SIGKILL);
	return 0;
}

/* As if it had not been begun: that costs workers, but neither other jobs nor the pool. */
static void test_who_denies_to_have_begun(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct br_task_ops ops = sum_ops;

	ops.transform = lie;
	options.ops = &ops;
	options.workers = 1;
	options.retries = 1;
	options.capacity = 16;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 6; i++)
		submit(executor, (struct sum_job){.kind = i ? ADD : CRASH, .a = 1, .b = 2}, i);
	for (unsigned i = 0; i < 6; i++) {
		const struct br_executor_result result = next_result(executor);

		if (result.tag == 0)
			assert_int_equal(result.status, BR_EXECUTOR_CRASHED);
		else
			assert_int_equal(sum_of(result), 3);
	}
	assert_int_equal(br_executor_stats(executor).error, 0);
	br_executor_free(executor);
	assert_balanced(*state);
}

/* The others go on meanwhile, and it is replaced. */
static int init_hangs_once(void *ctx, void **state)
{
	struct counters *counters = ((struct fixture *)ctx)->counters;

	if (__atomic_add_fetch(&counters->tries, 1, __ATOMIC_SEQ_CST) == 1)
		(void)raise(SIGSTOP);
	return sum_ops.worker_init(ctx, state);
}

static void test_hang_before_ready(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	struct br_task_ops ops = sum_ops;

	ops.worker_init = init_hangs_once;
	options.ops = &ops;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 6000 && br_executor_stats(executor).workers_started < 3; i++) {
		submit(executor, (struct sum_job){.kind = ADD, .a = 1, .b = (int)i}, i);
		assert_int_equal(sum_of(next_result(executor)), 1 + i);
		pause_ms(10);
	}
	assert_int_equal(br_executor_stats(executor).workers_started, 3);
	assert_int_equal(br_executor_stats(executor).crashes, 0);
	br_executor_free(executor);
	assert_balanced(fixture);
}

/* As many as there are places, before any is ready: by somebody, or for want of memory. */
static int init_is_killed(void *ctx, void **state)
{
	struct counters *counters = ((struct fixture *)ctx)->counters;

	if (__atomic_add_fetch(&counters->tries, 1, __ATOMIC_SEQ_CST) <= KILLED_FIRST)
		(void)raise(SIGKILL);
	return sum_ops.worker_init(ctx, state);
}

static void test_killed_before_ready(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	struct br_task_ops ops = sum_ops;

	ops.worker_init = init_is_killed;
	options.ops = &ops;
	options.workers = KILLED_FIRST / 2;
	struct br_executor *executor = make_executor(options);

	submit(executor, (struct sum_job){.kind = ADD, .a = 1, .b = 2}, 0);
	assert_int_equal(sum_of(next_result(executor)), 3);
	assert_int_equal(br_executor_stats(executor).crashes, 0);
	br_executor_free(executor);
	assert_balanced(fixture);
}

/* Every one, for ever: then it has an end. */
static int init_is_always_killed(void *ctx, void **state)
{
	(void)state;
	(void)__atomic_add_fetch(&((struct fixture *)ctx)->counters->tries, 1, __ATOMIC_SEQ_CST);
	(void)raise(SIGKILL);
	return 0;
}

static void test_killed_for_ever(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	struct br_task_ops ops = sum_ops;
	char reason[BR_EXECUTOR_REASON_MAX] = "";
	struct br_executor *executor = NULL;

	ops.worker_init = init_is_always_killed;
	options.ops = &ops;
	options.reason = reason;
	assert_int_equal(br_executor_new(&executor, &options), -ECHILD);
	assert_null(executor);
	assert_non_null(strstr(reason, "before it was ready (signal 9"));
	assert_in_range(counted(&fixture->counters->tries), 8, 12);
}

int main(void)
{
	static struct fixture fixtures[] = {{.mode = BR_EXECUTOR_PROCESS},
	                                    {.mode = BR_EXECUTOR_HYBRID}};
	const struct CMUnitTest tests[] = {
	    EXECUTOR_TEST(test_end_before_the_first_job, &fixtures[0]),
	    EXECUTOR_TEST(test_who_denies_to_have_begun, &fixtures[0]),
	    EXECUTOR_TEST(test_who_denies_to_have_begun, &fixtures[1]),
	    EXECUTOR_TEST(test_hang_before_ready, &fixtures[1]),
	    EXECUTOR_TEST(test_killed_before_ready, &fixtures[0]),
	    EXECUTOR_TEST(test_killed_before_ready, &fixtures[1]),
	    EXECUTOR_TEST(test_killed_for_ever, &fixtures[0]),
	};

	return cmocka_run_group_tests_name("starts", tests, NULL, NULL);
}
