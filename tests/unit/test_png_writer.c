/* test_png_writer.c - what png_writer writes, read by libpng. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "png/png_reader.h"
#include "png/png_writer.h"
#include "png_fixture.h"

static const struct kind {
	unsigned channels, bits;
	bool palette;
} kinds[] = {
    {1, 1, false},  {1, 2, false},  {1, 4, false}, {1, 8, false},  {1, 16, false},
    {2, 8, false},  {2, 16, false}, {3, 8, false}, {3, 16, false}, {4, 8, false},
    {4, 16, false}, {1, 1, true},   {1, 2, true},  {1, 4, true},   {1, 8, true},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* A picture in memory of exactly its size, with gaps between its rows. */
struct canvas {
	struct png_picture picture;
	uint8_t *memory;
	uint8_t palette[256][4];
};

/* Smooth, with some noise, so that every filter is best somewhere. */
static void canvas_make(struct canvas *canvas, const struct kind *kind, uint32_t width,
                        uint32_t height)
{
	const size_t samples = (size_t)width * kind->channels, bytes = kind->bits == 16 ? 2 : 1;
	const size_t gap = 6, stride = samples * bytes + gap;
	uint32_t seed = width * 31 + height;

	canvas->memory = malloc(stride * height - gap);
	assert_non_null(canvas->memory);
	for (size_t y = 0; y < height; y++)
		for (size_t i = 0; i < samples * bytes; i++)
			canvas->memory[y * stride + i] =
			    (uint8_t)(y % 3 * i + y * 5 +
			              (png_random(&seed) >> 9 & (y % 5 ? 3 : 255)));
	for (size_t i = 0; i < 256; i++)
		for (size_t k = 0; k < 4; k++)
			canvas->palette[i][k] = (uint8_t)(png_random(&seed) >> 9);
	canvas->picture = (struct png_picture){.width = width,
	                                       .height = height,
	                                       .channels = kind->channels,
	                                       .bits = kind->bits,
	                                       .pixels = canvas->memory,
	                                       .stride = stride};
	if (kind->palette) {
		canvas->picture.palette = (const uint8_t(*)[4])canvas->palette;
		canvas->picture.entries = 1U << kind->bits;
	}
}

static void canvas_release(struct canvas *canvas)
{
	free(canvas->memory);
}

static unsigned sample_at(const struct canvas *canvas, size_t y, size_t i)
{
	const struct png_picture *picture = &canvas->picture;
	const uint8_t *row = picture->pixels + y * picture->stride;
	uint16_t word;

	if (picture->bits == 16) {
		memcpy(&word, row + 2 * i, 2);
		return word;
	}
	return row[i] & ((1U << picture->bits) - 1);
}

/* What libpng is to make of it. */
static unsigned expected_at(const struct canvas *canvas, const struct png_pixels *read, size_t y,
                            size_t i)
{
	const struct png_picture *picture = &canvas->picture;

	if (picture->palette)
		return canvas->palette[sample_at(canvas, y, i / read->bands)][i % read->bands];
	return sample_at(canvas, y, i) *
	       (picture->bits < 8 ? 255 / ((1U << picture->bits) - 1) : 1);
}

static void expect_read(const struct canvas *canvas, const struct br_buffer *png)
{
	struct png_pixels read = png_by_libpng(png->data, png->size);

	assert_non_null(read.pixels);
	assert_int_equal(read.width, canvas->picture.width);
	assert_int_equal(read.height, canvas->picture.height);
	for (size_t y = 0; y < read.height; y++)
		for (size_t i = 0; i < (size_t)read.width * read.bands; i++) {
			const uint8_t *at = read.pixels + y * read.line_bytes;
			unsigned value = at[i];

			if (read.bits == 16)
				value = at[2 * i] | (unsigned)at[2 * i + 1] << 8;
			if (value != expected_at(canvas, &read, y, i))
				fail_msg("%ux%u channels %u bits %u at %zu, %zu",
				         canvas->picture.width, canvas->picture.height,
				         canvas->picture.channels, canvas->picture.bits, i, y);
		}
	picture_release(&read);
}

static void every_kind_and_width(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KINDS; k++)
		for (uint32_t width = 1; width <= 40; width++) {
			struct br_buffer png = BR_BUFFER_HEAP;
			struct canvas canvas;

			canvas_make(&canvas, &kinds[k], width, 1 + width % 17);
			assert_int_equal(
			    png_writer_write(&canvas.picture, PNG_FILTERING_BEST, 6, &png), 0);
			expect_read(&canvas, &png);
			br_buffer_release(&png);
			canvas_release(&canvas);
		}
}

