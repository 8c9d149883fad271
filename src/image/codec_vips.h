/* codec_vips.h - libvips' loaders and savers, always by name: nothing here guesses what bytes are.
 *
 * Functions return 0 or an enum error_code and leave the text to the caller, who knows whether
 * libvips' own may be quoted (see fault.h). Thread-safe.
 */
#ifndef IMAGE_CODEC_VIPS_H
#define IMAGE_CODEC_VIPS_H

#include <vips/vips.h>

#include <batchresize/image.h>

#include "image/bytes.h"

/* Nicknames of the operations, NULL for a format that we never read or write. */
const char *codec_vips_loader(enum image_format format);
const char *codec_vips_saver(enum image_format format);

struct load_options {
	enum image_fail_on fail_on;
	unsigned shrink; /* JPEG: 1, 2, 4, 8 */
	double scale;    /* WebP: 0 < scale <= 1 */
	unsigned page;   /* GIF, WebP, TIFF: from 0 */
};

/* Opens a file: reads its header, no pixel. The pixels come as they are asked for, from top to
 * bottom, once. `bytes` must live as long as *image. Returns 0 or ERROR_CORRUPT. */
int codec_vips_load(enum image_format format, struct bytes bytes,
                    const struct load_options *options, VipsImage **image);

/* The longest side that the format can hold. */
uint32_t codec_vips_side_max(enum image_format format);

/* The quality that the options ask for a format. */
unsigned codec_quality(enum image_format format, const struct image_options *options);

/* Encodes as the options say. *data is to be freed with g_free(). Returns 0 or ERROR_ENCODE. */
int codec_vips_save(enum image_format format, VipsImage *image, const struct image_options *options,
                    void **data, size_t *size);

#endif
