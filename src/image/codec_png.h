/* codec_png.h - PNG without libpng's streaming: read and written in one piece each, with
 * libdeflate.
 *
 * Reading. What is taken: files without interlacing that are right in every byte up to the end of
 * the picture (CRCs, order of chunks, length of the data, its Adler-32). All else is declined
 * before the first row, for libpng to judge: a reader never says that a file is broken. The pixels
 * are those of libpng, to the last bit, as libvips' pngload has them: palettes become RGB, grays of
 * less than 8 bits 8, tRNS becomes alpha, 16 bits are in native byte order.
 *
 * Where this differs from libpng in verdict, this is the more lenient: libdeflate reads a few
 * deflate streams that zlib refuses and no encoder makes (codes for symbols that the format does
 * not use, an incomplete code of one symbol), given a right Adler-32.
 *
 * Writing. Rows are filtered each on its own and deflated together. The same picture and effort
 * give the same bytes everywhere.
 *
 * Ownership: a struct png_reader belongs to one thread at a time, and reads one picture after
 * another. Fork-safe as any memory; no global state.
 */
#ifndef IMAGE_CODEC_PNG_H
#define IMAGE_CODEC_PNG_H

#include <batchresize/buffer.h>
#include <batchresize/error.h>

#include "image/bytes.h"

/* --- reading ------------------------------------------------------------------------- */

struct png_reader;

/* NULL when there is no memory. */
struct png_reader *png_reader_new(void);
void png_reader_free(struct png_reader *reader);

/* Why a file is left to libpng. */
enum png_decline {
	PNG_DECLINE_NONE = 0,
	PNG_DECLINE_INTERLACED,
	PNG_DECLINE_STRUCTURE, /* of the chunks; a CRC that is wrong */
	PNG_DECLINE_DATA,      /* the deflate stream, its length, a filter's number */
	PNG_DECLINE_SIZE,      /* more memory than allowed */
	PNG_DECLINE_MEMORY     /* there was none */
};

/* The picture as it will be given. */
struct png_info {
	uint32_t width, height; /* pixels */
	uint32_t bands;         /* alpha included */
	uint32_t bits;          /* 8 or 16 */
	size_t line_bytes;      /* of a row: width * bands * bits / 8 */
	uint64_t memory;        /* bytes that unpacking takes, and keeps until the last row */
	bool in_place; /* the rows need no expansion: codec_png_whole() takes no more memory */
};

/* Reads the structure; allocates nothing. `bytes` must live until codec_png_unpack(). max_memory:
 * of info->memory. *info is filled in where nothing is declined. */
enum png_decline codec_png_open(struct png_reader *reader, struct bytes bytes, uint64_t max_memory,
                                struct png_info *info);

/* Inflates the opened picture. Where nothing is declined, every row can be had. */
enum png_decline codec_png_unpack(struct png_reader *reader);

/* The next row into `out`, of info.line_bytes; called info.height times at most. */
void codec_png_next_row(struct png_reader *reader, void *out);

/* The whole picture, rows one after another, instead of codec_png_next_row(). To be freed with
 * free(). NULL where nothing is unpacked, or there is no memory for a picture that is not in_place,
 * whose rows can be had then. */
void *codec_png_whole(struct png_reader *reader);

/* Bytes that reading takes at most, for rows of so many bytes as stored, out of `packed` ones. */
uint64_t codec_png_cost(uint64_t row_bytes, uint64_t height, uint64_t packed);

/* --- writing ------------------------------------------------------------------------- */

/* A chunk to be written as it is, between IHDR and the palette: iCCP with its deflated profile,
 * eXIf, iTXt, sRGB, ... in an order that the standard allows. */
struct png_extra {
	const char *type; /* four letters */
	struct bytes data;
};

struct png_picture {
	uint32_t width, height; /* pixels, at least 1 */
	unsigned channels;      /* 1: gray, or indices of a palette; 2: gray and alpha; 3; 4 */
	unsigned bits;          /* of a sample: 8 or 16; with one channel also 1, 2, 4 */
	/* Rows of samples from top to bottom, `stride` bytes apart: words in native byte order
	 * where bits is 16, else a byte each, of which the lowest bits count. Nothing behind a row
	 * is read. */
	const uint8_t *pixels;
	size_t stride;
	/* RGBA of each index, NULL: no palette. Transparent ones are best put first: tRNS ends with
	 * the last of them. */
	const uint8_t (*palette)[4];
	unsigned entries; /* of the palette, at least 1 */
	const struct png_extra *extras;
	unsigned extras_count;
};

#define PNG_EFFORT_MIN 1
#define PNG_EFFORT_MAX 10

/* Appends the file to *out. effort: from fast to small. Rows of whole bytes are filtered, but for
 * those of a palette. Returns 0, -EINVAL for what is no picture, -EFBIG for a file of over 2 GB, or
 * what growing *out returned; *out is as it was then. Allocates three times the size of the rows at
 * most, what *out grows by included. */
int codec_png_write(const struct png_picture *picture, unsigned effort, struct buffer *out);

#endif