static void every_effort(void **state)
{
	size_t sizes[PNG_EFFORT_MAX + 1] = {0};

	(void)state;
	for (unsigned effort = PNG_EFFORT_MIN; effort <= PNG_EFFORT_MAX; effort++) {
		struct br_buffer png = BR_BUFFER_HEAP;
		struct canvas canvas;

		canvas_make(&canvas, &(struct kind){.channels = 3, .bits = 8}, 200, 150);
		assert_int_equal(
		    png_writer_write(&canvas.picture, PNG_FILTERING_BEST, effort, &png), 0);
		expect_read(&canvas, &png);
		sizes[effort] = png.size;
		br_buffer_release(&png);
		canvas_release(&canvas);
	}
	assert_true(sizes[1] > sizes[6] && sizes[6] > sizes[10]);
}

/* A row of its own memory, as one that is made when it is asked for. */
static int give_row(void *context, uint32_t y, uint8_t *out)
{
	const struct png_picture *picture = context;
	const size_t samples = (size_t)picture->width * picture->channels;

	if (y == picture->height)
		return -ECANCELED;
	memcpy(out, picture->pixels + y * picture->stride, samples * (picture->bits == 16 ? 2 : 1));
	return 0;
}

static void every_filter_and_rows_on_demand(void **state)
{
	(void)state;
	for (unsigned k = 0; k < KINDS; k++)
		for (unsigned filtering = 0; filtering <= PNG_FILTERING_BEST; filtering++) {
			struct br_buffer png[2] = {BR_BUFFER_HEAP, BR_BUFFER_HEAP};
			struct canvas canvas;
			struct png_picture picture;

			canvas_make(&canvas, &kinds[k], 29, 12);
			picture = canvas.picture;
			picture.pixels = NULL;
			picture.row = give_row;
			picture.context = &canvas.picture;
			assert_int_equal(png_writer_write(&canvas.picture,
			                                  (enum png_filtering)filtering, 1,
			                                  &png[0]),
			                 0);
			assert_int_equal(
			    png_writer_write(&picture, (enum png_filtering)filtering, 1, &png[1]),
			    0);
			assert_int_equal(png[0].size, png[1].size);
			assert_memory_equal(png[0].data, png[1].data, png[0].size);
			expect_read(&canvas, &png[0]);
			picture.height = 13;
			assert_int_equal(png_writer_write(&picture, PNG_FILTERING_BEST, 1, &png[1]),
			                 -ECANCELED);
			assert_int_equal(png[1].size, png[0].size);
			br_buffer_release(&png[0]);
			br_buffer_release(&png[1]);
			canvas_release(&canvas);
		}
}

/* Of three lines one goes its own way, near to what is left of it, and two are near to the one
 * above. */
static void the_best_filters_are_the_smallest(void **state)
{
	size_t sizes[PNG_FILTERING_BEST + 1];
	uint8_t pixels[150][200];
	const struct png_picture picture = {.width = 200,
	                                    .height = 150,
	                                    .channels = 1,
	                                    .bits = 8,
	                                    .pixels = pixels[0],
	                                    .stride = 200};
	uint32_t seed = 3;

	(void)state;
	for (size_t y = 0; y < 150; y++)
		for (size_t x = 0; x < 200; x++) {
			const uint8_t near = y % 3 ? pixels[y - 1][x] : x ? pixels[y][x - 1] : 0;

			pixels[y][x] = (uint8_t)(near + (png_random(&seed) >> 9 & 15));
		}
	for (unsigned filtering = 0; filtering <= PNG_FILTERING_BEST; filtering++) {
		struct br_buffer png = BR_BUFFER_HEAP;

		assert_int_equal(png_writer_write(&picture, (enum png_filtering)filtering, 6, &png),
		                 0);
		sizes[filtering] = png.size;
		br_buffer_release(&png);
	}
	for (unsigned filtering = 0; filtering < PNG_FILTERING_BEST; filtering++)
		assert_true(sizes[PNG_FILTERING_BEST] < sizes[filtering]);
}

/* --- chunks -------------------------------------------------------------------------- */

/* Where a chunk of that type begins, from `from` on; 0: nowhere. Lengths only. */
static size_t find(const struct br_buffer *png, const char *type, size_t *size)
{
	size_t at = 8;

	*size = 0;
	while (png->data && at + 12 <= png->size) {
		const size_t length = be32(png->data + at);

		if (!memcmp(png->data + at + 4, type, 4)) {
			*size = length;
			return at;
		}
		at += 12 + length;
	}
	return 0;
}

