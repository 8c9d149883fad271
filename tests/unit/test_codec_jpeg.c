/* test_codec_jpeg.c - the direct JPEG path against pictures that are known at every point. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg_fixture.h"

/* --- tests -------------------------------------------------------------------------------------
 */

static const struct source samplings[] = {
    {.h = {1, 1, 1}, .v = {1, 1, 1}}, {.h = {2, 1, 1}, .v = {1, 1, 1}},
    {.h = {2, 1, 1}, .v = {2, 1, 1}}, {.h = {1, 1, 1}, .v = {2, 1, 1}},
    {.h = {4, 1, 1}, .v = {1, 1, 1}}, {.h = {0}},
    {.h = {1, 2, 1}, .v = {1, 1, 2}}, {.h = {4, 1, 1}, .v = {2, 1, 1}},
};

enum { SAMPLINGS = sizeof(samplings) / sizeof(samplings[0]) };

/* Odd sides, so that nothing is a whole number of blocks or of chroma samples. */
static void every_sampling_at_every_scale(void **state)
{
	static const uint32_t width[] = {91, 150, 260, 420, 800};

	for (int i = 0; i < SAMPLINGS * 2; i++) {
		struct source source = samplings[i / 2];
		struct bytes bytes;

		source.width = 801;
		source.height = 611;
		source.progressive = i % 2;
		bytes = source_make(&source);
		for (size_t k = 0; k < 5; k++)
			expect_scene_of(*state, bytes, &source, width[k], 0, BR_IMAGE_FIT_CONTAIN,
			                44);
		bytes_free(bytes);
	}
}

/* The output of a picture, to be freed, when the decoder has to leave this much to the filter. */
static struct bytes resized(struct fixture *f, const struct source *source, uint32_t width,
                            unsigned reserve)
{
	struct jpeg_job job = {.target = &f->target, .targets = 1, .reserve = reserve};
	struct bytes bytes = source_make(source);
	struct jpeg_times times;
	unsigned char *copy;

	assert_int_equal(open_bytes(f, bytes), 0);
	jpeg_plan(f, width, 0, BR_IMAGE_FIT_CONTAIN);
	f->out.size = 0;
	assert_int_equal(jpeg_codec_resize(f->codec, f->resampler, &job, &f->out, f->output,
	                                   &f->notes, &times, &f->error),
	                 0);
	bytes_free(bytes);
	copy = malloc(f->out.size);
	memcpy(copy, f->out.data, f->out.size);
	return (struct bytes){.data = copy, .size = f->out.size};
}

static bool same(struct bytes a, struct bytes b)
{
	return a.size == b.size && !memcmp(a.data, b.data, a.size);
}

/* A factor of 1.67 left by the means of the blocks is enough for a progressive picture, 1.25 is
 * not; the same picture in sequence shows which scale was taken. */
static void a_progressive_picture_does_with_means_sooner(void **state)
{
	struct fixture *f = *state;
	struct source sequential = {.width = 800, .height = 608, .h = {2, 1, 1}, .v = {2, 1, 1}};
	struct source progressive = sequential;

	progressive.progressive = true;
	f->target.subsampling = BR_IMAGE_SUBSAMPLING_420; /* so that chroma has the same factors */
	for (uint32_t width = 60; width <= 80; width += 20) {
		struct bytes means = resized(f, &sequential, width, 8);
		struct bytes more = resized(f, &sequential, width, 16);
		struct bytes taken = resized(f, &progressive, width, 16);

		assert_false(same(means, more));
		assert_true(same(taken, width == 60 ? means : more));
		bytes_free(means);
		bytes_free(more);
		bytes_free(taken);
	}
}

static void every_orientation(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 403, .height = 301, .h = {2, 1, 1}, .v = {2, 1, 1}};

	for (source.orientation = 1; source.orientation <= 8; source.orientation++) {
		expect_scene(f, &source, 101, 0, BR_IMAGE_FIT_CONTAIN, 44);
		assert_int_equal(f->info.orientation, source.orientation);
		expect_scene(f, &source, 63, 80, BR_IMAGE_FIT_COVER, 44);
		expect_scene(f, &source, 90, 121, BR_IMAGE_FIT_PAD, 44);
	}
}

