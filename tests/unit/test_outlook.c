/* test_outlook.c - whether the image library is loaded before workers are forked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "batch/outlook.h"
#include "plan_fixture.h"

static bool needs(struct plan_fixture *fixture, const char *path)
{
	const char *paths[] = {path};

	fixture->options.paths = paths;
	fixture->options.path_count = 1;
	return outlook_needs_library(&fixture->options);
}

static void names_tell(void **state)
{
	struct plan_fixture *fixture = *state;

	make_file("photos/a.jpg", 1);
	make_file("photos/b.JPEG", 1);
	make_file("photos/notes.txt", 1);
	make_file("mixed/a.jpg", 1);
	make_file("mixed/b.webp", 1);
	make_file("pages/a.png", 1);
	make_file("pages/b.jpg", 1);
	make_file("telling/nothing", 1);
	assert_false(needs(fixture, "photos/a.jpg"));
	assert_false(needs(fixture, "photos"));
	assert_true(needs(fixture, "mixed/b.webp"));
	assert_true(needs(fixture, "mixed"));
	assert_false(needs(fixture, "pages"));
	assert_false(needs(fixture, "telling"));
	assert_false(needs(fixture, "nowhere"));
	assert_false(needs(fixture, "-"));
}

static void options_tell(void **state)
{
	struct plan_fixture *fixture = *state;
	struct br_image_options *image = &fixture->options.image;

	make_file("photos/a.jpg", 1);
	image->format = BR_IMAGE_FORMAT_JPEG;
	assert_false(needs(fixture, "photos"));
	image->format = BR_IMAGE_FORMAT_PNG;
	assert_false(needs(fixture, "photos"));
	image->format = BR_IMAGE_FORMAT_WEBP;
	assert_true(needs(fixture, "photos"));
	image->format = BR_IMAGE_FORMAT_UNKNOWN;
	image->linear = true;
	assert_true(needs(fixture, "photos"));
	image->linear = false;
	image->gravity = BR_IMAGE_GRAVITY_ATTENTION;
	assert_false(needs(fixture, "photos"));
	image->fit = BR_IMAGE_FIT_COVER;
	assert_true(needs(fixture, "photos"));
}

static void options_tell_of_png(void **state)
{
	struct plan_fixture *fixture = *state;
	struct br_image_options *image = &fixture->options.image;

	make_file("pages/a.png", 1);
	make_file("mixed/a.png", 1);
	make_file("mixed/b.jpg", 1);
	make_file("telling/nothing", 1);
	image->format = BR_IMAGE_FORMAT_PNG;
	assert_false(needs(fixture, "pages"));
	assert_false(needs(fixture, "mixed"));
	assert_false(needs(fixture, "telling"));
	image->format = BR_IMAGE_FORMAT_WEBP;
	assert_true(needs(fixture, "pages"));
	image->format = BR_IMAGE_FORMAT_JPEG;
	assert_false(needs(fixture, "pages"));
	assert_false(needs(fixture, "telling"));
	image->format = BR_IMAGE_FORMAT_UNKNOWN;
	image->sizes = 2;
	assert_false(needs(fixture, "pages"));
	assert_false(needs(fixture, "mixed/b.jpg"));
	image->sizes = 1;
	image->fit = BR_IMAGE_FIT_FILL;
	assert_false(needs(fixture, "pages"));
	image->fit = BR_IMAGE_FIT_PAD;
	assert_false(needs(fixture, "pages"));
	image->fit = BR_IMAGE_FIT_COVER;
	assert_false(needs(fixture, "pages"));
	image->gravity = BR_IMAGE_GRAVITY_ENTROPY;
	assert_true(needs(fixture, "pages"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(names_tell, plan_fixture_setup, plan_fixture_teardown),
	    cmocka_unit_test_setup_teardown(options_tell, plan_fixture_setup,
	                                    plan_fixture_teardown),
	    cmocka_unit_test_setup_teardown(options_tell_of_png, plan_fixture_setup,
	                                    plan_fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