static void palette_comes_before_the_data(void **state)
{
	struct br_buffer out = BR_BUFFER_HEAP, png;
	struct canvas canvas;
	size_t plte, trns, size;

	(void)state;
	canvas_make(&canvas, &kinds[KINDS - 1], 10, 10);
	assert_int_equal(br_buffer_append(&out, "before", 6), 0);
	assert_int_equal(png_writer_write(&canvas.picture, PNG_FILTERING_BEST, 6, &out), 0);
	assert_true(out.data && !memcmp(out.data, "before", 6));
	png = (struct br_buffer){.data = out.data + 6, .size = out.size - 6};
	plte = find(&png, "PLTE", &size);
	assert_int_equal(plte, 8 + 25);
	assert_int_equal(size, 768);
	trns = find(&png, "tRNS", &size);
	assert_true(plte < trns && trns < find(&png, "IDAT", &size));
	/* CRCs are right: an own reader looks at each */
	struct png_pixels read = png_by_us(png.data, png.size, PNG_WHOLE);

	assert_non_null(read.pixels);
	picture_release(&read);
	br_buffer_release(&out);
	canvas_release(&canvas);
}

static void transparency_ends_with_its_last_colour(void **state)
{
	static const size_t expected[] = {0, 1, 3, 4};
	struct canvas canvas;

	(void)state;
	canvas_make(&canvas, &(struct kind){.channels = 1, .bits = 2, .palette = true}, 9, 3);
	canvas.picture.entries = 4;
	for (size_t k = 0; k < 4; k++) {
		struct br_buffer png = BR_BUFFER_HEAP;
		size_t size = 0;

		for (size_t i = 0; i < 4; i++)
			canvas.palette[i][3] = i + 1 == expected[k] ? 100 : 255;
		assert_int_equal(png_writer_write(&canvas.picture, PNG_FILTERING_BEST, 6, &png), 0);
		assert_int_equal(find(&png, "tRNS", &size) != 0, expected[k] != 0);
		assert_int_equal(size, expected[k]);
		expect_read(&canvas, &png);
		br_buffer_release(&png);
	}
	canvas_release(&canvas);
}

/* --- what cannot be written ---------------------------------------------------------- */

static int grow_not(struct br_buffer *buffer, size_t capacity)
{
	(void)buffer;
	return capacity > 100 ? -ENOSPC : -ENOMEM;
}

static void refuses(void **state)
{
	static const uint8_t palette[3][4];
	const struct png_picture right = {
	    .width = 1, .height = 1, .channels = 1, .bits = 8, .pixels = palette[0], .stride = 1};
	struct png_picture wrong[10];
	struct br_buffer png = BR_BUFFER_HEAP, full = {.grow = grow_not};

	(void)state;
	for (size_t i = 0; i < 10; i++)
		wrong[i] = right;
	wrong[0].width = 0;
	wrong[1].height = 0;
	wrong[2].channels = 5;
	wrong[3].bits = 3;
	wrong[4].channels = 2;
	wrong[4].bits = 4;
	wrong[5].palette = palette;
	wrong[6].palette = palette;
	wrong[6].entries = 3;
	wrong[6].bits = 1;
	wrong[7].palette = palette;
	wrong[7].entries = 3;
	wrong[7].channels = 3;
	wrong[8].height = 1U << 31;
	wrong[9].pixels = NULL;
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(png_writer_write(&wrong[i], PNG_FILTERING_BEST, 6, &png), -EINVAL);
	assert_int_equal(png_writer_write(&right, PNG_FILTERING_BEST, 0, &png), -EINVAL);
	assert_int_equal(png_writer_write(&right, PNG_FILTERING_BEST, 11, &png), -EINVAL);
	assert_int_equal(png.size, 0);
	assert_int_equal(png_writer_write(&right, PNG_FILTERING_BEST, 6, &full), -ENOMEM);
	assert_int_equal(full.size, 0);
	wrong[0] = right;
	wrong[0].width = 1U << 20;
	wrong[0].height = 1U << 20;
	assert_int_equal(png_writer_write(&wrong[0], PNG_FILTERING_BEST, 6, &png), -EFBIG);
	assert_int_equal(png_writer_write(&right, PNG_FILTERING_BEST, 6, &png), 0);
	br_buffer_release(&png);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_kind_and_width),
	    cmocka_unit_test(every_effort),
	    cmocka_unit_test(every_filter_and_rows_on_demand),
	    cmocka_unit_test(the_best_filters_are_the_smallest),
	    cmocka_unit_test(palette_comes_before_the_data),
	    cmocka_unit_test(transparency_ends_with_its_last_colour),
	    cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
