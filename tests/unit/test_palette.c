/* test_palette.c - colours are counted exactly, and only reduced where nobody sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libvips/palette_reduce.h"
#include "image_fixture.h"

static struct raster line_of(const void *samples, uint32_t width, unsigned bands)
{
	return (struct raster){.pixels = samples,
	                       .width = width,
	                       .height = 1,
	                       .bands = bands,
	                       .bits = 8,
	                       .alpha = bands % 2 == 0};
}

static void counts_up_to_the_limit(void **state)
{
	static struct palette palette;
	uint8_t samples[257][3];

	(void)state;
	for (int count = 1; count <= 257; count++) {
		uint8_t indexes[257];
		struct raster line;

		for (int i = 0; i < 257; i++) {
			samples[i][0] = (uint8_t)(i % count * 7);
			samples[i][1] = (uint8_t)(i % count / 2);
			samples[i][2] = (uint8_t)(i % count >> 8);
		}
		line = line_of(*samples, 257, 3);
		assert_int_equal(palette_find(&line, &palette), count <= 256);
		if (count <= 256) {
			assert_int_equal(palette.colours, count);
			assert_int_equal(palette.translucent, 0);
			assert_int_equal(palette.bits, count <= 2    ? 1
			                               : count <= 4  ? 2
			                               : count <= 16 ? 4
			                                             : 8);
			palette_map(&palette, &line, 0, indexes);
			for (int i = 0; i < 257; i++)
				assert_memory_equal(palette.rgba[indexes[i]], samples[i], 3);
		}
	}
}

static void clear_pixels_are_one_colour_and_come_first(void **state)
{
	static const uint8_t samples[][4] = {{9, 9, 9, 255}, {1, 2, 3, 0},   {4, 5, 6, 0},
	                                     {0, 0, 0, 255}, {7, 7, 7, 128}, {7, 7, 7, 255}};
	static struct palette palette;
	const struct raster line = line_of(*samples, 6, 4);

	(void)state;
	assert_true(palette_find(&line, &palette));
	assert_int_equal(palette.colours, 5);
	assert_int_equal(palette.translucent, 2);
	assert_int_equal(palette.gray_bits, 0);
	assert_int_equal(palette.rgba[0][3], 0);
	assert_int_equal(palette.rgba[1][3], 128);
	for (int i = 2; i < 5; i++)
		assert_int_equal(palette.rgba[i][3], 255);
	assert_int_equal(palette.rgba[2][0], 0);
	assert_int_equal(palette.rgba[4][0], 9);
}

static void gray_takes_the_bits_that_hold_it(void **state)
{
	static const struct {
		uint8_t samples[4];
		unsigned bits;
	} cases[] = {{{0, 255, 0, 255}, 1},
	             {{0, 85, 170, 255}, 2},
	             {{0, 17, 34, 255}, 4},
	             {{0, 1, 170, 255}, 8},
	             {{128, 128, 128, 128}, 8}};
	static struct palette palette;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct raster line = line_of(cases[i].samples, 4, 1);

		assert_true(palette_find(&line, &palette));
		assert_int_equal(palette.gray_bits, cases[i].bits);
	}
}

static void knows_gray_in_three_bands(void **state)
{
	static const uint8_t gray[] = {1, 1, 1, 200, 200, 200}, colour[] = {1, 1, 1, 200, 200, 201};
	struct raster line = line_of(gray, 2, 3);

	(void)state;
	assert_true(raster_gray(&line));
	line = line_of(colour, 2, 3);
	assert_false(raster_gray(&line));
}

/* A disc with a soft edge on a plain ground: more than 256 colours, all except a few on one line
 * between two. */
static VipsImage *disc(bool photograph)
{
	VipsImage *image = fixture_picture(200, 200, 3), *settled;

	settled = pixels_new(image, 200, 200);
	assert_non_null(settled);
	for (int y = 0; y < 200; y++)
		for (int x = 0; x < 200; x++) {
			uint8_t *p =
			    (uint8_t *)pixels_line(settled, (uint32_t)y) + (ptrdiff_t)3 * x;
			int distance = (x - 100) * (x - 100) + (y - 100) * (y - 100) - 2500;
			int share = distance < 0 ? 0 : distance > 600 ? 600 : distance;

			p[0] = (uint8_t)(share * 200 / 600);
			p[1] = (uint8_t)(photograph ? (x * 37 + y * 91) % 256
			                            : share * 90 / 600 + x / 100);
			p[2] = (uint8_t)(photograph ? x * 255 / 200 : 255 - share * 255 / 600);
		}
	g_object_unref(image);
	return settled;
}

static void reduces_what_looks_the_same(void **state)
{
	static struct palette palette;
	struct pull pull = {0};
	VipsImage *image = disc(false), *reduced;
	struct raster raster;

	(void)state;
	raster = pixels_raster(image);
	assert_false(palette_find(&raster, &palette));
	reduced = palette_reduce(image, &pull);
	assert_non_null(reduced);
	raster = pixels_raster(reduced);
	assert_true(palette_find(&raster, &palette));
	for (int y = 0; y < 200; y += 7)
		for (int x = 0; x < 200; x += 7)
			for (int band = 0; band < 3; band++)
				assert_in_range(fixture_sample(reduced, x, y, band) + 8 -
				                    fixture_sample(image, x, y, band),
				                0, 16);
	g_object_unref(reduced);
	g_object_unref(image);
	image = disc(true);
	assert_null(palette_reduce(image, &pull));
	g_object_unref(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counts_up_to_the_limit),
	    cmocka_unit_test(clear_pixels_are_one_colour_and_come_first),
	    cmocka_unit_test(gray_takes_the_bits_that_hold_it),
	    cmocka_unit_test(knows_gray_in_three_bands),
	    cmocka_unit_test(reduces_what_looks_the_same),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
