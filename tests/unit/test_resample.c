/* test_resample.c - weights, inner loops, and the resampler as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/filter.h"
#include "image/pixels.h"
#include "image/resample.h"
#include "image_fixture.h"

static const uint32_t lengths[] = {1, 2, 3, 7, 16, 33, 100, 401, 1000};
#define LENGTHS (sizeof lengths / sizeof *lengths)

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223; /* Numerical Recipes */
	return *random >> 8;
}

static void weights_sum_up_to_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTHS * LENGTHS; i++) {
		struct kernel kernel;

		assert_int_equal(kernel_make(&kernel, lengths[i / LENGTHS], lengths[i % LENGTHS]),
		                 0);
		for (uint32_t x = 0; x < kernel.out; x++) {
			int sum = 0;

			assert_true(kernel.count[x] >= 1 && kernel.count[x] <= kernel.taps);
			assert_true(kernel.start[x] + kernel.count[x] <= kernel.in);
			for (uint32_t k = 0; k < kernel.stride; k++)
				sum += kernel.fixed[x * kernel.stride + k];
			assert_int_equal(sum, 1 << KERNEL_ONE_BITS);
		}
		kernel_release(&kernel);
	}
}

/* The definition, as filter.h gives it. */
static int16_t across_expected(const uint8_t *const *lines, const int16_t *weights, uint32_t count,
                               size_t i)
{
	int32_t sum = 128;

	for (uint32_t k = 0; k < count; k++)
		sum += weights[k] * lines[k][i];
	return (int16_t)(sum >> 8);
}

static void sums_lines_to_the_last_bit(void **state)
{
	enum { N = 203, LINES = 13 };
	uint8_t samples[LINES][N];
	const uint8_t *lines[LINES];
	int16_t weights[LINES], out[N];
	uint32_t random = 1;

	(void)state;
	for (int k = 0; k < LINES; k++) {
		lines[k] = samples[k];
		weights[k] = (int16_t)((int)(next_random(&random) % 5000) - 1000);
		for (int i = 0; i < N; i++)
			samples[k][i] = (uint8_t)next_random(&random);
	}
	for (uint32_t count = 1; count <= LINES; count++)
		for (size_t n = 1; n <= N; n += 17) {
			filter_across_bytes(out, lines, weights, count, n);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(out[i], across_expected(lines, weights, count, i));
		}
}

static uint8_t along_expected(const int16_t *line, const struct kernel *kernel, uint32_t x,
                              unsigned bands, unsigned band)
{
	int32_t sum = 1 << 19;

	for (uint32_t k = 0; k < kernel->count[x]; k++)
		sum += kernel->fixed[x * kernel->stride + k] *
		       line[(size_t)(kernel->start[x] + k) * bands + band];
	sum >>= 20;
	return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

static void sums_pixels_to_the_last_bit(void **state)
{
	uint32_t random = 2;

	(void)state;
	for (size_t i = 0; i < LENGTHS * LENGTHS; i++)
		for (unsigned bands = 1; bands <= 4; bands++) {
			const size_t n = (size_t)lengths[i / LENGTHS] * bands;
			int16_t *line = calloc(n + FILTER_PADDING, sizeof *line);
			uint8_t *out = malloc((size_t)lengths[i % LENGTHS] * bands);
			struct kernel kernel;

			assert_int_equal(
			    kernel_make(&kernel, lengths[i / LENGTHS], lengths[i % LENGTHS]), 0);
			/* from below black to above white, as the first pass leaves them */
			for (size_t k = 0; k < n; k++)
				line[k] = (int16_t)((int)(next_random(&random) % 20000) - 2000);
			filter_along_bytes(out, line, &kernel, bands);
			for (uint32_t x = 0; x < kernel.out; x++)
				for (unsigned b = 0; b < bands; b++)
					assert_int_equal(
					    out[x * bands + b],
					    along_expected(line, &kernel, x, bands, b));
			kernel_release(&kernel);
			free(line);
			free(out);
		}
}

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
		assert_int_equal(resample(&image, (uint32_t)target[0], (uint32_t)target[1], &pull),
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

		assert_int_equal(resample(&image, width, 20, &pull), 0);
		for (uint32_t x = width / 4; x < width * 3 / 4; x++) {
			/* sample x lies at (x + 1/2) 510 / width - 1/2, where red is half that */
			const int expected = (int)((2 * x + 1) * 255 / width / 2);

			assert_in_range(sample(image, (int)x, 10, 0) + 2, expected, expected + 4);
		}
		g_object_unref(image);
	}
}

static void stops_when_it_is_late(void **state)
{
	struct pull late = {.deadline = 1};
	VipsImage *image = fixture_picture(64, 64, 3), *before = image;

	(void)state;
	assert_int_equal(resample(&image, 32, 32, &late), ERROR_TIMEOUT);
	assert_ptr_equal(image, before);
	g_object_unref(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(weights_sum_up_to_one),
	    cmocka_unit_test(sums_lines_to_the_last_bit),
	    cmocka_unit_test(sums_pixels_to_the_last_bit),
	    cmocka_unit_test(leaves_flat_pictures_flat),
	    cmocka_unit_test(keeps_the_picture_in_place),
	    cmocka_unit_test(stops_when_it_is_late),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
