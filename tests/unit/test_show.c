/* test_show.c - whoever is shown the pictures sees them finished, on every way, and what is given
 * back is what becomes a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image_fixture.h"

/* What was shown, and what is to be done with it. */
struct visitor {
	bool read, back, blot, fail;
	unsigned calls;
	struct br_image_view last;
	unsigned char first[8]; /* of the pixels */
};

static size_t line_of(const struct br_image_view *view)
{
	return (size_t)view->width * view->bands * view->bits / 8;
}

/* Makes the upper left eighth, across and down, white. */
static void blot(const struct br_image_view *view, unsigned char *pixels)
{
	for (uint32_t y = 0; y < view->height / 8; y++)
		memset(pixels + y * line_of(view), 0xFF, line_of(view) / 8);
}

static int visit(void *arg, const struct br_image_view *view, struct br_error *error)
{
	struct visitor *visitor = arg;
	const size_t bytes = line_of(view) * view->height;
	unsigned char *pixels = malloc(bytes);
	int status = 0;

	assert_non_null(pixels);
	visitor->calls++;
	visitor->last = *view;
	if (visitor->read)
		status = view->read(view, pixels);
	if (visitor->read)
		memcpy(visitor->first, pixels, sizeof(visitor->first));
	if (visitor->blot)
		blot(view, pixels);
	if (!status && visitor->back)
		status = view->write(view, pixels);
	free(pixels);
	if (visitor->fail)
		return br_error_set(error, BR_ERROR_ENCODE, "not this one");
	return status;
}

static struct br_image_options options_for(struct visitor *visitor)
{
	struct br_image_options options = fixture_options(160, 80);

	options.show = visit;
	options.show_arg = visitor;
	return options;
}

static const char *const suffixes[] = {".jpg", ".png", ".webp", ".tif", ".gif"};

#define SUFFIXES (sizeof suffixes / sizeof *suffixes)

static bool is_same(const struct run *a, const struct run *b)
{
	return a->out.size == b->out.size && memcmp(a->out.data, b->out.data, a->out.size) == 0;
}

static struct run run_of(const char *suffix, int bands, enum br_image_format format,
                         const struct br_image_options *options)
{
	struct br_image_options own = *options;
	struct file file = fixture_encode(fixture_picture(641, 320, bands), suffix);
	struct run run;

	own.format = format;
	run = fixture_resize(file, &own);
	fixture_free(&file);
	return run;
}

/* From each format to each of the short ways' and to itself. */
static void leaves_alone_what_is_given_back(void **state)
{
	static const enum br_image_format formats[] = {BR_IMAGE_FORMAT_UNKNOWN,
	                                               BR_IMAGE_FORMAT_JPEG, BR_IMAGE_FORMAT_PNG,
	                                               BR_IMAGE_FORMAT_WEBP};
	const struct br_image_options plain = fixture_options(160, 80);

	(void)state;
	for (size_t i = 0; i < 4 * SUFFIXES; i++) {
		struct visitor visitor = {.read = true, .back = true};
		const struct br_image_options options = options_for(&visitor);
		struct run without = run_of(suffixes[i / 4], 3, formats[i % 4], &plain);
		struct run with = run_of(suffixes[i / 4], 3, formats[i % 4], &options);

		assert_int_equal(without.status, 0);
		assert_int_equal(with.status, 0);
		assert_true(visitor.calls >= 1);
		assert_int_equal(visitor.last.width, 160);
		assert_int_equal(visitor.last.height, 80);
		assert_int_equal(visitor.last.format, with.result.out_format);
		assert_int_equal(visitor.last.frames, 1);
		assert_true(is_same(&without, &with));
		br_buffer_release(&without.out);
		br_buffer_release(&with.out);
	}
}

static void takes_what_is_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3 * SUFFIXES; i++) {
		static const int bands[] = {1, 3, 4};
		struct visitor visitor = {.read = true, .back = true, .blot = true};
		const struct br_image_options options = options_for(&visitor);
		struct run run =
		    run_of(suffixes[i / 3], bands[i % 3], BR_IMAGE_FORMAT_UNKNOWN, &options);
		VipsImage *image;

		assert_int_equal(run.status, 0);
		image = fixture_decode(&run.out, &run.result.output[0]);
		for (int band = 0; band < image->Bands; band++) {
			assert_in_range(fixture_sample(image, 5, 4, band), 245, 255);
			/* red and green grow to the other corner, blue does not */
			assert_in_range(fixture_sample(image, 150, 40, band), 0, 255);
		}
		g_object_unref(image);
		br_buffer_release(&run.out);
	}
}

