/* test_scan.c - the walks over files' structures: what they find, and that no cut or flipped byte
 * leads them astray.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/gif_lzw.h"
#include "colour/icc.h"
#include "probe/scan.h"
#include "image_fixture.h"

static const char *const suffixes[] = {".jpg",
                                       ".jpg[interlace]",
                                       ".png",
                                       ".png[interlace]",
                                       ".webp",
                                       ".webp[lossless]",
                                       ".gif",
                                       ".tif",
                                       ".tif[tile,tile-width=16,tile-height=16]",
                                       ".tif[bigtiff]"};
#define SUFFIXES (sizeof suffixes / sizeof *suffixes)

static const struct scan_limits limits = {
    .max_scans = 100, .max_pixels = 268000000, .max_metadata = 32 << 20};

static int run_scan(struct file file, struct scan *scan)
{
	struct br_error error;

	return scan_run(br_image_sniff(file.data, file.size), (struct bytes){file.data, file.size},
	                &limits, scan, &error);
}

static void finds_size_and_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUFFIXES; i++) {
		struct file file = fixture_encode(fixture_picture(123, 45, 3), suffixes[i]);
		struct scan scan;

		assert_int_equal(run_scan(file, &scan), 0);
		assert_int_equal(scan.width, 123);
		assert_int_equal(scan.height, 45);
		assert_int_equal(scan.pages, 1);
		assert_int_equal(scan.bits, 8);
		assert_true(scan.ended);
		assert_int_equal(scan.whole, strstr(suffixes[i], "interlace") != NULL);
		assert_int_equal(scan.lossless, strstr(suffixes[i], "lossless") != NULL);
		fixture_free(&file);
	}
}

/* In memory of exactly that size: a sanitizer sees every step beyond. */
static void scan_copy(const unsigned char *data, size_t size)
{
	struct file copy = {malloc(size ? size : 1), size};
	struct scan scan;
	struct bytes rewritten;

	memcpy(copy.data, data, size);
	if (br_image_can_read(br_image_sniff(copy.data, size)) && !run_scan(copy, &scan) &&
	    scan.rewrite) {
		struct br_error error;

		assert_int_equal(scan_rewrite(br_image_sniff(copy.data, size),
		                              (struct bytes){copy.data, size}, &rewritten, &error),
		                 0);
		free((void *)(uintptr_t)rewritten.data);
	}
	fixture_free(&copy);
}

static void sees_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < SUFFIXES; i++) {
		struct file file = fixture_encode(fixture_picture(40, 30, 3), suffixes[i]);

		for (size_t size = 16; size < file.size - 1; size++) {
			struct scan scan;
			int status = run_scan((struct file){file.data, size}, &scan);

			assert_true(
			    status == BR_ERROR_TRUNCATED || status == BR_ERROR_CORRUPT ||
			    status == BR_ERROR_UNSUPPORTED ||
			    (status == 0 && (!scan.ended || !strncmp(suffixes[i], ".tif", 4))));
			scan_copy(file.data, size);
		}
		fixture_free(&file);
	}
}

static void survives_every_flipped_byte(void **state)
{
	static const unsigned char masks[] = {0x01, 0x80, 0xff};

	(void)state;
	for (size_t i = 0; i < SUFFIXES; i++) {
		struct file file = fixture_encode(fixture_picture(24, 20, 3), suffixes[i]);

		for (size_t at = 0; at < file.size * 3; at++) {
			file.data[at / 3] ^= masks[at % 3];
			scan_copy(file.data, file.size);
			file.data[at / 3] ^= masks[at % 3];
		}
		fixture_free(&file);
	}
}

/* Whole, nothing is missing; cut anywhere, or of zeros from there on, something is, or the scan has
 * said so. */
static void misses_what_is_not_there(void **state)
{
	static const char *const kinds[] = {".gif", ".webp", ".webp[lossless]", ".avif",
	                                    ".tif[compression=lzw]"};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct file file = fixture_encode(fixture_picture(60, 50, 3), kinds[i]);
		const bool gif = !strcmp(kinds[i], ".gif");
		struct scan scan;

		assert_int_equal(run_scan(file, &scan), 0);
		assert_false(scan.missing);
		/* a GIF may lack its last two bytes; libtiff's directory comes last */
		for (size_t size = 16; size < file.size - (gif ? 2 : 1); size++) {
			const int status = run_scan((struct file){file.data, size}, &scan);

			scan_copy(file.data, size);
			if (strncmp(kinds[i], ".tif", 4) != 0 && !status && !scan.missing)
				fail_msg("%s of %zu, cut at %zu", kinds[i], file.size, size);
		}
		memset(file.data + file.size / 2, 0, file.size - file.size / 2);
		if (gif || !strcmp(kinds[i], ".avif"))
			assert_true(run_scan(file, &scan) || scan.missing);
		fixture_free(&file);
	}
}

