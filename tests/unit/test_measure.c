/* test_measure.c - the size of a picture by its header, and whether br_image_resize() made it: of
 * the pictures in testdata/, of what it makes of one in every format, and of what is cut or
 * damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image_fixture.h"
static ssize_t read_file(void *ctx, void *buffer, size_t size, uint64_t offset)
{
	const struct file *file = ctx;

	if (offset >= file->size)
		return 0;
	if (size > file->size - offset)
		size = file->size - offset;
	memcpy(buffer, file->data + offset, size);
	return (ssize_t)size;
}

static bool measure(struct file *file, struct br_image_info *info)
{
	const struct br_image_bytes bytes = {read_file, file};

	return br_image_measure(&bytes, info);
}

static enum br_image_mark find_mark(struct file *file)
{
	const struct br_image_bytes bytes = {read_file, file};

	return br_image_find_mark(&bytes);
}

static enum br_image_mark mark_of(enum br_image_format format, bool made)
{
	const bool has_place = format == BR_IMAGE_FORMAT_JPEG || format == BR_IMAGE_FORMAT_PNG ||
	                       format == BR_IMAGE_FORMAT_TIFF || format == BR_IMAGE_FORMAT_GIF;

	if (!has_place)
		return BR_IMAGE_MARK_NONE;
	return made ? BR_IMAGE_MARK_FOUND : BR_IMAGE_MARK_MISSING;
}

/* --- outputs -----------------------------------------------------------------------------------
 */

static const enum br_image_format formats[] = {
    BR_IMAGE_FORMAT_JPEG, BR_IMAGE_FORMAT_PNG,  BR_IMAGE_FORMAT_WEBP, BR_IMAGE_FORMAT_TIFF,
    BR_IMAGE_FORMAT_GIF,  BR_IMAGE_FORMAT_AVIF, BR_IMAGE_FORMAT_JXL,
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* Makes one of `picture`; what is measured must be what was made. Returns the output's bytes. */
static struct file made(struct file picture, const struct br_image_options *options)
{
	struct run run = fixture_resize(picture, options);
	struct file file = {.size = run.out.size};
	struct br_image_info info;

	assert_int_equal(run.status, 0);
	file.data = malloc(file.size);
	assert_non_null(file.data);
	memcpy(file.data, run.out.data, file.size);
	assert_true(measure(&file, &info));
	assert_int_equal(info.format, run.result.out_format);
	assert_int_equal(info.width, run.result.output[0].width);
	assert_int_equal(info.height, run.result.output[0].height);
	assert_int_equal(find_mark(&file), mark_of(info.format, true));
	br_buffer_release(&run.out);
	return file;
}

static void every_output_is_measured(void **state)
{
	static const uint32_t sizes[][2] = {{1, 1}, {16, 16}, {64, 128}, {300, 200}, {301, 9}};

	(void)state;
	for (size_t i = 0; i < FORMATS * 5 * 4; i++) {
		struct file picture =
		    fixture_encode(fixture_picture(400, 300, i & 1 ? 4 : 3), ".png");
		struct br_image_options options =
		    fixture_options(sizes[i / 4 % 5][0], sizes[i / 4 % 5][1]);

		options.format = formats[i / 20];
		options.fit = BR_IMAGE_FIT_FILL;
		options.lossless = i & 2 && options.format != BR_IMAGE_FORMAT_JPEG &&
		                   options.format != BR_IMAGE_FORMAT_GIF;
		if (br_image_can_write(options.format)) {
			struct file file = made(picture, &options);

			fixture_free(&file);
		}
		fixture_free(&picture);
	}
}

static void what_is_in_front_of_the_size_is_passed_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS * 2; i++) {
		VipsImage *image = fixture_picture(400, 300, 3);
		static const unsigned char xmp[60000] = {1};
		struct file picture, file;
		struct br_image_options options = fixture_options(200, 200);

		vips_image_set_blob_copy(image, VIPS_META_XMP_NAME, xmp, sizeof(xmp));
		picture = fixture_encode(image, i & 1 ? ".webp" : ".jpg");
		options.format = formats[i / 2];
		options.metadata = BR_IMAGE_METADATA_KEEP;
		if (br_image_can_write(options.format)) {
			file = made(picture, &options);
			fixture_free(&file);
		}
		fixture_free(&picture);
	}
}

