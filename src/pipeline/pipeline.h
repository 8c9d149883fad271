/* pipeline.h - one picture on its way through the image library: what its steps share.
 *
 * pipeline.c decodes and goes through the sizes or frames, pipeline_shape.c gives a picture its
 * size, colours and place, pipeline_encode.c makes the file.
 *
 * Pictures of up to COST_SETTLE_MAX bytes are brought into memory after each step, which is what
 * makes the three times true. A larger one streams through the steps: its decoding is counted in
 * resize_ms if its result is small, and all in encode_ms if that is large as well.
 *
 * One thread at a time. Functions return 0, a code, or a negative errno, with *picture->error set.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "pipeline/animation.h"
#include "geometry/cascade.h"
#include "libvips/colour.h"
#include "picture/picture.h"
#include "libvips/pixels.h"

struct pipeline {
	struct picture *picture;
	uint32_t searched; /* bit i: the crop of size i has been moved to its place */
	struct cascade cascade;
	/* sizes before their colours are finished, for the smaller ones that come from them */
	VipsImage *resampled[BR_IMAGE_SIZES_MAX];
	const VipsImage *untouched;   /* the decoded picture in memory, while there is one */
	struct colour_result colours; /* of the size being made */
	struct br_buffer rgb_profile; /* see colour_target */
	float peak; /* of HDR, in cd/m2: as measured on the first size, for all; 0: not yet */
	bool
	    opaque; /* the picture being shaped has an alpha, to be flattened, that hides nothing */
	const struct animation *animation; /* that is being encoded, or NULL */
};

/* Brings the picture into memory if it is small; with `anyway`, if what follows reads it in
 * any order, always. */
int pipeline_settle(struct pipeline *pipeline, VipsImage **image, bool anyway);

/* Makes a decoded picture into one of the sizes, with its colours, upright, in its place. */
int pipeline_shape(struct pipeline *pipeline, unsigned size, VipsImage **image);

/* Encodes a picture of one of the sizes to the end of pipeline->out. */
int pipeline_encode(struct pipeline *pipeline, VipsImage *image, unsigned size);

#endif
