/* test_loaded.c - pictures as the file has them, whatever the loader says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "colour/cms.h"
#include "image_fixture.h"

#define SIDE 64

/* A ramp from black to white, of 16 bits or of floats. */
static VipsImage *ramp(VipsBandFormat format, VipsInterpretation type)
{
	static float floats[SIDE][SIDE][3];
	static uint16_t integers[SIDE][SIDE][3];
	const bool deep = format == VIPS_FORMAT_USHORT;
	VipsImage *image, *copy;

	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			for (int b = 0; b < 3; b++) {
				floats[y][x][b] = (float)x / (SIDE - 1);
				integers[y][x][b] = (uint16_t)(x * UINT16_MAX / (SIDE - 1));
			}
	image = vips_image_new_from_memory_copy(deep ? (const void *)integers : floats,
	                                        deep ? sizeof integers : sizeof floats, SIDE, SIDE,
	                                        3, format);
	assert_non_null(image);
	assert_int_equal(vips_copy(image, &copy, "interpretation", type, NULL), 0);
	g_object_unref(image);
	return copy;
}

/* 12 bits end at 4095, which is white. */
static void fills_the_range(void **state)
{
	struct br_image_options options = fixture_options(SIDE, SIDE);
	struct run run;
	VipsImage *image;

	(void)state;
	if (!br_image_can_write(BR_IMAGE_FORMAT_AVIF) || !br_image_can_read(BR_IMAGE_FORMAT_AVIF))
		skip();
	options.format = BR_IMAGE_FORMAT_PNG;
	image = fixture_resized(fixture_encode(ramp(VIPS_FORMAT_USHORT, VIPS_INTERPRETATION_RGB16),
	                                       ".avif[bitdepth=12,Q=100,subsample-mode=off]"),
	                        &options, &run);
	assert_int_equal(image->BandFmt, VIPS_FORMAT_USHORT);
	for (int x = 0; x < SIDE; x++)
		assert_true(abs(fixture_sample(image, x, 20, 1) - x * UINT16_MAX / (SIDE - 1)) <
		            40);
	assert_int_equal(fixture_sample(image, SIDE - 1, 20, 1), UINT16_MAX);
	fixture_done(image, &run);
}

static double srgb_value(double light)
{
	return light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

/* Of linear light where that is what the file says; of gamma 2.2 where its profile does. */
static void believes_the_profile_of_floats(void **state)
{
	const struct colour_space space = {.white = {0.3127, 0.3290},
	                                   .red = {0.64, 0.33},
	                                   .green = {0.30, 0.60},
	                                   .blue = {0.15, 0.06},
	                                   .gamma = 2.2};
	struct br_image_options options = fixture_options(SIDE, SIDE);
	struct br_buffer profile = BR_BUFFER_HEAP;

	(void)state;
	assert_int_equal(cms_make_profile(&space, false, &profile), 0);
	options.format = BR_IMAGE_FORMAT_PNG;
	for (int curved = 0; curved < 2; curved++) {
		VipsImage *picture = ramp(VIPS_FORMAT_FLOAT, VIPS_INTERPRETATION_scRGB), *image;
		struct run run;

		if (curved)
			vips_image_set_blob_copy(picture, VIPS_META_ICC_NAME, profile.data,
			                         profile.size);
		image = fixture_resized(fixture_encode(picture, ".jxl[lossless]"), &options, &run);
		for (int x = 0; x < SIDE; x += 3) {
			const double value = (double)x / (SIDE - 1);
			const double light = curved ? pow(value, 2.2) : value;
			const double wanted = UINT16_MAX * srgb_value(light);

			assert_true(fabs(fixture_sample(image, x, 9, 1) - wanted) < 120);
		}
		fixture_done(image, &run);
	}
	br_buffer_release(&profile);
}

/* --- premultiplied alpha --------------------------------------------------------------- */

/* A picture of one colour, half transparent, with EXIF. */
static VipsImage *half(VipsBandFormat format, VipsInterpretation type)
{
	static const unsigned char exif[] = "Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0";
	static const unsigned char colour[] = {100, 50, 25, 128};
	static uint8_t bytes[SIDE * SIDE * 4];
	static uint16_t words[SIDE * SIDE * 4];
	const bool deep = format == VIPS_FORMAT_USHORT;
	VipsImage *image, *copy;

	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = colour[i % 4];
		words[i] = (uint16_t)(colour[i % 4] * 257);
	}
	image = vips_image_new_from_memory_copy(deep ? (const void *)words : bytes,
	                                        deep ? sizeof words : sizeof bytes, SIDE, SIDE, 4,
	                                        format);
	assert_non_null(image);
	assert_int_equal(vips_copy(image, &copy, "interpretation", type, NULL), 0);
	g_object_unref(image);
	vips_image_set_blob_copy(copy, VIPS_META_EXIF_NAME, exif, sizeof exif - 1);
	return copy;
}

