/* png_reader.c - from an open PNG to its rows.
 *
 * Either all rows are inflated into one block, each behind its filter's number, and unfiltered
 * where they are, a byte forward: into the place of that number. A filter needs the row above,
 * which lies just before. For the whole picture the rows are moved together as they are done, so
 * the block becomes it. Or the rows come in pieces, for who needs each of them once: the block is
 * the piece then.
 */
#include "png/png_pieces.h"
#include "png/png_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <libdeflate.h>

struct png_reader {
	const struct png_kernels *kernels;
	struct libdeflate_decompressor *inflater;
	struct png_header header;
	uint8_t *block;       /* the rows, in slots of a byte more; those before `next` are done */
	uint8_t *zeros;       /* the row above the first of the block */
	const uint8_t *above; /* the last row that is done, or zeros */
	uint32_t next;
	uint32_t given;            /* by png_reader_next_row() */
	uint32_t begin, end;       /* the rows that are in the block */
	struct png_pieces *pieces; /* whose the block is then; or NULL */
	uint8_t *zlib;             /* their stream, if it was in several chunks */
	bool wrong;                /* the rest of the pieces are, and are zeros */
};

/* Blocks of this size and more are fresh from the system (see HEAP_KEEPS in init.c), in pages of 4
 * kB that cost a fault each, in sum as much as unfiltering them: pages of 2 MB are asked for. */
#define HUGE_MIN  ((size_t)32 << 20)
#define HUGE_PAGE ((size_t)2 << 20)

/* What libdeflate allocates, and change. */
#define COST_FIXED 65536

uint64_t png_reader_cost(uint64_t row_bytes, uint64_t height, uint64_t packed)
{
	const uint64_t block = (row_bytes + 1) * height;

	return block + (block < HUGE_MIN ? 0 : HUGE_PAGE) + row_bytes + packed + COST_FIXED;
}

struct png_reader *png_reader_new(void)
{
	struct png_reader *reader = calloc(1, sizeof *reader);

	if (!reader)
		return NULL;
	reader->kernels = png_kernels(0);
	reader->inflater = libdeflate_alloc_decompressor();
	if (!reader->inflater) {
		free(reader);
		return NULL;
	}
	return reader;
}

static void forget(struct png_reader *reader)
{
	if (!reader->pieces)
		free(reader->block);
	png_pieces_free(reader->pieces);
	free(reader->zeros);
	free(reader->zlib);
	reader->pieces = NULL;
	reader->block = reader->zeros = reader->zlib = NULL;
	reader->next = reader->given = reader->begin = reader->end = 0;
	reader->wrong = false;
}

void png_reader_free(struct png_reader *reader)
{
	if (!reader)
		return;
	forget(reader);
	libdeflate_free_decompressor(reader->inflater);
	free(reader);
}

static size_t line_bytes(const struct png_header *header)
{
	return (size_t)header->width * png_expand_bands(header) * png_expand_bits(header) / 8;
}

enum png_decline png_reader_open(struct png_reader *reader, struct bytes bytes, uint64_t max_memory,
                                 struct png_info *info)
{
	struct png_header *header = &reader->header;
	enum png_decline decline;

	forget(reader);
	decline = png_header_read(header, bytes);
	if (decline)
		return decline;
	*info = (struct png_info){
	    .width = header->width,
	    .height = header->height,
	    .bands = png_expand_bands(header),
	    .bits = png_expand_bits(header),
	    .in_place = png_expand_in_place(header),
	    .as_stored = png_expand_in_place(header) && header->bits == 8,
	};
	info->line_bytes = line_bytes(header);
	info->memory =
	    png_reader_cost(header->row_bytes, header->height, header->single ? 0 : header->packed);
	return info->memory <= max_memory ? PNG_DECLINE_NONE : PNG_DECLINE_SIZE;
}

/* zlib refuses distances over the window that the stream's first byte promises, if not always;
 * libdeflate does not look at it. A window as large as the picture or as it can be is right. */
static bool window_holds(const uint8_t *zlib, size_t unpacked)
{
	const unsigned log = zlib[0] >> 4;

	return log >= 7 || unpacked <= (size_t)256 << log;
}

