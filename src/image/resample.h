/* resample.h - the picture at another size, alpha premultiplied.
 *
 * Thread-safe.
 */
#ifndef IMAGE_RESAMPLE_H
#define IMAGE_RESAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/image.h>

#include "image/libvips.h"
#include "image/pixels.h"

/* Lines that are asked of the decoder at once. */
#define RESAMPLE_STRIP_LINES 16

/* Replaces *image by one in memory of exactly width x height pixels (both at least 1), of the same
 * bands and format, which must be of 8 or 16 bits or float. The pixels are read once, from top to
 * bottom. Returns 0, ERROR_MEMORY, ERROR_TIMEOUT, ERROR_UNSUPPORTED for other formats, or
 * ERROR_CORRUPT when the pixels could not be had; *image is as it was then. */
int resample(VipsImage **image, uint32_t width, uint32_t height, enum image_filter filter,
             struct pull *pull);

/* The same of a picture that ends within its last column and line, at across x down of its pixels:
 * a decoder that shrinks by 8 makes 125 pixels of 997, of which the picture is 124.625. */
int resample_extent(VipsImage **image, double across, double down, uint32_t width, uint32_t height,
                    enum image_filter filter, struct pull *pull);

/* What a resampling depends on. */
struct resample_job {
	uint32_t in_width, in_height, width, height; /* pixels */
	uint32_t bands, bits;                        /* bits of one sample; 32: float */
	bool alpha;
	enum image_filter filter;
};

/* Bytes that resample() needs at its peak, the result included. */
uint64_t resample_cost(const struct resample_job *job);

#endif
