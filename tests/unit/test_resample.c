/* test_resample.c - pictures of every kind at another size. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libvips/pixels.h"
#include "libvips/resample.h"
#include "image_fixture.h"

/* A sample of a picture in memory, without a pipeline for each. */
static int sample(const VipsImage *image, int x, int y, int band)
{
	const size_t i = (size_t)x * (size_t)image->Bands + (size_t)band;
	const void *line = pixels_line(image, (uint32_t)y);

	return image->BandFmt == VIPS_FORMAT_UCHAR ? ((const uint8_t *)line)[i]
	                                           : ((const uint16_t *)line)[i];
}

static VipsImage *flat(int width, int height, int bands, VipsBandFormat format, double value)
{
	VipsImage *black, *value_image, *image;

	assert_int_equal(vips_black(&black, width, height, "bands", bands, NULL), 0);
	assert_int_equal(vips_linear1(black, &value_image, 1, value, NULL), 0);
	assert_int_equal(vips_cast(value_image, &image, format, NULL), 0);
	g_object_unref(black);
	g_object_unref(value_image);
	return image;
}

/* Flat areas stay flat to the last bit, whatever the path: bytes and floats, in memory or not. */
static void leaves_flat_pictures_flat(void **state)
{
	static const VipsBandFormat formats[] = {VIPS_FORMAT_UCHAR, VIPS_FORMAT_USHORT};
	static const int targets[][2] = {{1, 1}, {17, 33}, {100, 3}, {301, 200}};

	(void)state;
	for (int i = 0; i < 2 * 4 * 4 * 2; i++) {
		const VipsBandFormat format = formats[i & 1];
		const int *target = targets[i >> 1 & 3], bands = (i >> 3 & 3) + 1;
		struct pull pull = {0};
		const double value = format == VIPS_FORMAT_UCHAR ? 199 : 51234;
		VipsImage *image = flat(120, 80, bands, format, value);

		if (i >> 5)
			assert_int_equal(pixels_settle(&image, &pull), 0);
		assert_int_equal(fixture_resample(&image, (uint32_t)target[0], (uint32_t)target[1],
		                                  BR_IMAGE_FILTER_LANCZOS3, &pull),
		                 0);
		assert_int_equal(image->Xsize, target[0]);
		assert_int_equal(image->Ysize, target[1]);
		assert_int_equal(image->Bands, bands);
		assert_int_equal(image->BandFmt, format);
		for (int y = 0; y < image->Ysize; y += 11)
			for (int x = 0; x < image->Xsize; x += 7)
				assert_int_equal(sample(image, x, y, bands - 1), (int)value);
		g_object_unref(image);
	}
}

/* A ramp keeps its place: the middle of the picture is the middle of the result. */
static void keeps_the_picture_in_place(void **state)
{
	(void)state;
	for (uint32_t width = 10; width <= 900; width += 89) {
		struct pull pull = {0};
		VipsImage *image = fixture_picture(510, 20, 3);

		assert_int_equal(
		    fixture_resample(&image, width, 20, BR_IMAGE_FILTER_LANCZOS3, &pull), 0);
		for (uint32_t x = width / 4; x < width * 3 / 4; x++) {
			/* sample x lies at (x + 1/2) 510 / width - 1/2, where red is half that */
			const int expected = (int)((2 * x + 1) * 255 / width / 2);

			assert_in_range(sample(image, (int)x, 10, 0) + 2, expected, expected + 4);
		}
		g_object_unref(image);
	}
}

/* Noise with a last band that is often wholly transparent or opaque, as alpha is. */
static VipsImage *noise(int width, int height, int bands, VipsBandFormat format)
{
	const size_t samples = (size_t)width * (size_t)height * (size_t)bands;
	const bool deep = format == VIPS_FORMAT_USHORT;
	const double max = deep ? UINT16_MAX : UINT8_MAX;
	uint16_t *values = malloc(samples * sizeof *values);
	uint32_t random = 5;
	VipsImage *image;

	assert_non_null(values);
	for (size_t i = 0; i < samples; i++) {
		const uint32_t next = (random = random * 1664525 + 1013904223) >> 8;
		const bool extreme = i % (size_t)bands == (size_t)bands - 1 && next % 3;
		const double value = extreme ? next % 2 * max : next % ((uint32_t)max + 1);

		if (deep)
			values[i] = (uint16_t)value;
		else
			((uint8_t *)values)[i] = (uint8_t)value;
	}
	image = vips_image_new_from_memory_copy(values, samples * (deep ? 2 : 1), width, height,
	                                        bands, format);
	free(values);
	assert_non_null(image);
	image->Type = bands < 3 ? deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W
	              : deep    ? VIPS_INTERPRETATION_RGB16
	                        : VIPS_INTERPRETATION_sRGB;
	return image;
}

