/* pipeline.h - one picture on its way through the image room: what its steps share.
 *
 * image.c opens and plans, pipeline.c decodes and goes through the sizes or frames,
 * pipeline_shape.c gives a picture its size, colours and place, pipeline_encode.c makes the file.
 * A JPEG that is to become a JPEG mostly goes another way after the plan: direct.c; and so does a
 * PNG that is to become one: pipeline_png.c.
 *
 * Pictures of up to COST_SETTLE_MAX bytes are brought into memory after each step, which is what
 * makes the three times true. A larger one streams through the steps: its decoding is counted in
 * resize_ms where its result is small, and all in encode_ms where that is large as well.
 *
 * One thread at a time. Functions return 0, a code, or a negative errno, with *pipeline->error set.
 */
#ifndef IMAGE_PIPELINE_H
#define IMAGE_PIPELINE_H

#include "image/animation.h"
#include "image/cascade.h"
#include "image/colour.h"
#include "image/metadata.h"
#include "image/pixels.h"
#include "image/source.h"

struct pipeline {
	struct source source;
	const struct image_options *options;
	struct image_result *result;
	struct image_geometry geometry[IMAGE_SIZES_MAX];
	uint32_t wanted;   /* bit i: size i is made */
	uint32_t searched; /* bit i: the crop of size i has been moved to its place */
	struct cascade cascade;
	/* sizes before their colours are finished, for the smaller ones that come from them */
	VipsImage *resampled[IMAGE_SIZES_MAX];
	const VipsImage *untouched;   /* the decoded picture in memory, while there is one */
	struct metadata metadata;     /* the source's, where it is kept */
	struct colour_result colours; /* of the size being made */
	struct buffer rgb_profile;    /* see colour_target */
	float peak; /* of HDR, in cd/m2: as measured on the first size, for all; 0: not yet */
	struct pull pull;
	bool animated;                     /* every frame is made */
	const struct animation *animation; /* that is being encoded, or NULL */
	struct buffer *out;
	uint64_t bytes; /* that making it takes, by prediction; 0: not known yet */
	struct error *error;
};

static inline bool pipeline_wants(const struct pipeline *pipeline, unsigned size)
{
	return pipeline->wanted >> size & 1;
}

/* The sides of a size before it is turned upright, in pixels. */
uint32_t pipeline_stored_width(const struct pipeline *pipeline,
                               const struct image_geometry *geometry);
uint32_t pipeline_stored_height(const struct pipeline *pipeline,
                                const struct image_geometry *geometry);

/* Whether the output has 16 bits where the source has: only where a format without loss is chosen.
 */
bool pipeline_keeps_16_bits(const struct pipeline *pipeline);

/* Brings the picture into memory where it is small; with `anyway`, where what follows reads it in
 * any order, always. */
int pipeline_settle(struct pipeline *pipeline, VipsImage **image, bool anyway);

/* Makes a decoded picture into one of the sizes, with its colours, upright, in its place. */
int pipeline_shape(struct pipeline *pipeline, unsigned size, VipsImage **image);

/* Encodes a picture of one of the sizes to the end of pipeline->out. */
int pipeline_encode(struct pipeline *pipeline, VipsImage *image, unsigned size);

/* Whether a picture of that format might be made by pipeline_png(), by the options. */
bool pipeline_png_is_possible(enum image_format source, const struct image_options *options);

/* Makes the one size that is wanted of a PNG to PNG without the image library, where it would be
 * made to the same bytes: *taken is false where it is not, and nothing has been done. */
int pipeline_png(struct pipeline *pipeline, bool *taken);

/* Makes every size that is wanted. */
int pipeline_make(struct pipeline *pipeline);

#endif
