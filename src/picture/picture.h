/* picture.h - one picture on its way from a file to files: what all ways share.
 *
 * The words for image data, each for one thing in every room:
 *   picture  what a file shows, whatever its form: it has a size as stored and one as seen
 *   frame    one picture of an animation;  page: one of a TIFF
 *   pixel    one point of it, of as many samples as it has bands (colours and alpha)
 *   sample   one number of a pixel: 8 or 16 bits, or a float (resample/samples.h)
 *   line     the samples of one row of pixels, side by side by pixels
 *   row      a line as a PNG stores it: packed, with its filter (png/)
 *   raster   a picture's lines, all in plain memory (resample/raster.h)
 *   plane    the samples of one component alone, as JPEG has them: Y, Cb, Cr (jpeg/plane.h)
 *   strip    a few lines that are worked on at a time
 *   canvas   the background of an output, on which a picture is placed
 *   bytes    a part of a file, undecoded
 *
 * One thread at a time.
 */
#ifndef PICTURE_PICTURE_H
#define PICTURE_PICTURE_H

#include "metadata/metadata.h"
#include "resample/pull.h"
#include "picture/source.h"

struct picture {
	struct source source;
	const struct br_image_options *options;
	struct br_image_result *result;
	struct br_image_geometry geometry[BR_IMAGE_SIZES_MAX];
	uint32_t wanted;          /* bit i: size i is made */
	struct metadata metadata; /* the source's, if it is kept */
	struct pull pull;
	bool animated;         /* every frame is made */
	struct br_buffer *out; /* the outputs, one after another */
	uint64_t bytes;        /* that making it takes, by prediction; 0: not known yet */
	struct br_error *error;
};

static inline bool picture_wants(const struct picture *picture, unsigned size)
{
	return picture->wanted >> size & 1;
}

/* From here on it is what the picture is at. */
static inline void picture_enter(const struct picture *picture, enum br_image_stage stage)
{
	if (picture->options->stage)
		__atomic_store_n(picture->options->stage, (uint64_t)stage, __ATOMIC_RELAXED);
}

/* The sides of a size before it is turned upright, in pixels. */
uint32_t picture_stored_width(const struct picture *picture,
                              const struct br_image_geometry *geometry);
uint32_t picture_stored_height(const struct picture *picture,
                               const struct br_image_geometry *geometry);

/* The same, at least of every size that is wanted: what all can be made of. */
void picture_largest_sides(const struct picture *picture, uint32_t *width, uint32_t *height);

/* Whether the output has 16 bits if the source has: only if a format without loss is chosen.
 */
bool picture_keeps_16_bits(const struct picture *picture);

#endif