/* Nothing in the middle, so that left and right cannot be mistaken for each other; odd places, so
 * that chroma samples lie half on the background. */
static void crops_and_margins_anywhere(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 403, .height = 301, .h = {2, 1, 1}, .v = {2, 1, 1}};

	for (source.orientation = 1; source.orientation <= 8; source.orientation++) {
		struct bytes bytes = source_make(&source);
		struct output output;

		assert_int_equal(open_bytes(f, bytes), 0);
		f->target.geometry = (struct br_image_geometry){.scaled_width = 120,
		                                                .scaled_height = 110,
		                                                .crop_x = 31,
		                                                .crop_y = 5,
		                                                .crop_width = 70,
		                                                .crop_height = 67,
		                                                .canvas_width = 99,
		                                                .canvas_height = 81,
		                                                .pad_x = 7,
		                                                .pad_y = 1};
		f->target.subsampling = BR_IMAGE_SUBSAMPLING_420;
		f->target.background[0] = f->target.background[1] = f->target.background[2] = 128;
		assert_int_equal(jpeg_resize(f), 0);
		output = output_read(f->out.data, f->out.size);
		/* Chroma that is shared with the gray background costs some at the edges. */
		f->target.geometry.crop_x += 2;
		f->target.geometry.pad_x += 2;
		f->target.geometry.crop_width -= 4;
		f->target.geometry.crop_y += 2;
		f->target.geometry.pad_y += 2;
		f->target.geometry.crop_height -= 4;
		for (unsigned c = 0; c < 3; c++)
			assert_true(jpeg_psnr(&output, &f->target.geometry, source.orientation, c) >
			            42);
		assert_in_range(output_at(&output, 3, 40, 1), 126, 130);
		assert_in_range(output_at(&output, 90, 40, 0), 126, 130);
		/* Cb is 99 in the picture there; the sample it shares with the margin is halfway,
		 * and what a decoder makes of that and its neighbour is 117. */
		if (source.orientation == 1)
			assert_in_range(output_at(&output, 6, 40, 1), 113, 121);
		free(output.data);
		bytes_free(bytes);
	}
}

static void tiny_and_enlarged(void **state)
{
	static const uint32_t side[] = {1, 2, 3, 7, 8, 9, 17};

	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < 7; k++) {
			struct source source = {
			    .width = side[i], .height = side[k], .h = {2, 1, 1}, .v = {2, 1, 1}};

			/* The scene is no longer smooth at these sizes; that it works is enough. */
			expect_scene(*state, &source, 1, 1, BR_IMAGE_FIT_FILL, 5);
			expect_scene(*state, &source, 33, 20, BR_IMAGE_FIT_FILL, 5);
		}
}

static void padding_is_the_background(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 300, .height = 150, .h = {2, 1, 1}, .v = {2, 1, 1}};
	struct bytes bytes = source_make(&source);

	f->target.background[0] = 200;
	f->target.background[1] = 30;
	f->target.background[2] = 60;
	for (uint32_t height = 101; height <= 140; height += 13) {
		struct output output;

		assert_int_equal(open_bytes(f, bytes), 0);
		jpeg_plan(f, 101, height, BR_IMAGE_FIT_PAD);
		assert_int_equal(jpeg_resize(f), 0);
		output = output_read(f->out.data, f->out.size);
		assert_true(f->target.geometry.pad_y >= 25);
		for (uint32_t x = 0; x < output.width; x++) {
			/* 0.299 R + 0.587 G + 0.114 B and so on */
			assert_in_range(output_at(&output, x, 3, 0), 82, 86);
			assert_in_range(output_at(&output, x, 3, 1), 112, 117);
			assert_in_range(output_at(&output, x, output.height - 4, 2), 208, 213);
		}
		free(output.data);
	}
	bytes_free(bytes);
}

