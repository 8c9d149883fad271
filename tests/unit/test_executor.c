/* test_executor.c - one contract, run over all four executors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor_fixture.h"

/* --- the contract ---------------------------------------------------------------------------- */

static void test_results(void **state)
{
	struct fixture *fixture = *state;
	int before = descriptors();
	struct br_executor *executor = make_executor(options_for(fixture));
	bool seen[100] = {false};
	unsigned submitted = 0, got = 0;

	while (got < 100) {
		struct sum_job job = {.kind = ADD, .a = (int)submitted, .b = 1000};

		if (submitted < 100 && br_executor_submit(executor, &job, submitted) == 0) {
			submitted++;
			continue;
		}
		struct br_executor_result result = next_result(executor);
		const struct sum_result *sum = result.result;

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(result.id, result.tag);
		assert_false(seen[result.tag]);
		seen[result.tag] = true;
		assert_int_equal(sum->sum, (int)result.tag + 1000);
		assert_int_equal(sum->stages, 31);
		assert_int_equal(((const struct sum_job *)result.job)->a, (int)result.tag);
		assert_int_equal(result.attempt, 1);
		assert_true(result.worker < 2);
		got++;
	}
	struct br_executor_result none;

	assert_int_equal(br_executor_next(executor, &none, 0), -ENODATA);
	assert_int_equal(br_executor_stats(executor).crashes, 0);
	br_executor_free(executor);
	assert_int_equal(counted(&fixture->counters->committed), 100);
	assert_balanced(fixture);
	assert_int_equal(descriptors(), before);
}

static void test_ordered(void **state)
{
	struct br_executor_options options = options_for(*state);

	options.ordered = true;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 12; i++)
		submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = (12 - i) * 3}, i);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(next_result(executor).id, i);
	br_executor_free(executor);
}

static void test_back_pressure(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct sum_job job = {.kind = ADD};

	options.capacity = 3;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 3; i++)
		submit(executor, job, i);
	assert_int_equal(br_executor_submit(executor, &job, 3), -EAGAIN);
	assert_int_equal(br_executor_stats(executor).under_way, 3);
	(void)next_result(executor);
	assert_int_equal(br_executor_submit(executor, &job, 3), 0);
	assert_int_equal(br_executor_submit(executor, &job, 4), -EAGAIN);
	br_executor_free(executor);
}

static void test_stage_failures(void **state)
{
	static const struct {
		enum kind kind;
		int error;
		unsigned stages;
	} cases[] = {{FAIL_OPEN, -EACCES, 1},
	             {FAIL_READ, -EIO, 3},
	             {FAIL_TRANSFORM, 17, 7},
	             {FAIL_WRITE, -ENOSPC, 15},
	             {FAIL_COMMIT, -EROFS, 15}};
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.ordered = true;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 5; i++)
		submit(executor, (struct sum_job){.kind = cases[i].kind}, i);
	for (unsigned i = 0; i < 5; i++) {
		struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status, BR_EXECUTOR_FAILED);
		assert_int_equal(result.error, cases[i].error);
		assert_int_equal(((const struct sum_result *)result.result)->stages,
		                 cases[i].stages);
		assert_int_equal(result.attempt, 1);
	}
	br_executor_free(executor);
	assert_int_equal(counted(&fixture->counters->discarded), 5);
	assert_balanced(fixture);
}

static void test_wait_times_out(void **state)
{
	struct br_executor *executor = make_executor(options_for(*state));
	struct br_executor_result result;

	submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 500}, 0);
	assert_int_equal(br_executor_next(executor, &result, 1), -EAGAIN);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

static void test_parallel(void **state)
{
	/* Two jobs that each wait until both run: done only if they run at once. */
	struct br_executor *executor = make_executor(options_for(*state));
	unsigned workers = 0;

	for (unsigned i = 0; i < 2; i++)
		submit(executor, (struct sum_job){.kind = MEET}, i);
	for (unsigned i = 0; i < 2; i++)
		workers |= 1U << next_result(executor).worker;
	assert_int_equal(workers, 3);
	br_executor_free(executor);
}

static void test_where_it_runs(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_executor(options_for(fixture));

	submit(executor, (struct sum_job){.kind = ADD}, 0);
	struct br_executor_result result = next_result(executor);

	assert_int_equal(((const struct sum_result *)result.result)->pid != getpid(),
	                 isolated(fixture));
	assert_true(counted(&fixture->counters->initialised) >= 1);
	br_executor_free(executor);
}

