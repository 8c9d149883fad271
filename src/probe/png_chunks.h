/* png_chunks.h - the chunks of a PNG (ISO/IEC 15948, section 5), read and written.
 *
 * Pure functions of the bytes; thread-safe. Lengths are checked; CRCs only if it says so.
 */
#ifndef PROBE_PNG_CHUNKS_H
#define PROBE_PNG_CHUNKS_H

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "probe/window.h"

#define PNG_SIGNATURE      "\x89PNG\r\n\x1a\n"
#define PNG_SIGNATURE_SIZE 8

/* Where the first chunk begins. */
#define PNG_CHUNKS_BEGIN PNG_SIGNATURE_SIZE

/* Bytes of a chunk besides its data: length, type, CRC. */
#define PNG_CHUNK_OVERHEAD 12

#define PNG_IHDR_SIZE  13
#define PNG_LENGTH_MAX 0x7fffffffU /* of a chunk's data, and of a side */

struct png_chunk {
	const unsigned char *type; /* four letters */
	struct bytes data;
	struct bytes whole; /* with length, type and CRC */
};

/* The chunk at *at, which is moved on. Returns false if there is no whole chunk any more. */
bool png_chunk_next(struct bytes png, size_t *at, struct png_chunk *chunk);

bool png_chunk_is(const struct png_chunk *chunk, const char *type);

/* Whether nobody may pass it over: its type begins with an upper-case letter. */
bool png_chunk_is_critical(const struct png_chunk *chunk);

bool png_chunk_is_intact(const struct png_chunk *chunk); /* by its CRC */

/* The chunk at *at, which is moved on, through a window, which need not hold its data. */
struct png_place {
	unsigned char type[4];
	uint64_t at; /* of the data in the file */
	uint32_t size;
};

bool png_place_next(struct window *window, uint64_t *at, struct png_place *place);

/* Fills in what surrounds the data of a chunk, which is there already, eight bytes behind. */
void png_chunk_seal(unsigned char *chunk, const char *type, size_t size);

/* Appends a chunk. Returns 0, -EFBIG for more data than a chunk can have, or what
 * br_buffer_reserve() returned. */
int png_chunk_append(struct br_buffer *out, const char *type, const void *data, size_t size);

#endif
