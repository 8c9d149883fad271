/* test_linear.c - light and values: there and back, and what lies between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libvips/linear.h"
#include "libvips/pixels.h"
#include "libvips/resample.h"
#include "image_fixture.h"

/* In memory, of 8 or 16 bits by `max`. value(x, y, band) for each sample. */
static VipsImage *drawn(int width, int height, int bands, unsigned max,
                        unsigned (*value)(int x, int y, int band, int bands))
{
	const bool deep = max > UINT8_MAX;
	const size_t samples = (size_t)width * (size_t)height * (size_t)bands;
	uint16_t *values = malloc(samples * sizeof *values);
	VipsImage *image;

	assert_non_null(values);
	for (size_t i = 0; i < samples; i++) {
		const int at = (int)(i / (size_t)bands), band = (int)(i % (size_t)bands);
		const unsigned v = value(at % width, at / width, band, bands) * (max / UINT8_MAX);

		if (deep)
			values[i] = (uint16_t)v;
		else
			((uint8_t *)values)[i] = (uint8_t)v;
	}
	image =
	    vips_image_new_from_memory_copy(values, samples * (deep ? 2 : 1), width, height, bands,
	                                    deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
	free(values);
	assert_non_null(image);
	image->Type = bands < 3 ? deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W
	              : deep    ? VIPS_INTERPRETATION_RGB16
	                        : VIPS_INTERPRETATION_sRGB;
	return image;
}

static unsigned sample(const VipsImage *image, int x, int y, int band)
{
	const size_t i = (size_t)x * (size_t)image->Bands + (size_t)band;
	const void *line = pixels_line(image, (uint32_t)y);

	return image->BandFmt == VIPS_FORMAT_UCHAR ? ((const uint8_t *)line)[i]
	                                           : ((const uint16_t *)line)[i];
}

/* Every value of 8 bits; of 16, every 257th. */
static unsigned ramp(int x, int y, int band, int bands)
{
	(void)bands;
	return (unsigned)(x + 16 * y + band) % 256;
}

static void comes_back_as_it_was(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		const int bands = i / 2 + 1;
		VipsImage *in = drawn(16, 16, bands, i % 2 ? UINT16_MAX : UINT8_MAX, ramp);
		VipsImage *image = in;
		const VipsInterpretation type = in->Type;
		struct pull pull = {0};
		struct linear was;

		g_object_ref(in);
		assert_int_equal(linear_decode(&image, &was), 0);
		assert_int_equal(image->BandFmt, VIPS_FORMAT_FLOAT);
		assert_int_equal(pixels_settle(&image, &pull), 0);
		assert_int_equal(linear_encode(&image, &was), 0);
		assert_int_equal(image->BandFmt, in->BandFmt);
		assert_int_equal(image->Type, type);
		for (int at = 0; at < 256 * bands; at++)
			assert_int_equal(
			    sample(image, at / bands % 16, at / bands / 16, at % bands),
			    sample(in, at / bands % 16, at / bands / 16, at % bands));
		g_object_unref(image);
		g_object_unref(in);
	}
}

/* One pixel black, one white; alpha, where there is any, half of them transparent by rows. */
static unsigned checkerboard(int x, int y, int band, int bands)
{
	if (bands % 2 == 0 && band == bands - 1)
		return 100;
	return (unsigned)((x + y) % 2) * 255;
}

static void half_black_and_half_white_are_188(void **state)
{
	(void)state;
	for (int i = 0; i < 8 * 2; i++) {
		const int bands = i / 2 % 4 + 1;
		const unsigned max = i % 2 ? UINT16_MAX : UINT8_MAX, one = max / 255;
		const bool light = i / 8;
		VipsImage *image = drawn(64, 64, bands, max, checkerboard);
		struct pull pull = {0};
		struct linear was;
		const unsigned want = light ? 188 : 128;

		if (light)
			assert_int_equal(linear_decode(&image, &was), 0);
		assert_int_equal(fixture_resample(&image, 32, 32, BR_IMAGE_FILTER_LANCZOS3, &pull),
		                 0);
		if (light)
			assert_int_equal(linear_encode(&image, &was), 0);
		for (int at = 0; at < 20 * 20; at++) {
			const int x = 6 + at % 20, y = 6 + at / 20;

			assert_in_range(sample(image, x, y, 0), (want - 1) * one, (want + 1) * one);
			if (bands % 2 == 0)
				assert_int_equal(sample(image, x, y, bands - 1), 100 * one);
		}
		g_object_unref(image);
	}
}

/* What has a space of its own becomes light as well, and what is light stays. */
static void takes_other_spaces(void **state)
{
	static const VipsInterpretation spaces[] = {
	    VIPS_INTERPRETATION_LAB, VIPS_INTERPRETATION_LABS, VIPS_INTERPRETATION_XYZ,
	    VIPS_INTERPRETATION_scRGB};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		VipsImage *picture = fixture_picture(32, 32, 3), *image, *back;
		struct pull pull = {0};
		struct linear was;

		assert_int_equal(vips_colourspace(picture, &image, spaces[i], NULL), 0);
		assert_int_equal(linear_decode(&image, &was), 0);
		assert_int_equal(fixture_resample(&image, 16, 16, BR_IMAGE_FILTER_LINEAR, &pull),
		                 0);
		assert_int_equal(linear_encode(&image, &was), 0);
		assert_int_equal(vips_colourspace(image, &back, VIPS_INTERPRETATION_sRGB, NULL), 0);
		for (int b = 0; b < 3; b++)
			assert_in_range(fixture_sample(back, 8, 8, b) + 5,
			                fixture_sample(picture, 16, 16, b),
			                fixture_sample(picture, 16, 16, b) + 10);
		g_object_unref(picture);
		g_object_unref(image);
		g_object_unref(back);
	}
}

static void inks_are_no_light(void **state)
{
	VipsImage *picture = fixture_picture(4, 4, 3), *inks;

	(void)state;
	assert_false(linear_wants_srgb(picture));
	assert_int_equal(
	    vips_copy(picture, &inks, "interpretation", VIPS_INTERPRETATION_CMYK, NULL), 0);
	assert_true(linear_wants_srgb(inks));
	g_object_unref(picture);
	g_object_unref(inks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_back_as_it_was),
	    cmocka_unit_test(half_black_and_half_white_are_188),
	    cmocka_unit_test(takes_other_spaces),
	    cmocka_unit_test(inks_are_no_light),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
