/* codec_png.h - PNG in the kind (palette, gray, truecolour; bits) that takes the fewest bytes.
 *
 * Nothing is lost but where palette_reduce() finds that it cannot be seen. Thread-safe. The same
 * pixels and options give the same bytes.
 */
#ifndef IMAGE_CODEC_PNG_H
#define IMAGE_CODEC_PNG_H

#include <batchresize/image.h>

#include "image/libvips.h"

/* What the picture was before, as far as it may be so again. */
struct codec_origin {
	uint64_t bytes; /* of the source file; UINT64_MAX where it was encoded in another way */
	bool palette;   /* its pixels were numbers of colours */
	bool gray;
	bool profile; /* one goes with the output: it is for gray or for colours */
};

/* Pictures up to this many bytes are for codec_png_save(), which keeps all rows, filtered and
 * deflated; larger ones stream through libvips. */
#define CODEC_PNG_MAX (UINT64_C(40) << 20)

/* Encodes a picture in memory of 8 or 16 bits, gray or RGB, with or without alpha; without what is
 * attached to it. *data is to be freed with free() or g_free(). Returns 0 or -1, with libvips'
 * error set; or the picture has been killed (vips_image_iskilled()). */
int codec_png_save(VipsImage *image, const struct codec_origin *origin,
                   const struct image_options *options, void **data, size_t *size);

/* Of an effort, for libvips' own saver. */
int codec_png_level(unsigned effort);

#endif
