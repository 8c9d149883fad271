/* test_animation.c - frames are kept where they can be, each a picture of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/gif_timing.h"
#include "image_fixture.h"

#define FRAMES 4

static const int delays[FRAMES] = {40, 100, 50, 1000};

/* Frames of 64x32 pixels, each of one gray: 0, 60, 120, 180. */
static struct file animation(const char *suffix)
{
	unsigned char pixels[FRAMES][32][64][3];
	VipsImage *frames;

	for (int i = 0; i < FRAMES; i++)
		memset(pixels[i], 60 * i, sizeof pixels[i]);
	frames = vips_image_new_from_memory_copy(pixels, sizeof pixels, 64, 32 * FRAMES, 3,
	                                         VIPS_FORMAT_UCHAR);
	assert_non_null(frames);
	vips_image_set_int(frames, VIPS_META_PAGE_HEIGHT, 32);
	vips_image_set_array_int(frames, "delay", delays, FRAMES);
	vips_image_set_int(frames, "loop", 3);
	return fixture_encode(frames, suffix);
}

static void assert_frames(const struct run *run, unsigned index, int width, int height)
{
	const struct br_image_output *output = &run->result.output[index];
	VipsImage *image = vips_image_new_from_buffer(run->out.data + output->offset,
	                                              (size_t)output->size, "", "n", -1, NULL);
	int *times, count, loop;

	assert_non_null(image);
	assert_int_equal(output->width, width);
	assert_int_equal(output->height, height);
	assert_int_equal(image->Xsize, width);
	assert_int_equal(image->Ysize, height * FRAMES);
	assert_int_equal(vips_image_get_page_height(image), height);
	assert_int_equal(vips_image_get_int(image, "loop", &loop), 0);
	assert_int_equal(loop, 3);
	assert_int_equal(vips_image_get_array_int(image, "delay", &times, &count), 0);
	assert_int_equal(count, FRAMES);
	assert_memory_equal(times, delays, sizeof delays);
	/* up to the last line: nothing comes in from the next frame */
	for (int i = 0; i < FRAMES; i++) {
		assert_in_range(fixture_sample(image, 0, i * height, 1), i ? 60 * i - 2 : 0,
		                60 * i + 2);
		assert_in_range(fixture_sample(image, width - 1, (i + 1) * height - 1, 1),
		                i ? 60 * i - 2 : 0, 60 * i + 2);
	}
	g_object_unref(image);
}

static void keeps_every_frame(void **state)
{
	static const char *const sources[] = {".gif", ".webp[lossless]"};
	static const enum br_image_format formats[] = {BR_IMAGE_FORMAT_GIF, BR_IMAGE_FORMAT_WEBP};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct br_image_options options = fixture_options(20, 20);
		struct file file = animation(sources[i / 2]);
		struct run run;

		options.format = formats[i % 2];
		run = fixture_resize(file, &options);
		if (run.status)
			fail_msg("%s", run.error.msg);
		assert_int_equal(run.result.info.pages, FRAMES);
		assert_false(run.result.notes & BR_IMAGE_NOTE_ANIMATION_DROPPED);
		assert_frames(&run, 0, 20, 10);
		assert_true(run.result.encode_ms >= 0);
		br_buffer_release(&run.out);
		fixture_free(&file);
	}
}

static void makes_several_sizes(void **state)
{
	struct br_image_options options = fixture_options(64, 64);
	struct file file = animation(".webp[lossless]");
	struct run run;

	(void)state;
	options.sizes = 3;
	options.size[1] = (struct br_image_size){.width = 31};
	options.size[2] = (struct br_image_size){.width = 16, .height = 16};
	options.fit = BR_IMAGE_FIT_FILL;
	run = fixture_resize(file, &options);
	if (run.status)
		fail_msg("%s", run.error.msg);
	assert_int_equal(run.result.outputs, 3);
	assert_frames(&run, 1, 31, 16);
	assert_frames(&run, 2, 16, 16);
	br_buffer_release(&run.out);
	fixture_free(&file);
}

