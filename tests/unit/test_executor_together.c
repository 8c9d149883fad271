/* test_executor_together.c - how long what is done for several jobs may take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exec/together.h"
#include "executor_fixture.h"

#define JOBS    16
#define SLOW_MS 50

static void test_limit(void **state)
{
	(void)state;
	/* while nothing is known: as one */
	assert_int_equal(together_limit(640, 10, 64, 0), 10);
	/* ten times the slowest for each; never less than one has, nor more than all */
	assert_int_equal(together_limit(1600, 100, 16, 2), 320);
	assert_int_equal(together_limit(1600, 400, 16, 2), 400);
	assert_int_equal(together_limit(200, 100, 16, 2), 200);
	assert_true(together_limit(UINT64_MAX, 1, 64, UINT64_MAX) == UINT64_MAX);
}

static void test_the_slowest_is_known(void **state)
{
	struct together_step step = {0};
	uint64_t slowest = 0;

	(void)state;
	together_step(&step, 8, 1000, &slowest); /* nothing was before it */
	assert_int_equal(slowest, 0);
	together_step(&step, 1, 1016, &slowest);
	assert_int_equal(slowest, 2);
	together_step(&step, 1, 1017, &slowest);
	assert_int_equal(slowest, 2);
	step.began = 0; /* it waits for something else */
	together_step(&step, 1, 5000, &slowest);
	assert_int_equal(slowest, 2);
}

static void work_together(void *arg, void *const *pieces, unsigned count)
{
	(void)arg;
	for (unsigned i = 0; i < count; i++) {
		pause_ms(SLOW_MS);
		++*(int *)pieces[i];
	}
}

static int transform(void *ctx, const void *job, struct br_slot *slot, void *out)
{
	(void)ctx;
	*(int *)out = *(const int *)job;
	br_executor_gather(slot, out, work_together, NULL);
	return 0;
}

/* What takes longer for several than one job may take is no hang: each comes, once. */
static void test_slow_ones(void **state)
{
	static const struct br_task_ops ops = {.transform = transform};
	struct fixture *fixture = *state;
	struct br_executor_options options = options_for(fixture);
	char seen[JOBS] = "";

	options.ops = &ops;
	options.job_size = options.result_size = sizeof(int);
	options.workers = 1;
	options.together = 8;
	options.timeout_ms = 6 * SLOW_MS;
	options.retries = isolated(fixture) ? 2 : 0; /* on a busy machine */
	struct br_executor *executor = make_executor(options);

	for (int i = 0; i < JOBS; i++)
		assert_int_equal(br_executor_submit(executor, &i, (uint64_t)i), 0);
	for (int i = 0; i < JOBS; i++) {
		const struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(*(const int *)result.result, result.tag + 1);
		assert_false(seen[result.tag]++);
	}
	br_executor_free(executor);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	const struct CMUnitTest rule[] = {
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_the_slowest_is_known),
	};
	int failed = cmocka_run_group_tests_name("rule", rule, NULL, NULL);

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest modes[] = {EXECUTOR_TEST(test_slow_ones, f)};

		f->mode = (enum br_executor_mode)i;
		failed +=
		    cmocka_run_group_tests_name(br_executor_mode_name(f->mode), modes, NULL, NULL);
	}
	return failed;
}
