/* test_executor_admission.c - memory: what jobs ask for together is never more than there is, and
 * nobody waits for ever.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exec/admission.h"
#include "executor_fixture.h"

#define MIB (UINT64_C(1) << 20)

/* --- the ledger ------------------------------------------------------------------------------ */

static void test_ledger(void **state)
{
	struct admission admission;

	(void)state;
	assert_int_equal(admission_init(&admission, 100, 4), 0);
	assert_int_equal(admission_share(100, 4), 25);
	for (unsigned i = 0; i < 4; i++)
		admission_begin(&admission, i);
	assert_int_equal(admission_ask(&admission, 0, 101), -E2BIG);
	assert_int_equal(admission.waiting, 0);
	/* 75 for the first, and 30 for the second, who holds nothing while it waits */
	assert_int_equal(admission_ask(&admission, 0, 75), 0);
	assert_int_equal(admission_ask(&admission, 1, 30), 0);
	assert_true(admission_closed(&admission));
	assert_int_equal(admission_grant(&admission), -1);
	admission_end(&admission, 2);
	assert_int_equal(admission_grant(&admission), 0);
	/* the second stays behind the first, and then has room when the third goes */
	assert_int_equal(admission_grant(&admission), -1);
	admission_end(&admission, 0);
	assert_int_equal(admission_grant(&admission), 1);
	/* 25 and 30 are held: there is room for one share more, and not for two */
	assert_false(admission_closed(&admission));
	admission_begin(&admission, 2);
	assert_true(admission_closed(&admission));
	assert_int_equal(admission_grant(&admission), -1);
	admission_release(&admission);
}

static void test_ledger_who_goes_waits_no_more(void **state)
{
	struct admission admission;

	(void)state;
	assert_int_equal(admission_init(&admission, 100, 2), 0);
	admission_begin(&admission, 0);
	admission_begin(&admission, 1);
	assert_int_equal(admission_ask(&admission, 0, 100), 0);
	admission_end(&admission, 0);
	assert_false(admission_closed(&admission));
	admission_end(&admission, 1);
	assert_int_equal(admission_grant(&admission), -1);
	admission_release(&admission);
}

static void test_ledger_without_limit(void **state)
{
	(void)state;
	assert_true(admission_share(0, 8) == UINT64_MAX);
}

/* --- every executor -------------------------------------------------------------------------- */

static struct br_executor_options limited(struct fixture *fixture, uint64_t memory)
{
	struct br_executor_options options = options_for(fixture);

	options.workers = 4;
	options.memory = memory;
	options.capacity = 64;
	return options;
}