static void chroma_follows_quality(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 64, .height = 64, .h = {1, 1, 1}, .v = {1, 1, 1}};
	struct bytes bytes = source_make(&source);
	static const struct {
		unsigned quality;
		enum br_image_subsampling subsampling;
		int h, v;
	} want[] = {{89, BR_IMAGE_SUBSAMPLING_AUTO, 2, 2},
	            {90, BR_IMAGE_SUBSAMPLING_AUTO, 1, 1},
	            {50, BR_IMAGE_SUBSAMPLING_444, 1, 1},
	            {95, BR_IMAGE_SUBSAMPLING_420, 2, 2}};

	for (size_t i = 0; i < 4; i++) {
		struct output output;

		f->target.quality = want[i].quality;
		f->target.subsampling = want[i].subsampling;
		assert_int_equal(open_bytes(f, bytes), 0);
		jpeg_plan(f, 33, 33, BR_IMAGE_FIT_CONTAIN);
		assert_int_equal(jpeg_resize(f), 0);
		output = output_read(f->out.data, f->out.size);
		assert_int_equal(output.h, want[i].h);
		assert_int_equal(output.v, want[i].v);
		free(output.data);
	}
	bytes_free(bytes);
}

static void progressive_is_only_another_order(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 64, .height = 48, .h = {2, 1, 1}, .v = {2, 1, 1}};
	struct bytes bytes = source_make(&source);
	struct output output[2];

	for (int i = 0; i < 2; i++) {
		f->target.progressive = i;
		assert_int_equal(open_bytes(f, bytes), 0);
		jpeg_plan(f, 33, 33, BR_IMAGE_FIT_CONTAIN);
		assert_int_equal(jpeg_resize(f), 0);
		/* SOF2 instead of SOF0 */
		assert_non_null(memmem(f->out.data, f->out.size, i ? "\xff\xc2" : "\xff\xc0", 2));
		output[i] = output_read(f->out.data, f->out.size);
	}
	for (uint32_t y = 0; y < output[0].height; y++)
		for (uint32_t x = 0; x < output[0].width; x++)
			for (unsigned c = 0; c < 3; c++)
				assert_int_equal(output_at(&output[0], x, y, c),
				                 output_at(&output[1], x, y, c));
	free(output[0].data);
	free(output[1].data);
	bytes_free(bytes);
}

/* Leaving out scans must not change a byte: the strictest level leaves out none. */
static void left_out_scans_do_not_matter(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < SAMPLINGS; i++) {
		struct source source = samplings[i];
		struct bytes bytes;
		unsigned char *kept;
		size_t size;

		source.width = 799;
		source.height = 613;
		source.progressive = true;
		bytes = source_make(&source);
		f->limits.fail_on = BR_IMAGE_FAIL_ON_WARNING;
		assert_int_equal(open_bytes(f, bytes), 0);
		jpeg_plan(f, 50, 50, BR_IMAGE_FIT_CONTAIN);
		assert_int_equal(jpeg_resize(f), 0);
		size = f->out.size;
		kept = malloc(size);
		assert_non_null(kept);
		memcpy(kept, f->out.data, size);
		f->limits.fail_on = BR_IMAGE_FAIL_ON_ERROR;
		assert_int_equal(open_bytes(f, bytes), 0);
		assert_int_equal(jpeg_resize(f), 0);
		assert_int_equal(f->out.size, size);
		assert_memory_equal(f->out.data, kept, size);
		free(kept);
		bytes_free(bytes);
	}
}

