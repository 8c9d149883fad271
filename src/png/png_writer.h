/* png_writer.h - pixels to a PNG: rows filtered, and deflated in one piece by libdeflate.
 *
 * The same picture and choices give the same bytes everywhere. Thread-safe; no state.
 */
#ifndef PNG_PNG_WRITER_H
#define PNG_PNG_WRITER_H

#include <batchresize/buffer.h>

#include "base/bytes.h"

/* Samples are words in native byte order if `bits` is 16, else a byte each, of which the lowest
 * bits count. */
struct png_picture {
	uint32_t width, height; /* pixels, at least 1 */
	unsigned channels;      /* 1: gray, or indices of a palette; 2: gray and alpha; 3; 4 */
	unsigned bits;          /* of a sample: 8 or 16; with one channel also 1, 2, 4 */
	/* Rows from top to bottom, `stride` bytes apart; nothing behind a row is read. Or NULL: */
	const uint8_t *pixels;
	size_t stride;
	/* Writes the samples of row y to `out`; asked for each row once, from top to bottom.
	 * Returns 0, or negative errno to give up. */
	int (*row)(void *context, uint32_t y, uint8_t *out);
	void *context;
	/* RGBA of each index, NULL: no palette. Transparent ones are best put first: tRNS ends with
	 * the last of them. */
	const uint8_t (*palette)[4];
	unsigned entries; /* of the palette, at least 1 */
};

/* What all rows are filtered by (the standard's numbers), or BEST: what promises most for each.
 * NONE is best for palettes, and for some drawings and text. */
enum png_filtering {
	PNG_FILTERING_NONE,
	PNG_FILTERING_SUB,
	PNG_FILTERING_UP,
	PNG_FILTERING_AVERAGE,
	PNG_FILTERING_PAETH,
	PNG_FILTERING_BEST
};

/* From fast to small. */
#define PNG_EFFORT_MIN 1
#define PNG_EFFORT_MAX 10

/* Appends the file to *out. Returns 0, -EINVAL for what is no picture, -EFBIG for one of over 2 GB,
 * -ENOMEM, what growing *out returned, or what row() returned; *out is as it was then. Allocates
 * three times the size of the rows at most, what *out grows by included. */
int png_writer_write(const struct png_picture *picture, enum png_filtering filtering,
                     unsigned effort, struct br_buffer *out);

#endif
