/* jpeg_fixture.h - pictures that are known at every point, as JPEGs of every kind, for the tests of
 * the direct path.
 *
 * They are smooth functions of place, so what an output must hold is known whatever its size: a
 * plane that is shifted by part of a sample, or turned the wrong way, is far off.
 */
#ifndef JPEG_FIXTURE_H
#define JPEG_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h> /* which jpeglib.h needs */

#include <jpeglib.h>

#include "jpeg/codec_jpeg.h"

struct source {
	uint32_t width, height;
	int h[3], v[3]; /* sampling factors; h[0] = 0: gray */
	bool progressive;
	J_COLOR_SPACE space;  /* JCS_UNKNOWN: YCbCr or gray */
	unsigned orientation; /* 0: no tag */
	const void *profile;
	size_t profile_size;
};

/* A decoded output, in YCbCr or gray. */
struct output {
	uint32_t width, height;
	unsigned components;
	int h, v; /* luma's sampling factors */
	uint8_t *data;
};

struct fixture {
	struct jpeg_codec *codec;
	struct resampler *resampler;
	struct jpeg_limits limits;
	struct jpeg_target target;
	struct br_buffer out;
	struct br_image_info info;
	enum jpeg_decline decline;
	struct br_image_output output[BR_IMAGE_SIZES_MAX];
	uint32_t notes;
	struct br_error error;
};

/* The picture as a file; to be freed. */
struct bytes source_make(const struct source *source);

/* Frees what source_make() made. */
void bytes_free(struct bytes bytes);

/* Decodes a file; data is to be freed. */
struct output output_read(const unsigned char *data, size_t size);

/* A component at a pixel of luma. */
uint8_t output_at(const struct output *output, uint32_t x, uint32_t y, unsigned c);

/* The mean square error of the part of the output that shows the picture, as PSNR in dB. */
double jpeg_psnr(const struct output *output, const struct br_image_geometry *g,
                 unsigned orientation, unsigned component);

/* cmocka's setup and teardown: the state is a struct fixture. */
int jpeg_setup(void **state);
int jpeg_teardown(void **state);

/* Open, plan and run the codec as the pipeline does; statuses as the codec's. */
int open_bytes(struct fixture *f, struct bytes bytes);
void jpeg_plan(struct fixture *f, uint32_t width, uint32_t height, enum br_image_fit fit);
int jpeg_resize(struct fixture *f);

/* Opens what source_make() made of a source, and resizes it: fails unless the output is of the size
 * that is planned and, in each component, like the scene by a PSNR of `least` dB or more. */
void expect_scene_of(struct fixture *f, struct bytes bytes, const struct source *source,
                     uint32_t width, uint32_t height, enum br_image_fit fit, double least);

/* The same of a source that is made for it alone. */
void expect_scene(struct fixture *f, const struct source *source, uint32_t width, uint32_t height,
                  enum br_image_fit fit, double least);

#endif
