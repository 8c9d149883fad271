/* codec_png_image.h - codec_png for the pipeline: one of libvips' images as a PNG.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_CODEC_PNG_IMAGE_H
#define LIBVIPS_CODEC_PNG_IMAGE_H

#include <batchresize/image.h>

#include "png/codec_png.h"
#include "libvips/libvips.h"

/* Encodes a picture in memory of 8 or 16 bits, gray or RGB, with or without alpha; without what is
 * attached to it. *data is to be freed with free() or g_free(). Returns 0 or -1, with libvips'
 * error set; or the picture has been killed (vips_image_iskilled()). */
int codec_png_save(VipsImage *image, const struct codec_origin *origin,
                   const struct br_image_options *options, void **data, size_t *size);

#endif
