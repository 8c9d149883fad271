/* codec_vips.h - libvips' loaders and savers, always by name: nothing here guesses what bytes are.
 *
 * Functions return 0 or an enum br_error_code and leave the text to the caller, who knows whether
 * libvips' own may be quoted (see source_quote()). Thread-safe.
 */
#ifndef LIBVIPS_CODEC_VIPS_H
#define LIBVIPS_CODEC_VIPS_H

#include <batchresize/image.h>

#include "base/bytes.h"
#include "png/codec_png.h"
#include "libvips/libvips.h"

/* Whether libvips, which is loaded for it, can read and write the format on this system. */
bool codec_vips_can_read(enum br_image_format format);
bool codec_vips_can_write(enum br_image_format format);

/* The same as an error that says what to install: 0, BR_ERROR_UNSUPPORTED, or what kept libvips
 * from being loaded. */
int codec_vips_check_read(enum br_image_format format, struct br_error *error);
int codec_vips_check_write(enum br_image_format format, struct br_error *error);

struct load_options {
	enum br_image_fail_on fail_on;
	unsigned shrink; /* JPEG: 1, 2, 4, 8 */
	double scale;    /* WebP: 0 < scale <= 1 */
	unsigned page;   /* GIF, WebP, TIFF: from 0 */
	unsigned child;  /* TIFF: that one of the page's children, from 1; 0: the page itself */
	bool all;        /* GIF, WebP: that page and all that follow, one below the other */
};

/* Opens a file: reads its header, no pixel. The pixels come as they are asked for, from top to
 * bottom, once. `bytes` must live as long as *image. Returns 0 or BR_ERROR_CORRUPT. */
int codec_vips_load(enum br_image_format format, struct bytes bytes,
                    const struct load_options *options, VipsImage **image);

/* Encodes as the options say; origin: of the picture. *data is to be freed with g_free(). Returns 0
 * or BR_ERROR_ENCODE. */
int codec_vips_save(enum br_image_format format, VipsImage *image,
                    const struct codec_origin *origin, const struct br_image_options *options,
                    void **data, size_t *size);

#endif
