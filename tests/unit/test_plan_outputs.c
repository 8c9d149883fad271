/* test_plan_outputs.c - several outputs of each source, and templates: where they go, and what they
 * collide with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"

static bool folds_all(const char *directory)
{
	(void)directory;
	return true;
}

static int setup(void **state)
{
	int status = plan_fixture_setup(state);
	struct plan_fixture *fixture = *state;

	if (status == 0) {
		fixture->options.image.size[0] = (struct br_image_size){.width = 320};
		fixture->options.image.size[1] = (struct br_image_size){.height = 600};
		fixture->options.image.sizes = 2;
	}
	return status;
}

/* --- names -------------------------------------------------------------------------------------
 */

static void each_size_has_its_own_name(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/sub/a.jpg", 2);
	make_file("b.jpg", 1);
	assert_string_equal(plan_text(fixture, "i", "b.jpg", NULL),
	                    "i/sub/a.jpg > resized_i/sub/a-320.jpg, resized_i/sub/a-x600.jpg\n"
	                    "b.jpg > resized_b-320.jpg, resized_b-x600.jpg\n");
	fixture->options.output = "o";
	fixture->options.image.format = BR_IMAGE_FORMAT_WEBP;
	assert_string_equal(plan_text(fixture, "i", "b.jpg", NULL),
	                    "i/sub/a.jpg > o/sub/a-320.webp, o/sub/a-x600.webp\n"
	                    "b.jpg > o/b-320.webp, o/b-x600.webp\n");
}

static void a_template_names_what_lies_below_the_directory(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/sub/a.jpg", 2);
	make_file("j/b", 1);
	fixture->options.output = "o";
	fixture->options.name = "{dir}/{size}/_{stem}.{ext}";
	assert_string_equal(plan_text(fixture, "i", "j/b", NULL),
	                    "i/sub/a.jpg > o/sub/320/_a.jpg, o/sub/x600/_a.jpg\n"
	                    "j/b > o/j/320/_b, o/j/x600/_b\n");
	fixture->options.name = "{stem}/{width}.{ext}";
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/sub/a.jpg > o/sub/a/{width}.jpg, o/sub/a/{width}.jpg\n");
	/* whoever says what names are to be wants no prefix */
	fixture->options.output = NULL;
	fixture->options.image.sizes = 1;
	fixture->options.name = "{stem}_small.{ext}";
	assert_string_equal(plan_text(fixture, "j/b", "i", NULL),
	                    "i/sub/a.jpg > resized_i/sub/a_small.jpg\nj/b > j/b_small\n");
}

