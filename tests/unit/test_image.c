/* test_image.c - the pipeline from bytes to bytes: right pictures, the same everywhere. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image_fixture.h"

static void makes_every_format_smaller(void **state)
{
	static const char *const suffixes[] = {".jpg", ".png", ".webp", ".tif", ".gif"};
	const struct br_image_options options = fixture_options(100, 100);

	(void)state;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		struct run run;
		VipsImage *image = fixture_resized(
		    fixture_encode(fixture_picture(640, 320, 3), suffixes[i]), &options, &run);

		assert_int_equal(image->Xsize, 100);
		assert_int_equal(image->Ysize, 50);
		assert_int_equal(run.result.info.width, 640);
		assert_int_equal(run.result.info.pages, 1);
		assert_int_equal(run.result.info.format, run.result.out_format);
		assert_int_equal(run.result.notes, 0);
		/* red grows from left to right, green from top to bottom; lossy ones waver */
		assert_in_range(fixture_sample(image, 50, 25, 0), 108, 148);
		assert_in_range(fixture_sample(image, 50, 25, 1), 108, 148);
		assert_in_range(fixture_sample(image, 3, 25, 0), 0, 34);
		fixture_done(image, &run);
	}
}

static void leaves_small_pictures_at_their_size(void **state)
{
	const struct br_image_options options = fixture_options(800, 600);
	struct run run;
	VipsImage *image =
	    fixture_resized(fixture_encode(fixture_picture(33, 21, 3), ".png"), &options, &run);

	(void)state;
	assert_int_equal(image->Xsize, 33);
	assert_int_equal(image->Ysize, 21);
	assert_true(run.result.notes & BR_IMAGE_NOTE_NOT_ENLARGED);
	assert_int_equal(fixture_sample(image, 16, 10, 0), 16 * 255 / 33);
	fixture_done(image, &run);
}

static void survives_a_line(void **state)
{
	const struct br_image_options options = fixture_options(800, 600);
	struct run run;
	VipsImage *image =
	    fixture_resized(fixture_encode(fixture_picture(1, 5000, 1), ".png"), &options, &run);

	(void)state;
	assert_int_equal(image->Xsize, 1);
	assert_int_equal(image->Ysize, 600);
	fixture_done(image, &run);
}

/* Where the stored top left and top right corners are to be seen (Exif 2.32, tag 0x0112): bit 0 is
 * right, bit 1 is bottom. */
static const unsigned char seen[9][2] = {{0, 0}, {0, 1}, {1, 0}, {3, 2}, {2, 3},
                                         {0, 2}, {1, 3}, {3, 1}, {2, 0}};

static void assert_corner(VipsImage *image, unsigned corner, const char *colour)
{
	const int x = corner & 1 ? image->Xsize - 3 : 2, y = corner & 2 ? image->Ysize - 3 : 2;

	for (int band = 0; band < 3; band++)
		assert_in_range(fixture_sample(image, x, y, band), colour[band] == '1' ? 200 : 0,
		                colour[band] == '1' ? 255 : 60);
}

static void applies_the_orientation(void **state)
{
	static const char *const suffixes[] = {".jpg[Q=95]", ".webp[lossless]", ".tif"};
	struct br_image_options options = fixture_options(32, 32);

	(void)state;
	options.format = BR_IMAGE_FORMAT_PNG;
	for (int i = 0; i < 24; i++) {
		const int orientation = i % 8 + 1;
		VipsImage *corners = fixture_corners(), *image;
		struct run run;

		vips_image_set_int(corners, VIPS_META_ORIENTATION, orientation);
		image = fixture_resized(fixture_encode(corners, suffixes[i / 8]), &options, &run);
		assert_int_equal(run.result.info.orientation, orientation);
		assert_int_equal(image->Xsize, orientation > 4 ? 24 : 32);
		assert_int_equal(image->Ysize, orientation > 4 ? 32 : 24);
		assert_int_equal(vips_image_get_orientation(image), 1);
		assert_corner(image, seen[orientation][0], "100");
		assert_corner(image, seen[orientation][1], "010");
		fixture_done(image, &run);
	}
}

static void keeps_gray(void **state)
{
	const struct br_image_options options = fixture_options(50, 50);
	struct run run;
	VipsImage *image =
	    fixture_resized(fixture_encode(fixture_picture(200, 100, 1), ".jpg"), &options, &run);

	(void)state;
	assert_int_equal(image->Bands, 1);
	fixture_done(image, &run);
}

static struct file gray_of_16_bits(void)
{
	VipsImage *gray = fixture_picture(200, 100, 1), *wide, *words;

