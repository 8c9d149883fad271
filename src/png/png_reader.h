/* png_reader.h - a PNG's pixels without libpng: inflated in one piece by libdeflate, or in many as
 * the rows are asked for, unfiltered by SIMD.
 *
 * What is taken: files without interlacing that are right in every byte up to the end of the
 * picture (CRCs, order of chunks, length of the data, its Adler-32). All else is declined before
 * the first row (or found by png_reader_finish()), for libpng to judge: a reader never says that a
 * file is broken. The pixels are those of libpng, to the last bit, as libvips' pngload has them:
 * palettes become RGB, grays of less than 8 bits 8, tRNS becomes alpha, 16 bits are in native byte
 * order.
 *
 * If its verdict differs from libpng's, it is the more lenient one: libdeflate reads a few
 * deflate streams that zlib refuses and no encoder makes (codes for symbols that the format does
 * not use, an incomplete code of one symbol), given a right Adler-32.
 *
 * Ownership: a struct png_reader belongs to one thread at a time, and reads one picture after
 * another. Fork-safe as any memory; no global state.
 */
#ifndef PNG_PNG_READER_H
#define PNG_PNG_READER_H

#include <stdbool.h>

#include "base/bytes.h"

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
	bool in_place;  /* the rows need no expansion: png_reader_whole() takes no more memory */
	bool as_stored; /* nor anything else: png_reader_rows() may be used */
};

/* Reads the structure; allocates nothing. `bytes` must live until png_reader_unpack(). max_memory:
 * of info->memory. *info is filled in if nothing is declined. */
enum png_decline png_reader_open(struct png_reader *reader, struct bytes bytes, uint64_t max_memory,
                                 struct png_info *info);

/* Inflates the opened picture. If nothing is declined, every row can be had. */
enum png_decline png_reader_unpack(struct png_reader *reader);

/* Or begins to inflate it in pieces, which takes little memory and stays in the cache: only
 * png_reader_next_row() and png_reader_see_row() may be used then. False: there is no memory. */
bool png_reader_begin(struct png_reader *reader);

/* Whether the data were right to the end, of what was begun: goes over the rest of them. If not,
 * some rows may have been zeros, and the picture is to be left to others like one that is declined.
 * What png_reader_unpack() takes is declined here if zlib would not take it either. */
bool png_reader_finish(struct png_reader *reader);

/* The next row into `out`, of info.line_bytes; called info.height times at most. */
void png_reader_next_row(struct png_reader *reader, void *out);

/* The same where it is, until the next one is asked for, or in `room` if it is to be expanded. */
const void *png_reader_see_row(struct png_reader *reader, void *room);

/* Where an unpacked picture that is as_stored has its rows, `stride` bytes apart, instead of
 * png_reader_next_row(): those before `end` are there after png_reader_make(), for good. */
const void *png_reader_rows(const struct png_reader *reader, size_t *stride);
void png_reader_make(struct png_reader *reader, uint32_t end);

/* The whole picture, rows one after another, instead of these. To be freed with
 * free(). NULL if nothing is unpacked, or there is no memory for a picture that is not in_place,
 * whose rows can be had then. */
void *png_reader_whole(struct png_reader *reader);

/* Bytes that reading takes at most, for rows of so many bytes as stored, out of `packed` ones. */
uint64_t png_reader_cost(uint64_t row_bytes, uint64_t height, uint64_t packed);

/* The first of the chunks that make the picture (with `data` also those of its pixels) whose CRC is
 * wrong, by its name; NULL: there is none. libpng refuses such a file, libspng, which libvips is
 * built with on some systems, does not. Pure. */
const char *png_wrong_crc(struct bytes bytes, bool data);

/* Whether there is a critical chunk, which nobody may pass over, of a name that the standard does
 * not know: *name is it. Pure. */
bool png_find_unknown(struct bytes bytes, char name[5]);

#endif