/* Every worker has one of its own for all its jobs. */
static void test_state(void **state)
{
	struct fixture *fixture = *state;
	const int ended = ended_states();
	struct br_executor *executor = make_executor(options_for(fixture));
	int jobs[2] = {0}, last[2] = {0};

	for (unsigned i = 0; i < 20; i++)
		submit(executor, (struct sum_job){.kind = ADD}, i);
	for (unsigned i = 0; i < 20; i++) {
		struct br_executor_result result = next_result(executor);
		const struct sum_result *sum = result.result;

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		jobs[result.worker]++;
		if (sum->nth > last[result.worker])
			last[result.worker] = sum->nth;
	}
	assert_memory_equal(jobs, last, sizeof(jobs));
	br_executor_free(executor);
	assert_int_equal(ended_states() - ended,
	                 isolated(fixture) ? 0 : counted(&fixture->counters->initialised));
}

static void test_cancel(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	unsigned done = 0, cancelled = 0;

	options.capacity = 40;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 40; i++)
		submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 20}, i);
	(void)next_result(executor);
	br_executor_cancel(executor, false);
	assert_int_equal(br_executor_submit(executor, &(struct sum_job){.kind = ADD}, 0),
	                 -ECANCELED);
	for (unsigned i = 1; i < 40; i++) {
		enum br_executor_status status = next_result(executor).status;

		done += status == BR_EXECUTOR_DONE;
		cancelled += status == BR_EXECUTOR_CANCELLED;
	}
	assert_int_equal(done + cancelled, 39);
	assert_true(cancelled > 0);
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void free_with(struct fixture *fixture, struct sum_job job)
{
	const int before = descriptors();
	struct br_executor *executor = make_executor(options_for(fixture));

	for (unsigned i = 0; i < 10; i++)
		submit(executor, job, i);
	(void)br_executor_next(executor, &(struct br_executor_result){0}, 1);
	assert_int_equal(br_executor_free(executor), 0);
	assert_balanced(fixture);
	assert_int_equal(descriptors(), before);
}

static void test_free_with_jobs_under_way(void **state)
{
	free_with(*state, (struct sum_job){.kind = SLEEP, .milliseconds = 10});
}

/* What is open when the executor ends is closed by whoever opened it. */
static void test_free_with_jobs_being_opened(void **state)
{
	free_with(*state, (struct sum_job){.kind = SLOW_OPEN, .milliseconds = 100});
}

struct numbers {
	unsigned next, count, sum;
};

static bool next_number(void *arg, void *job, uint64_t *tag)
{
	struct numbers *numbers = arg;

	if (numbers->next == numbers->count)
		return false;
	*(struct sum_job *)job = (struct sum_job){.kind = ADD, .a = (int)numbers->next, .b = 1};
	*tag = numbers->next++;
	return true;
}

static int add_up(void *arg, const struct br_executor_result *result)
{
	((struct numbers *)arg)->sum += (unsigned)((const struct sum_result *)result->result)->sum;
	return 0;
}

static int stop_at_once(void *arg, const struct br_executor_result *result)
{
	(void)result;
	((struct numbers *)arg)->sum++;
	return 42;
}

static void test_map(void **state)
{
	struct numbers numbers = {.count = 500};
	struct br_executor_loop loop = {
	    .next_job = next_number, .finished = add_up, .arg = &numbers};
	struct br_executor *executor = make_executor(options_for(*state));

	assert_int_equal(br_executor_map(executor, &loop), 0);
	assert_int_equal(numbers.sum, 500 * 501 / 2);
	br_executor_free(executor);
	executor = make_executor(options_for(*state));
	numbers = (struct numbers){.count = 100000};
	loop.finished = stop_at_once;
	assert_int_equal(br_executor_map(executor, &loop), 42);
	assert_true(numbers.next < 100000);
	assert_int_equal(numbers.sum, numbers.next);
	br_executor_free(executor);
}

static void test_spin(void **state)
{
	struct br_executor *executor = make_executor(options_for(*state));

	for (unsigned i = 0; i < 8; i++)
		submit(executor, (struct sum_job){.kind = SPIN, .a = 1, .b = 2}, i);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
}

