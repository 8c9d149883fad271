/* test_source.c - what is said of a picture by its header, and by whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/source.h"
#include "image_fixture.h"

static struct file encode_turned(int bands, int orientation, const char *suffix)
{
	VipsImage *picture = fixture_picture(321, 203, bands);

	vips_image_set_int(picture, VIPS_META_ORIENTATION, orientation);
	return fixture_encode(picture, suffix);
}

static struct file encode_cmyk(void)
{
	VipsImage *rgb = fixture_picture(90, 60, 3), *cmyk;

	assert_int_equal(vips_colourspace(rgb, &cmyk, VIPS_INTERPRETATION_CMYK, NULL), 0);
	g_object_unref(rgb);
	return fixture_encode(cmyk, ".jpg");
}

/* Opens a JPEG, which must be done without the image library, and has that tell the same. */
static void expect_as_library(struct file file)
{
	const struct image_options options = fixture_options(80, 60);
	struct image_worker *worker = image_worker_new();
	struct source source;
	struct error error;

	assert_int_equal(source_open(&source, worker, file.data, file.size, &options, &error), 0);
	assert_non_null(source.jpeg);
	assert_null(source.header);
	assert_int_equal(source_open_library(&source, &error), 0);
	const VipsImage *header = source.header;

	assert_int_equal(source.info.width, header->Xsize);
	assert_int_equal(source.info.height, header->Ysize);
	assert_int_equal(source.info.bands, header->Bands);
	assert_int_equal(source.info.bits, 8);
	assert_int_equal(source.info.pages, 1);
	assert_int_equal(source.info.alpha, vips_image_hasalpha(source.header));
	assert_int_equal(source.info.orientation, vips_image_get_orientation(source.header));
	assert_int_equal(source.info.profile,
	                 vips_image_get_typeof(source.header, VIPS_META_ICC_NAME) != 0);
	source_close(&source);
	image_worker_free(worker);
	fixture_free(&file);
}

static void a_jpeg_is_what_the_library_says(void **state)
{
	(void)state;
	for (int orientation = 1; orientation <= 8; orientation++)
		expect_as_library(encode_turned(3, orientation, ".jpg"));
	expect_as_library(encode_turned(1, 6, ".jpg[interlace]"));
	expect_as_library(encode_turned(3, 1, ".jpg[profile=srgb]"));
	expect_as_library(encode_turned(3, 1, ".jpg[Q=95,subsample_mode=off]"));
	expect_as_library(encode_cmyk());
}

static void what_libjpeg_stumbles_over_is_for_the_library(void **state)
{
	const struct image_options options = fixture_options(80, 60);
	struct image_worker *worker = image_worker_new();
	struct file file = encode_turned(3, 1, ".jpg");
	static const unsigned char tables[] = {0xff, 0xdb};
	unsigned char *table = memmem(file.data, file.size, tables, sizeof tables);
	struct source source;
	struct error error;

	(void)state;
	assert_non_null(table);
	table[3]++; /* its length is no longer that of a table */
	assert_int_equal(source_open(&source, worker, file.data, file.size, &options, &error),
	                 ERROR_CORRUPT);
	assert_null(source.jpeg);
	assert_non_null(strstr(error.msg, "VipsJpeg: "));
	source_close(&source);
	image_worker_free(worker);
	fixture_free(&file);
}

static void every_other_format_is_for_the_library(void **state)
{
	const struct image_options options = fixture_options(80, 60);
	struct image_worker *worker = image_worker_new();
	struct file file = encode_turned(3, 1, ".png");
	struct source source;
	struct error error;

	(void)state;
	assert_int_equal(source_open(&source, worker, file.data, file.size, &options, &error), 0);
	assert_null(source.jpeg);
	assert_non_null(source.header);
	source_close(&source);
	image_worker_free(worker);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_jpeg_is_what_the_library_says),
	    cmocka_unit_test(what_libjpeg_stumbles_over_is_for_the_library),
	    cmocka_unit_test(every_other_format_is_for_the_library),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