static void cut_off_files(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		struct source source = {
		    .width = 640, .height = 480, .h = {2, 1, 1}, .v = {2, 1, 1}, .progressive = i};
		struct bytes whole = source_make(&source);

		for (size_t eighth = 3; eighth <= 7; eighth++) {
			struct bytes part = {whole.data, whole.size / 8 * eighth};

			f->limits.fail_on = BR_IMAGE_FAIL_ON_TRUNCATED;
			assert_int_equal(open_bytes(f, part), 0);
			/* Small, so that scans could be left out, and large. */
			jpeg_plan(f, eighth % 2 ? 40 : 300, 0, BR_IMAGE_FIT_CONTAIN);
			assert_int_equal(jpeg_resize(f), BR_ERROR_TRUNCATED);
			assert_int_equal(f->out.size, 0);
			assert_int_equal(f->error.code, BR_ERROR_TRUNCATED);
			f->limits.fail_on = BR_IMAGE_FAIL_ON_NONE;
			assert_int_equal(open_bytes(f, part), 0);
			assert_int_equal(jpeg_resize(f), 0);
			assert_int_equal(f->notes, BR_IMAGE_NOTE_TRUNCATED);
		}
		f->limits.fail_on = BR_IMAGE_FAIL_ON_NONE;
		assert_int_equal(open_bytes(f, (struct bytes){whole.data, 100}), BR_ERROR_CORRUPT);
		f->limits.fail_on = BR_IMAGE_FAIL_ON_WARNING;
		assert_int_equal(open_bytes(f, whole), 0);
		assert_int_equal(jpeg_resize(f), 0);
		bytes_free(whole);
	}
}

/* Garbage in the middle: passed with a warning, refused at the strictest level. */
static void damaged_data(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 640, .height = 480, .h = {1, 1, 1}, .v = {1, 1, 1}};
	struct bytes bytes = source_make(&source);

	/* An end of picture too early. */
	memcpy((void *)(uintptr_t)(bytes.data + bytes.size / 2), "\xff\xd9", 2);
	f->limits.fail_on = BR_IMAGE_FAIL_ON_ERROR;
	assert_int_equal(open_bytes(f, bytes), 0);
	jpeg_plan(f, 100, 100, BR_IMAGE_FIT_CONTAIN);
	assert_int_equal(jpeg_resize(f), 0);
	f->limits.fail_on = BR_IMAGE_FAIL_ON_WARNING;
	assert_int_equal(open_bytes(f, bytes), 0);
	assert_int_equal(jpeg_resize(f), BR_ERROR_CORRUPT);
	/* And the codec is as good as new. */
	bytes_free(bytes);
	expect_scene(f, &source, 100, 0, BR_IMAGE_FIT_CONTAIN, 44);
}

/* What a picture leaves behind must not help the next. */
static void tables_are_not_inherited(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 90, .height = 70, .h = {1, 1, 1}, .v = {1, 1, 1}};
	struct bytes bytes = source_make(&source);
	unsigned char *data = (unsigned char *)(uintptr_t)bytes.data;

	expect_scene(f, &source, 45, 0, BR_IMAGE_FIT_CONTAIN, 40);
	for (size_t i = 2; i + 1 < bytes.size && data[i + 1] != 0xda;
	     i += 2 + (size_t)data[i + 2] * 256 + data[i + 3])
		if (data[i + 1] == 0xdb)
			data[i + 1] = 0xfe; /* a comment instead of the tables */
	assert_int_equal(open_bytes(f, bytes), 0);
	assert_int_equal(jpeg_resize(f), BR_ERROR_CORRUPT);
	bytes_free(bytes);
}

