/* image_fixture.h - pictures made in memory for the tests of the image room. */
#ifndef IMAGE_FIXTURE_H
#define IMAGE_FIXTURE_H

#include <batchresize/image.h>

#include "libvips/libvips.h"
#include "resample/pull.h"

/* A file in memory; release with fixture_free(). */
struct file {
	unsigned char *data;
	size_t size;
};

/* What a call of br_image_resize() gave. */
struct run {
	int status;
	struct br_buffer out;
	struct br_image_result result;
	struct br_error error;
};

/* br_image_init() and libvips_load(), once; for cmocka's group set-up. */
int fixture_init(void **state);

/* A picture of smooth colours, without alpha (bands 1 or 3) or with (2 or 4). */
VipsImage *fixture_picture(int width, int height, int bands);

/* Four corners of 8x8 pixels, red, green, blue and white by rows, on black: 64x48 pixels. */
VipsImage *fixture_corners(void);

/* A whole picture at another size: see resample_image(). */
int fixture_resample(VipsImage **image, uint32_t width, uint32_t height,
                     enum br_image_filter filter, struct pull *pull);

/* Encodes and unreferences the picture. options are libvips' own: "[interlace]", or "". */
struct file fixture_encode(VipsImage *picture, const char *suffix);
void fixture_free(struct file *file);

/* Decodes an output of br_image_resize() by libvips' own sniffing. */
VipsImage *fixture_decode(const struct br_buffer *out, const struct br_image_output *output);

/* One sample of a picture. */
int fixture_sample(VipsImage *picture, int x, int y, int band);

/* Appends a PNG chunk with its CRC; *size is moved on. */
void fixture_chunk(unsigned char *png, size_t *size, const char *type, const void *data,
                   uint32_t length);

/* Keeps the first size bytes, in memory of exactly that size. */
void fixture_cut(struct file *file, size_t size);

/* The defaults with a box of that size, alone in the process. */
struct br_image_options fixture_options(uint32_t width, uint32_t height);

/* Runs, and checks what holds for every failure: no output, a code, a text. */
struct run fixture_resize(struct file file, const struct br_image_options *options);

/* The run of a file that is freed, which is to succeed; its only output, decoded. fixture_done()
 * releases both. */
VipsImage *fixture_resized(struct file file, const struct br_image_options *options,
                           struct run *run);
void fixture_done(VipsImage *image, struct run *run);

/* The run is to fail with that code. */
void fixture_refused(struct file file, const struct br_image_options *options,
                     enum br_error_code code);

#endif