	assert_int_equal(vips_linear1(gray, &wide, 257, 0, NULL), 0);
	assert_int_equal(vips_cast_ushort(wide, &words, NULL), 0);
	g_object_unref(gray);
	g_object_unref(wide);
	return fixture_encode(words, ".png[bitdepth=16]");
}

static void keeps_16_bits_where_it_can(void **state)
{
	struct br_image_options options = fixture_options(50, 50);
	struct run run;
	VipsImage *image = fixture_resized(gray_of_16_bits(), &options, &run);

	(void)state;
	assert_int_equal(image->BandFmt, VIPS_FORMAT_USHORT);
	assert_int_equal(run.result.notes & BR_IMAGE_NOTE_DEPTH_REDUCED, 0);
	assert_in_range(fixture_sample(image, 25, 12, 0), 32000, 34000);
	fixture_done(image, &run);
	options.format = BR_IMAGE_FORMAT_JPEG;
	image = fixture_resized(gray_of_16_bits(), &options, &run);
	assert_int_equal(image->BandFmt, VIPS_FORMAT_UCHAR);
	assert_true(run.result.notes & BR_IMAGE_NOTE_DEPTH_REDUCED);
	assert_in_range(fixture_sample(image, 25, 12, 0), 124, 134);
	fixture_done(image, &run);
}

/* Red where it is opaque, green where it can't be seen. */
static struct file red_over_hidden_green(void)
{
	unsigned char pixels[64][64][4];
	VipsImage *image;

	for (int y = 0; y < 64; y++)
		for (int x = 0; x < 64; x++)
			memcpy(pixels[y][x], x < 31 ? "\xff\0\0\xff" : "\0\xff\0\0", 4);
	image =
	    vips_image_new_from_memory_copy(pixels, sizeof pixels, 64, 64, 4, VIPS_FORMAT_UCHAR);
	assert_non_null(image);
	return fixture_encode(image, ".png");
}

static void shows_nothing_of_what_alpha_hides(void **state)
{
	struct br_image_options options = fixture_options(16, 16);
	struct run run;
	VipsImage *image = fixture_resized(red_over_hidden_green(), &options, &run);

	(void)state;
	assert_int_equal(image->Bands, 4);
	for (int x = 0; x < 16; x++)
		if (fixture_sample(image, x, 8, 3) > 0) {
			assert_true(fixture_sample(image, x, 8, 0) >= 254);
			assert_true(fixture_sample(image, x, 8, 1) <= 1);
		}
	fixture_done(image, &run);
	options.format = BR_IMAGE_FORMAT_JPEG;
	memcpy(options.background, "\0\0\xff", 3);
	image = fixture_resized(red_over_hidden_green(), &options, &run);
	assert_int_equal(image->Bands, 3);
	assert_true(run.result.notes & BR_IMAGE_NOTE_ALPHA_DROPPED);
	assert_in_range(fixture_sample(image, 13, 8, 2), 240, 255);
	assert_in_range(fixture_sample(image, 13, 8, 1), 0, 20);
	fixture_done(image, &run);
}

static void crops_and_pads(void **state)
{
	struct br_image_options options = fixture_options(40, 40);
	struct run run;
	VipsImage *image;

	(void)state;
	options.fit = BR_IMAGE_FIT_COVER;
	image =
	    fixture_resized(fixture_encode(fixture_picture(200, 100, 3), ".png"), &options, &run);
	assert_int_equal(image->Xsize, 40);
	assert_int_equal(image->Ysize, 40);
	/* the middle half of the width is left */
	assert_in_range(fixture_sample(image, 0, 20, 0), 60, 70);
	fixture_done(image, &run);
	options.fit = BR_IMAGE_FIT_PAD;
	memcpy(options.background, "\1\2\3", 3);
	image =
	    fixture_resized(fixture_encode(fixture_picture(200, 100, 1), ".png"), &options, &run);
	assert_int_equal(image->Ysize, 40);
	assert_int_equal(image->Bands, 3);
	for (int band = 0; band < 3; band++)
		assert_int_equal(fixture_sample(image, 20, 5, band), band + 1);
	fixture_done(image, &run);
}

static void enlarges_when_told(void **state)
{
	struct br_image_options options = fixture_options(300, 300);
	struct run run;
	VipsImage *image;

	(void)state;
	options.enlarge = true;
	image =
	    fixture_resized(fixture_encode(fixture_picture(100, 51, 4), ".png"), &options, &run);
	assert_int_equal(image->Xsize, 300);
	assert_int_equal(image->Ysize, 153);
	assert_in_range(fixture_sample(image, 150, 76, 0), 120, 134);
	fixture_done(image, &run);
}

