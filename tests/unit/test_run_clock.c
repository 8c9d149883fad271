/* test_run_clock.c - what counts as time in which a program ran, and that jobs have only that; and
 * how long it is waited between attempts.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/backoff.h"
#include "base/base.h"
#include "base/run_clock.h"
#include "executor_fixture.h"

#define MS UINT64_C(1000000)

/* --- the clock ---------------------------------------------------------------------------------
 */

static void test_waits_count(void **state)
{
	struct run_clock watch = {0};

	(void)state;
	assert_int_equal(run_clock_look(&watch, 0), 0);
	pause_ms(30);
	assert_true(run_clock_look(&watch, 30 * MS) >= 30 * MS);
}

/* Who is late again and again still gets to the end. */
static void test_a_gap_counts_as_long_as_it_was_to_be(void **state)
{
	struct run_clock watch = {0};

	(void)state;
	(void)run_clock_look(&watch, 0);
	for (unsigned i = 1; i <= 2; i++) {
		const uint64_t before = watch.ran;

		pause_ms(400);
		(void)run_clock_look(&watch, 50 * MS);
		assert_true(watch.ran - before >= 50 * MS);
		assert_true(watch.ran - before < 350 * MS);
	}
}

static void test_work_without_a_look_counts(void **state)
{
	struct run_clock watch = {0};
	volatile unsigned turns = 0;

	(void)state;
	(void)run_clock_look(&watch, 0);
	const uint64_t before = watch.worked;

	for (unsigned i = 0; i < 300000000U; i++)
		turns = turns + 1;
	(void)run_clock_look(&watch, 1);
	/* The processor's clock is read a little later than the other one. */
	assert_true(watch.ran >= (watch.worked - before) / 10 * 9);
}

static void test_limit(void **state)
{
	struct run_limit none = run_limit_in(0), limit = run_limit_in(20);

	(void)state;
	assert_false(run_limit_over(&limit));
	pause_ms(30);
	assert_true(run_limit_over(&limit));
	assert_false(run_limit_over(&none));
}

/* --- jobs --------------------------------------------------------------------------------------
 */

static void sleep_in_executor(struct fixture *fixture)
{
	struct br_executor_options options = options_for(fixture);
	struct br_executor_result result;
	struct br_executor *executor;
	int status;

	options.timeout_ms = 1000;
	if (br_executor_new(&executor, &options) != 0)
		_exit(100);
	if (br_executor_submit(executor, &(struct sum_job){.kind = SLEEP, .milliseconds = 400}, 0))
		_exit(101);
	do
		status = br_executor_next(executor, &result, 100);
	while (status == -EAGAIN);
	_exit(status ? 102 : (int)result.status);
}

/* Longer than the timeout. */
static void test_a_run_that_stood_still(void **state)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		(void)setpgid(0, 0);
		sleep_in_executor(*state);
	}
	(void)setpgid(child, child);
	pause_ms(200);
	assert_int_equal(kill(-child, SIGSTOP), 0);
	pause_ms(1300);
	assert_int_equal(kill(-child, SIGCONT), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), BR_EXECUTOR_DONE);
}

/* A worker that is stopped alone hangs, as far as anybody can tell. */
static void test_a_worker_that_stands_still(void **state)
{
	struct br_executor_options options = options_for(*state);

	options.timeout_ms = 300;
	struct br_executor *executor = make_executor(options);

	submit(executor, (struct sum_job){.kind = STOP}, 0);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_TIMEOUT);
	submit(executor, (struct sum_job){.kind = ADD}, 1);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

/* --- pauses between attempts -------------------------------------------------------------------
 */

static void test_pauses_double_up_to_the_longest(void **state)
{
	(void)state;
	assert_int_equal(backoff_doubled(50, 3200, 0), 50);
	assert_int_equal(backoff_doubled(50, 3200, 3), 400);
	assert_int_equal(backoff_doubled(50, 3200, UINT32_MAX), 3200);
	assert_int_equal(backoff_doubled(50, 60, 1), 60);
}

static void test_pauses_for_a_server_are_up_to_a_quarter_longer(void **state)
{
	(void)state;
	assert_int_equal(backoff_ms(1, 0), 500);
	assert_int_equal(backoff_ms(2, 0), 1000);
	assert_int_equal(backoff_ms(99, 0), 8000);
	assert_int_equal(backoff_ms(1, 255000), 500 + 125 * 255 / 256);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	const struct CMUnitTest clocks[] = {
	    cmocka_unit_test(test_waits_count),
	    cmocka_unit_test(test_a_gap_counts_as_long_as_it_was_to_be),
	    cmocka_unit_test(test_work_without_a_look_counts),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_pauses_double_up_to_the_longest),
	    cmocka_unit_test(test_pauses_for_a_server_are_up_to_a_quarter_longer),
	};
	int failed = cmocka_run_group_tests_name("clock", clocks, NULL, NULL);

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest run[] = {EXECUTOR_TEST(test_a_run_that_stood_still, f)};
		const struct CMUnitTest worker[] = {
		    EXECUTOR_TEST(test_a_worker_that_stands_still, f)};
		const char *name = br_executor_mode_name((enum br_executor_mode)i);

		f->mode = (enum br_executor_mode)i;
		failed += cmocka_run_group_tests_name(name, run, NULL, NULL);
		if (isolated(f))
			failed += cmocka_run_group_tests_name(name, worker, NULL, NULL);
	}
	return failed;
}