static void a_template_that_makes_no_sense_is_an_error(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("a.jpg", 1);
	fixture->options.name = "{stem}.{ext}";
	(void)plan_text(fixture, "a.jpg", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
	fixture->options.name = NULL;
	fixture->options.image.sizes = 0;
	(void)plan_text(fixture, "a.jpg", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
}

static void parts_may_be_as_long_as_the_system_takes(void **state)
{
	struct plan_fixture *fixture = *state;
	char path[300];

	(void)snprintf(path, sizeof(path), "i/%0245d.jpg", 7); /* and "-x600.jpg": 254 */
	make_file(path, 3);
	(void)snprintf(path, sizeof(path), "i/%0246d.jpg", 8);
	make_file(path, 2);
	(void)snprintf(path, sizeof(path), "i/%0247d.jpg", 9);
	make_file(path, 1);
	(void)plan_text(fixture, "i", NULL);
	assert_int_equal(plan_item(fixture->plan, 0)->refusal, BR_ERROR_NONE);
	assert_int_equal(plan_item(fixture->plan, 1)->refusal, BR_ERROR_NONE);
	assert_int_equal(plan_item(fixture->plan, 2)->refusal, BR_ERROR_SYSTEM);
	assert_non_null(strstr(refusal_text(fixture, path), "too long"));
	fixture->options.name = "{stem}{stem}/{size}";
	(void)plan_text(fixture, "i", NULL);
	assert_int_equal(plan_item(fixture->plan, 0)->refusal, BR_ERROR_SYSTEM);
}

/* --- collisions --------------------------------------------------------------------------------
 */

static void outputs_of_different_sizes_collide(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a1.jpg", 5);
	make_file("i/a.jpg", 4);
	make_file("i/b.jpg", 3);
	fixture->options.output = "o";
	fixture->options.name = "{stem}{size}.{ext}";
	fixture->options.image.size[1] = (struct br_image_size){.width = 1320};
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/a1.jpg > o/a1320.jpg, o/a11320.jpg !collision\n"
	                    "i/a.jpg > o/a320.jpg, o/a1320.jpg !collision\n"
	                    "i/b.jpg > o/b320.jpg, o/b1320.jpg\n");
	assert_non_null(strstr(refusal_text(fixture, "i/a.jpg"), "'i/a1.jpg'"));
	assert_non_null(strstr(refusal_text(fixture, "i/a1.jpg"), "'i/a.jpg'"));
}

static void whoever_collides_is_told_of_a_rival(void **state)
{
	struct plan_fixture *fixture = *state;
	const char *const sources[] = {"1/a.jpg", "2/a.jpg", "3/a.jpg", "4/a.jpg"};

	for (unsigned i = 0; i < 4; i++)
		make_file(sources[i], 1);
	make_file("5/b.jpg", 1);
	fixture->options.output = "o";
	(void)plan_text(fixture, "1", "2", "3", "4", "5", NULL);
	for (unsigned i = 0; i < 4; i++) {
		const char *text = refusal_text(fixture, sources[i]);

		for (unsigned j = 0; j < 4; j++)
			assert_true((strstr(text, sources[j]) != NULL) == (i != j));
	}
	assert_int_equal(plan_bytes(fixture->plan), 1);
}

/* Two by two they share an output, in a row: rings that meet are left as they are. */
static void chains_of_collisions_end(void **state)
{
	struct plan_fixture *fixture = *state;

	for (unsigned i = 0; i < 6; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "i/a%.*s.jpg", (int)i, "111111");
		make_file(path, 10 - i);
	}
	fixture->options.output = "o";
	fixture->options.name = "{stem}{size}.{ext}";
	fixture->options.image.size[0] = (struct br_image_size){.width = 1};
	fixture->options.image.size[1] = (struct br_image_size){.width = 11};
	(void)plan_text(fixture, "i", NULL);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(plan_item(fixture->plan, i)->refusal, BR_ERROR_COLLISION);
	(void)refusal_text(fixture, "i/a111.jpg");
}

static void names_that_are_one_but_for_numbers_collide(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 3);
	make_file("i/a.png", 2);
	make_file("i/a-5.png", 1);
	fixture->options.output = "o";
	fixture->options.name = "{stem}-{width}.{ext}";
	fixture->options.image.format = BR_IMAGE_FORMAT_JPEG;
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/a.jpg > o/a-{width}.jpg, o/a-{width}.jpg !collision\n"
	                    "i/a.png > o/a-{width}.jpg, o/a-{width}.jpg !collision\n"
	                    "i/a-5.png > o/a-5-{width}.jpg, o/a-5-{width}.jpg\n");
}

static void names_fold(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/A.jpg", 2);
	make_file("2/a.jpg", 1);
	fixture->options.output = "o";
	fixture->folds = folds_all;
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/A.jpg > o/A-320.jpg, o/A-x600.jpg !collision\n"
	                    "2/a.jpg > o/a-320.jpg, o/a-x600.jpg !collision\n");
	fixture->options.name = "{stem}/{size}";
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/A.jpg > o/A/320, o/A/x600 !collision\n"
	                    "2/a.jpg > o/a/320, o/a/x600 !collision\n");
}

static void a_directory_of_a_template_is_no_file_of_another(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/x.jpg", 4);
	make_file("2/320/y.jpg", 3);
	make_file("2/z/z.jpg", 2);
	fixture->options.output = "o";
	fixture->options.name = "{size}";
	/* o/320 is a file of x and a directory of y */
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/x.jpg > o/320, o/x600 !collision\n"
	                    "2/320/y.jpg > o/320/320, o/320/x600 !collision\n"
	                    "2/z/z.jpg > o/z/320, o/z/x600\n");
	assert_non_null(strstr(refusal_text(fixture, "1/x.jpg"), "needed as a directory"));
}

static void outputs_are_compared_by_where_they_are(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("1/x/a.jpg", 2);
	make_file("2/y/a.jpg", 1);
	make_file("o/x/320/file", 0);
	assert_int_equal(mkdir("o/y", 0777), 0);
	assert_int_equal(symlink("../x/320", "o/y/320"), 0);
	fixture->options.output = "o";
	fixture->options.name = "{size}/{stem}";
	assert_string_equal(plan_text(fixture, "1", "2", NULL),
	                    "1/x/a.jpg > o/x/320/a, o/x/x600/a !collision\n"
	                    "2/y/a.jpg > o/y/320/a, o/y/x600/a !collision\n");
}

