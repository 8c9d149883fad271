/* test_geometry.c - sizes, crops, margins and shrink-on-load, by hand and by property. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <batchresize/image.h>

static struct br_image_geometry plan(uint32_t width, uint32_t height, struct br_image_size size,
                                     enum br_image_fit fit, bool enlarge)
{
	struct br_image_geometry geometry;

	assert_int_equal(br_image_geometry_plan(width, height, &size, fit, BR_IMAGE_GRAVITY_CENTRE,
	                                        enlarge, &geometry),
	                 0);
	return geometry;
}

static void assert_scaled(struct br_image_geometry geometry, uint32_t width, uint32_t height)
{
	assert_int_equal(geometry.scaled_width, width);
	assert_int_equal(geometry.scaled_height, height);
}

static const struct br_image_size box = {.width = 800, .height = 600};

static void contains(void **state)
{
	(void)state;
	assert_scaled(plan(4000, 3000, box, BR_IMAGE_FIT_CONTAIN, false), 800, 600);
	assert_scaled(plan(4000, 2000, box, BR_IMAGE_FIT_CONTAIN, false), 800, 400);
	assert_scaled(plan(2000, 4000, box, BR_IMAGE_FIT_CONTAIN, false), 300, 600);
	/* 533.25 and 533.5: to the nearest, halves up */
	assert_scaled(plan(3200, 2133, box, BR_IMAGE_FIT_CONTAIN, false), 800, 533);
	assert_scaled(plan(3200, 2134, box, BR_IMAGE_FIT_CONTAIN, false), 800, 534);
}

static void never_is_a_side_of_no_pixel(void **state)
{
	(void)state;
	assert_scaled(plan(1, 20000, box, BR_IMAGE_FIT_CONTAIN, false), 1, 600);
	assert_scaled(plan(20000, 1, box, BR_IMAGE_FIT_CONTAIN, false), 800, 1);
	assert_scaled(
	    plan(10, 10, (struct br_image_size){.percent = 1}, BR_IMAGE_FIT_CONTAIN, false), 1, 1);
}

static void leaves_small_pictures_alone(void **state)
{
	struct br_image_geometry geometry = plan(320, 240, box, BR_IMAGE_FIT_CONTAIN, false);

	(void)state;
	assert_scaled(geometry, 320, 240);
	assert_true(geometry.limited);
	geometry = plan(800, 600, box, BR_IMAGE_FIT_CONTAIN, false);
	assert_scaled(geometry, 800, 600);
	assert_false(geometry.limited);
	/* as wide as the box and less high: exactly at its size */
	assert_false(plan(800, 100, box, BR_IMAGE_FIT_CONTAIN, false).limited);
	geometry = plan(320, 240, box, BR_IMAGE_FIT_CONTAIN, true);
	assert_scaled(geometry, 800, 600);
	assert_false(geometry.limited);
}

static void takes_one_side_or_a_percentage(void **state)
{
	(void)state;
	assert_scaled(
	    plan(4000, 3000, (struct br_image_size){.width = 100}, BR_IMAGE_FIT_CONTAIN, false),
	    100, 75);
	assert_scaled(
	    plan(4000, 3000, (struct br_image_size){.height = 90}, BR_IMAGE_FIT_COVER, false), 120,
	    90);
	assert_scaled(
	    plan(4000, 3000, (struct br_image_size){.percent = 50000}, BR_IMAGE_FIT_CONTAIN, false),
	    2000, 1500);
	/* 12.345 % of 1001 x 999 is 123.57 x 123.33 */
	assert_scaled(
	    plan(1001, 999, (struct br_image_size){.percent = 12345}, BR_IMAGE_FIT_CONTAIN, false),
	    124, 123);
	assert_true(
	    plan(10, 10, (struct br_image_size){.percent = 200000}, BR_IMAGE_FIT_CONTAIN, false)
		.limited);
	assert_scaled(
	    plan(10, 10, (struct br_image_size){.percent = 200000}, BR_IMAGE_FIT_CONTAIN, true), 20,
	    20);
}

