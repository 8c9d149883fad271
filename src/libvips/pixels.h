/* pixels.h - from a pipeline of libvips to pixels in memory, in the calling thread.
 *
 * libvips' own sinks start threads for every picture; with one worker a picture they only cost.
 * Here the caller pulls the pixels through the pipeline itself, strip by strip.
 */
#ifndef LIBVIPS_PIXELS_H
#define LIBVIPS_PIXELS_H

#include <stdbool.h>
#include <stdint.h>

#include "libvips/libvips.h"
#include "resample/pull.h"
#include "resample/raster.h"

/* Bytes of the picture's pixels. */
uint64_t pixels_bytes(const VipsImage *image);

/* Bytes of a line of them. */
size_t pixels_stride(const VipsImage *image);

/* The first sample of a line of a picture in memory. */
void *pixels_line(const VipsImage *image, uint32_t y);

/* Whether the pixels are in memory, to be read in any order. */
bool pixels_settled(const VipsImage *image);

/* An image over uninitialised memory of its own, of the bands, format and colour space of `in`,
 * without its metadata. NULL when there is no memory. */
VipsImage *pixels_new(const VipsImage *in, int width, int height);

/* The same of another format. */
VipsImage *pixels_new_format(const VipsImage *in, int width, int height, VipsBandFormat format);

/* The same over pixels that lie there, which it takes over: free() frees them, also on failure. */
VipsImage *pixels_over(void *data, const VipsImage *in, int width, int height,
                       VipsBandFormat format);

/* Brings the picture into memory. *image is replaced (the old one unreferenced) by one without
 * metadata. Returns 0, BR_ERROR_MEMORY, BR_ERROR_TIMEOUT, or BR_ERROR_CORRUPT when the pipeline
 * failed; *image is as it was then. */
int pixels_settle(VipsImage **image, struct pull *pull);

/* Takes the step from *image to next: unreferences the old one. For chains of operations. */
void pixels_step(VipsImage **image, VipsImage *next);

/* A picture in memory of 8 or 16 bits as it lies there. */
struct raster pixels_raster(VipsImage *image);

/* Whether the last band of a picture in memory is at its maximum everywhere. */
bool pixels_opaque(VipsImage *image);

#endif
