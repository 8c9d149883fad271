/* png_image.h - png_reader for the pipeline: a PNG as one of libvips' images.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_PNG_IMAGE_H
#define LIBVIPS_PNG_IMAGE_H

#include "libvips/libvips.h"
#include "png/png_reader.h"

/* The picture that `reader` has opened, whose header libvips has opened as `header`. Takes the
 * reader over. NULL if its pixels are left to libvips: png_reader declines them, or its header was
 * read in another way. The image has no metadata; it is in memory, or streams from top to bottom
 * once if its palette or the like makes it larger than COST_SETTLE_MAX. What the reader was opened
 * on need not live on. */
VipsImage *png_image_load(struct png_reader *reader, const struct png_info *info,
                          const VipsImage *header);

#endif