static void refuses_more_than_it_may_take(void **state)
{
	struct br_image_options options = fixture_options(20, 20);
	struct file file = animation(".gif");
	struct run run;

	(void)state;
	/* one frame is within the limit, all are within eight times that */
	options.max_pixels = UINT64_C(64) * 32;
	run = fixture_resize(file, &options);
	assert_int_equal(run.status, 0);
	br_buffer_release(&run.out);
	options.max_pixels--;
	fixture_refused(file, &options, BR_ERROR_TOO_MANY_PIXELS);
	fixture_free(&file);
}

/* A GIF of so many frames of one pixel. */
static struct file pixels(unsigned count)
{
	static const unsigned char head[] = "GIF89a\1\0\1\0\x80\0\0\xff\0\0\0\0\xff";
	static const unsigned char frame[] = "\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1";
	const size_t head_size = sizeof head - 1, frame_size = sizeof frame;
	struct file file = {malloc(head_size + count * frame_size + 1),
	                    head_size + count * frame_size + 1};

	assert_non_null(file.data);
	memcpy(file.data, head, head_size);
	for (unsigned i = 0; i < count; i++)
		memcpy(file.data + head_size + i * frame_size, frame, frame_size);
	file.data[file.size - 1] = ';';
	return file;
}

static void counts_all_frames_of_a_gif(void **state)
{
	static const unsigned counts[] = {4096, 4097, 12000};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct br_image_options options = fixture_options(20, 20);
		struct file file = pixels(counts[i]);
		struct br_image_info info;
		struct br_error error;

		assert_int_equal(br_image_probe(file.data, file.size, &options, &info, &error), 0);
		assert_int_equal(info.pages, counts[i]);
		if (i)
			fixture_refused(file, &options, BR_ERROR_TOO_LARGE);
		fixture_free(&file);
	}
}

static void gives_up_in_time(void **state)
{
	struct br_image_options options = fixture_options(20, 20);
	struct file file = pixels(4096);

	(void)state;
	options.timeout_ms = 1;
	fixture_refused(file, &options, BR_ERROR_TIMEOUT);
	fixture_free(&file);
}

/* What is left of one whose frames are all alike, by some encoders. */
static void makes_a_gif_move_again(void **state)
{
	const int times[FRAMES] = {40, 100, 50, 1000}, wanted[2] = {190, 1000};
	VipsImage *picture = fixture_picture(30, 20, 3), *image;
	struct br_buffer out = BR_BUFFER_HEAP;
	int *found, count;
	struct file file;

	(void)state;
	vips_image_set_array_int(picture, "delay", &times[0], 1);
	file = fixture_encode(picture, ".gif");
	for (size_t size = 0; size <= file.size; size++) {
		br_buffer_release(&out);
		assert_int_equal(br_buffer_append(&out, file.data, size), 0);
		assert_int_equal(gif_timing_keep(times, FRAMES, &out, 0) == 0, size == file.size);
	}
	image = vips_image_new_from_buffer(out.data, out.size, "", "n", -1, NULL);
	assert_non_null(image);
	assert_int_equal(image->Ysize, 40);
	assert_int_equal(vips_image_get_array_int(image, "delay", &found, &count), 0);
	assert_int_equal(count, 2);
	assert_memory_equal(found, wanted, sizeof wanted);
	/* the second frame shows the first one */
	for (int band = 0; band < 3; band++)
		assert_int_equal(fixture_sample(image, 0, 0, band),
		                 fixture_sample(image, 0, 20, band));
	g_object_unref(image);
	br_buffer_release(&out);
	fixture_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_every_frame),
	    cmocka_unit_test(makes_several_sizes),
	    cmocka_unit_test(refuses_more_than_it_may_take),
	    cmocka_unit_test(counts_all_frames_of_a_gif),
	    cmocka_unit_test(gives_up_in_time),
	    cmocka_unit_test(makes_a_gif_move_again),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
