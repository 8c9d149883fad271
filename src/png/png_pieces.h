/* png_pieces.h - the rows of a PNG's data, as filtered, some at a time, in memory that stays in the
 * cache. Private to png_reader.
 *
 * One thread at a time.
 */
#ifndef PNG_PNG_PIECES_H
#define PNG_PNG_PIECES_H

#include "base/bytes.h"

struct png_pieces;

/* For `height` rows of so many bytes each (with the filter's number) out of the zlib stream, which
 * must live as long. NULL when there is no memory. */
struct png_pieces *png_pieces_new(struct bytes stream, size_t row_bytes, uint32_t height);
void png_pieces_free(struct png_pieces *pieces);

/* The next rows, one after another; *count of them, at least one if there are more. They may be
 * written to, and as many bytes behind them as a row has slack, until the next are asked for. NULL:
 * the stream is not right, as it is when it goes on behind the last row, or by its Adler-32. */
uint8_t *png_pieces_next(struct png_pieces *pieces, uint32_t *count);

#endif