static void test_never_more_than_there_is(void **state)
{
	static const int sizes[] = {10, 60, 5, 100, 24, 70, 25, 26, 99, 1, 51, 50};
	const unsigned jobs = 4 * sizeof(sizes) / sizeof(sizes[0]);
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(limited(fixture, 100 * MIB));

	for (unsigned i = 0; i < jobs; i++)
		submit(executor,
		       (struct sum_job){.kind = ADMIT, .a = sizes[i % 12], .milliseconds = i % 3},
		       i);
	for (unsigned i = 0; i < jobs; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
	assert_true(fixture->counters->most_held >= 100 * MIB);
	assert_true(fixture->counters->most_held <= 100 * MIB);
	assert_balanced(fixture);
}

static void test_too_much_is_refused(void **state)
{
	struct br_executor *executor = make_executor(limited(*state, 100 * MIB));

	submit(executor, (struct sum_job){.kind = ADMIT, .a = 101}, 0);
	struct br_executor_result result = next_result(executor);

	assert_int_equal(result.status, BR_EXECUTOR_FAILED);
	assert_int_equal(result.error, -E2BIG);
	submit(executor, (struct sum_job){.kind = ADMIT, .a = 100}, 1);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

static void test_time_stands_still_while_waiting(void **state)
{
	struct br_executor_options options = limited(*state, 100 * MIB);

	options.timeout_ms = 2000;
	struct br_executor *executor = make_executor(options);

	/* each for itself, 3 s in all: by the clock of the first the last would be late */
	for (unsigned i = 0; i < 4; i++)
		submit(executor, (struct sum_job){.kind = ADMIT, .a = 90, .milliseconds = 750}, i);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

static void test_a_crash_gives_back(void **state)
{
	struct br_executor_options options = limited(*state, 100 * MIB);

	options.retries = 0;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 6; i++)
		submit(executor, (struct sum_job){.kind = i % 2 ? ADMIT : ADMIT_CRASH, .a = 90}, i);
	for (unsigned i = 0; i < 6; i++) {
		struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status,
		                 result.tag % 2 ? BR_EXECUTOR_DONE : BR_EXECUTOR_CRASHED);
	}
	br_executor_free(executor);
}

static void test_killed_while_waiting(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(limited(*state, 100 * MIB));

	for (unsigned i = 0; i < 3; i++)
		submit(executor, (struct sum_job){.kind = ADMIT, .a = 90, .milliseconds = 300}, i);
	pause_ms(50);
	br_executor_cancel(executor, true);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_CANCELLED);
	br_executor_free(executor);
	/* a thread that was left behind uses the fixture until it has discarded its job */
	while (!isolated(fixture) &&
	       counted(&fixture->counters->opened) != counted(&fixture->counters->discarded))
		pause_ms(5);
}

/* Jobs that lie ahead in a worker's channel when it asks are not lost. */
static void test_jobs_ahead_wait_as_well(void **state)
{
	struct br_executor *executor = make_executor(limited(*state, 100 * MIB));
	int sum = 0;

	for (unsigned round = 0; round < 30; round++) {
		for (unsigned i = 0; i < 16; i++)
			submit(executor,
			       (struct sum_job){.kind = i == 11 ? ADMIT : ADD, .a = 80, .b = 1}, i);
		for (unsigned i = 0; i < 16; i++) {
			struct br_executor_result result = next_result(executor);

			assert_int_equal(result.status, BR_EXECUTOR_DONE);
			sum += ((const struct sum_result *)result.result)->sum;
		}
	}
	assert_int_equal(sum, 30 * 16 * 81);
	br_executor_free(executor);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	const struct CMUnitTest ledger[] = {
	    cmocka_unit_test(test_ledger),
	    cmocka_unit_test(test_ledger_who_goes_waits_no_more),
	    cmocka_unit_test(test_ledger_without_limit),
	};
	/* Threads last: the killed ones are left behind. */
	static const enum br_executor_mode modes[] = {BR_EXECUTOR_SERIAL, BR_EXECUTOR_PROCESS,
	                                              BR_EXECUTOR_HYBRID, BR_EXECUTOR_AUTO,
	                                              BR_EXECUTOR_THREAD};
	int failed = cmocka_run_group_tests_name("ledger", ledger, NULL, NULL);

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest contract[] = {
		    EXECUTOR_TEST(test_never_more_than_there_is, f),
		    EXECUTOR_TEST(test_too_much_is_refused, f),
		    EXECUTOR_TEST(test_time_stands_still_while_waiting, f),
		    EXECUTOR_TEST(test_jobs_ahead_wait_as_well, f),
		};
		const struct CMUnitTest crash[] = {EXECUTOR_TEST(test_a_crash_gives_back, f)};
		const struct CMUnitTest kill[] = {EXECUTOR_TEST(test_killed_while_waiting, f)};

		f->mode = modes[i];
		failed += cmocka_run_group_tests_name(br_executor_mode_name(f->mode), contract,
		                                      NULL, NULL);
		if (isolated(f))
			failed += cmocka_run_group_tests_name("crash", crash, NULL, NULL);
		if (f->mode != BR_EXECUTOR_SERIAL)
			failed += cmocka_run_group_tests_name("kill", kill, NULL, NULL);
	}
	return failed;
}
