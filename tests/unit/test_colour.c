/* test_colour.c - profiles by their content, exact conversions, and what each saver is handed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "colour/cms.h"
#include "libvips/convert.h"
#include "colour/icc.h"
#include "image_fixture.h"

static const struct colour_space srgb = {
    .white = {0.3127, 0.3290}, .red = {0.64, 0.33}, .green = {0.30, 0.60}, .blue = {0.15, 0.06}};
static const struct colour_space display_p3 = {.white = {0.3127, 0.3290},
                                               .red = {0.680, 0.320},
                                               .green = {0.265, 0.690},
                                               .blue = {0.150, 0.060}};

static struct br_buffer profile_of(const struct colour_space *space, bool gray)
{
	struct br_buffer profile = BR_BUFFER_HEAP;

	assert_int_equal(cms_make_profile(space, gray, &profile), 0);
	return profile;
}

static enum icc_kind kind_of(const struct colour_space *space, bool gray)
{
	struct br_buffer profile = profile_of(space, gray);
	const enum icc_kind kind =
	    icc_classify((struct bytes){profile.data, profile.size}, gray ? ICC_GRAY : ICC_RGB);

	br_buffer_release(&profile);
	return kind;
}

static void tells_srgb_by_content(void **state)
{
	struct colour_space gamma = srgb;

	(void)state;
	assert_int_equal(kind_of(&srgb, false), ICC_SRGB);
	assert_int_equal(kind_of(&srgb, true), ICC_SRGB);
	assert_int_equal(kind_of(&display_p3, false), ICC_OTHER);
	gamma.gamma = 2.2;
	assert_int_equal(kind_of(&gamma, false), ICC_OTHER);
	assert_int_equal(kind_of(&gamma, true), ICC_OTHER);
}

/* Profiles that libvips brings: of version 2 and 4, with tables of 1024 points. */
static void tells_those_of_the_library(void **state)
{
	static const struct {
		const char *name;
		enum icc_pixels pixels;
		enum icc_kind kind;
	} cases[] = {{"srgb", ICC_RGB, ICC_SRGB},
	             {"p3", ICC_RGB, ICC_OTHER},
	             {"cmyk", ICC_CMYK, ICC_OTHER},
	             {"cmyk", ICC_RGB, ICC_UNUSABLE}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		VipsBlob *blob;
		struct bytes profile;

		assert_int_equal(vips_profile_load(cases[i].name, &blob, NULL), 0);
		profile.data = vips_blob_get(blob, &profile.size);
		assert_int_equal(icc_classify(profile, cases[i].pixels), cases[i].kind);
		vips_area_unref(VIPS_AREA(blob));
	}
}

static void makes_the_same_profile_again(void **state)
{
	struct br_buffer a = profile_of(&display_p3, false), b;

	(void)state;
	/* a clock that goes on */
	g_usleep(1100000);
	b = profile_of(&display_p3, false);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.data, b.data, a.size);
	br_buffer_release(&a);
	br_buffer_release(&b);
}

static double srgb_value(double light)
{
	return light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

/* Linear light to sRGB: where a table instead of the curve is most wrong. */
static void converts_shadows_exactly(void **state)
{
	static uint16_t ramp[4096 * 3];
	const struct colour_space linear = {.white = {0.3127, 0.3290},
	                                    .red = {0.64, 0.33},
	                                    .green = {0.30, 0.60},
	                                    .blue = {0.15, 0.06},
	                                    .gamma = 1};

	(void)state;
	for (int gray = 0; gray < 2; gray++) {
		struct br_buffer profile = profile_of(&linear, gray);
		const int bands = gray ? 1 : 3;
		VipsImage *image;

		for (size_t i = 0; i < 4096 * (size_t)bands; i++)
			ramp[i] = (uint16_t)(i / (size_t)bands * 16);
		image = vips_image_new_from_memory_copy(ramp, sizeof *ramp * 4096 * (size_t)bands,
		                                        4096, 1, bands, VIPS_FORMAT_USHORT);
		assert_non_null(image);
		assert_int_equal(convert_to_srgb(&image, (struct bytes){profile.data, profile.size},
		                                 gray ? ICC_GRAY : ICC_RGB, true),
		                 0);
		assert_int_equal(image->Bands, bands);
		for (int x = 0; x < 4096; x += 37)
			for (int b = 0; b < bands; b++)
				assert_true(fabs(fixture_sample(image, x, 0, b) -
				                 65535 * srgb_value(x * 16 / 65535.0)) < 40);
		g_object_unref(image);
		br_buffer_release(&profile);
	}
}

static void assert_is_display_p3(struct bytes profile)
{
	static const uint8_t red[3] = {255, 0, 0}, white[3] = {255, 255, 255};
	uint8_t out[3];

	assert_int_equal(cms_colour(white, profile, out), 0);
	assert_memory_equal(out, white, 3);
	/* the red of sRGB in Display P3: 234, 51, 35 as everyone has it */
	assert_int_equal(cms_colour(red, profile, out), 0);
	assert_in_range(out[0], 233, 235);
	assert_in_range(out[1], 50, 52);
	assert_in_range(out[2], 34, 36);
}

static void converts_a_colour(void **state)
{
	static const uint8_t white[3] = {255, 255, 255};
	struct br_buffer profile = profile_of(&display_p3, false);
	uint8_t out[3];

	(void)state;
	assert_is_display_p3((struct bytes){profile.data, profile.size});
	assert_int_equal(cms_colour(white, (struct bytes){profile.data, 60}, out), -1);
	br_buffer_release(&profile);
}

/* Every format that can be written and has a place for it. */
static void keeps_the_profile(void **state)
{
	static const enum br_image_format formats[] = {BR_IMAGE_FORMAT_JPEG, BR_IMAGE_FORMAT_PNG,
	                                               BR_IMAGE_FORMAT_WEBP, BR_IMAGE_FORMAT_TIFF,
	                                               BR_IMAGE_FORMAT_AVIF, BR_IMAGE_FORMAT_JXL};
	struct br_buffer profile = profile_of(&display_p3, false);
	struct br_image_options options = fixture_options(40, 40);

	(void)state;
	options.profile = BR_IMAGE_PROFILE_KEEP;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		VipsImage *picture = fixture_picture(80, 80, 3), *image;
		struct run run;
		const void *data;
		size_t size;

		if (!br_image_can_write(formats[i]) || !br_image_can_read(formats[i])) {
			g_object_unref(picture);
			continue;
		}
		options.format = formats[i];
		vips_image_set_blob_copy(picture, VIPS_META_ICC_NAME, profile.data, profile.size);
		image = fixture_resized(fixture_encode(picture, ".png"), &options, &run);
		assert_int_equal(vips_image_get_blob(image, VIPS_META_ICC_NAME, &data, &size), 0);
		/* JPEG XL says the same in words of its own */
		if (formats[i] == BR_IMAGE_FORMAT_JXL) {
			assert_is_display_p3((struct bytes){data, size});
		} else {
			assert_int_equal(size, profile.size);
			assert_memory_equal(data, profile.data, size);
		}
		fixture_done(image, &run);
	}
	br_buffer_release(&profile);
}

