/* resample.h - a picture of libvips at another size, alpha premultiplied.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_RESAMPLE_H
#define LIBVIPS_RESAMPLE_H

#include <stdint.h>

#include <batchresize/image.h>

#include "libvips/libvips.h"
#include "resample/pull.h"

/* Replaces *image by one in memory of exactly width x height pixels (both at least 1), of the same
 * bands and format, which must be of 8 or 16 bits or float. The picture is `across` x `down` of
 * its pixels: it may end within its last column and line, as a decoder that shrinks by 8 makes 125
 * pixels of 997, of which the picture is 124.625. The pixels are read once, from top to bottom.
 * Returns 0, BR_ERROR_MEMORY, BR_ERROR_TIMEOUT, BR_ERROR_UNSUPPORTED for other formats, or
 * BR_ERROR_CORRUPT when the pixels could not be had; *image is as it was then. */
int resample_image(VipsImage **image, double across, double down, uint32_t width, uint32_t height,
                   enum br_image_filter filter, struct pull *pull);

#endif