/* The stream is to fill the block, no more and no less, and to end with the last IDAT. */
static bool inflate(const struct png_reader *reader, const uint8_t *zlib)
{
	const struct png_header *header = &reader->header;
	size_t used;

	return header->packed >= 2 && window_holds(zlib, header->unpacked) &&
	       libdeflate_zlib_decompress_ex(reader->inflater, zlib, header->packed, reader->block,
	                                     header->unpacked, &used, NULL) == LIBDEFLATE_SUCCESS &&
	       used == header->packed;
}

static bool filters_known(const uint8_t *rows, size_t stride, uint32_t count)
{
	for (size_t y = 0; y < count; y++)
		if (rows[y * stride] >= PNG_ROW_FILTERS)
			return false;
	return true;
}

static enum png_decline inflate_gathered(const struct png_reader *reader)
{
	const struct png_header *header = &reader->header;
	uint8_t *zlib = malloc(header->packed ? header->packed : 1);
	bool inflated;

	if (!zlib)
		return PNG_DECLINE_MEMORY;
	png_header_gather(header, zlib);
	inflated = inflate(reader, zlib);
	free(zlib);
	return inflated ? PNG_DECLINE_NONE : PNG_DECLINE_DATA;
}

static void *block_new(size_t size)
{
	void *block;

	if (size < HUGE_MIN)
		return malloc(size);
	block = aligned_alloc(HUGE_PAGE, (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
	if (block)
		(void)madvise(block, size, MADV_HUGEPAGE);
	return block;
}

enum png_decline png_reader_unpack(struct png_reader *reader)
{
	const struct png_header *header = &reader->header;
	enum png_decline decline;

	reader->block = block_new(header->unpacked + PNG_SLACK);
	reader->zeros = calloc(header->row_bytes + PNG_SLACK, 1);
	if (!reader->block || !reader->zeros)
		return PNG_DECLINE_MEMORY;
	if (header->single)
		decline =
		    inflate(reader, header->data.data + 8) ? PNG_DECLINE_NONE : PNG_DECLINE_DATA;
	else
		decline = inflate_gathered(reader);
	if (!decline && !filters_known(reader->block, header->row_bytes + 1, header->height))
		decline = PNG_DECLINE_DATA;
	if (decline)
		forget(reader);
	reader->above = reader->zeros;
	reader->end = header->height;
	return decline;
}

/* --- in pieces ----------------------------------------------------------------------- */

/* The stream, in one piece of memory. */
static bool gather(struct png_reader *reader, struct bytes *stream)
{
	const struct png_header *header = &reader->header;

	*stream = (struct bytes){header->data.data + 8, header->packed};
	if (header->single)
		return true;
	reader->zlib = malloc(header->packed ? header->packed : 1);
	stream->data = reader->zlib;
	if (reader->zlib)
		png_header_gather(header, reader->zlib);
	return reader->zlib;
}

bool png_reader_begin(struct png_reader *reader)
{
	const struct png_header *header = &reader->header;
	struct bytes stream = {0};

	reader->zeros = calloc(header->row_bytes + PNG_SLACK, 1);
	if (reader->zeros && gather(reader, &stream))
		reader->pieces = png_pieces_new(stream, header->row_bytes + 1, header->height);
	if (!reader->pieces) {
		forget(reader);
		return false;
	}
	reader->above = reader->zeros;
	reader->wrong = stream.size < 2 || !window_holds(stream.data, header->unpacked);
	return true;
}

/* The next rows, if they can be had; all before them are done, or not asked for. */
static void next_piece(struct png_reader *reader)
{
	const struct png_header *header = &reader->header;
	uint32_t count = 0;

	if (reader->above != reader->zeros)
		memcpy(reader->zeros, reader->above, header->row_bytes);
	reader->above = reader->zeros;
	reader->begin = reader->end;
	if (!reader->wrong)
		reader->block = png_pieces_next(reader->pieces, &count);
	reader->wrong = reader->wrong || !reader->block ||
	                !filters_known(reader->block, header->row_bytes + 1, count);
	reader->end += count;
}

bool png_reader_finish(struct png_reader *reader)
{
	while (!reader->wrong && reader->end < reader->header.height)
		next_piece(reader);
	return !reader->wrong;
}

/* --- rows ---------------------------------------------------------------------------- */

static uint8_t *slot(const struct png_reader *reader, uint32_t y)
{
	return reader->block + (y - reader->begin) * (reader->header.row_bytes + 1);
}

static bool is_chain(uint8_t filter)
{
	return filter == PNG_ROW_AVERAGE || filter == PNG_ROW_PAETH;
}

/* Whether there are so many rows, and of average and Paeth the first one and at least one more. */
static bool are_chains(const struct png_reader *reader, uint32_t count)
{
	if (reader->end - reader->next < count || !is_chain(*slot(reader, reader->next)))
		return false;
	for (uint32_t i = 1; i < count; i++)
		if (is_chain(*slot(reader, reader->next + i)))
			return true;
	return false;
}

static unsigned rows_at_once(const struct png_reader *reader)
{
	const struct png_kernels *kernels = reader->kernels;
	const unsigned pixel = reader->header.pixel;

	if (kernels->undo_eight && (pixel == 3 || pixel == 4) && are_chains(reader, 8))
		return 8;
	return kernels->undo_four && pixel <= 4 && are_chains(reader, 4) ? 4 : 1;
}

/* Maybe some rows more than asked for. */
void png_reader_make(struct png_reader *reader, uint32_t end)
{
	const struct png_header *header = &reader->header;
	const size_t bytes = header->row_bytes;

	while (reader->next < end && !reader->wrong) {
		if (reader->next == reader->end) {
			next_piece(reader);
			continue;
		}
		const unsigned rows = rows_at_once(reader);
		uint8_t *row = slot(reader, reader->next);

		if (rows == 8)
			reader->kernels->undo_eight(row, reader->above, bytes, header->pixel);
		else if (rows == 4)
			reader->kernels->undo_four(row, reader->above, bytes, header->pixel);
		else
			reader->kernels->undo((enum png_filter)row[0], row, row + 1, reader->above,
			                      bytes, header->pixel);
		reader->next += rows;
		reader->above = slot(reader, reader->next - 1);
	}
}

void png_reader_next_row(struct png_reader *reader, void *out)
{
	const void *row = png_reader_see_row(reader, out);

	if (row != out)
		memcpy(out, row, line_bytes(&reader->header));
}

const void *png_reader_see_row(struct png_reader *reader, void *room)
{
	const struct png_header *header = &reader->header;
	const uint32_t y = reader->given++;

	png_reader_make(reader, y + 1);
	if (reader->wrong) {
		memset(room, 0, line_bytes(header));
		return room;
	}
	if (png_expand_in_place(header) && header->bits == 8)
		return slot(reader, y);
	png_expand_row(header, room, slot(reader, y));
	return room;
}

const void *png_reader_rows(const struct png_reader *reader, size_t *stride)
{
	*stride = reader->header.row_bytes + 1;
	return reader->block;
}

/* The last row that is done is needed where it is, and as it is, until the next one is done. */
static void *whole_in_place(struct png_reader *reader)
{
	const struct png_header *header = &reader->header;
	uint8_t *block = reader->block;

	for (uint32_t y = 0; y < header->height; y++) {
		png_reader_make(reader, y + 2 < header->height ? y + 2 : header->height);
		png_expand_row(header, block + y * header->row_bytes, slot(reader, y));
	}
	reader->block = NULL;
	forget(reader);
	return block;
}

void *png_reader_whole(struct png_reader *reader)
{
	const struct png_header *header = &reader->header;
	const size_t line = line_bytes(header);
	uint8_t *picture;

	if (!reader->block)
		return NULL;
	if (png_expand_in_place(header))
		return whole_in_place(reader);
	picture = malloc(line * header->height);
	if (!picture)
		return NULL;
	for (size_t y = 0; y < header->height; y++)
		png_reader_next_row(reader, picture + y * line);
	forget(reader);
	return picture;
}