static void makes_several_sizes_at_once(void **state)
{
	static const int widths[] = {100, 20, 200};
	struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(800, 400, 3), ".jpg");
	struct br_buffer out = BR_BUFFER_HEAP;
	struct br_image_result result;
	struct br_error error;

	(void)state;
	options.sizes = 3;
	options.size[1] = (struct br_image_size){.width = 20};
	options.size[2] = (struct br_image_size){.percent = 25000};
	assert_int_equal(br_buffer_append(&out, "before", 6), 0);
	assert_int_equal(
	    br_image_resize(NULL, file.data, file.size, &options, &out, &result, &error), 0);
	assert_int_equal(result.outputs, 3);
	assert_memory_equal(out.data, "before", 6);
	assert_int_equal(result.output[0].offset, 6);
	assert_int_equal(result.output[1].offset, 6 + result.output[0].size);
	assert_int_equal(result.output[2].offset + result.output[2].size, out.size);
	for (unsigned i = 0; i < 3; i++) {
		VipsImage *image = fixture_decode(&out, &result.output[i]);

		assert_int_equal(image->Xsize, widths[i]);
		g_object_unref(image);
	}
	br_buffer_release(&out);
	fixture_free(&file);
}

/* Who looks when all is over finds what came last: on each way, and where it did not go well. */
static void writes_what_it_is_at(void **state)
{
	static const char *const suffixes[] = {".jpg", ".png", ".webp", ".tif", ".gif"};
	struct br_image_options options = fixture_options(100, 100);
	uint64_t stage = 77;
	struct run run;

	(void)state;
	options.stage = &stage;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		struct file file = fixture_encode(fixture_picture(320, 320, 3), suffixes[i]);

		fixture_done(fixture_resized(file, &options, &run), &run);
		assert_int_equal(stage, BR_IMAGE_STAGE_ENCODE);
	}
	for (size_t i = 0; i < 2; i++) {
		struct file file = fixture_encode(fixture_picture(320, 320, 3), suffixes[i]);

		fixture_cut(&file, file.size / 2);
		fixture_refused(file, &options, BR_ERROR_TRUNCATED);
		fixture_free(&file);
		assert_in_range(stage, BR_IMAGE_STAGE_HEADER, BR_IMAGE_STAGE_DECODE);
	}
	struct file file = fixture_encode(fixture_picture(320, 320, 3), ".jpg");

	options.max_pixels = 1000;
	fixture_refused(file, &options, BR_ERROR_TOO_MANY_PIXELS);
	fixture_free(&file);
	assert_int_equal(stage, BR_IMAGE_STAGE_HEADER);
}

static void converts_cmyk(void **state)
{
	const struct br_image_options options = fixture_options(20, 20);
	VipsImage *picture = fixture_picture(100, 100, 3), *cmyk, *image;
	struct run run;

	(void)state;
	assert_int_equal(vips_colourspace(picture, &cmyk, VIPS_INTERPRETATION_CMYK, NULL), 0);
	g_object_unref(picture);
	image = fixture_resized(fixture_encode(cmyk, ".jpg[strip]"), &options, &run);
	assert_int_equal(image->Bands, 3);
	assert_true(run.result.notes & BR_IMAGE_NOTE_PROFILE_MISSING);
	assert_true(fixture_sample(image, 18, 2, 0) > fixture_sample(image, 2, 18, 0) + 20);
	assert_true(fixture_sample(image, 2, 18, 1) > fixture_sample(image, 18, 2, 1) + 80);
	fixture_done(image, &run);
}

/* A profile is damaged in the file, since later releases of libvips do not write a broken one. */
static void ignores_a_broken_profile(void **state)
{
	const struct br_image_options options = fixture_options(20, 20);
	struct file file = fixture_encode(fixture_picture(100, 100, 3), ".tif[profile=srgb]");
	unsigned char *signature = memmem(file.data, file.size, "acsp", 4);
	VipsImage *image;
	struct run run;

	(void)state;
	assert_non_null(signature);
	memset(signature, 'x', 4);
	image = fixture_resized(file, &options, &run);
	assert_true(run.result.info.profile);
	assert_true(run.result.notes & BR_IMAGE_NOTE_PROFILE_BROKEN);
	assert_in_range(fixture_sample(image, 10, 10, 0), 124, 144);
	fixture_done(image, &run);
}

