/* test_executor_faults.c - jobs that crash, hang or come too late, and workers that are killed:
 * what each executor promises then.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor_fixture.h"

static void test_kill(void **state)
{
	struct fixture *fixture = *state;

	struct br_executor *executor = make_executor(options_for(fixture));
	struct br_executor_result result;

	submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 2000}, 0);
	assert_int_equal(br_executor_next(executor, &result, 100), -EAGAIN);
	br_executor_cancel(executor, true);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_CANCELLED);
	br_executor_free(executor);
	if (isolated(fixture))
		assert_balanced(fixture);
	else
		pause_ms(2500); /* the abandoned thread ends, and commits nothing */
	assert_int_equal(counted(&fixture->counters->committed), 0);
	assert_balanced(fixture);
}

/* --- what only isolation survives --------------------------------------------------------------
 */

static void test_crash(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	unsigned done = 0;

	options.retries = 1;
	options.capacity = 64;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 50; i++)
		submit(executor,
		       (struct sum_job){.kind = i == 20   ? CRASH
		                                : i == 30 ? EXIT
		                                          : ADD},
		       i);
	for (unsigned i = 0; i < 50; i++) {
		struct br_executor_result result = next_result(executor);

		if (result.tag == 20 || result.tag == 30) {
			assert_int_equal(result.status, BR_EXECUTOR_CRASHED);
			assert_int_equal(result.signal, result.tag == 20 ? SIGSEGV : 0);
			assert_int_equal(result.error, result.tag == 20 ? 0 : 7);
			assert_int_equal(result.attempt, 2);
		} else {
			assert_int_equal(result.status, BR_EXECUTOR_DONE);
			assert_int_equal(result.attempt, 1);
			done++;
		}
	}
	assert_int_equal(done, 48);
	assert_int_equal(br_executor_stats(executor).crashes, 4);
	/* and it goes on */
	submit(executor, (struct sum_job){.kind = ADD}, 99);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
	assert_balanced(fixture);
}

/* What it has left when it was killed or died comes with its own result, and with no other. */
static void test_notes(void **state)
{
	static const enum kind kinds[] = {ADD, CRASH, ADD, HANG, CRASH_ONCE, ADD};
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	const unsigned count = sizeof(kinds) / sizeof(kinds[0]);

	options.workers = 1;
	options.retries = 1;
	options.timeout_ms = 300;
	options.ordered = true;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < count; i++)
		submit(executor, (struct sum_job){.kind = kinds[i], .a = 100 + (int)i}, i);
	for (unsigned i = 0; i < count; i++) {
		const struct br_executor_result result = next_result(executor);
		const bool died = kinds[i] == CRASH || kinds[i] == HANG;

		assert_int_equal(result.note[BR_EXECUTOR_NOTES - 1], died ? 100 + i : 0);
		assert_int_equal(result.note[0], 0);
		assert_int_equal(result.worker_rss > 0, died);
		assert_int_equal(result.worker_ms >= 300, kinds[i] == HANG);
	}
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void test_crash_once(void **state)
{
	struct br_executor_options options = options_for(*state);

	options.retries = 1;
	struct br_executor *executor = make_executor(options);

	submit(executor, (struct sum_job){.kind = CRASH_ONCE, .a = 2, .b = 3}, 0);
	struct br_executor_result result = next_result(executor);

	assert_int_equal(result.status, BR_EXECUTOR_DONE);
	assert_int_equal(result.attempt, 2);
	assert_int_equal(((const struct sum_result *)result.result)->sum, 5);
	br_executor_free(executor);
}

/* Tried again beside no other, and the others are done meanwhile or after it. */
static void test_alone(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.retries = 1;
	options.workers = 3;
	options.capacity = 64;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 40; i++)
		submit(executor,
		       (struct sum_job){.kind = i == 2 ? CRASH_ONCE : SLEEP, .milliseconds = 10},
		       i);
	for (unsigned i = 0; i < 40; i++) {
		const struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(result.attempt, result.tag == 2 ? 2 : 1);
	}
	assert_int_equal(counted(&fixture->counters->together), 0);
	assert_int_equal(counted(&fixture->counters->tries), 2);
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void test_hang(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	unsigned done = 0, late = 0;

	options.timeout_ms = 300;
	options.retries = isolated(fixture) ? 1 : 0;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 10; i++)
		submit(executor, (struct sum_job){.kind = i == 3 ? HANG : ADD}, i);
	for (unsigned i = 0; i < 10; i++) {
		struct br_executor_result result = next_result(executor);

		done += result.status == BR_EXECUTOR_DONE;
		if (result.status == BR_EXECUTOR_TIMEOUT) {
			assert_int_equal(result.tag, 3);
			assert_int_equal(result.attempt, options.retries + 1);
			late++;
		}
	}
	assert_int_equal(done, 9);
	assert_int_equal(late, 1);
	assert_int_equal(br_executor_stats(executor).timeouts, options.retries + 1);
	(void)br_executor_free(executor);
	let_go(fixture);
}

