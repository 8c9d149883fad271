/* png_image.h - png_reader and png_writer for the pipeline: from and to libvips' images.
 *
 * Thread-safe.
 */
#ifndef IMAGE_PNG_IMAGE_H
#define IMAGE_PNG_IMAGE_H

#include <vips/vips.h>

#include "image/bytes.h"

/* Reads a PNG whose header libvips has opened as `header`: NULL where its pixels are left to
 * libvips, because png_reader declines it, it would take more than max_memory bytes, or its header
 * was read in another way. The image has no metadata; it is in memory, or streams from top to
 * bottom once where its palette or its like makes it larger than PIXELS_SETTLE_MAX. `bytes` need
 * not live on. */
VipsImage *png_image_load(struct bytes bytes, const VipsImage *header, uint64_t max_memory);

/* Pictures up to this many bytes are written by png_writer, which keeps all rows, filtered and
 * deflated; larger ones stream through libvips. */
#define PNG_IMAGE_SAVE_MAX (UINT64_C(40) << 20)

/* Writes a picture in memory. effort: see png_writer.h. *data is to be freed with g_free().
 * Returns 0, ERROR_UNSUPPORTED for what is left to libvips (not in memory, larger, or neither gray
 * nor RGB of 8 or 16 bits), or ERROR_ENCODE. */
int png_image_save(VipsImage *image, unsigned effort, void **data, size_t *size);

#endif
