/* test_png_image.c - the pipeline's PNG reader beside libvips' own, over right and broken files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libvips/codec_vips.h"
#include "libvips/codec_png_image.h"
#include "picture/cost.h"
#include "libvips/pixels.h"
#include "libvips/png_image.h"
#include "image_fixture.h"
#include "png_fixture.h"

/* By libvips alone, at its strictest; NULL where it fails. */
static VipsImage *by_libvips(struct bytes bytes)
{
	const struct load_options options = {.fail_on = BR_IMAGE_FAIL_ON_WARNING};
	struct pull pull = {0};
	VipsImage *image;

	if (codec_vips_load(BR_IMAGE_FORMAT_PNG, bytes, &options, &image))
		return NULL;
	if (pixels_settle(&image, &pull))
		VIPS_UNREF(image);
	return image;
}

static VipsImage *load(struct bytes bytes, const VipsImage *header)
{
	struct png_reader *reader = png_reader_new();
	struct png_info info;

	if (png_reader_open(reader, bytes, COST_PNG_MAX, &info)) {
		png_reader_free(reader);
		return NULL;
	}
	return png_image_load(reader, &info, header);
}

/* What is taken is what libvips reads, to the last bit, and what it calls a success at its
 * strictest. Returns whether it was taken. */
static bool agrees(struct bytes bytes)
{
	const struct load_options options = {.fail_on = BR_IMAGE_FAIL_ON_NONE};
	struct pull pull = {0};
	VipsImage *header, *ours, *theirs;

	if (codec_vips_load(BR_IMAGE_FORMAT_PNG, bytes, &options, &header))
		return false;
	ours = load(bytes, header);
	g_object_unref(header);
	if (!ours)
		return false;
	theirs = by_libvips(bytes);
	assert_non_null(theirs);
	assert_int_equal(pixels_settle(&ours, &pull), 0);
	assert_int_equal(ours->Type, theirs->Type);
	assert_int_equal(ours->Xsize, theirs->Xsize);
	assert_int_equal(pixels_bytes(ours), pixels_bytes(theirs));
	assert_memory_equal(ours->data, theirs->data, pixels_bytes(ours));
	g_object_unref(ours);
	g_object_unref(theirs);
	return true;
}

/* --- files of testdata/ -------------------------------------------------------------- */

static bool file_agrees(const char *path)
{
	struct bytes bytes;
	gchar *data;
	gsize size;
	bool taken;

	assert_true(g_file_get_contents(path, &data, &size, NULL));
	bytes = (struct bytes){(const unsigned char *)data, size};
	taken = br_image_sniff(data, size) == BR_IMAGE_FORMAT_PNG && agrees(bytes);
	g_free(data);
	return taken;
}

static unsigned folder_agrees(const char *folder)
{
	GDir *files = g_dir_open(folder, 0, NULL);
	const char *name;
	unsigned taken = 0;

	assert_non_null(files);
	while ((name = g_dir_read_name(files))) {
		char *path = g_build_filename(folder, name, NULL);

		taken += file_agrees(path);
		g_free(path);
	}
	g_dir_close(files);
	return taken;
}

static void right_files(void **state)
{
	(void)state;
	/* all except the interlaced one, or nearly */
	assert_in_range(folder_agrees("testdata/edge"), 15, 100);
	assert_in_range(folder_agrees("testdata/photos"), 1, 1);
	assert_false(file_agrees("testdata/edge/interlaced.png"));
	assert_true(file_agrees("testdata/edge/palette-trns.png"));
	assert_true(file_agrees("testdata/edge/rgb-16.png"));
}

static void broken_files(void **state)
{
	(void)state;
	(void)folder_agrees("testdata/broken");
	assert_false(file_agrees("testdata/broken/truncated.png"));
	assert_false(file_agrees("testdata/broken/bit-flip.png"));
}

/* Every level's verdict of a file with one damaged byte is libvips' own: it is declined, or right.
 */
static void damaged_bytes(void **state)
{
	struct br_buffer png = BR_BUFFER_HEAP;
	const struct forge forge = {.width = 9,
	                            .height = 9,
	                            .bits = 4,
	                            .colour = 3,
	                            .filter = -1,
	                            .keys = 3,
	                            .split = 16,
	                            .seed = 11};
	unsigned taken = 0;

	(void)state;
	png_forge(&png, &forge);
	for (size_t i = 8; i < png.size; i++) {
		png.data[i] ^= 0x20;
		taken += agrees((struct bytes){png.data, png.size});
		png.data[i] ^= 0x20;
	}
	/* what follows the picture does not matter */
	assert_int_equal(taken, 12);
	br_buffer_release(&png);
}