static void covers(void **state)
{
	struct br_image_geometry geometry = plan(4000, 2000, box, BR_IMAGE_FIT_COVER, false);

	(void)state;
	assert_scaled(geometry, 1200, 600);
	assert_int_equal(geometry.crop_x, 200);
	assert_int_equal(geometry.crop_y, 0);
	assert_int_equal(geometry.crop_width, 800);
	assert_int_equal(geometry.canvas_height, 600);
	/* too small in one direction: its own size, cropped where it is over */
	geometry = plan(1000, 300, box, BR_IMAGE_FIT_COVER, false);
	assert_scaled(geometry, 1000, 300);
	assert_true(geometry.limited);
	assert_int_equal(geometry.crop_x, 100);
	assert_int_equal(geometry.crop_width, 800);
	assert_int_equal(geometry.crop_height, 300);
}

static void fills(void **state)
{
	struct br_image_geometry geometry = plan(4000, 300, box, BR_IMAGE_FIT_FILL, false);

	(void)state;
	assert_scaled(geometry, 800, 300);
	assert_true(geometry.limited);
	assert_scaled(plan(4000, 300, box, BR_IMAGE_FIT_FILL, true), 800, 600);
	assert_scaled(plan(4000, 3000, box, BR_IMAGE_FIT_FILL, false), 800, 600);
}

static void pads(void **state)
{
	struct br_image_geometry geometry = plan(2000, 4000, box, BR_IMAGE_FIT_PAD, false);

	(void)state;
	assert_scaled(geometry, 300, 600);
	assert_int_equal(geometry.canvas_width, 800);
	assert_int_equal(geometry.canvas_height, 600);
	assert_int_equal(geometry.pad_x, 250);
	assert_int_equal(geometry.pad_y, 0);
	geometry = plan(101, 99, box, BR_IMAGE_FIT_PAD, false);
	assert_scaled(geometry, 101, 99);
	assert_int_equal(geometry.pad_x, 349);
	assert_int_equal(geometry.pad_y, 250);
}

/* A box that leaves 401 x 0 pixels to crop, or 501 x 0 to pad, in both ways round. */
static void follows_the_compass(void **state)
{
	static const struct {
		enum br_image_gravity gravity;
		int x, y; /* -1 at the beginning, 0 in the middle, 1 at the end */
	} points[] = {
	    {BR_IMAGE_GRAVITY_CENTRE, 0, 0},      {BR_IMAGE_GRAVITY_NORTH, 0, -1},
	    {BR_IMAGE_GRAVITY_NORTHEAST, 1, -1},  {BR_IMAGE_GRAVITY_EAST, 1, 0},
	    {BR_IMAGE_GRAVITY_SOUTHEAST, 1, 1},   {BR_IMAGE_GRAVITY_SOUTH, 0, 1},
	    {BR_IMAGE_GRAVITY_SOUTHWEST, -1, 1},  {BR_IMAGE_GRAVITY_WEST, -1, 0},
	    {BR_IMAGE_GRAVITY_NORTHWEST, -1, -1}, {BR_IMAGE_GRAVITY_ATTENTION, 0, 0},
	    {BR_IMAGE_GRAVITY_ENTROPY, 0, 0},
	};
	static const uint32_t crop[] = {0, 200, 401}, pad[] = {0, 250, 501};

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		const struct br_image_size cover = {.width = 600, .height = 600};
		const struct br_image_size wide = {.width = 1001, .height = 500};
		const struct br_image_size high = {.width = 500, .height = 1001};
		struct br_image_geometry g;

		assert_int_equal(br_image_geometry_plan(2002, 1200, &cover, BR_IMAGE_FIT_COVER,
		                                        points[i].gravity, false, &g),
		                 0);
		assert_scaled(g, 1001, 600);
		assert_int_equal(g.crop_x, crop[points[i].x + 1]);
		assert_int_equal(g.crop_y, 0);
		assert_int_equal(br_image_geometry_plan(1200, 2002, &cover, BR_IMAGE_FIT_COVER,
		                                        points[i].gravity, false, &g),
		                 0);
		assert_int_equal(g.crop_x, 0);
		assert_int_equal(g.crop_y, crop[points[i].y + 1]);
		assert_int_equal(br_image_geometry_plan(500, 500, &wide, BR_IMAGE_FIT_PAD,
		                                        points[i].gravity, false, &g),
		                 0);
		assert_int_equal(g.pad_x, pad[points[i].x + 1]);
		assert_int_equal(g.pad_y, 0);
		assert_int_equal(br_image_geometry_plan(500, 500, &high, BR_IMAGE_FIT_PAD,
		                                        points[i].gravity, false, &g),
		                 0);
		assert_int_equal(g.pad_x, 0);
		assert_int_equal(g.pad_y, pad[points[i].y + 1]);
	}
}

