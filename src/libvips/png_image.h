/* png_image.h - png_reader for the pipeline: a PNG as one of libvips' images.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_PNG_IMAGE_H
#define LIBVIPS_PNG_IMAGE_H

#include "base/bytes.h"
#include "libvips/libvips.h"

/* Reads a PNG whose header libvips has opened as `header`: NULL where its pixels are left to
 * libvips, because png_reader declines it, it would take more than max_memory bytes, or its header
 * was read in another way. The image has no metadata; it is in memory, or streams from top to
 * bottom once where its palette or its like makes it larger than COST_SETTLE_MAX. `bytes` need
 * not live on. */
VipsImage *png_image_load(struct bytes bytes, const VipsImage *header, uint64_t max_memory);

#endif