/* --- sources -----------------------------------------------------------------------------------
 */

static void an_output_of_any_size_never_is_a_source(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("i/a.jpg", 3);
	make_file("i/a-x600.jpg", 2);
	make_file("i/b.jpg", 1);
	fixture->options.output = "i";
	assert_string_equal(plan_text(fixture, "i", NULL),
	                    "i/a.jpg > i/a-320.jpg, i/a-x600.jpg !output-is-source\n"
	                    "i/a-x600.jpg > i/a-x600-320.jpg, i/a-x600-x600.jpg\n"
	                    "i/b.jpg > i/b-320.jpg, i/b-x600.jpg\n");
	assert_non_null(strstr(refusal_text(fixture, "i/a.jpg"), "'i/a-x600.jpg'"));
}

static void a_number_that_makes_it_a_source_is_seen_when_it_is_known(void **state)
{
	struct plan_fixture *fixture = *state;
	struct br_image_output made = {.width = 320, .height = 200};
	struct br_error error;

	make_file("i/a.jpg", 3);
	make_file("i/a-320.jpg", 2);
	make_file("elsewhere/A-64.jpg", 1);
	assert_int_equal(symlink("../i/a-77.jpg", "elsewhere/link.jpg"), 0);
	make_file("i/a-77.jpg", 1);
	fixture->options.output = "i";
	fixture->options.name = "{stem}-{width}.{ext}";
	assert_null(strchr(plan_text(fixture, "i/", "elsewhere/link.jpg", NULL), '!'));
	assert_true(plan_names_sides(fixture->plan));
	assert_int_equal(plan_check(fixture->plan, 0, 0, &made, &error), BR_ERROR_IS_SOURCE);
	assert_non_null(strstr(error.msg, "'i/a-320.jpg'"));
	made.width = 77;
	assert_int_equal(plan_check(fixture->plan, 0, 1, &made, &error), BR_ERROR_IS_SOURCE);
	made.width = 321;
	assert_int_equal(plan_check(fixture->plan, 0, 0, &made, &error), 0);
	fixture->options.output = "o";
	(void)plan_text(fixture, "i", NULL);
	made.width = 320;
	assert_int_equal(plan_check(fixture->plan, 0, 0, &made, &error), 0);
}

static void finished_pictures_have_their_numbers_in_the_name(void **state)
{
	struct plan_fixture *fixture = *state;
	const struct br_image_output made = {.width = 320, .height = 1048560};
	char path[64];

	make_file("i/a.jpg", 1);
	fixture->options.output = "o";
	fixture->options.name = "{width}x{height}/..{stem}";
	(void)plan_text(fixture, "i", NULL);
	assert_int_equal(fixture->status, BR_ERROR_USAGE);
	fixture->options.name = "{width}x{height}..{stem}";
	(void)plan_text(fixture, "i", NULL);
	assert_true(plan_output(fixture->plan, 0, 1, &made, path, sizeof(path)) > 0);
	assert_string_equal(path, "o/320x1048560..a");
}

#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLAN_TEST(each_size_has_its_own_name),
	    PLAN_TEST(a_template_names_what_lies_below_the_directory),
	    PLAN_TEST(a_template_that_makes_no_sense_is_an_error),
	    PLAN_TEST(parts_may_be_as_long_as_the_system_takes),
	    PLAN_TEST(outputs_of_different_sizes_collide),
	    PLAN_TEST(whoever_collides_is_told_of_a_rival),
	    PLAN_TEST(chains_of_collisions_end),
	    PLAN_TEST(names_that_are_one_but_for_numbers_collide),
	    PLAN_TEST(names_fold),
	    PLAN_TEST(a_directory_of_a_template_is_no_file_of_another),
	    PLAN_TEST(outputs_are_compared_by_where_they_are),
	    PLAN_TEST(an_output_of_any_size_never_is_a_source),
	    PLAN_TEST(a_number_that_makes_it_a_source_is_seen_when_it_is_known),
	    PLAN_TEST(finished_pictures_have_their_numbers_in_the_name),
	};

	return cmocka_run_group_tests_name("plan: outputs", tests, NULL, NULL);
}