/* A ratio that comes out even is not rounded by as much as a pixel, however large. */
static void keeps_exact_ratios_exact(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 4000; n += 13)
		for (uint32_t factor = 1; factor < 9; factor++) {
			const struct br_image_size size = {.width = 3 * n, .height = 2 * n};

			for (int fit = BR_IMAGE_FIT_CONTAIN; fit <= BR_IMAGE_FIT_PAD; fit++) {
				const struct br_image_geometry g =
				    plan(3 * n * factor, 2 * n * factor, size,
				         (enum br_image_fit)fit, false);

				assert_scaled(g, 3 * n, 2 * n);
				assert_int_equal(g.crop_width, 3 * n);
				assert_int_equal(g.canvas_height, 2 * n);
			}
		}
}

static void refuses_sizes_that_say_nothing(void **state)
{
	const struct br_image_size nothing = {0}, both = {.width = 1, .percent = 1};
	struct br_image_geometry geometry;

	(void)state;
	assert_int_equal(br_image_geometry_plan(10, 10, &nothing, BR_IMAGE_FIT_CONTAIN,
	                                        BR_IMAGE_GRAVITY_CENTRE, false, &geometry),
	                 BR_ERROR_USAGE);
	assert_int_equal(br_image_geometry_plan(10, 10, &both, BR_IMAGE_FIT_CONTAIN,
	                                        BR_IMAGE_GRAVITY_CENTRE, false, &geometry),
	                 BR_ERROR_USAGE);
	assert_int_equal(br_image_geometry_plan(0, 10, &box, BR_IMAGE_FIT_CONTAIN,
	                                        BR_IMAGE_GRAVITY_CENTRE, false, &geometry),
	                 BR_ERROR_USAGE);
}

static void refuses_giants(void **state)
{
	const struct br_image_size huge = {.width = UINT32_MAX, .height = UINT32_MAX};
	struct br_image_geometry geometry;

	(void)state;
	assert_int_equal(br_image_geometry_plan(10, 10, &huge, BR_IMAGE_FIT_FILL,
	                                        BR_IMAGE_GRAVITY_CENTRE, true, &geometry),
	                 BR_ERROR_TOO_MANY_PIXELS);
	assert_int_equal(br_image_geometry_plan(10, 10, &huge, BR_IMAGE_FIT_PAD,
	                                        BR_IMAGE_GRAVITY_CENTRE, false, &geometry),
	                 BR_ERROR_TOO_MANY_PIXELS);
	assert_int_equal(br_image_geometry_plan(1, UINT32_MAX, &box, BR_IMAGE_FIT_COVER,
	                                        BR_IMAGE_GRAVITY_CENTRE, true, &geometry),
	                 BR_ERROR_TOO_MANY_PIXELS);
	/* what is larger than planned can still be made small */
	assert_scaled(plan(UINT32_MAX, UINT32_MAX, box, BR_IMAGE_FIT_CONTAIN, false), 600, 600);
}