static void a_turned_heif_is_as_it_is_seen(void **state)
{
	struct file file = {0};
	struct br_image_info info;
	/* ftyp, and meta with iprp, ipco of two sizes and a quarter of a turn */
	static const unsigned char bytes[] = "\0\0\0\x10"
					     "ftypheic\0\0\0\0"
					     "\0\0\0\x4d"
					     "meta\0\0\0\0"
					     "\0\0\0\x41"
					     "iprp"
					     "\0\0\0\x39"
					     "ipco"
					     "\0\0\0\x14"
					     "ispe\0\0\0\0\0\0\0\x40\0\0\0\x30"
					     "\0\0\0\x14"
					     "ispe\0\0\0\0\0\0\1\x40\0\0\0\xf0"
					     "\0\0\0\x09"
					     "irot\1"
					     "       ";

	(void)state;
	file.size = sizeof(bytes) - 1;
	file.data = malloc(file.size);
	assert_non_null(file.data);
	memcpy(file.data, bytes, file.size);
	assert_true(measure(&file, &info));
	assert_int_equal(info.format, BR_IMAGE_FORMAT_HEIC);
	assert_int_equal(info.width, 240);
	assert_int_equal(info.height, 320);
	fixture_free(&file);
}

/* --- damage ------------------------------------------------------------------------------------
 */

static void what_others_made_has_no_mark(void **state)
{
	static const char *const names[] = {".jpg", ".png", ".tif", ".gif", ".webp"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct file file = fixture_encode(fixture_picture(60, 40, 3), names[i]);
		struct br_image_info info;

		assert_true(measure(&file, &info));
		assert_int_equal(find_mark(&file), mark_of(info.format, false));
		fixture_free(&file);
	}
}

/* Whatever is said of it: nothing beyond the file is read, and an end is found. */
static void damage_does_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMATS; i++) {
		struct file picture = fixture_encode(fixture_picture(60, 40, 3), ".png");
		struct br_image_options options = fixture_options(30, 20);
		struct br_image_info info;
		struct file file;

		options.format = formats[i];
		if (br_image_can_write(options.format)) {
			file = made(picture, &options);
			for (size_t at = 0; at < file.size && at < 400; at++) {
				struct file cut = {file.data, at};
				const unsigned char byte = file.data[at];

				(void)measure(&cut, &info);
				(void)find_mark(&cut);
				for (unsigned flip = 1; flip < 256; flip = flip * 2 + 1) {
					file.data[at] = (unsigned char)(byte ^ flip);
					(void)measure(&file, &info);
					(void)find_mark(&file);
				}
				file.data[at] = byte;
			}
			fixture_free(&file);
		}
		fixture_free(&picture);
	}
}

static void what_is_no_picture_has_no_size(void **state)
{
	static unsigned char text[] = "hello, world: this is no picture";
	struct file file = {text, sizeof(text)};
	struct br_image_info info;

	(void)state;
	assert_false(measure(&file, &info));
	assert_int_equal(info.format, BR_IMAGE_FORMAT_UNKNOWN);
	file.size = 0;
	assert_false(measure(&file, &info));
	memcpy(text, "%PDF-1.4", 8);
	file.size = sizeof(text);
	assert_false(measure(&file, &info));
	assert_int_equal(info.format, BR_IMAGE_FORMAT_PDF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_output_is_measured),
	    cmocka_unit_test(what_is_in_front_of_the_size_is_passed_over),
	    cmocka_unit_test(a_turned_heif_is_as_it_is_seen),
	    cmocka_unit_test(what_others_made_has_no_mark),
	    cmocka_unit_test(damage_does_no_harm),
	    cmocka_unit_test(what_is_no_picture_has_no_size),
	};

	return cmocka_run_group_tests_name("image: measure", tests, fixture_init, NULL);
}
