/* Which of several sizes is made from which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geometry/cascade.h"

static struct br_image_geometry geometry_of(uint32_t width, uint32_t height,
                                            struct br_image_size size, enum br_image_fit fit)
{
	struct br_image_geometry geometry;

	assert_int_equal(br_image_geometry_plan(width, height, &size, fit, BR_IMAGE_GRAVITY_CENTRE,
	                                        false, &geometry),
	                 0);
	return geometry;
}

static void plan_widths(const uint32_t *widths, unsigned count, bool single,
                        struct cascade *cascade)
{
	struct br_image_geometry geometry[BR_IMAGE_SIZES_MAX];

	for (unsigned i = 0; i < count; i++)
		geometry[i] = geometry_of(4000, 3000, (struct br_image_size){.width = widths[i]},
		                          BR_IMAGE_FIT_CONTAIN);
	cascade_plan(geometry, count, single, cascade);
}

static void each_size_comes_from_the_smallest_that_is_large_enough(void **state)
{
	const uint32_t widths[] = {320, 1920, 640, 1400};
	struct cascade cascade;

	(void)state;
	plan_widths(widths, 4, false, &cascade);
	assert_int_equal(cascade.order[0], 1);
	assert_int_equal(cascade.order[1], 3);
	assert_int_equal(cascade.order[2], 2);
	assert_int_equal(cascade.order[3], 0);
	assert_int_equal(cascade.from[1], CASCADE_SOURCE);
	assert_int_equal(cascade.from[3], CASCADE_SOURCE); /* 1920 is not 1.5 times 1400 */
	assert_int_equal(cascade.from[2], 3);
	assert_int_equal(cascade.from[0], 2);
}

static void nothing_comes_from_another_when_each_is_to_be_single(void **state)
{
	const uint32_t widths[] = {100, 1000};
	struct cascade cascade;

	(void)state;
	plan_widths(widths, 2, true, &cascade);
	assert_int_equal(cascade.from[0], CASCADE_SOURCE);
	assert_int_equal(cascade.from[1], CASCADE_SOURCE);
	assert_int_equal(cascade.order[0], 1);
}

static void a_crop_serves_only_what_lies_within_it(void **state)
{
	const struct br_image_size square = {.width = 600, .height = 600},
				   small = {.width = 300, .height = 300},
				   wide = {.width = 300, .height = 100};
	struct br_image_geometry geometry[2] = {
	    geometry_of(4000, 3000, square, BR_IMAGE_FIT_COVER)};
	struct cascade cascade;

	(void)state;
	geometry[1] = geometry_of(4000, 3000, small, BR_IMAGE_FIT_COVER);
	cascade_plan(geometry, 2, false, &cascade);
	assert_int_equal(cascade.from[1], 0);
	/* shows more of the width than the square crop has */
	geometry[1] = geometry_of(4000, 3000, wide, BR_IMAGE_FIT_COVER);
	cascade_plan(geometry, 2, false, &cascade);
	assert_int_equal(cascade.from[1], CASCADE_SOURCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_size_comes_from_the_smallest_that_is_large_enough),
	    cmocka_unit_test(nothing_comes_from_another_when_each_is_to_be_single),
	    cmocka_unit_test(a_crop_serves_only_what_lies_within_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
