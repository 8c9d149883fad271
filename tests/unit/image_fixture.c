/* image_fixture.c - pictures made in memory. */
#include "image_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "libvips/resample.h"

int fixture_init(void **state)
{
	struct br_error error;

	(void)state;
	return br_image_init(&error) || libvips_load(&error);
}

VipsImage *fixture_picture(int width, int height, int bands)
{
	const size_t size = (size_t)width * (size_t)height * (size_t)bands;
	unsigned char *pixels = malloc(size);
	VipsImage *image, *copy;

	assert_non_null(pixels);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			for (int b = 0; b < bands; b++)
				pixels[((size_t)y * (size_t)width + (size_t)x) * (size_t)bands +
				       (size_t)b] =
				    (unsigned char)(b == 0 ? x * 255 / width
				                    : b == 1
				                        ? y * 255 / height
				                        : 255 - (x + y) * 200 / (width + height));
	image =
	    vips_image_new_from_memory_copy(pixels, size, width, height, bands, VIPS_FORMAT_UCHAR);
	free(pixels);
	assert_non_null(image);
	assert_int_equal(vips_copy(image, &copy, "interpretation",
	                           bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB,
	                           NULL),
	                 0);
	g_object_unref(image);
	return copy;
}

VipsImage *fixture_corners(void)
{
	static const unsigned char colours[4][3] = {
	    {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};
	unsigned char pixels[48][64][3] = {{{0}}};
	VipsImage *image;

	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 8; x++) {
			memcpy(pixels[y][x], colours[0], 3);
			memcpy(pixels[y][63 - x], colours[1], 3);
			memcpy(pixels[47 - y][x], colours[2], 3);
			memcpy(pixels[47 - y][63 - x], colours[3], 3);
		}
	image =
	    vips_image_new_from_memory_copy(pixels, sizeof pixels, 64, 48, 3, VIPS_FORMAT_UCHAR);
	assert_non_null(image);
	return image;
}

int fixture_resample(VipsImage **image, uint32_t width, uint32_t height,
                     enum br_image_filter filter, struct pull *pull)
{
	return resample_image(image, (*image)->Xsize, (*image)->Ysize, width, height, filter, pull);
}

struct file fixture_encode(VipsImage *picture, const char *suffix)
{
	struct file file;
	void *data;
	size_t size;

	assert_int_equal(vips_image_write_to_buffer(picture, suffix, &data, &size, NULL), 0);
	g_object_unref(picture);
	/* memory of exactly that size, so that a sanitizer sees a read beyond it */
	file = (struct file){malloc(size), size};
	assert_non_null(file.data);
	memcpy(file.data, data, size);
	g_free(data);
	return file;
}

void fixture_free(struct file *file)
{
	free(file->data);
	*file = (struct file){0};
}

VipsImage *fixture_decode(const struct br_buffer *out, const struct br_image_output *output)
{
	VipsImage *image =
	    vips_image_new_from_buffer(out->data + output->offset, (size_t)output->size, "", NULL);

	assert_non_null(image);
	return image;
}

int fixture_sample(VipsImage *picture, int x, int y, int band)
{
	double *values, value;
	int count;

	assert_int_equal(vips_getpoint(picture, &values, &count, x, y, NULL), 0);
	assert_true(band < count);
	value = values[band];
	g_free(values);
	return (int)value;
}

/* CRC-32 of ISO 3309, bit by bit. */
static uint32_t crc32_of(const unsigned char *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
	}
	return ~crc;
}

void fixture_chunk(unsigned char *png, size_t *size, const char *type, const void *data,
                   uint32_t length)
{
	unsigned char *p = png + *size;

	put_be32(p, length);
	memcpy(p + 4, type, 4);
	if (length)
		memcpy(p + 8, data, length);
	put_be32(p + 8 + length, crc32_of(p + 4, 4 + (size_t)length));
	*size += 12 + (size_t)length;
}

struct br_image_options fixture_options(uint32_t width, uint32_t height)
{
	struct br_image_options options = br_image_options_default();

	options.size[0] = (struct br_image_size){.width = width, .height = height};
	options.alone = true;
	return options;
}

struct run fixture_resize(struct file file, const struct br_image_options *options)
{
	struct run run = {.out = BR_BUFFER_HEAP};

	run.status =
	    br_image_resize(NULL, file.data, file.size, options, &run.out, &run.result, &run.error);
	if (run.status) {
		assert_int_equal(run.out.size, 0);
		assert_int_equal(run.error.code, run.status);
		assert_true(run.error.msg[0]);
	}
	return run;
}

VipsImage *fixture_resized(struct file file, const struct br_image_options *options,
                           struct run *run)
{
	*run = fixture_resize(file, options);
	fixture_free(&file);
	if (run->status)
		fail_msg("%s", run->error.msg);
	assert_int_equal(run->result.outputs, 1);
	assert_int_equal(run->result.output[0].size, run->out.size);
	VipsImage *image = fixture_decode(&run->out, &run->result.output[0]);

	assert_int_equal(image->Xsize, run->result.output[0].width);
	assert_int_equal(image->Ysize, run->result.output[0].height);
	return image;
}

void fixture_done(VipsImage *image, struct run *run)
{
	g_object_unref(image);
	br_buffer_release(&run->out);
}

void fixture_refused(struct file file, const struct br_image_options *options,
                     enum br_error_code code)
{
	struct run run = fixture_resize(file, options);

	assert_int_equal(run.status, code);
}

void fixture_cut(struct file *file, size_t size)
{
	file->size = size;
	file->data = realloc(file->data, size);
	assert_non_null(file->data);
}