static void limits_hold(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 640, .height = 480, .h = {1, 1, 1}, .v = {1, 1, 1}};
	struct bytes bytes = source_make(&source), progressive;

	f->limits.max_pixels = 640 * 480 - 1;
	assert_int_equal(open_bytes(f, bytes), BR_ERROR_TOO_MANY_PIXELS);
	f->limits.max_pixels++;
	assert_int_equal(open_bytes(f, bytes), 0);
	jpeg_plan(f, 300, 300, BR_IMAGE_FIT_CONTAIN);
	f->limits.max_memory = 50000; /* less than the output's planes */
	assert_int_equal(open_bytes(f, bytes), 0);
	assert_int_equal(jpeg_resize(f), BR_ERROR_TOO_LARGE);
	f->limits.max_memory = 1700000; /* these fit, the coefficients do not */
	assert_int_equal(open_bytes(f, bytes), 0);
	assert_int_equal(jpeg_resize(f), 0);
	source.progressive = true;
	progressive = source_make(&source);
	assert_int_equal(open_bytes(f, progressive), 0);
	assert_int_equal(jpeg_resize(f), BR_ERROR_TOO_LARGE);
	f->limits.max_memory = 0;
	assert_int_equal(open_bytes(f, progressive), 0);
	assert_int_equal(jpeg_resize(f), 0);
	bytes_free(progressive);
	bytes_free(bytes);
}

static int grow_never(struct br_buffer *buffer, size_t capacity)
{
	(void)buffer;
	(void)capacity;
	return -ENOSPC;
}

static void no_room_for_the_output(void **state)
{
	struct fixture *f = *state;
	struct source source = {.width = 640, .height = 480, .h = {1, 1, 1}, .v = {1, 1, 1}};
	struct bytes bytes = source_make(&source);
	unsigned char little[65536];
	struct br_buffer kept = f->out;

	f->out = (struct br_buffer){.data = little, .capacity = sizeof(little), .grow = grow_never};
	assert_int_equal(open_bytes(f, bytes), 0);
	jpeg_plan(f, 3000, 2000, BR_IMAGE_FIT_CONTAIN);
	assert_int_equal(jpeg_resize(f), -ENOSPC);
	assert_int_equal(f->out.size, 0);
	assert_int_equal(f->error.sys_errno, ENOSPC);
	f->out = kept;
	bytes_free(bytes);
	expect_scene(f, &source, 100, 0, BR_IMAGE_FIT_CONTAIN, 44);
}

static void several_sizes_from_one_decode(void **state)
{
	struct fixture *f = *state;
	struct source source = {
	    .width = 901, .height = 700, .h = {2, 1, 1}, .v = {2, 1, 1}, .orientation = 6};
	struct bytes bytes = source_make(&source);
	struct jpeg_target target[BR_IMAGE_SIZES_MAX];
	struct jpeg_job job = {
	    .target = target, .targets = BR_IMAGE_SIZES_MAX, .reserve = JPEG_RESERVE_DEFAULT};
	struct jpeg_times times;
	uint64_t offset = 3;

	assert_int_equal(open_bytes(f, bytes), 0);
	for (unsigned i = 0; i < BR_IMAGE_SIZES_MAX; i++) {
		jpeg_plan(f, 20 + 30 * i, 0, BR_IMAGE_FIT_CONTAIN);
		target[i] = f->target;
	}
	assert_int_equal(br_buffer_append(&f->out, "abc", 3), 0);
	assert_int_equal(jpeg_codec_resize(f->codec, f->resampler, &job, &f->out, f->output,
	                                   &f->notes, &times, &f->error),
	                 0);
	assert_memory_equal(f->out.data, "abc", 3);
	for (unsigned i = 0; i < BR_IMAGE_SIZES_MAX; i++) {
		struct output output;

		assert_int_equal(f->output[i].offset, offset);
		offset += f->output[i].size;
		output = output_read(f->out.data + f->output[i].offset, f->output[i].size);
		assert_int_equal(output.width, 20 + 30 * i);
		for (unsigned c = 0; c < 3; c++)
			assert_true(jpeg_psnr(&output, &target[i].geometry, 6, c) > 38);
		free(output.data);
	}
	assert_int_equal(offset, f->out.size);
	bytes_free(bytes);
}

/* --- what is declined --------------------------------------------------------------------------
 */

