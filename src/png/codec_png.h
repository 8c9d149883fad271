/* codec_png.h - PNG in the kind (palette, gray, truecolour; bits) that takes the fewest bytes.
 *
 * Nothing is lost unless palette_reduce() finds that it cannot be seen. Thread-safe. The same
 * pixels and options give the same bytes.
 */
#ifndef PNG_CODEC_PNG_H
#define PNG_CODEC_PNG_H

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "resample/raster.h"

/* What the picture was before, as far as it may be so again. */
struct codec_origin {
	uint64_t bytes; /* of the source file; UINT64_MAX if it was encoded in another way */
	bool palette;   /* its pixels were numbers of colours */
	bool gray;
	bool profile; /* one goes with the output: it is for gray or for colours */
	/* TIFF: one bit a pixel, of as many pixels; coded as a fax is; 0 is white. */
	bool bilevel, fax, white_is_zero;
	uint32_t width, height; /* of it, turned upright */
	/* A PNG of the very pixels that png_reader has read, to be copied if nothing smaller is
	 * found; empty: there is none. */
	struct bytes same;
};

/* Pictures up to this many bytes are for codec_png_encode(), which keeps all rows, filtered and
 * deflated; larger ones stream through libvips. */
#define CODEC_PNG_MAX (UINT64_C(40) << 20)

/* What is asked of others; either may be NULL. */
struct codec_png_help {
	/* Whether to give up: asked before each attempt. */
	bool (*late)(void *context);
	/* Finds a copy of an 8-bit picture in at most PALETTE_MAX colours that cannot be told from
	 * it by eye, which lives until the encoding is done. Returns 1, 0 if there is none, or
	 * negative errno to give up. */
	int (*reduce)(void *context, const struct raster *raster, struct raster *reduced);
	void *context;
};

/* Encodes a picture's pixels, without metadata. *file becomes a new BR_BUFFER_HEAP. Returns 0,
 * -ECANCELED when it was late, what reduce() or png_writer_write() returned. */
int codec_png_encode(const struct raster *raster, const struct codec_origin *origin,
                     unsigned effort, const struct codec_png_help *help, struct br_buffer *file);

/* Of an effort, for libvips' own saver. */
int codec_png_level(unsigned effort);

#endif