/* The curves once more, as textbooks have them. */
static double curve(enum br_image_filter filter, double x)
{
	const double pi = 3.14159265358979323846;

	x = fabs(x);
	switch (filter) {
	case BR_IMAGE_FILTER_LANCZOS3:
		return x == 0  ? 1
		       : x < 3 ? 3 * sin(pi * x) * sin(pi * x / 3) / (pi * pi * x * x)
		               : 0;
	case BR_IMAGE_FILTER_MITCHELL:
		return x < 1   ? (7 * x * x * x - 12 * x * x + 16.0 / 3) / 6
		       : x < 2 ? (-7.0 / 3 * x * x * x + 12 * x * x - 20 * x + 32.0 / 3) / 6
		               : 0;
	case BR_IMAGE_FILTER_CUBIC:
		return x < 1   ? 1.5 * x * x * x - 2.5 * x * x + 1
		       : x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2
		               : 0;
	default:
		return x < 1 ? 1 - x : 0;
	}
}

static int clamped(int value, int limit)
{
	return value < 0 ? 0 : value >= limit ? limit - 1 : value;
}

/* The weight of source sample k (of any place, outside as well) for output i. */
static double weight(enum br_image_filter filter, int in, int out, int i, int k)
{
	const double scale = (double)in / out, centre = (i + 0.5) * scale;

	if (filter == BR_IMAGE_FILTER_NEAREST)
		return k == (2 * i + 1) * in / (2 * out);
	return curve(filter, (k + 0.5 - centre) / (scale > 1 ? scale : 1));
}

/* One sample by the definition, in double precision; colours multiplied by alpha, if any. */
static double by_definition(const VipsImage *in, const VipsImage *out, enum br_image_filter filter,
                            int x, int y, int band, bool alpha)
{
	const double max = in->BandFmt == VIPS_FORMAT_UCHAR ? UINT8_MAX : UINT16_MAX;
	const int around = 3 * in->Xsize;
	double sum = 0, weights = 0;

	for (int j = -around; j < 2 * around; j++) {
		const double down = weight(filter, in->Ysize, out->Ysize, y, j);

		for (int i = -around; down != 0 && i < 2 * around; i++) {
			const double w = down * weight(filter, in->Xsize, out->Xsize, x, i);
			const int px = clamped(i, in->Xsize), py = clamped(j, in->Ysize);

			if (w == 0)
				continue;
			sum += w * sample(in, px, py, band) *
			       (alpha && band != in->Bands - 1
			            ? sample(in, px, py, in->Bands - 1) / max
			            : 1);
			weights += w;
		}
	}
	return sum / weights;
}

/* Colours of what is nearly transparent are known as well as alpha lets them be seen. */
static void assert_sample(const VipsImage *in, const VipsImage *out, enum br_image_filter filter,
                          int x, int y, int band)
{
	const double max = in->BandFmt == VIPS_FORMAT_UCHAR ? UINT8_MAX : UINT16_MAX;
	const bool alpha = in->Bands % 2 == 0 && filter != BR_IMAGE_FILTER_NEAREST;
	const bool colour = alpha && band != in->Bands - 1;
	const double share =
	    colour ? by_definition(in, out, filter, x, y, in->Bands - 1, true) / max : 1;
	double want = by_definition(in, out, filter, x, y, band, alpha);
	double got = sample(out, x, y, band);

	if (share <= 0) {
		assert_true(got == 0);
		return;
	}
	want = want / share < 0 ? 0 : want / share > max ? max : want / share;
	if (fabs(got - want) * share > (in->BandFmt == VIPS_FORMAT_UCHAR && !alpha ? 0.6 : 1))
		fail_msg("filter %d, %d bands: %f instead of %f", (int)filter, in->Bands, got,
		         want);
}

/* Noise is the hardest picture. */
static void every_filter_is_itself_on_every_picture(void **state)
{
	static const int targets[][2] = {{7, 5}, {13, 30}, {29, 31}};

	(void)state;
	for (int i = 0; i < 5 * 2 * 4 * 3; i++) {
		const enum br_image_filter filter = (enum br_image_filter)(i % 5);
		const VipsBandFormat format = i / 5 % 2 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR;
		const int bands = i / 10 % 4 + 1, *target = targets[i / 40];
		struct pull pull = {0};
		VipsImage *in = noise(17, 19, bands, format), *out = in;

		g_object_ref(in);
		assert_int_equal(
		    fixture_resample(&out, (uint32_t)target[0], (uint32_t)target[1], filter, &pull),
		    0);
		assert_int_equal(out->BandFmt, format);
		for (int y = 0; y < out->Ysize; y += 2)
			for (int x = 0; x < out->Xsize; x++)
				assert_sample(in, out, filter, x, y, (x + y) % bands);
		g_object_unref(in);
		g_object_unref(out);
	}
}

