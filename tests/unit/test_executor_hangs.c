/* test_executor_hangs.c - calls that do not return, as on a mount whose server has gone: they cost
 * their job, whichever stage they are in, and what comes back late is discarded.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "executor_fixture.h"

/* One of ten hangs, in each stage: nine are done. */
static void test_each_stage(void **state)
{
	static const enum kind kinds[] = {HANG_OPEN, HANG_READ, HANG, HANG_WRITE, HANG_COMMIT};
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.timeout_ms = 150;
	for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct br_executor *executor = make_executor(options);

		fixture->counters->let_go = 0;
		for (unsigned i = 0; i < 10; i++)
			submit(executor, (struct sum_job){.kind = i == 3 ? kinds[k] : ADD}, i);
		for (unsigned i = 0; i < 10; i++) {
			struct br_executor_result result = next_result(executor);

			assert_int_equal(result.status,
			                 result.tag == 3 ? BR_EXECUTOR_TIMEOUT : BR_EXECUTOR_DONE);
			assert_int_equal(((const struct sum_job *)result.job)->kind,
			                 result.tag == 3 ? kinds[k] : ADD);
			assert_int_equal(result.attempt, 1);
		}
		assert_int_equal(br_executor_stats(executor).timeouts, 1);
		(void)br_executor_free(executor);
		let_go(fixture);
	}
}

/* Nobody commits what has been handed back as timed out, also when a commit had begun. */
static void test_late_is_too_late(void **state)
{
	static const enum kind kinds[] = {HANG_OPEN, HANG_WRITE, HANG_COMMIT};
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.timeout_ms = 100;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 6; i++)
		submit(executor, (struct sum_job){.kind = kinds[i % 3]}, i);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_TIMEOUT);
	__atomic_store_n(&fixture->counters->let_go, 1, __ATOMIC_SEQ_CST);
	/* the pool goes on, with threads that came back or with others */
	for (unsigned i = 0; i < 50; i++)
		submit(executor, (struct sum_job){.kind = ADD}, i);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	(void)br_executor_free(executor);
	let_go(fixture);
	assert_int_equal(counted(&fixture->counters->committed), 50);
}

/* Until so many calls hang, or are slow; there are no results before. */
static void wait_for_calls(struct fixture *fixture, struct br_executor *executor, int calls)
{
	struct br_executor_result result;

	while (counted(&fixture->counters->waiting) < calls)
		assert_int_equal(br_executor_next(executor, &result, 5), -EAGAIN);
}

/* Without a timeout only killing ends a call that hangs. */
static void test_kill(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));
	struct br_executor_result result;
	unsigned left = 0;

	submit(executor, (struct sum_job){.kind = HANG_OPEN}, 0);
	submit(executor, (struct sum_job){.kind = HANG_COMMIT}, 1);
	wait_for_calls(fixture, executor, 2);
	br_executor_cancel(executor, false);
	assert_int_equal(br_executor_next(executor, &result, 100), -EAGAIN);
	br_executor_cancel(executor, true);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_CANCELLED);
	left = br_executor_free(executor);
	assert_int_equal(left, 2);
	let_go(fixture);
}

/* What is about to be visible is no CANCELLED job. */
static void test_kill_lets_a_commit_end(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));

	submit(executor, (struct sum_job){.kind = SLOW_COMMIT, .milliseconds = 200}, 0);
	wait_for_calls(fixture, executor, 1);
	br_executor_cancel(executor, true);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	assert_int_equal(br_executor_free(executor), 0);
	assert_int_equal(counted(&fixture->counters->committed), 1);
}

/* More than can be given up: the rest is handed back, and the reason told. */
static void test_everything_hangs(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	unsigned late = 0, cancelled = 0;
	struct br_executor_result result;
	int status;

	options.timeout_ms = 10;
	options.capacity = 200;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 200; i++)
		submit(executor, (struct sum_job){.kind = HANG_OPEN}, i);
	while ((status = br_executor_next(executor, &result, 20000)) == 0) {
		late += result.status == BR_EXECUTOR_TIMEOUT;
		cancelled += result.status == BR_EXECUTOR_CANCELLED;
	}
	assert_int_equal(status, -ECHILD);
	assert_int_equal(late + cancelled, 200);
	assert_true(late > 60 && cancelled > 60);
	assert_int_equal(br_executor_stats(executor).error, -ETIMEDOUT);
	assert_int_equal(br_executor_submit(executor, &(struct sum_job){.kind = ADD}, 0), -ECHILD);
	assert_int_equal(br_executor_free(executor), late);
	let_go(fixture);
}

/* Slots that calls hang in are lost while they do; the others serve on. */
static void test_slots_run_out(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	struct br_executor_result result;
	unsigned late = 0;
	int status;

	options.timeout_ms = 50;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 20; i++)
		submit(executor, (struct sum_job){.kind = HANG_READ}, i);
	while ((status = br_executor_next(executor, &result, 20000)) == 0)
		late += result.status == BR_EXECUTOR_TIMEOUT;
	assert_int_equal(status, -ECHILD);
	assert_int_equal(late, 6); /* two a worker, one a thread */
	assert_int_equal(br_executor_stats(executor).error, -ETIMEDOUT);
	(void)br_executor_free(executor);
	let_go(fixture);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	int failed = 0;

	for (unsigned i = BR_EXECUTOR_THREAD; i < BR_EXECUTOR_MODES; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest hangs[] = {
		    EXECUTOR_TEST(test_each_stage, f),
		    EXECUTOR_TEST(test_late_is_too_late, f),
		    EXECUTOR_TEST(test_kill, f),
		    EXECUTOR_TEST(test_kill_lets_a_commit_end, f),
		    EXECUTOR_TEST(test_everything_hangs, f),
		};

		f->mode = (enum br_executor_mode)i;
		failed +=
		    cmocka_run_group_tests_name(br_executor_mode_name(f->mode), hangs, NULL, NULL);
	}
	const struct CMUnitTest slots[] = {
	    EXECUTOR_TEST(test_slots_run_out, &fixtures[BR_EXECUTOR_HYBRID])};

	failed += cmocka_run_group_tests_name("slots", slots, NULL, NULL);
	return failed;
}