static void put(unsigned char *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* A profile of three primaries and one curve: sRGB's, or with another gamma. */
static size_t profile_make(unsigned char profile[400], double gamma)
{
	static const char tags[6][5] = {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"};
	static const double xyz[9] = {0.4361, 0.2225, 0.0139, 0.3851, 0.7169,
	                              0.0971, 0.1431, 0.0606, 0.7141};
	const double curve[5] = {gamma, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};
	size_t at = 128 + 4 + 6 * 12;

	memset(profile, 0, 400);
	memcpy(profile + 12, "mntrRGB XYZ ", 12);
	memcpy(profile + 36, "acsp", 4);
	put(profile + 128, 6);
	for (size_t i = 0; i < 6; i++) {
		memcpy(profile + 132 + 12 * i, tags[i], 4);
		put(profile + 136 + 12 * i, (uint32_t)(at + 20 * (i < 3 ? i : 3)));
		put(profile + 140 + 12 * i, i < 3 ? 20 : 32);
	}
	for (size_t i = 0; i < 3; i++, at += 20) {
		memcpy(profile + at, "XYZ ", 4);
		for (size_t k = 0; k < 3; k++)
			put(profile + at + 8 + 4 * k, (uint32_t)(xyz[3 * i + k] * 65536));
	}
	memcpy(profile + at, "para\0\0\0\0\0\3", 10);
	for (size_t i = 0; i < 5; i++)
		put(profile + at + 12 + 4 * i, (uint32_t)(curve[i] * 65536 + 0.5));
	put(profile, (uint32_t)(at + 32));
	return at + 32;
}

static enum jpeg_decline declined(struct fixture *f, const struct source *source)
{
	struct bytes bytes = source_make(source);

	assert_int_equal(open_bytes(f, bytes), 0);
	bytes_free(bytes);
	return f->decline;
}

static void what_is_declined(void **state)
{
	struct fixture *f = *state;
	unsigned char profile[400];
	struct source source = {.width = 50, .height = 40, .h = {1, 1, 1}, .v = {1, 1, 1}};
	struct bytes bytes;

	assert_int_equal(declined(f, &source), JPEG_DECLINE_NONE);
	source.space = JCS_CMYK;
	assert_int_equal(declined(f, &source), JPEG_DECLINE_COLOUR);
	source.space = JCS_RGB;
	assert_int_equal(declined(f, &source), JPEG_DECLINE_COLOUR);
	source.space = JCS_UNKNOWN;
	source.profile = profile;
	source.profile_size = profile_make(profile, 2.4);
	assert_int_equal(declined(f, &source), JPEG_DECLINE_NONE);
	assert_true(f->info.profile);
	source.profile_size = profile_make(profile, 1.8);
	assert_int_equal(declined(f, &source), JPEG_DECLINE_PROFILE);
	source.profile = NULL;
	bytes = source_make(&source);
	for (size_t i = 0; i + 18 < bytes.size; i++)
		if (bytes.data[i] == 0xff && bytes.data[i + 1] == 0xc0) {
			/* No encoder here writes three samples for two. */
			((unsigned char *)(uintptr_t)bytes.data)[i + 11] = 0x31;
			((unsigned char *)(uintptr_t)bytes.data)[i + 14] = 0x21;
			break;
		}
	assert_int_equal(open_bytes(f, bytes), 0);
	assert_int_equal(f->decline, JPEG_DECLINE_SAMPLING);
	bytes_free(bytes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jpeg_setup, jpeg_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_sampling_at_every_scale),
	    TEST(a_progressive_picture_does_with_means_sooner),
	    TEST(every_orientation),
	    TEST(crops_and_margins_anywhere),
	    TEST(tiny_and_enlarged),
	    TEST(padding_is_the_background),
	    TEST(chroma_follows_quality),
	    TEST(progressive_is_only_another_order),
	    TEST(left_out_scans_do_not_matter),
	    TEST(cut_off_files),
	    TEST(damaged_data),
	    TEST(tables_are_not_inherited),
	    TEST(limits_hold),
	    TEST(no_room_for_the_output),
	    TEST(several_sizes_from_one_decode),
	    TEST(what_is_declined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
