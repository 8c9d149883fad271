/* test_webp_timing.c - times of an animated WebP: frames that libwebp has made one, a still that is
 * to last, and files of any kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "probe/webp_timing.h"
#include "image_fixture.h"

#define FRAMES 5

static const int delays[FRAMES] = {0, 1, 10, 33, 70000};
static const struct webp_timing timing = {
    .delays = delays, .frames = FRAMES, .loop = 3, .width = 20, .height = 10};

/* As the saver is told to make it: frames of the grays given. */
static struct br_buffer encoded(const unsigned char grays[FRAMES])
{
	unsigned char pixels[FRAMES][10][20][3];
	struct br_buffer out = BR_BUFFER_HEAP;
	VipsImage *frames;
	struct file file;
	int ticks[FRAMES];

	for (int i = 0; i < FRAMES; i++) {
		memset(pixels[i], grays[i], sizeof pixels[i]);
		ticks[i] = WEBP_TIMING_TICK;
	}
	frames = vips_image_new_from_memory_copy(pixels, sizeof pixels, 20, 10 * FRAMES, 3,
	                                         VIPS_FORMAT_UCHAR);
	assert_non_null(frames);
	vips_image_set_int(frames, VIPS_META_PAGE_HEIGHT, 10);
	vips_image_set_array_int(frames, "delay", ticks, FRAMES);
	vips_image_set_int(frames, "loop", 3);
	file = fixture_encode(frames, ".webp[lossless]");
	/* what stands before it in the buffer is not its business */
	assert_int_equal(br_buffer_append(&out, "before", 6), 0);
	assert_int_equal(br_buffer_append(&out, file.data, file.size), 0);
	fixture_free(&file);
	return out;
}

/* What libvips reads of it. */
static void assert_times(const struct br_buffer *out, const int *wanted, int frames)
{
	VipsImage *image =
	    vips_image_new_from_buffer(out->data + 6, out->size - 6, "", "n", -1, NULL);
	int *times, count, loop;

	assert_non_null(image);
	assert_memory_equal(out->data, "before", 6);
	assert_int_equal(le32(out->data + 6 + 4), out->size - 6 - 8);
	assert_int_equal(vips_image_get_page_height(image), 10);
	assert_int_equal(image->Ysize, 10 * frames);
	assert_int_equal(vips_image_get_array_int(image, "delay", &times, &count), 0);
	assert_int_equal(count, frames);
	assert_memory_equal(times, wanted, sizeof *times * (size_t)frames);
	assert_int_equal(vips_image_get_int(image, "loop", &loop), 0);
	assert_int_equal(loop, 3);
	/* the last frame, to its last pixel */
	assert_int_equal(fixture_sample(image, 19, 10 * frames - 1, 0), 200);
	g_object_unref(image);
}

static void writes_what_the_saver_would_not(void **state)
{
	struct br_buffer out = encoded((unsigned char[]){0, 50, 100, 150, 200});

	(void)state;
	assert_int_equal(webp_timing_set(&timing, &out, 6), 0);
	assert_times(&out, delays, FRAMES);
	br_buffer_release(&out);
}

static void adds_up_what_has_become_one_frame(void **state)
{
	struct br_buffer out = encoded((unsigned char[]){0, 50, 50, 50, 200});

	(void)state;
	assert_int_equal(webp_timing_set(&timing, &out, 6), 0);
	assert_times(&out, (int[]){0, 44, 70000}, 3);
	br_buffer_release(&out);
}

static void makes_no_still_of_an_animation(void **state)
{
	struct br_buffer out = encoded((unsigned char[]){200, 200, 200, 200, 200});

	(void)state;
	assert_int_equal(webp_timing_set(&timing, &out, 6), 0);
	assert_times(&out, (int[]){44, 70000}, 2);
	br_buffer_release(&out);
}

static void writes_no_time_that_does_not_fit(void **state)
{
	const int long_ones[FRAMES] = {0xffffff, 0xffffff, 1, -5, 7};
	struct webp_timing own = timing;
	struct br_buffer out = encoded((unsigned char[]){0, 0, 0, 50, 200});

	(void)state;
	own.delays = long_ones;
	assert_int_equal(webp_timing_set(&own, &out, 6), 0);
	assert_times(&out, (int[]){0xffffff, 0, 7}, 3);
	br_buffer_release(&out);
}

static void refuses_another_number_of_frames(void **state)
{
	(void)state;
	for (uint32_t frames = 0; frames < FRAMES; frames++) {
		struct br_buffer out = encoded((unsigned char[]){0, 50, 100, 150, 200});
		struct webp_timing own = timing;

		own.frames = frames;
		assert_int_equal(webp_timing_set(&own, &out, 6), BR_ERROR_ENCODE);
		br_buffer_release(&out);
	}
}

/* In memory of exactly that size: a sanitizer sees every step beyond. */
static void survives_every_cut_and_flipped_byte(void **state)
{
	const unsigned char grays[2][FRAMES] = {{0, 50, 100, 150, 200}, {9, 9, 9, 9, 9}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct br_buffer out = encoded(grays[i]);

		for (size_t at = 6; at < out.size; at++) {
			struct br_buffer copy = BR_BUFFER_HEAP;

			assert_int_equal(br_buffer_append(&copy, out.data, at), 0);
			(void)webp_timing_set(&timing, &copy, 6);
			br_buffer_release(&copy);
			assert_int_equal(br_buffer_append(&copy, out.data, out.size), 0);
			copy.data[at] ^= 0xff;
			(void)webp_timing_set(&timing, &copy, 6);
			br_buffer_release(&copy);
		}
		br_buffer_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_what_the_saver_would_not),
	    cmocka_unit_test(adds_up_what_has_become_one_frame),
	    cmocka_unit_test(makes_no_still_of_an_animation),
	    cmocka_unit_test(writes_no_time_that_does_not_fit),
	    cmocka_unit_test(refuses_another_number_of_frames),
	    cmocka_unit_test(survives_every_cut_and_flipped_byte),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
