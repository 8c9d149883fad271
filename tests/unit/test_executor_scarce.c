/* test_executor_scarce.c - one contract, run over all executors: jobs are made when there is use
 * for them, and where there is no memory for one more, those that are under way end first.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exec/internal.h"
#include "executor_fixture.h"

#define CAPACITY 400
/* So many can be made, two of them by br_executor_new(). */
#define ENOUGH_FOR 5

static unsigned made, most;

struct job *__real_job_new(const struct br_executor_options *options);
struct job *__wrap_job_new(const struct br_executor_options *options);

struct job *__wrap_job_new(const struct br_executor_options *options)
{
	return made < most && ++made ? __real_job_new(options) : NULL;
}

static struct br_executor *make(struct fixture *fixture, unsigned count)
{
	struct br_executor_options options = options_for(fixture);

	options.capacity = CAPACITY;
	made = 0;
	most = count;
	return make_executor(options);
}

static void test_few_are_made_for_few(void **state)
{
	struct br_executor *executor = make(*state, CAPACITY + 1);

	for (int i = 0; i < 50; i++) {
		submit(executor, (struct sum_job){.kind = ADD, .a = i, .b = 1}, 0);
		assert_int_equal(sum_of(next_result(executor)), i + 1);
	}
	assert_true(made <= 3);
	(void)br_executor_free(executor);
}

static void test_without_memory_for_more_some_end_first(void **state)
{
	struct br_executor *executor = make(*state, ENOUGH_FOR);
	unsigned begun = 0, ended = 0, refused = 0;

	while (ended < 100) {
		const struct sum_job job = {.kind = ADD, .a = (int)begun};

		if (begun < 100 && br_executor_submit(executor, &job, begun) == 0) {
			begun++;
			continue;
		}
		assert_true(begun > ended);
		refused += begun < 100;
		const struct br_executor_result result = next_result(executor);

		assert_int_equal(sum_of(result), (int)result.tag);
		ended++;
	}
	assert_true(refused > 0);
	assert_int_equal(made, ENOUGH_FOR);
	(void)br_executor_free(executor);
}

int main(void)
{
	int failed = 0;

	for (int mode = 0; mode < BR_EXECUTOR_MODES; mode++) {
		struct fixture fixture = {.mode = (enum br_executor_mode)mode}, *f = &fixture;
		const struct CMUnitTest tests[] = {
		    EXECUTOR_TEST(test_few_are_made_for_few, f),
		    EXECUTOR_TEST(test_without_memory_for_more_some_end_first, f),
		};

		failed +=
		    cmocka_run_group_tests_name(br_executor_mode_name(f->mode), tests, NULL, NULL);
	}
	return failed;
}
