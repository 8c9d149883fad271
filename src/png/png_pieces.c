/* png_pieces.c - see png_pieces.h.
 *
 * Rows are unfiltered where they lie, and the stream refers back to them as they were: so the last
 * bytes of a piece are copied to where they stand before the next one while that is made.
 */
#include "png/png_pieces.h"

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "png/inflate.h"

/* Bytes of a piece, of as many rows as fit, at least one: with the lines that the resampler keeps,
 * within the second cache of most processors. Rows are unfiltered in eights, for which a piece may
 * be twice as large. */
#define PIECE_BYTES ((size_t)128 << 10)
#define PIECE_ROWS  8

struct png_pieces {
	struct inflate *inflate;
	size_t row_bytes;
	uint32_t rows;                /* of a piece */
	uint32_t left;                /* that are still to come */
	size_t history;               /* bytes before the piece that can be referred to */
	size_t ahead;                 /* bytes of the next piece that were made with the last */
	uint32_t adler;               /* of all rows so far */
	uint8_t aside[INFLATE_SLACK]; /* those */
	uint8_t *block;               /* INFLATE_WINDOW bytes, then the piece, then the slack */
};

static uint32_t rows_of_piece(size_t row_bytes, uint32_t height)
{
	const size_t rows = PIECE_BYTES / row_bytes;

	if (rows >= height)
		return height;
	if (rows < PIECE_ROWS)
		return rows >= PIECE_ROWS / 2 ? PIECE_ROWS : rows ? (uint32_t)rows : 1;
	return (uint32_t)(rows / PIECE_ROWS * PIECE_ROWS);
}

struct png_pieces *png_pieces_new(struct bytes stream, size_t row_bytes, uint32_t height)
{
	struct png_pieces *pieces = calloc(1, sizeof *pieces);

	if (!pieces)
		return NULL;
	pieces->row_bytes = row_bytes;
	pieces->rows = rows_of_piece(row_bytes, height);
	pieces->left = height;
	pieces->adler = 1;
	pieces->inflate = inflate_new(false);
	pieces->block = malloc(INFLATE_WINDOW + pieces->rows * row_bytes + INFLATE_SLACK);
	if (!pieces->inflate || !pieces->block) {
		png_pieces_free(pieces);
		return NULL;
	}
	inflate_begin(pieces->inflate, stream);
	return pieces;
}

void png_pieces_free(struct png_pieces *pieces)
{
	if (!pieces)
		return;
	inflate_free(pieces->inflate);
	free(pieces->block);
	free(pieces);
}

/* Whether the stream is over, and what it was to be. */
static bool is_right(const struct png_pieces *pieces)
{
	uint32_t adler;

	return inflate_ended(pieces->inflate, &adler) && adler == pieces->adler;
}

uint8_t *png_pieces_next(struct png_pieces *pieces, uint32_t *count)
{
	uint8_t *begin = pieces->block + INFLATE_WINDOW, *end, *made;
	const bool last = pieces->left <= pieces->rows;

	*count = last ? pieces->left : pieces->rows;
	end = begin + *count * pieces->row_bytes;
	memcpy(begin, pieces->aside, pieces->ahead);
	/* the end of the stream is behind the last byte */
	made = inflate_run(pieces->inflate, begin - pieces->history, begin + pieces->ahead,
	                   end + last);
	if (!made || made < end || (last && made > end))
		return NULL;
	pieces->adler = libdeflate_adler32(pieces->adler, begin, (size_t)(end - begin));
	if (last && !is_right(pieces))
		return NULL;
	pieces->left -= *count;
	pieces->history += (size_t)(end - begin);
	if (pieces->history > INFLATE_WINDOW)
		pieces->history = INFLATE_WINDOW;
	pieces->ahead = (size_t)(made - end);
	memcpy(pieces->aside, end, pieces->ahead);
	memmove(begin - pieces->history, end - pieces->history, pieces->history);
	return begin;
}
