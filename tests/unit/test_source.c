/* test_source.c - what is said of a picture by its header, and by whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipeline/library.h"
#include "image/open.h"
#include "pipeline/view.h"
#include "image_fixture.h"
#include "png_fixture.h"

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

static void expect_profile(const struct source *source)
{
	const void *data;
	size_t size;

	assert_int_equal(source->info.profile,
	                 vips_image_get_typeof(source->view->header, VIPS_META_ICC_NAME) != 0);
	if (!source->info.profile)
		return;
	assert_int_equal(
	    vips_image_get_blob(source->view->header, VIPS_META_ICC_NAME, &data, &size), 0);
	assert_int_equal(source->profile.bytes.size, size);
	assert_memory_equal(source->profile.bytes.data, data, size);
}

/* Opens a JPEG or PNG, which must be done without the image library, and has that tell the same. */
static void expect_as_library(struct file file)
{
	const struct br_image_options options = fixture_options(80, 60);
	struct br_image_worker *worker = br_image_worker_new();
	struct source source;
	struct br_error error;

	assert_int_equal(source_open(&source, worker, file.data, file.size, &options, &error), 0);
	assert_true(source.jpeg || source.png);
	assert_null(source.view);
	assert_int_equal(library_open(&source, &error), 0);
	const VipsImage *header = source.view->header;

	assert_int_equal(source.info.width, header->Xsize);
	assert_int_equal(source.info.height, header->Ysize);
	assert_int_equal(source.info.bands, header->Bands);
	assert_int_equal(source.info.bits, 8 * vips_format_sizeof(header->BandFmt));
	assert_int_equal(source.info.pages, 1);
	assert_int_equal(source.info.alpha, vips_image_hasalpha(source.view->header));
	if (source.info.format == BR_IMAGE_FORMAT_JPEG)
		assert_int_equal(source.info.orientation,
		                 vips_image_get_orientation(source.view->header));
	expect_profile(&source);
	source_close(&source);
	br_image_worker_free(worker);
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
	const struct br_image_options options = fixture_options(80, 60);
	struct br_image_worker *worker = br_image_worker_new();
	struct file file = encode_turned(3, 1, ".jpg");
	static const unsigned char tables[] = {0xff, 0xdb};
	unsigned char *table = memmem(file.data, file.size, tables, sizeof tables);
	struct source source;
	struct br_error error;

	(void)state;
	assert_non_null(table);
	table[3]++; /* its length is no longer that of a table */
	assert_int_equal(source_open(&source, worker, file.data, file.size, &options, &error),
	                 BR_ERROR_CORRUPT);
	assert_null(source.jpeg);
	assert_non_null(strstr(error.msg, "VipsJpeg: "));
	source_close(&source);
	br_image_worker_free(worker);
	fixture_free(&file);
}

/* --- PNG ----------------------------------------------------------------------------- */

static struct file encode_png(unsigned bits, unsigned colour, unsigned keys, size_t split)
{
	const struct forge forge = {.width = 61,
	                            .height = 47,
	                            .bits = bits,
	                            .colour = colour,
	                            .filter = -1,
	                            .keys = keys,
	                            .split = split,
	                            .seed = 1};
	struct br_buffer png = BR_BUFFER_HEAP;

	png_forge(&png, &forge);
	return (struct file){png.data, png.size};
}

/* The file with a chunk more, behind the IHDR. */
static struct file with_chunk(struct file file, const char *type, const void *data, uint32_t size)
{
	const size_t rest = file.size - 33;
	unsigned char *png = malloc(file.size + size + 12);
	size_t at = 33;

	assert_non_null(png);
	memcpy(png, file.data, at);
	fixture_chunk(png, &at, type, data, size);
	memcpy(png + at, (unsigned char *)file.data + 33, rest);
	fixture_free(&file);
	return (struct file){png, at + rest};
}

/* Every release of libvips brings profiles of its own; the chunk is of our making. */
static struct file with_vips_profile(unsigned bits, unsigned colour, const char *name)
{
	uint8_t chunk[8192] = "name";
	uint8_t *deflated;
	const void *profile;
	VipsBlob *blob;
	size_t size;

	assert_int_equal(vips_profile_load(name, &blob, NULL), 0);
	profile = vips_blob_get(blob, &size);
	deflated = png_forge_deflate(profile, size, &size);
	assert_true(size <= sizeof chunk - 6);
	memcpy(chunk + 6, deflated, size);
	free(deflated);
	vips_area_unref(VIPS_AREA(blob));
	return with_chunk(encode_png(bits, colour, 0, 0), "iCCP", chunk, (uint32_t)size + 6);
}

static void a_png_is_what_the_library_says(void **state)
{
	static const unsigned kinds[][3] = {{1, 0, 0},  {4, 0, 2},  {8, 0, 0},  {16, 0, 2},
	                                    {8, 2, 0},  {8, 2, 6},  {8, 3, 0},  {2, 3, 1},
	                                    {8, 3, 9},  {8, 4, 0},  {16, 4, 0}, {8, 6, 0},
	                                    {16, 6, 0}, {16, 2, 0}, {16, 2, 6}};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		expect_as_library(encode_png(kinds[i][0], kinds[i][1], kinds[i][2], i % 2 * 100));
	expect_as_library(with_vips_profile(8, 2, "srgb"));
	expect_as_library(with_vips_profile(8, 3, "p3"));
	expect_as_library(encode_turned(1, 1, ".png[strip]"));
}

