/* png_chunks.c - reads and writes chunks (PNG, third edition; ISO/IEC 15948). */
#include "metadata/png_chunks.h"

#include <string.h>

#include <zlib.h>

static uint64_t chunk_length(struct bytes png, size_t at)
{
	return PNG_CHUNK_OVERHEAD + (uint64_t)be32(png.data + at);
}

bool png_chunk_next(struct bytes png, size_t *at, struct png_chunk *chunk)
{
	uint64_t length;

	if (!bytes_have(png, *at, PNG_CHUNK_OVERHEAD))
		return false;
	length = chunk_length(png, *at);
	if (!bytes_have(png, *at, length))
		return false;
	*chunk = (struct png_chunk){
	    .type = png.data + *at + 4,
	    .data = {png.data + *at + 8, length - PNG_CHUNK_OVERHEAD},
	    .whole = {png.data + *at, length},
	};
	*at += length;
	return true;
}

bool png_chunk_is(const struct png_chunk *chunk, const char *type)
{
	return !memcmp(chunk->type, type, 4);
}

struct bytes png_exif(struct bytes png)
{
	struct png_chunk chunk;
	size_t at = PNG_CHUNKS_BEGIN;

	while (png_chunk_next(png, &at, &chunk))
		if (png_chunk_is(&chunk, "eXIf"))
			return chunk.data;
	return (struct bytes){0};
}

int png_chunk_append(struct br_buffer *out, const char *type, const void *data, size_t size)
{
	const size_t begin = out->size;
	unsigned char word[4];
	int status;

	put_be32(word, (uint32_t)size);
	status = br_buffer_reserve(out, begin + size + PNG_CHUNK_OVERHEAD);
	if (!status)
		status = br_buffer_append(out, word, sizeof word);
	if (!status)
		status = br_buffer_append(out, type, 4);
	if (!status)
		status = br_buffer_append(out, data, size);
	if (status)
		return status;
	put_be32(word, (uint32_t)crc32(0, out->data + begin + 4, (uInt)(size + 4)));
	return br_buffer_append(out, word, sizeof word);
}

/* --- colours ------------------------------------------------------------------------- */

static void read_pair(const unsigned char *p, double pair[2])
{
	pair[0] = be32(p) / 100000.0;
	pair[1] = be32(p + 4) / 100000.0;
}

static void read_colour(const struct png_chunk *chunk, struct png_colour_chunks *colour)
{
	const unsigned char *p = chunk->data.data;
	const size_t size = chunk->data.size;

	if (png_chunk_is(chunk, "iCCP")) {
		colour->profile = true;
	} else if (png_chunk_is(chunk, "sRGB") && size == 1) {
		colour->srgb = true;
	} else if (png_chunk_is(chunk, "gAMA") && size == 4) {
		colour->gamma = be32(p);
	} else if (png_chunk_is(chunk, "cICP") && size == 4 && p[2] == 0 && p[3] <= 1) {
		colour->codes =
		    (struct colour_codes){.told = true, .primaries = p[0], .transfer = p[1]};
		colour->narrow = !p[3];
	} else if (png_chunk_is(chunk, "cHRM") && size == 32) {
		colour->has_primaries = true;
		read_pair(p, colour->white);
		read_pair(p + 8, colour->red);
		read_pair(p + 16, colour->green);
		read_pair(p + 24, colour->blue);
	}
}

struct png_colour_chunks png_colour_read(struct bytes png)
{
	struct png_colour_chunks colour = {0};
	struct png_chunk chunk;
	size_t at = PNG_CHUNKS_BEGIN;

	while (png_chunk_next(png, &at, &chunk) && !png_chunk_is(&chunk, "IDAT"))
		read_colour(&chunk, &colour);
	return colour;
}