static void survives_every_flipped_byte_of_boxes(void **state)
{
	struct file file = fixture_encode(fixture_picture(24, 20, 3), ".avif");

	(void)state;
	for (size_t at = 0; at < file.size; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			file.data[at] ^= (unsigned char)(1U << bit);
			scan_copy(file.data, file.size);
			file.data[at] ^= (unsigned char)(1U << bit);
		}
	fixture_free(&file);
}

static void counts_pixels_of_a_gif(void **state)
{
	/* codes of 3 bits: clear, 0, then 6, the string that it is about to define, 5: the end */
	static const unsigned char data[] = {2, 2, 0x84, 0x0b, 0};
	const struct bytes whole = {data, sizeof data};

	(void)state;
	for (uint64_t pixels = 0; pixels <= 3; pixels++)
		assert_int_equal(gif_lzw_count(whole, 0, pixels), GIF_LZW_ENOUGH);
	assert_int_equal(gif_lzw_count(whole, 0, 4), GIF_LZW_SHORT);
	for (size_t size = 0; size < 3; size++)
		assert_int_equal(gif_lzw_count((struct bytes){data, size}, 0, 3), GIF_LZW_SHORT);
	/* 7 where 6 is the next to be defined; a size of a code that there is not */
	assert_int_equal(
	    gif_lzw_count((struct bytes){(unsigned char[]){2, 2, 0xc4, 0x01, 0}, 5}, 0, 9),
	    GIF_LZW_BROKEN);
	assert_int_equal(gif_lzw_count((struct bytes){(unsigned char[]){0, 0}, 2}, 0, 1),
	                 GIF_LZW_BROKEN);
	assert_int_equal(gif_lzw_count((struct bytes){(unsigned char[]){12, 0}, 2}, 0, 1),
	                 GIF_LZW_BROKEN);
}

/* A track of pictures with so many samples says how many frames there are; one of another kind does
 * not. */
static void counts_frames_of_a_sequence(void **state)
{
	static unsigned char file[] = "\0\0\0\x10"
				      "ftypavis\0\0\0\0"
				      "\0\0\0\x58moov\0\0\0\x50trak\0\0\0\x48mdia"
				      "\0\0\0\x18hdlr\0\0\0\0\0\0\0\0pict\0\0\0\0"
				      "\0\0\0\x28minf\0\0\0\x20stbl\0\0\0\x18stsz"
				      "\0\0\0\0\0\0\0\0\0\0\0\7\0\0\0\0";
	const struct file whole = {file, sizeof file - 1};
	struct scan scan;

	(void)state;
	assert_int_equal(run_scan(whole, &scan), 0);
	assert_int_equal(scan.pages, 7);
	assert_false(scan.missing);
	for (size_t size = 16; size < whole.size; size++)
		scan_copy(file, size);
	memcpy(file + 56, "vide", 4);
	assert_int_equal(run_scan(whole, &scan), 0);
	assert_int_equal(scan.pages, 1);
}

/* Headers of JPEG XL: a still with all as usual, one without, and an animation; 24x16 pixels. */
static void knows_an_animated_jxl(void **state)
{
	static const unsigned char still[] = {0xff, 0x0a, 0x03, 0x41, 0x40, 0x71, 0x21, 0x08},
				   moving[] = {0xff, 0x0a, 0x03, 0x05, 0x01, 0x58, 0x50, 0x5c};

	(void)state;
	assert_false(scan_jxl_is_animated((struct bytes){still, sizeof still}));
	assert_true(scan_jxl_is_animated((struct bytes){moving, sizeof moving}));
	for (size_t size = 0; size <= sizeof moving; size++) {
		struct file copy = {malloc(size ? size : 1), size};

		memcpy(copy.data, moving, size);
		(void)scan_jxl_is_animated((struct bytes){copy.data, size});
		for (size_t at = 2; at < size; at++) {
			copy.data[at] ^= 0xff;
			(void)scan_jxl_is_animated((struct bytes){copy.data, size});
		}
		fixture_free(&copy);
	}
}

static void counts_frames(void **state)
{
	static const char *const animated[] = {".gif", ".webp"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		VipsImage *frames = fixture_picture(16, 80, 3);
		struct file file;
		struct scan scan;

		vips_image_set_int(frames, VIPS_META_PAGE_HEIGHT, 16);
		file = fixture_encode(frames, animated[i]);
		assert_int_equal(run_scan(file, &scan), 0);
		assert_int_equal(scan.pages, 5);
		assert_int_equal(scan.height, 16);
		fixture_free(&file);
	}
}