/* Lab of 16 bits comes as signed shorts. */
static void signed_samples_stay_signed(void **state)
{
	struct pull pull = {0};
	VipsImage *image = flat(40, 30, 3, VIPS_FORMAT_SHORT, -12345);

	(void)state;
	assert_int_equal(fixture_resample(&image, 13, 50, BR_IMAGE_FILTER_LANCZOS3, &pull), 0);
	assert_int_equal(image->BandFmt, VIPS_FORMAT_SHORT);
	for (int i = 0; i < 13 * 50 * 3; i++)
		assert_int_equal(((const int16_t *)(const void *)image->data)[i], -12345);
	g_object_unref(image);
}

static void refuses_unknown_formats(void **state)
{
	struct pull pull = {0};
	VipsImage *image = flat(4, 4, 3, VIPS_FORMAT_DOUBLE, 1), *before = image;

	(void)state;
	assert_int_equal(fixture_resample(&image, 2, 2, BR_IMAGE_FILTER_LINEAR, &pull),
	                 BR_ERROR_UNSUPPORTED);
	assert_ptr_equal(image, before);
	g_object_unref(image);
}

static void stops_when_it_is_late(void **state)
{
	struct pull late = {.limit = {.limit = 1}};
	VipsImage *image = fixture_picture(64, 64, 3), *before = image;

	(void)state;
	assert_int_equal(fixture_resample(&image, 32, 32, BR_IMAGE_FILTER_LANCZOS3, &late),
	                 BR_ERROR_TIMEOUT);
	assert_ptr_equal(image, before);
	g_object_unref(image);
}

/* Noise whose lines of [begin, end) are translucent, the others opaque. */
static VipsImage *partly_opaque(int bands, int begin, int end, bool opaque)
{
	VipsImage *image = noise(90, 200, bands, VIPS_FORMAT_UCHAR);

	for (int y = 0; y < 200; y++)
		for (int x = 0; x < 90; x++)
			if (opaque || y < begin || y >= end)
				((uint8_t *)pixels_line(image, (uint32_t)y))[(x + 1) * bands - 1] =
				    UINT8_MAX;
	return image;
}

static VipsImage *made(VipsImage *image, bool streams)
{
	struct pull pull = {0};
	VipsImage *rows;

	if (streams) {
		assert_int_equal(vips_copy(image, &rows, NULL), 0);
		pixels_step(&image, rows);
	}
	assert_int_equal(fixture_resample(&image, 33, 61, BR_IMAGE_FILTER_LANCZOS3, &pull), 0);
	return image;
}

/* Where nothing translucent is near, a picture with alpha comes out as that without does; in memory
 * and streaming alike. */
static void alpha_matters_where_it_is(void **state)
{
	(void)state;
	for (int bands = 2; bands <= 4; bands += 2) {
		VipsImage *mixed = made(partly_opaque(bands, 90, 97, false), false);
		VipsImage *streamed = made(partly_opaque(bands, 90, 97, false), true);
		VipsImage *opaque = made(partly_opaque(bands, 90, 97, true), false), *colours;
		const size_t line = 33 * (size_t)bands;
		struct pull pull = {0};

		VipsImage *source = partly_opaque(bands, 0, 0, true);

		assert_int_equal(vips_extract_band(source, &colours, 0, "n", bands - 1, NULL), 0);
		g_object_unref(source);
		assert_int_equal(pixels_settle(&colours, &pull), 0);
		colours = made(colours, false);
		for (uint32_t y = 0; y < 61; y++) {
			/* three lobes of 200 / 61 lines around the middle of each */
			const bool near = (y + 4) * 200 / 61 >= 90 && y * 200 / 61 <= 97 + 10;

			assert_memory_equal(pixels_line(mixed, y), pixels_line(streamed, y), line);
			for (int x = 0; x < 33; x++)
				for (int band = 0; band < bands - 1; band++)
					assert_int_equal(sample(opaque, x, (int)y, band),
					                 sample(colours, x, (int)y, band));
			if (!near)
				assert_memory_equal(pixels_line(mixed, y), pixels_line(opaque, y),
				                    line);
		}
		assert_memory_not_equal(pixels_line(mixed, 28), pixels_line(opaque, 28), line);
		g_object_unref(mixed);
		g_object_unref(streamed);
		g_object_unref(opaque);
		g_object_unref(colours);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_flat_pictures_flat),
	    cmocka_unit_test(keeps_the_picture_in_place),
	    cmocka_unit_test(every_filter_is_itself_on_every_picture),
	    cmocka_unit_test(alpha_matters_where_it_is),
	    cmocka_unit_test(signed_samples_stay_signed),
	    cmocka_unit_test(refuses_unknown_formats),
	    cmocka_unit_test(stops_when_it_is_late),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
