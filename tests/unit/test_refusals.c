/* test_refusals.c - what br_image_resize() refuses, with which code, and without harm. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image_fixture.h"

/* A literal as a file; nothing writes to it. */
#define FILE_OF(literal) ((struct file){(unsigned char *)(uintptr_t)(literal), sizeof(literal) - 1})

static void refuses_what_is_no_image(void **state)
{
	const struct br_image_options options = fixture_options(10, 10);

	(void)state;
	fixture_refused((struct file){0}, &options, BR_ERROR_EMPTY);
	fixture_refused(FILE_OF("hello, world"), &options, BR_ERROR_NOT_IMAGE);
	fixture_refused(FILE_OF("BMxxxx\0\0\0\0\0\0\0\0\x28\0\0\0"), &options,
	                BR_ERROR_UNSUPPORTED);
}

static const char *const suffixes[] = {".jpg", ".png", ".webp", ".tif", ".gif"};
#define SUFFIXES (sizeof suffixes / sizeof *suffixes)

static void refuses_what_is_cut_off(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);

	(void)state;
	for (size_t i = 0; i < SUFFIXES; i++) {
		struct file file = fixture_encode(fixture_picture(400, 300, 3), suffixes[i]);

		fixture_cut(&file, file.size / 2);
		fixture_refused(file, &options, BR_ERROR_TRUNCATED);
		fixture_cut(&file, 20);
		fixture_refused(file, &options, BR_ERROR_TRUNCATED);
		fixture_free(&file);
	}
}

static void takes_what_there_is_when_told(void **state)
{
	static const char *const kinds[] = {".jpg", ".png[compression=0]"};
	struct br_image_options options = fixture_options(100, 100);

	(void)state;
	options.fail_on = BR_IMAGE_FAIL_ON_NONE;
	for (int i = 0; i < 4; i++) {
		struct file file =
		    fixture_encode(fixture_picture(800, 600, i < 2 ? 3 : 1), kinds[i % 2]);
		struct run run;
		VipsImage *image;

		fixture_cut(&file, file.size / 2);
		image = fixture_resized(file, &options, &run);
		assert_true(run.result.notes & BR_IMAGE_NOTE_TRUNCATED);
		/* there is a picture at the top, and nothing that lay in memory at the bottom */
		assert_in_range(fixture_sample(image, 50, 5, 0), 115, 140);
		if (i % 2)
			assert_int_equal(fixture_sample(image, 50, 74, 0), 0);
		fixture_done(image, &run);
	}
}

static void refuses_what_is_corrupt(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(400, 300, 3), ".png");

	(void)state;
	file.data[file.size / 2] ^= 0x55;
	fixture_refused(file, &options, BR_ERROR_CORRUPT);
	fixture_free(&file);
}

static void refuses_too_many_pixels(void **state)
{
	struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(400, 300, 3), ".png");
	struct run run;

	(void)state;
	options.max_pixels = UINT64_C(400) * 300;
	run = fixture_resize(file, &options);
	assert_int_equal(run.status, 0);
	br_buffer_release(&run.out);
	options.max_pixels--;
	fixture_refused(file, &options, BR_ERROR_TOO_MANY_PIXELS);
	/* what is made must not be larger either */
	options.max_pixels = UINT64_C(400) * 300;
	options.enlarge = true;
	options.size[0] = (struct br_image_size){.width = 401};
	fixture_refused(file, &options, BR_ERROR_TOO_MANY_PIXELS);
	fixture_free(&file);
}

/* Headers that claim the largest size there is, in files of a few bytes. */
static void refuses_giants_by_their_headers(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);

	(void)state;
	fixture_refused(FILE_OF("\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\1\1\x11\0"
	                        "\xff\xda\0\x08\1\1\0\0\x3f\0\0\xff\xd9"),
	                &options, BR_ERROR_TOO_MANY_PIXELS);
	fixture_refused(FILE_OF("GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\1\0\0;"),
	                &options, BR_ERROR_TOO_MANY_PIXELS);
	fixture_refused(FILE_OF("RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\xfe\x3f\0\xff\x3f\0"),
	                &options, BR_ERROR_TOO_MANY_PIXELS);
}

static void refuses_a_bomb_of_scans(void **state)
{
	static const unsigned char scan[] = {0xff, 0xda, 0, 8, 1, 1, 0, 63, 63, 0x10, 0};
	const struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(64, 64, 1), ".jpg[interlace]");
	const size_t scans = 2000, size = file.size + scans * sizeof scan;

	(void)state;
	file.data = realloc(file.data, size);
	assert_non_null(file.data);
	for (size_t i = 0; i < scans; i++)
		memcpy(file.data + file.size - 2 + i * sizeof scan, scan, sizeof scan);
	memcpy(file.data + size - 2, "\xff\xd9", 2);
	file.size = size;
	fixture_refused(file, &options, BR_ERROR_TOO_LARGE);
	fixture_free(&file);
}

/* However small the source: what is made of it has to fit as well. */
static void refuses_to_enlarge_beyond_its_memory(void **state)
{
	struct br_image_options options = fixture_options(16000, 16000);
	struct file file = fixture_encode(fixture_picture(100, 100, 3), ".png");

	(void)state;
	options.enlarge = true;
	options.format = BR_IMAGE_FORMAT_PNG; /* 768 MB of pixels, and of a file perhaps as many */
	fixture_refused(file, &options, BR_ERROR_TOO_LARGE);
	options.size[0].width = options.size[0].height = 8000;
	options.linear = true; /* of floats, the same */
	fixture_refused(file, &options, BR_ERROR_TOO_LARGE);
	options.linear = false;
	options.format = BR_IMAGE_FORMAT_GIF; /* what the encoder keeps */
	fixture_refused(file, &options, BR_ERROR_TOO_LARGE);
	options.fit = BR_IMAGE_FIT_PAD;
	options.size[0].width = 16000;
	options.size[0].height = 16000;
	options.enlarge = false;
	fixture_refused(file, &options, BR_ERROR_TOO_LARGE);
	fixture_free(&file);
}

