/* resample.h - the picture at another size: Lanczos3, alpha premultiplied.
 *
 * Thread-safe.
 */
#ifndef IMAGE_RESAMPLE_H
#define IMAGE_RESAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <vips/vips.h>

#include "image/pixels.h"

/* Replaces *image by one in memory of exactly width x height pixels (both at least 1), of the same
 * bands and format, which must be of 8 or 16 unsigned bits or float. The pixels are read once, from
 * top to bottom. Returns 0, ERROR_MEMORY, ERROR_TIMEOUT, or ERROR_CORRUPT when the pixels could not
 * be had; *image is as it was then. */
int resample(VipsImage **image, uint32_t width, uint32_t height, struct pull *pull);

/* Bytes that resample() needs at its peak, the result included. */
uint64_t resample_cost(uint32_t in_width, uint32_t in_height, uint32_t bands, uint32_t bits,
                       bool alpha, uint32_t width, uint32_t height);

#endif
