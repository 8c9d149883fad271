/* test_batch.c - a whole run as a program that uses the library sees it: options and outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "png_fixture.h"

static const char *const paths[] = {"in"};

static void make_pictures(void)
{
	static const char *const names[] = {"in/a.png", "in/b.png", "in/c.png"};
	const struct forge forge = {.width = 60, .height = 50, .bits = 8, .colour = 2, .seed = 1};
	struct br_buffer png = BR_BUFFER_HEAP;

	png_forge(&png, &forge);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		make_file_with(names[i], png.data, png.size);
	br_buffer_release(&png);
}

static struct br_batch_options an_options(void)
{
	struct br_batch_options options = br_batch_options_default();

	options.paths = paths;
	options.path_count = 1;
	options.output = "out";
	options.mode = BR_EXECUTOR_SERIAL;
	options.image.size[0] = (struct br_image_size){.width = 20};
	options.existing = BR_BATCH_EXISTING_OVERWRITE;
	return options;
}

static struct br_batch_outcome run(const struct br_batch_options *options)
{
	const struct br_batch_observer observer = {.ctx = NULL};
	struct br_batch_outcome outcome;
	struct br_error error;

	assert_int_equal(br_batch_run(options, &observer, &outcome, &error), 0);
	return outcome;
}

static void the_outcome_says_how_many_workers_there_were(void **state)
{
	struct br_batch_options options = an_options();
	struct br_batch_outcome outcome;

	(void)state;
	make_pictures();
	options.jobs = 5;
	outcome = run(&options);
	assert_int_equal(outcome.progress.ok, 3);
	assert_int_equal(outcome.workers, 1);
	options.mode = BR_EXECUTOR_THREAD;
	options.jobs = 2;
	outcome = run(&options);
	assert_int_equal(outcome.progress.ok, 3);
	assert_int_equal(outcome.workers, 2);
	options.dry_run = true;
	assert_int_equal(run(&options).workers, 0);
}

static int admit(void *arg, uint64_t bytes)
{
	(void)arg;
	(void)bytes;
	return 0;
}

/* Options of one picture that only the run can know are refused instead of being overwritten. */
static void what_is_the_runs_own_is_refused(void **state)
{
	const struct br_image_options usual = br_image_options_default();
	struct br_image_options own[] = {usual, usual, usual, usual, usual};
	struct br_batch_options options = an_options();
	struct br_batch_outcome outcome;
	struct br_error error;

	(void)state;
	own[0].timeout_ms = 1000;
	own[1].admit = admit;
	own[2].admit_arg = &options;
	own[3].keep = 1 << 20;
	own[4].alone = true;
	assert_int_equal(br_batch_check(&options, &error), 0);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		options.image = own[i];
		assert_int_equal(br_batch_check(&options, &error), BR_ERROR_USAGE);
		assert_int_equal(error.code, BR_ERROR_USAGE);
		assert_non_null(strstr(error.msg, "the run's own"));
		assert_int_equal(br_batch_run(&options, &(struct br_batch_observer){.ctx = NULL},
		                              &outcome, &error),
		                 BR_ERROR_USAGE);
	}
}

static void what_one_picture_may_take_can_be_lowered(void **state)
{
	struct br_batch_options options = an_options();

	(void)state;
	make_pictures();
	options.image.max_memory = 1000;
	assert_int_equal(run(&options).progress.failed, 3);
	options.image.max_memory = UINT64_MAX;
	assert_int_equal(run(&options).progress.ok, 3);
}

#define BATCH_TEST(test) \
	cmocka_unit_test_setup_teardown(test, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    BATCH_TEST(the_outcome_says_how_many_workers_there_were),
	    BATCH_TEST(what_is_the_runs_own_is_refused),
	    BATCH_TEST(what_one_picture_may_take_can_be_lowered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