/* Ninety chunks of text that libpng would inflate are left out, and the picture made. */
static void leaves_out_what_png_text_inflates_to(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(64, 64, 3), ".png[strip]");
	unsigned char *bomb = calloc(1, file.size + (size_t)90 * 1024), text[1000] = "Comment";
	size_t size = 33; /* signature and header */
	struct run run;
	VipsImage *image;

	(void)state;
	assert_non_null(bomb);
	memcpy(bomb, file.data, size);
	for (int i = 0; i < 90; i++)
		fixture_chunk(bomb, &size, "zTXt", text, sizeof text);
	memcpy(bomb + size, file.data + 33, file.size - 33);
	size += file.size - 33;
	fixture_free(&file);
	image = fixture_resized((struct file){bomb, size}, &options, &run);
	assert_int_equal(image->Xsize, 64);
	fixture_done(image, &run);
}

static void refuses_a_chunk_that_claims_a_gigabyte(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(64, 64, 3), ".png[strip]");

	(void)state;
	memcpy(file.data + 33, "\x3f\xff\xff\xfftEXt", 8);
	fixture_refused(file, &options, BR_ERROR_TRUNCATED);
	fixture_free(&file);
}

static void refuses_what_the_format_cannot_hold(void **state)
{
	struct br_image_options options = fixture_options(0, 0);
	struct file file = fixture_encode(fixture_picture(1, 20000, 3), ".png");

	(void)state;
	options.size[0] = (struct br_image_size){.percent = 100000};
	options.format = BR_IMAGE_FORMAT_WEBP;
	fixture_refused(file, &options, BR_ERROR_ENCODE);
	options.format = BR_IMAGE_FORMAT_BMP;
	fixture_refused(file, &options, BR_ERROR_UNSUPPORTED);
	options.format = BR_IMAGE_FORMAT_UNKNOWN;
	options.size[0].percent = 0;
	fixture_refused(file, &options, BR_ERROR_USAGE);
	options.size[0].width = 10;
	options.gravity = (enum br_image_gravity)(BR_IMAGE_GRAVITY_ENTROPY + 1);
	fixture_refused(file, &options, BR_ERROR_USAGE);
	options.gravity = BR_IMAGE_GRAVITY_CENTRE;
	options.filter = (enum br_image_filter)(BR_IMAGE_FILTER_NEAREST + 1);
	fixture_refused(file, &options, BR_ERROR_USAGE);
	options.sizes = 0;
	fixture_refused(file, &options, BR_ERROR_USAGE);
	fixture_free(&file);
}

static int grow_never(struct br_buffer *buffer, size_t capacity)
{
	(void)buffer;
	(void)capacity;
	return -ENOSPC;
}

static void says_when_there_is_no_room(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(400, 300, 3), ".png");
	struct br_buffer out = {.grow = grow_never};
	struct br_image_result result;
	struct br_error error;

	(void)state;
	assert_int_equal(
	    br_image_resize(NULL, file.data, file.size, &options, &out, &result, &error), -ENOSPC);
	assert_int_equal(error.sys_errno, ENOSPC);
	assert_int_equal(out.size, 0);
	fixture_free(&file);
}

static void gives_up_after_its_time(void **state)
{
	struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(4000, 6000, 3), ".png[compression=1]");

	(void)state;
	options.timeout_ms = 1; /* no machine inflates 72 MB in that */
	fixture_refused(file, &options, BR_ERROR_TIMEOUT);
	fixture_free(&file);
}

static void says_the_same_beside_others(void **state)
{
	struct br_image_options options = fixture_options(100, 100);
	struct file file =
	    fixture_encode(fixture_picture(400, 300, 3), ".tif[compression=deflate]");
	struct run alone, crowd;

	(void)state;
	memset(file.data + 100, 0xff, 200);
	alone = fixture_resize(file, &options);
	options.alone = false;
	crowd = fixture_resize(file, &options);
	assert_int_equal(alone.status, BR_ERROR_CORRUPT);
	assert_int_equal(crowd.status, BR_ERROR_CORRUPT);
	assert_string_equal(alone.error.msg, crowd.error.msg);
	assert_non_null(strstr(crowd.error.msg, "ecode: "));
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(refuses_what_is_no_image),
	    cmocka_unit_test(refuses_what_is_cut_off),
	    cmocka_unit_test(takes_what_there_is_when_told),
	    cmocka_unit_test(refuses_what_is_corrupt),
	    cmocka_unit_test(refuses_too_many_pixels),
	    cmocka_unit_test(refuses_giants_by_their_headers),
	    cmocka_unit_test(refuses_a_bomb_of_scans),
	    cmocka_unit_test(refuses_to_enlarge_beyond_its_memory),
	    cmocka_unit_test(leaves_out_what_png_text_inflates_to),
	    cmocka_unit_test(refuses_a_chunk_that_claims_a_gigabyte),
	    cmocka_unit_test(refuses_what_the_format_cannot_hold),
	    cmocka_unit_test(says_when_there_is_no_room),
	    cmocka_unit_test(gives_up_after_its_time),
	    cmocka_unit_test(says_the_same_beside_others),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