/* The same numbers mean a stronger colour in Display P3 than in sRGB. */
static void converts_a_profile(void **state)
{
	const struct br_image_options options = fixture_options(20, 20);
	VipsImage *picture = fixture_picture(100, 100, 3), *image;
	VipsBlob *blob;
	const void *profile;
	size_t size;
	struct run run;

	(void)state;
	assert_int_equal(vips_profile_load("p3", &blob, NULL), 0);
	profile = vips_blob_get(blob, &size);
	vips_image_set_blob_copy(picture, VIPS_META_ICC_NAME, profile, size);
	vips_area_unref(VIPS_AREA(blob));
	image = fixture_resized(fixture_encode(picture, ".png"), &options, &run);
	assert_true(run.result.info.profile);
	assert_int_equal(run.result.notes & BR_IMAGE_NOTE_PROFILE_BROKEN, 0);
	/* red 236 and green 32 there */
	assert_in_range(fixture_sample(image, 18, 2, 0), 248, 255);
	assert_in_range(fixture_sample(image, 18, 2, 1), 0, 10);
	fixture_done(image, &run);
}

static void keeps_the_first_frame(void **state)
{
	struct br_image_options options = fixture_options(800, 600);
	VipsImage *frames = fixture_picture(16, 48, 3), *image;
	struct run run;

	(void)state;
	options.format = BR_IMAGE_FORMAT_PNG;
	vips_image_set_int(frames, VIPS_META_PAGE_HEIGHT, 16);
	image = fixture_resized(fixture_encode(frames, ".webp[lossless]"), &options, &run);
	assert_int_equal(run.result.info.pages, 3);
	assert_true(run.result.notes & BR_IMAGE_NOTE_ANIMATION_DROPPED);
	assert_int_equal(image->Ysize, 16);
	fixture_done(image, &run);
}

/* An animated WebP of 32x32 with a single frame of 2x2 white pixels at 4, 6. */
static struct file small_frame_on_canvas(void)
{
	static const unsigned char head[] = "RIFF    WEBP"
					    "VP8X\x0a\0\0\0\x12\0\0\0\x1f\0\0\x1f\0\0"
					    "ANIM\x06\0\0\0\0\0\0\0\0\0"
					    "ANMF    \2\0\0\3\0\0\1\0\0\1\0\0\x64\0\0\0";
	const size_t head_size = sizeof head - 1;
	unsigned char white[12];
	VipsImage *image;
	struct file frame, file;
	const unsigned char *chunk;
	size_t chunk_size;

	memset(white, 255, sizeof white);
	image = vips_image_new_from_memory_copy(white, sizeof white, 2, 2, 3, VIPS_FORMAT_UCHAR);
	assert_non_null(image);
	frame = fixture_encode(image, ".webp[lossless,strip]");
	chunk = memmem(frame.data, frame.size, "VP8L", 4);
	assert_non_null(chunk);
	chunk_size = 8 + ((size_t)chunk[4] + 1) / 2 * 2;
	file.size = head_size + chunk_size;
	file.data = malloc(file.size);
	memcpy(file.data, head, head_size);
	memcpy(file.data + head_size, chunk, chunk_size);
	/* both lengths are under 256 */
	memcpy(file.data + 4, (unsigned char[]){(unsigned char)(file.size - 8), 0, 0, 0}, 4);
	memcpy(file.data + head_size - 20,
	       (unsigned char[]){(unsigned char)(16 + chunk_size), 0, 0, 0}, 4);
	fixture_free(&frame);
	return file;
}

/* What the frame does not cover is transparent, whatever lay in memory before. */
static void leaves_no_pixel_undefined(void **state)
{
	struct file file = small_frame_on_canvas();
	const struct br_image_options options = fixture_options(800, 600);

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct run run = fixture_resize(file, &options);
		VipsImage *image;

		if (run.status)
			fail_msg("%s", run.error.msg);
		image = fixture_decode(&run.out, &run.result.output[0]);
		assert_int_equal(image->Bands, 4);
		assert_int_equal(fixture_sample(image, 30, 30, 3), 0);
		assert_int_equal(fixture_sample(image, 0, 0, 3), 0);
		assert_true(fixture_sample(image, 4, 6, 3) > 200);
		fixture_done(image, &run);
	}
	fixture_free(&file);
}

static void says_when_it_grew(void **state)
{
	struct br_image_options options = fixture_options(800, 600);
	struct run run;
	VipsImage *image;

	(void)state;
	options.quality = 100;
	image = fixture_resized(fixture_encode(fixture_picture(300, 200, 3), ".jpg[Q=10]"),
	                        &options, &run);
	assert_true(run.result.notes & BR_IMAGE_NOTE_GREW);
	fixture_done(image, &run);
}