/* Opens a PNG, and tells whether without the image library. */
static bool opens_alone(struct file file, enum br_error_code expected)
{
	const struct br_image_options options = fixture_options(80, 60);
	struct br_image_worker *worker = br_image_worker_new();
	struct source source;
	struct br_error error;
	bool alone;

	assert_int_equal(source_open(&source, worker, file.data, file.size, &options, &error),
	                 expected);
	alone = source.png && !source.view;
	source_close(&source);
	br_image_worker_free(worker);
	fixture_free(&file);
	return alone;
}

/* libpng takes the profile with some of these, and with some not. */
static void what_may_spoil_a_profile_is_for_the_library(void **state)
{
	static const unsigned char gamma[] = {0, 0, 0xb1, 0x8f}, no_gamma[4], primaries[32],
				   intent[1];

	(void)state;
	assert_true(opens_alone(with_vips_profile(8, 2, "srgb"), 0));
	assert_true(opens_alone(with_chunk(with_vips_profile(8, 2, "srgb"), "gAMA", gamma, 4), 0));
	assert_false(
	    opens_alone(with_chunk(with_vips_profile(8, 2, "srgb"), "gAMA", no_gamma, 4), 0));
	assert_false(
	    opens_alone(with_chunk(with_vips_profile(8, 2, "srgb"), "cHRM", primaries, 32), 0));
	assert_false(
	    opens_alone(with_chunk(with_vips_profile(8, 2, "srgb"), "sRGB", intent, 1), 0));
	assert_false(opens_alone(with_chunk(with_vips_profile(8, 2, "srgb"), "iCCP", gamma, 4), 0));
	/* they spoil nothing else */
	assert_true(opens_alone(with_chunk(encode_png(8, 2, 0, 0), "cHRM", primaries, 32), 0));
}

/* A profile that libpng takes, in no way a useful one; one byte of it is another. */
static struct file with_profile(unsigned colour, size_t at, uint8_t byte)
{
	uint8_t profile[600] = {[2] = 600 >> 8, [3] = 600 & 0xff, [8] = 2}, data[1024] = "name";
	uint32_t seed = 1;
	uint8_t *deflated;
	size_t size;

	memcpy(profile + 12, colour ? "mntrRGB XYZ " : "mntrGRAYXYZ ", 12);
	memcpy(profile + 36, "acsp", 4);
	profile[131] = 1; /* tags */
	profile[139] = 200;
	profile[142] = 400 >> 8;
	profile[143] = 400 & 0xff;
	for (size_t i = 144; i < sizeof profile; i++)
		profile[i] = (uint8_t)png_random(&seed);
	profile[at] = byte;
	deflated = png_forge_deflate(profile, sizeof profile, &size);
	assert_true(size <= sizeof data - 6);
	memcpy(data + 6, deflated, size);
	free(deflated);
	return with_chunk(encode_png(8, colour, 0, 0), "iCCP", data, (uint32_t)size + 6);
}

static void only_a_right_profile_is_taken(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
	} faults[] = {{3, 0},     {12, 'a'}, {16, 'r'},   {20, 'x'},   {36, 'A'},
	              {65, 0xff}, {130, 1},  {138, 0xff}, {140, 0x80}, {143, 0x91}};

	(void)state;
	expect_as_library(with_profile(0, 10, 0));
	expect_as_library(with_profile(2, 10, 0));
	assert_true(opens_alone(with_profile(2, 139, 199), 0));
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		assert_false(opens_alone(with_profile(2, faults[i].at, faults[i].byte), 0));
}

static void what_the_reader_stumbles_over_is_for_the_library(void **state)
{
	struct file file = encode_png(8, 2, 0, 0);

	(void)state;
	((unsigned char *)file.data)[29]++; /* the CRC of IHDR */
	assert_false(opens_alone(file, BR_ERROR_CORRUPT));
	assert_false(opens_alone(encode_turned(3, 1, ".png[interlace]"), 0));
}

static void every_other_format_is_for_the_library(void **state)
{
	const struct br_image_options options = fixture_options(80, 60);
	struct br_image_worker *worker = br_image_worker_new();
	struct file file = encode_turned(3, 1, ".webp");
	struct source source;
	struct br_error error;

	(void)state;
	assert_int_equal(source_open(&source, worker, file.data, file.size, &options, &error), 0);
	assert_null(source.jpeg);
	assert_non_null(source.view);
	source_close(&source);
	br_image_worker_free(worker);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_jpeg_is_what_the_library_says),
	    cmocka_unit_test(what_libjpeg_stumbles_over_is_for_the_library),
	    cmocka_unit_test(a_png_is_what_the_library_says),
	    cmocka_unit_test(what_may_spoil_a_profile_is_for_the_library),
	    cmocka_unit_test(only_a_right_profile_is_taken),
	    cmocka_unit_test(what_the_reader_stumbles_over_is_for_the_library),
	    cmocka_unit_test(every_other_format_is_for_the_library),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