/* xorshift32 (Marsaglia 2003), so that every run sees the same cases. */
static uint32_t next_random(uint32_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	return *random;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static void assert_inside(const struct br_image_geometry *g, const struct br_image_size *size,
                          enum br_image_fit fit)
{
	assert_true(g->scaled_width && g->scaled_height && g->crop_width && g->crop_height);
	assert_true(g->crop_x + g->crop_width <= g->scaled_width);
	assert_true(g->crop_y + g->crop_height <= g->scaled_height);
	assert_true(g->pad_x + g->crop_width <= g->canvas_width);
	assert_true(g->pad_y + g->crop_height <= g->canvas_height);
	assert_true(g->canvas_width <= size->width && g->canvas_height <= size->height);
	if (fit == BR_IMAGE_FIT_PAD || (fit == BR_IMAGE_FIT_COVER && !g->limited)) {
		assert_int_equal(g->canvas_width, size->width);
		assert_int_equal(g->canvas_height, size->height);
	}
}

/* The aspect is off by no more than half a pixel on one of the sides. */
static void assert_aspect(const struct br_image_geometry *g, uint64_t width, uint64_t height)
{
	uint64_t twice = 2 * distance(g->scaled_width * height, g->scaled_height * width);

	if (g->scaled_width > 1 && g->scaled_height > 1)
		assert_true(twice <= width || twice <= height);
}

static void holds_for_random_sizes(void **state)
{
	uint32_t random = 2463534242U;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t width = next_random(&random) % 20000 + 1;
		uint32_t height = next_random(&random) % 20000 + 1;
		enum br_image_fit fit = (enum br_image_fit)(next_random(&random) % 4);
		enum br_image_gravity gravity =
		    (enum br_image_gravity)(next_random(&random) % (BR_IMAGE_GRAVITY_ENTROPY + 1));
		bool enlarge = next_random(&random) & 1;
		struct br_image_size size = {.width = next_random(&random) % 2000 + 1,
		                             .height = next_random(&random) % 2000 + 1};
		struct br_image_geometry g;

		if (br_image_geometry_plan(width, height, &size, fit, gravity, enlarge, &g)) {
			assert_true(enlarge && fit == BR_IMAGE_FIT_COVER);
			continue;
		}
		assert_inside(&g, &size, fit);
		if (fit != BR_IMAGE_FIT_FILL)
			assert_aspect(&g, width, height);
		if (!enlarge)
			assert_true(g.scaled_width <= width && g.scaled_height <= height);
		else
			assert_false(g.limited);
	}
}

static void shrinks_on_load(void **state)
{
	(void)state;
	assert_int_equal(br_image_geometry_shrink(800, 600, 800, 600), 1);
	assert_int_equal(br_image_geometry_shrink(3199 - 2, 2400, 800, 600), 1);
	assert_int_equal(br_image_geometry_shrink(3200, 2400, 800, 600), 2);
	assert_int_equal(br_image_geometry_shrink(6400, 4800, 800, 600), 4);
	assert_int_equal(br_image_geometry_shrink(12800, 9600, 800, 600), 8);
	assert_int_equal(br_image_geometry_shrink(60000, 60000, 10, 10), 8);
	/* the side that needs most detail decides */
	assert_int_equal(br_image_geometry_shrink(12800, 600, 800, 600), 1);
	/* a side rounded up does not cost a step: 533.5 became 534 */
	assert_int_equal(br_image_geometry_shrink(3200, 2134, 800, 534), 2);
	assert_int_equal(br_image_geometry_shrink(1, 20000, 1, 600), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(contains),
	    cmocka_unit_test(never_is_a_side_of_no_pixel),
	    cmocka_unit_test(leaves_small_pictures_alone),
	    cmocka_unit_test(takes_one_side_or_a_percentage),
	    cmocka_unit_test(covers),
	    cmocka_unit_test(fills),
	    cmocka_unit_test(pads),
	    cmocka_unit_test(follows_the_compass),
	    cmocka_unit_test(keeps_exact_ratios_exact),
	    cmocka_unit_test(refuses_sizes_that_say_nothing),
	    cmocka_unit_test(refuses_giants),
	    cmocka_unit_test(holds_for_random_sizes),
	    cmocka_unit_test(shrinks_on_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