/* The background is sRGB whatever the picture is. */
static void paints_the_background_in_the_pictures_colours(void **state)
{
	static const char *const suffixes[] = {".png", ".jpg[Q=100]"};
	struct br_buffer profile = profile_of(&display_p3, false);
	struct br_image_options options = fixture_options(60, 40);

	(void)state;
	options.fit = BR_IMAGE_FIT_PAD;
	options.profile = BR_IMAGE_PROFILE_KEEP;
	memcpy(options.background, (uint8_t[3]){255, 0, 0}, 3);
	options.quality = 100;
	for (size_t i = 0; i < 2; i++) {
		VipsImage *picture = fixture_picture(80, 80, 3), *image;
		struct run run;

		vips_image_set_blob_copy(picture, VIPS_META_ICC_NAME, profile.data, profile.size);
		image = fixture_resized(fixture_encode(picture, suffixes[i]), &options, &run);
		assert_in_range(fixture_sample(image, 2, 20, 0), 232, 236);
		assert_in_range(fixture_sample(image, 2, 20, 1), 49, 53);
		assert_in_range(fixture_sample(image, 2, 20, 2), 33, 37);
		fixture_done(image, &run);
	}
	br_buffer_release(&profile);
}

static int field_of(VipsImage *image, const char *name)
{
	const char *text;

	assert_int_equal(vips_image_get_string(image, name, &text), 0);
	return atoi(text);
}

/* On both ways: JPEG to JPEG, and to WebP. */
static void tells_each_size_its_own(void **state)
{
	static const enum br_image_format formats[] = {BR_IMAGE_FORMAT_JPEG, BR_IMAGE_FORMAT_WEBP};
	struct br_image_options options = fixture_options(60, 60);

	(void)state;
	options.metadata = BR_IMAGE_METADATA_KEEP;
	options.sizes = 2;
	options.size[1] = (struct br_image_size){.width = 30};
	for (size_t i = 0; i < 2; i++) {
		VipsImage *picture = fixture_picture(120, 80, 3);
		struct file file;
		struct run run;

		vips_image_set_string(picture, "exif-ifd0-Artist",
		                      "me (me, ASCII, 3 components, 3 bytes)");
		vips_image_set_int(picture, VIPS_META_ORIENTATION, 6);
		file = fixture_encode(picture, ".jpg");
		options.format = formats[i];
		run = fixture_resize(file, &options);
		assert_int_equal(run.status, 0);
		for (unsigned k = 0; k < 2; k++) {
			VipsImage *image = fixture_decode(&run.out, &run.result.output[k]);

			assert_int_equal(image->Xsize, k ? 30 : 40);
			assert_int_equal(field_of(image, "exif-ifd2-PixelXDimension"),
			                 image->Xsize);
			assert_int_equal(field_of(image, "exif-ifd2-PixelYDimension"),
			                 image->Ysize);
			assert_int_equal(vips_image_get_orientation(image), 1);
			g_object_unref(image);
		}
		br_buffer_release(&run.out);
		fixture_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_srgb_by_content),
	    cmocka_unit_test(tells_those_of_the_library),
	    cmocka_unit_test(makes_the_same_profile_again),
	    cmocka_unit_test(converts_shadows_exactly),
	    cmocka_unit_test(converts_a_colour),
	    cmocka_unit_test(keeps_the_profile),
	    cmocka_unit_test(paints_the_background_in_the_pictures_colours),
	    cmocka_unit_test(tells_each_size_its_own),
	};

	return cmocka_run_group_tests(tests, fixture_init, NULL);
}