static void test_serial_too_late(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.timeout_ms = 5;
	struct br_executor *executor = make_executor(options);

	submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 30}, 0);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_TIMEOUT);
	br_executor_free(executor);
	assert_int_equal(counted(&fixture->counters->committed), 0);
	assert_balanced(fixture);
}

static void test_worker_killed_while_idle(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));

	submit(executor, (struct sum_job){.kind = ADD}, 0);
	struct br_executor_result result = next_result(executor);

	assert_int_equal(kill(((const struct sum_result *)result.result)->pid, SIGKILL), 0);
	for (unsigned i = 1; i < 20; i++) {
		submit(executor, (struct sum_job){.kind = ADD}, i);
		struct br_executor_result next = next_result(executor);

		/* A job that was sent to it just as it died is not to blame. */
		assert_int_equal(next.status, BR_EXECUTOR_DONE);
		assert_int_equal(next.attempt, 1);
	}
	assert_int_equal(br_executor_stats(executor).crashes, 0);
	br_executor_free(executor);
}

static void test_worker_memory(void **state)
{
	struct br_executor_options options = options_for(*state);

	options.worker_memory = (size_t)32 << 20;
	struct br_executor *executor = make_executor(options);

	submit(executor, (struct sum_job){.kind = ADD, .bytes = (size_t)256 << 20}, 0);
	struct br_executor_result result = next_result(executor);

	assert_int_equal(result.status, BR_EXECUTOR_FAILED);
	assert_int_equal(result.error, -ENOMEM);
	submit(executor, (struct sum_job){.kind = ADD}, 1);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

static double children_seconds(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

/* What workers took of the processor is this process's children's, as time(1) asks for it: no time
 * is asserted, but that most of what is spent here by the same work was spent there. */
static void test_processor_time_is_counted(void **state)
{
	const int spins = 200;
	const double before = children_seconds();
	const clock_t begin = clock();
	volatile unsigned turns = 0;

	for (int i = 0; i < spins; i++)
		for (unsigned j = 0; j < 2000000; j++)
			turns = turns + 1;
	const double here = (double)(clock() - begin) / CLOCKS_PER_SEC;
	struct br_executor *executor = make_executor(options_for(*state));

	for (int i = 0; i < spins; i++) {
		submit(executor, (struct sum_job){.kind = SPIN}, (uint64_t)i);
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	}
	br_executor_free(executor);
	assert_true(children_seconds() - before > here / 4);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	int failed = 0;

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++)
		fixtures[i].mode = (enum br_executor_mode)i;
	for (unsigned i = BR_EXECUTOR_PROCESS; i <= BR_EXECUTOR_AUTO; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest isolation[] = {
		    EXECUTOR_TEST(test_crash, f),
		    EXECUTOR_TEST(test_notes, f),
		    EXECUTOR_TEST(test_crash_once, f),
		    EXECUTOR_TEST(test_alone, f),
		    EXECUTOR_TEST(test_hang, f),
		    EXECUTOR_TEST(test_worker_killed_while_idle, f),
		    EXECUTOR_TEST(test_kill, f),
		    EXECUTOR_TEST(test_processor_time_is_counted, f),
		};

		failed += cmocka_run_group_tests_name(br_executor_mode_name(f->mode), isolation,
		                                      NULL, NULL);
	}
	/* A hybrid's worker grows nothing of its own here. */
	const struct CMUnitTest process[] = {
	    EXECUTOR_TEST(test_worker_memory, &fixtures[BR_EXECUTOR_PROCESS])};
	const struct CMUnitTest serial[] = {
	    EXECUTOR_TEST(test_serial_too_late, &fixtures[BR_EXECUTOR_SERIAL])};
	/* Last, since they leave threads behind: no process executor could start after them. */
	const struct CMUnitTest threads[] = {
	    EXECUTOR_TEST(test_kill, &fixtures[BR_EXECUTOR_THREAD]),
	    EXECUTOR_TEST(test_hang, &fixtures[BR_EXECUTOR_THREAD])};

	failed += cmocka_run_group_tests_name("process", process, NULL, NULL);
	failed += cmocka_run_group_tests_name("serial", serial, NULL, NULL);
	failed += cmocka_run_group_tests_name("thread", threads, NULL, NULL);
	return failed;
}