/* A frame that comes before the canvas it lies on is no reason to look for one. */
static void wants_the_canvas_before_its_frames(void **state)
{
	static const unsigned char webp[] = "RIFF\x4a\0\0\0WEBP"
					    "ANMF\x10\0\0\0\2\0\0\3\0\0\1\0\0\1\0\0\x64\0\0\0"
					    "VP8X\x0a\0\0\0\x12\0\0\0\x1f\0\0\x1f\0\0"
					    "ANMF\x10\0\0\0\2\0\0\3\0\0\1\0\0\1\0\0\x64\0\0\0";
	const struct bytes bytes = {webp, sizeof webp - 1};
	struct bytes rewritten;
	struct scan scan = {0};
	struct br_error error;

	(void)state;
	assert_int_equal(scan_webp(bytes, &scan, &error), 0);
	assert_true(scan.rewrite);
	assert_int_equal(scan_webp_rewrite(bytes, &rewritten), 0);
	/* the blank frame comes after the canvas, of its size */
	assert_memory_equal(rewritten.data, webp, 4);
	assert_memory_equal(rewritten.data + 54, "ANMF", 4);
	assert_memory_equal(rewritten.data + 68, "\x1f\0\0\x1f\0\0", 6);
	free((void *)(uintptr_t)rewritten.data);
	scan = (struct scan){0};
	/* without the second frame there is nothing to rewrite */
	assert_int_equal(scan_webp((struct bytes){webp, 54}, &scan, &error), 0);
	assert_false(scan.rewrite);
	assert_int_equal(scan_webp_rewrite((struct bytes){webp, 54}, &rewritten),
	                 BR_ERROR_INTERNAL);
}

static void follows_no_circle_of_directories(void **state)
{
	/* a directory of one entry that is its own successor */
	static const unsigned char tiff[] = "II*\0\x08\0\0\0"
					    "\2\0"
					    "\0\1\3\0\1\0\0\0\5\0\0\0"
					    "\1\1\3\0\1\0\0\0\6\0\0\0"
					    "\x08\0\0\0";
	struct scan scan;
	struct br_error error;

	(void)state;
	assert_int_equal(
	    scan_tiff((struct bytes){tiff, sizeof tiff - 1}, limits.max_metadata, &scan, &error),
	    0);
	assert_int_equal(scan.width, 5);
	assert_int_equal(scan.height, 6);
	assert_true(scan.pages > 1);
}

static void refuses_a_heap_of_metadata(void **state)
{
	/* XMP that claims 4 GB; then ten values of 8 bytes */
	static unsigned char tiff[] = "II*\0\x08\0\0\0"
				      "\3\0"
				      "\0\1\3\0\1\0\0\0\5\0\0\0"
				      "\1\1\3\0\1\0\0\0\6\0\0\0"
				      "\xbc\2\1\0\xff\xff\xff\xff\0\0\0\0"
				      "\0\0\0\0";
	struct scan scan;
	struct br_error error;

	(void)state;
	assert_int_equal(
	    scan_tiff((struct bytes){tiff, sizeof tiff - 1}, limits.max_metadata, &scan, &error),
	    BR_ERROR_TOO_LARGE);
	memcpy(tiff + 36, "\5\0\x0a\0\0\0", 6);
	assert_int_equal(
	    scan_tiff((struct bytes){tiff, sizeof tiff - 1}, limits.max_metadata, &scan, &error),
	    0);
}

static void knows_srgb_by_its_content(void **state)
{
	static const char *const names[] = {"srgb", "p3", "cmyk"};
	static const enum icc_kind kinds[] = {ICC_SRGB, ICC_OTHER, ICC_UNUSABLE};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		VipsBlob *blob;
		const void *data;
		size_t size;

		assert_int_equal(vips_profile_load(names[i], &blob, NULL), 0);
		data = vips_blob_get(blob, &size);
		assert_int_equal(icc_classify((struct bytes){data, size}, ICC_RGB), kinds[i]);
		/* cut off anywhere, it is none */
		for (size_t cut = 0; cut < size; cut += 97)
			assert_int_equal(icc_classify((struct bytes){data, cut}, ICC_RGB),
			                 ICC_UNUSABLE);
		vips_area_unref(VIPS_AREA(blob));
	}
	assert_int_equal(icc_classify((struct bytes){0}, ICC_RGB), ICC_UNUSABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_size_and_end),
	    cmocka_unit_test(sees_every_cut),
	    cmocka_unit_test(survives_every_flipped_byte),
	    cmocka_unit_test(misses_what_is_not_there),
	    cmocka_unit_test(survives_every_flipped_byte_of_boxes),
	    cmocka_unit_test(counts_pixels_of_a_gif),
	    cmocka_unit_test(counts_frames_of_a_sequence),
	    cmocka_unit_test(knows_an_animated_jxl),
	    cmocka_unit_test(counts_frames),
	    cmocka_unit_test(wants_the_canvas_before_its_frames),
	    cmocka_unit_test(follows_no_circle_of_directories),
	    cmocka_unit_test(refuses_a_heap_of_metadata),
	    cmocka_unit_test(knows_srgb_by_its_content),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