static unsigned char *find_box(const struct file *file, const char *type)
{
	for (size_t i = 0; i + 10 <= file->size; i++)
		if (!memcmp(file->data + i, type, 4))
			return file->data + i;
	fail_msg("no box %s", type);
	return NULL;
}

/* Makes a reference from colours to alpha, which says that they have been multiplied by it, of that
 * from EXIF to the picture: as long, and in the same box. The numbers are of 16 bits. */
static void say_premultiplied(const struct file *file)
{
	const unsigned char *auxiliary = find_box(file, "auxl") + 4;
	unsigned char *reference = find_box(file, "cdsc");

	memcpy(reference, "prem", 4);
	memcpy(reference + 4, auxiliary + 4, 2);
	memcpy(reference + 8, auxiliary, 2);
}

/* 100 of 255 with alpha 128 is 199; what is not said to be multiplied stays. */
static void divides_by_alpha(void **state)
{
	static const struct {
		VipsBandFormat format;
		VipsInterpretation type;
		const char *suffix;
		int max, wanted[4];
	} cases[] = {
	    {VIPS_FORMAT_UCHAR,
	     VIPS_INTERPRETATION_sRGB,
	     ".avif[lossless]",
	     1,
	     {199, 100, 50, 128}},
	    {VIPS_FORMAT_USHORT,
	     VIPS_INTERPRETATION_RGB16,
	     ".avif[bitdepth=12,Q=100,subsample-mode=off]",
	     140,
	     {51200, 25600, 12800, 32896}},
	};
	struct br_image_options options = fixture_options(SIDE / 2, SIDE / 2);

	(void)state;
	if (!br_image_can_write(BR_IMAGE_FORMAT_AVIF) || !br_image_can_read(BR_IMAGE_FORMAT_AVIF))
		skip();
	options.format = BR_IMAGE_FORMAT_PNG;
	for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
		const bool said = i & 1;
		struct file file = fixture_encode(half(cases[i / 2].format, cases[i / 2].type),
		                                  cases[i / 2].suffix);
		struct run run;
		VipsImage *image;

		if (said)
			say_premultiplied(&file);
		image = fixture_resized(file, &options, &run);
		for (int b = 0; b < 4; b++) {
			const int all = cases[i / 2].wanted[b];
			const int wanted = said || b == 3 ? all : all * 128 / 255;

			assert_in_range(fixture_sample(image, 7, 9, b), wanted - cases[i / 2].max,
			                wanted + cases[i / 2].max);
		}
		fixture_done(image, &run);
	}
}

/* A JPEG XL of 16x16 pixels of that colour, as libjxl wrote it, and the same with a header that
 * says "alpha_associated". */
static void divides_a_jxl_by_alpha(void **state)
{
	static const unsigned char head[2][9] = {
	    {0xff, 0x0a, 0x43, 0xc0, 0x4a, 0x08, 0x08},
	    {0xff, 0x0a, 0x43, 0xc0, 0x00, 0x28, 0x01, 0x08, 0x08},
	};
	static const size_t length[2] = {7, 9};
	static const unsigned char rest[] = {0x10, 0x00, 0x68, 0x00, 0x4b, 0x18, 0x8b, 0x15,
	                                     0x00, 0x94, 0x8c, 0x31, 0x5e, 0x8c, 0xc7, 0x0b,
	                                     0x48, 0x00, 0x40, 0x40, 0x9c, 0x10, 0x80, 0x7c,
	                                     0x10, 0x18, 0x07, 0xdd, 0x49, 0x05};
	static const int wanted[2][4] = {{100, 50, 25, 128}, {199, 100, 50, 128}};
	struct br_image_options options = fixture_options(8, 8);

	(void)state;
	if (!br_image_can_read(BR_IMAGE_FORMAT_JXL))
		skip();
	options.format = BR_IMAGE_FORMAT_PNG;
	for (size_t said = 0; said < 2; said++) {
		const size_t size = length[said] + sizeof rest;
		struct file file = {malloc(size), size};
		struct run run;
		VipsImage *image;

		assert_non_null(file.data);
		memcpy(file.data, head[said], length[said]);
		memcpy(file.data + length[said], rest, sizeof rest);
		image = fixture_resized(file, &options, &run);
		for (int b = 0; b < 4; b++)
			assert_int_equal(fixture_sample(image, 3, 4, b), wanted[said][b]);
		fixture_done(image, &run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_the_range),
	    cmocka_unit_test(believes_the_profile_of_floats),
	    cmocka_unit_test(divides_by_alpha),
	    cmocka_unit_test(divides_a_jxl_by_alpha),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
