/* test_finish.c - what is behind colours of every alpha. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "picture/finish.h"

enum { SIDE = 256 };

/* Line by line an alpha, column by column a sample. */
static uint8_t *pixels_make(unsigned bands)
{
	uint8_t *pixels = malloc((size_t)SIDE * SIDE * bands);

	assert_non_null(pixels);
	for (size_t i = 0; i < (size_t)SIDE * SIDE * bands; i++) {
		const size_t x = i / bands % SIDE, y = i / bands / SIDE, band = i % bands;

		pixels[i] = (uint8_t)(band == bands - 1 ? y : x + 85 * band);
	}
	return pixels;
}

static void flattened(unsigned bands, const uint8_t background[3])
{
	const struct br_image_geometry geometry = {.scaled_width = SIDE,
	                                           .scaled_height = SIDE,
	                                           .crop_width = SIDE,
	                                           .crop_height = SIDE,
	                                           .canvas_width = SIDE,
	                                           .canvas_height = SIDE};
	uint8_t *pixels = pixels_make(bands);
	const struct raster raster = {.pixels = pixels,
	                              .width = SIDE,
	                              .height = SIDE,
	                              .bands = bands,
	                              .bits = 8,
	                              .alpha = true};
	struct finish finish = {.geometry = &geometry, .flat = true};
	uint8_t *out = malloc((size_t)SIDE * SIDE * (bands - 1));
	void *room = malloc(finish_room(&raster, &finish));

	assert_non_null(out);
	assert_non_null(room);
	memcpy(finish.background, background, sizeof finish.background);
	finish_run(&raster, &finish, out, room);
	for (size_t i = 0; i < (size_t)SIDE * SIDE * (bands - 1); i++) {
		const size_t pixel = i / (bands - 1), band = i % (bands - 1);
		const unsigned alpha = pixels[pixel * bands + bands - 1];
		const unsigned sample = pixels[pixel * bands + band];

		assert_int_equal(out[i], (sample * alpha + background[band] * (255 - alpha)) / 255);
	}
	free(room);
	free(out);
	free(pixels);
}

static void every_alpha(void **state)
{
	static const uint8_t background[][3] = {
	    {255, 255, 255}, {0, 0, 0}, {1, 254, 128}, {253, 2, 77}};

	(void)state;
	for (size_t i = 0; i < sizeof background / sizeof background[0]; i++) {
		flattened(4, background[i]);
		flattened(2, background[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_alpha)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