static void probes_without_decoding(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);
	struct file file = fixture_encode(fixture_picture(400, 300, 4), ".png");
	struct br_image_info info;
	struct br_error error;

	(void)state;
	assert_int_equal(br_image_probe(file.data, file.size, &options, &info, &error), 0);
	assert_int_equal(info.format, BR_IMAGE_FORMAT_PNG);
	assert_int_equal(info.width, 400);
	assert_int_equal(info.height, 300);
	assert_int_equal(info.bands, 4);
	assert_int_equal(info.bits, 8);
	assert_true(info.alpha);
	fixture_cut(&file, 30);
	assert_int_equal(br_image_probe(file.data, file.size, &options, &info, &error),
	                 BR_ERROR_TRUNCATED);
	fixture_free(&file);
}

static void knows_what_it_can_do(void **state)
{
	(void)state;
	assert_true(br_image_can_read(BR_IMAGE_FORMAT_JPEG) &&
	            br_image_can_write(BR_IMAGE_FORMAT_JPEG));
	assert_true(br_image_can_read(BR_IMAGE_FORMAT_PNG) &&
	            br_image_can_write(BR_IMAGE_FORMAT_PNG));
	assert_false(br_image_can_read(BR_IMAGE_FORMAT_SVG) ||
	             br_image_can_write(BR_IMAGE_FORMAT_SVG));
	assert_false(br_image_can_read(BR_IMAGE_FORMAT_UNKNOWN) ||
	             br_image_can_write(BR_IMAGE_FORMAT_BMP));
	br_image_trim();
}

/* --- several threads ---------------------------------------------------------------------------
 */

#define THREADS 4
#define ROUNDS  5

struct job {
	const struct file *files;
	const struct run *expected;
	size_t count;
	bool same;
};

static void *resize_all(void *arg)
{
	struct job *job = arg;
	struct br_image_options options = fixture_options(100, 100);

	options.alone = false;
	job->same = true;
	for (size_t i = 0; i < ROUNDS * job->count; i++) {
		const struct run *expected = &job->expected[i % job->count];
		const struct file *file = &job->files[i % job->count];
		struct run run = {.out = BR_BUFFER_HEAP};

		run.status = br_image_resize(NULL, file->data, file->size, &options, &run.out,
		                             &run.result, &run.error);
		job->same &=
		    run.status == expected->status && run.out.size == expected->out.size &&
		    run.result.notes == expected->result.notes &&
		    (!run.out.size || !memcmp(run.out.data, expected->out.data, run.out.size));
		br_buffer_release(&run.out);
	}
	return NULL;
}

#define FILES 4

static void gives_the_same_bytes_in_every_thread(void **state)
{
	const struct br_image_options options = fixture_options(100, 100);
	struct file files[FILES] = {
	    fixture_encode(fixture_picture(640, 480, 3), ".jpg"),
	    fixture_encode(fixture_picture(640, 480, 4), ".png"),
	    fixture_encode(fixture_picture(640, 480, 3), ".webp"),
	    fixture_encode(fixture_picture(640, 480, 3), ".jpg"),
	};
	struct run expected[FILES];
	struct job jobs[THREADS];
	pthread_t threads[THREADS];

	(void)state;
	fixture_cut(&files[3], files[3].size / 2);
	for (int i = 0; i < FILES; i++)
		expected[i] = fixture_resize(files[i], &options);
	for (int i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){files, expected, FILES, false};
		assert_int_equal(pthread_create(&threads[i], NULL, resize_all, &jobs[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(jobs[i].same);
	}
	for (int i = 0; i < FILES; i++) {
		fixture_free(&files[i]);
		br_buffer_release(&expected[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_every_format_smaller),
	    cmocka_unit_test(leaves_small_pictures_at_their_size),
	    cmocka_unit_test(survives_a_line),
	    cmocka_unit_test(applies_the_orientation),
	    cmocka_unit_test(writes_what_it_is_at),
	    cmocka_unit_test(keeps_gray),
	    cmocka_unit_test(keeps_16_bits_where_it_can),
	    cmocka_unit_test(shows_nothing_of_what_alpha_hides),
	    cmocka_unit_test(crops_and_pads),
	    cmocka_unit_test(enlarges_when_told),
	    cmocka_unit_test(makes_several_sizes_at_once),
	    cmocka_unit_test(converts_cmyk),
	    cmocka_unit_test(ignores_a_broken_profile),
	    cmocka_unit_test(converts_a_profile),
	    cmocka_unit_test(keeps_the_first_frame),
	    cmocka_unit_test(leaves_no_pixel_undefined),
	    cmocka_unit_test(says_when_it_grew),
	    cmocka_unit_test(probes_without_decoding),
	    cmocka_unit_test(knows_what_it_can_do),
	    cmocka_unit_test(gives_the_same_bytes_in_every_thread),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