static void test_large_data(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.slot_memory = (size_t)64 << 20;
	struct br_executor *executor = make_executor(options);

	/* Together more than the budget, each less: they take turns. */
	for (unsigned i = 0; i < 12; i++)
		submit(executor, (struct sum_job){.kind = ADD, .bytes = (size_t)30 << 20}, i);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	submit(executor, (struct sum_job){.kind = ADD, .bytes = (size_t)100 << 20}, 12);
	struct br_executor_result result = next_result(executor);

	if (fixture->mode == BR_EXECUTOR_HYBRID) {
		assert_int_equal(result.status, BR_EXECUTOR_FAILED);
		assert_int_equal(result.error, -EFBIG);
	} else {
		assert_int_equal(result.status, BR_EXECUTOR_DONE);
	}
	submit(executor, (struct sum_job){.kind = ADD}, 13);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
	assert_balanced(fixture);
}

static void test_bad_options(void **state)
{
	struct br_executor_options good = options_for(*state), bad;
	struct br_executor *executor = (void *)1;

	bad = good;
	bad.ops = NULL;
	assert_int_equal(br_executor_new(&executor, &bad), -EINVAL);
	assert_null(executor);
	bad = good;
	bad.job_size = BR_EXECUTOR_MESSAGE_MAX + 1;
	assert_int_equal(br_executor_new(&executor, &bad), -EINVAL);
	br_executor_free(NULL);
}

/* 0 is a number for whoever does not want to think of one. */
static void test_io_threads_by_itself(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);

	options.io_threads = 0;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 20; i++)
		submit(executor, (struct sum_job){.kind = ADD}, i);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(next_result(executor).status, BR_EXECUTOR_DONE);
	br_executor_free(executor);
	assert_balanced(fixture);
}

static int refuse_init(void *ctx, void **state)
{
	(void)ctx;
	(void)state;
	return -ENODEV;
}

static void test_init_fails(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct br_task_ops ops = sum_ops;
	struct br_executor *executor;

	ops.worker_init = refuse_init;
	options.ops = &ops;
	assert_int_equal(br_executor_new(&executor, &options), -ENODEV);
	assert_null(executor);
}
/* --- names -------------------------------------------------------------------------------------
 */

static void test_names(void **state)
{
	enum br_executor_mode mode;

	(void)state;
	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		assert_int_equal(
		    br_executor_mode_parse(br_executor_mode_name((enum br_executor_mode)i), &mode),
		    0);
		assert_int_equal(mode, i);
	}
	assert_int_equal(br_executor_mode_parse("proces", &mode), -EINVAL);
}

#define CASE(test, fixture) cmocka_unit_test_prestate_setup_teardown(test, setup, teardown, fixture)

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	const struct CMUnitTest names[] = {cmocka_unit_test(test_names)};
	int failed = cmocka_run_group_tests_name("names", names, NULL, NULL);

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest contract[] = {
		    EXECUTOR_TEST(test_results, f),
		    EXECUTOR_TEST(test_ordered, f),
		    EXECUTOR_TEST(test_back_pressure, f),
		    EXECUTOR_TEST(test_stage_failures, f),
		    EXECUTOR_TEST(test_where_it_runs, f),
		    EXECUTOR_TEST(test_state, f),
		    EXECUTOR_TEST(test_cancel, f),
		    EXECUTOR_TEST(test_free_with_jobs_under_way, f),
		    EXECUTOR_TEST(test_free_with_jobs_being_opened, f),
		    EXECUTOR_TEST(test_map, f),
		    EXECUTOR_TEST(test_spin, f),
		    EXECUTOR_TEST(test_large_data, f),
		    EXECUTOR_TEST(test_bad_options, f),
		    EXECUTOR_TEST(test_io_threads_by_itself, f),
		    EXECUTOR_TEST(test_init_fails, f),
		};
		const struct CMUnitTest pooled[] = {
		    EXECUTOR_TEST(test_wait_times_out, f),
		    EXECUTOR_TEST(test_parallel, f),
		};

		f->mode = (enum br_executor_mode)i;
		failed += cmocka_run_group_tests_name(br_executor_mode_name(f->mode), contract,
		                                      NULL, NULL);
		if (f->mode != BR_EXECUTOR_SERIAL)
			failed += cmocka_run_group_tests_name("pooled", pooled, NULL, NULL);
	}
	return failed;
}