/* --- large ones ---------------------------------------------------------------------- */

/* A palette's picture over COST_SETTLE_MAX streams, and can be read again from its file. */
static void streams_where_it_is_large(void **state)
{
	const struct forge forge = {.width = 6000,
	                            .height = 3800,
	                            .bits = 2,
	                            .colour = 3,
	                            .filter = 0,
	                            .keys = 2,
	                            .seed = 12};
	const struct load_options options = {.fail_on = BR_IMAGE_FAIL_ON_NONE};
	struct br_buffer png = BR_BUFFER_HEAP;
	struct bytes bytes;
	VipsImage *header, *image;

	(void)state;
	png_forge(&png, &forge);
	bytes = (struct bytes){png.data, png.size};
	assert_int_equal(codec_vips_load(BR_IMAGE_FORMAT_PNG, bytes, &options, &header), 0);
	image = load(bytes, header);
	assert_non_null(image);
	assert_false(pixels_settled(image));
	g_object_unref(image);
	g_object_unref(header);
	assert_true(agrees(bytes));
	br_buffer_release(&png);
}

static void cost_counts_it(void **state)
{
	const struct br_image_options options = br_image_options_default();
	struct br_image_info info = {
	    .format = BR_IMAGE_FORMAT_PNG, .width = 4000, .height = 3000, .bands = 3, .bits = 8};
	struct scan scan = {.row_bytes = 12000, .packed = 1000000};
	uint64_t plain;

	(void)state;
	assert_in_range(cost_png(&info, &scan, &options, 800, 600), 39003000, 39300000);
	info.format = BR_IMAGE_FORMAT_GIF;
	assert_int_equal(cost_png(&info, &scan, &options, 800, 600), 0);
	info.format = BR_IMAGE_FORMAT_PNG;
	scan.whole = true;
	assert_int_equal(cost_png(&info, &scan, &options, 800, 600), 0);
	scan.whole = false;
	info.height = 30000;
	assert_int_equal(cost_png(&info, &scan, &options, 800, 600), 0);
	/* what would be too much with it is done without it */
	info.height = 20000;
	plain = cost_decode(&info, &scan, &options, 1, 15000, 8500);
	assert_int_equal(cost_png(&info, &scan, &options, 15000, 8500), 0);
	assert_true(plain <= BR_IMAGE_MEMORY_MAX);
	assert_true(cost_png(&info, &scan, &options, 800, 600) > 0);
	assert_true(cost_decode(&info, &scan, &options, 1, 800, 600) <= BR_IMAGE_MEMORY_MAX);
}

/* --- writing ------------------------------------------------------------------------- */

static VipsImage *settled(VipsImage *image)
{
	struct pull pull = {0};

	assert_int_equal(pixels_settle(&image, &pull), 0);
	return image;
}

static void writes_what_libvips_reads(void **state)
{
	const struct br_image_options options = br_image_options_default();
	const struct codec_origin origin = {.bytes = UINT64_MAX};

	(void)state;
	for (int bands = 1; bands <= 4; bands++)
		for (int deep = 0; deep < 2; deep++) {
			VipsImage *picture = fixture_picture(37, 23, bands), *image, *back;
			struct bytes bytes;
			void *data;
			size_t size;

			if (deep) {
				assert_int_equal(vips_cast(picture, &image, VIPS_FORMAT_USHORT,
				                           "shift", TRUE, NULL),
				                 0);
				g_object_unref(picture);
				picture = image;
			}
			picture = settled(picture);
			assert_int_equal(codec_png_save(picture, &origin, &options, &data, &size),
			                 0);
			bytes = (struct bytes){data, size};
			back = by_libvips(bytes);
			assert_non_null(back);
			assert_int_equal(pixels_bytes(back), pixels_bytes(picture));
			assert_memory_equal(back->data, picture->data, pixels_bytes(back));
			assert_true(agrees(bytes));
			g_object_unref(back);
			g_object_unref(picture);
			g_free(data);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(right_files),    cmocka_unit_test(broken_files),
	    cmocka_unit_test(damaged_bytes),  cmocka_unit_test(streams_where_it_is_large),
	    cmocka_unit_test(cost_counts_it), cmocka_unit_test(writes_what_libvips_reads),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