/* Chroma of half the sides is written to only where a pixel has changed. */
static void leaves_the_rest_of_a_jpeg(void **state)
{
	const struct br_image_options plain = fixture_options(160, 80);
	struct visitor visitor = {.read = true, .back = true, .blot = true};
	const struct br_image_options options = options_for(&visitor);
	struct run without = run_of(".jpg", 3, BR_IMAGE_FORMAT_UNKNOWN, &plain);
	struct run with = run_of(".jpg", 3, BR_IMAGE_FORMAT_UNKNOWN, &options);
	VipsImage *before = fixture_decode(&without.out, &without.result.output[0]);
	VipsImage *after = fixture_decode(&with.out, &with.result.output[0]);

	(void)state;
	/* beyond the blocks that the blot lies in, and the filter of the decoder's chroma */
	for (int y = 34; y < 80; y++)
		for (int x = 34; x < 160; x++)
			for (int band = 0; band < 3; band++)
				assert_int_equal(fixture_sample(before, x, y, band),
				                 fixture_sample(after, x, y, band));
	g_object_unref(before);
	g_object_unref(after);
	br_buffer_release(&without.out);
	br_buffer_release(&with.out);
}

static void shows_each_size(void **state)
{
	struct visitor visitor = {.read = true, .back = true};
	struct br_image_options options = options_for(&visitor);
	struct run run;

	(void)state;
	options.sizes = 3;
	options.size[1] = (struct br_image_size){.width = 80};
	options.size[2] = (struct br_image_size){.width = 40};
	run = run_of(".jpg", 3, BR_IMAGE_FORMAT_UNKNOWN, &options);
	assert_int_equal(run.status, 0);
	assert_int_equal(visitor.calls, 3);
	br_buffer_release(&run.out);
}

static void fails_as_it_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUFFIXES; i++) {
		struct visitor visitor = {.fail = true};
		const struct br_image_options options = options_for(&visitor);
		struct run run = run_of(suffixes[i], 3, BR_IMAGE_FORMAT_UNKNOWN, &options);

		assert_int_equal(run.status, BR_ERROR_ENCODE);
		assert_string_equal(run.error.msg, "not this one");
		assert_int_equal(run.out.size, 0);
		br_buffer_release(&run.out);
	}
}

/* Of 16 bits, if the output has them. */
static void shows_all_of_the_depth(void **state)
{
	struct visitor visitor = {.read = true, .back = true};
	const struct br_image_options options = options_for(&visitor);
	VipsImage *picture = fixture_picture(640, 320, 3), *deep;
	struct file file;
	struct run run;

	(void)state;
	assert_int_equal(vips_cast_ushort(picture, &deep, "shift", TRUE, NULL), 0);
	g_object_unref(picture);
	deep->Type = VIPS_INTERPRETATION_RGB16;
	file = fixture_encode(deep, ".png");
	run = fixture_resize(file, &options);
	assert_int_equal(run.status, 0);
	assert_int_equal(visitor.last.bits, 16);
	fixture_free(&file);
	br_buffer_release(&run.out);
}

/* Inks become RGB, also where they would be kept. */
static void never_shows_inks(void **state)
{
	struct visitor visitor = {.read = true};
	struct br_image_options options = options_for(&visitor);
	VipsImage *picture = fixture_picture(640, 320, 4), *inks;
	struct file file;
	struct run run;

	(void)state;
	options.profile = BR_IMAGE_PROFILE_KEEP;
	assert_int_equal(
	    vips_copy(picture, &inks, "interpretation", VIPS_INTERPRETATION_CMYK, NULL), 0);
	g_object_unref(picture);
	file = fixture_encode(inks, ".jpg");
	run = fixture_resize(file, &options);
	assert_int_equal(run.status, 0);
	assert_int_equal(visitor.last.bands, 3);
	assert_false(visitor.last.alpha);
	fixture_free(&file);
	br_buffer_release(&run.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_alone_what_is_given_back),
	    cmocka_unit_test(takes_what_is_changed),
	    cmocka_unit_test(leaves_the_rest_of_a_jpeg),
	    cmocka_unit_test(shows_each_size),
	    cmocka_unit_test(fails_as_it_is_told),
	    cmocka_unit_test(shows_all_of_the_depth),
	    cmocka_unit_test(never_shows_inks),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
