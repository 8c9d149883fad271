/* png_chunks.h - what a PNG says beside its pixels: how its colours are meant, and metadata.
 *
 * Pure functions of the bytes; thread-safe. Lengths are checked, CRCs are not.
 */
#ifndef METADATA_PNG_CHUNKS_H
#define METADATA_PNG_CHUNKS_H

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "colour/colour_codes.h"

struct png_chunk {
	const unsigned char *type; /* four letters */
	struct bytes data;
	struct bytes whole; /* with length, type and CRC */
};

/* Where the first chunk begins. */
#define PNG_CHUNKS_BEGIN 8

/* The chunk at *at, which is moved on. Returns false where there is no whole chunk any more. */
bool png_chunk_next(struct bytes png, size_t *at, struct png_chunk *chunk);
bool png_chunk_is(const struct png_chunk *chunk, const char *type);

/* Bytes of a chunk besides its data. */
#define PNG_CHUNK_OVERHEAD 12

/* The data of the eXIf chunk, before the picture or behind it; empty: there is none. */
struct bytes png_exif(struct bytes png);

/* Appends a chunk. Returns 0 or what br_buffer_append() returned. */
int png_chunk_append(struct br_buffer *out, const char *type, const void *data, size_t size);

/* The chunks before the picture that say what its colours mean; by their weight cICP, iCCP, sRGB,
 * the other two (PNG, third edition, 4.3). */
struct png_colour_chunks {
	bool profile; /* iCCP: to be read by a library */
	bool srgb;
	struct colour_codes codes; /* cICP, in RGB */
	bool narrow;               /* whose values do not fill their range */
	uint32_t gamma;            /* of the file, in 100,000ths; 0: not said */
	bool has_primaries;
	double white[2], red[2], green[2], blue[2]; /* CIE x, y */
};

struct png_colour_chunks png_colour_read(struct bytes png);

#endif
