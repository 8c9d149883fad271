/* png_chunks.c - see png_chunks.h. */
#include "probe/png_chunks.h"

#include <errno.h>
#include <string.h>

#include <libdeflate.h>

bool png_chunk_next(struct bytes png, size_t *at, struct png_chunk *chunk)
{
	uint64_t length;

	if (!bytes_have(png, *at, PNG_CHUNK_OVERHEAD))
		return false;
	length = PNG_CHUNK_OVERHEAD + (uint64_t)be32(png.data + *at);
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

bool png_chunk_is_critical(const struct png_chunk *chunk)
{
	return !(chunk->type[0] & 0x20);
}

/* Of the type and the data. */
static uint32_t crc_of(const unsigned char *chunk, size_t size)
{
	return libdeflate_crc32(0, chunk + 4, 4 + size);
}

bool png_chunk_is_intact(const struct png_chunk *chunk)
{
	return crc_of(chunk->whole.data, chunk->data.size) ==
	       be32(chunk->data.data + chunk->data.size);
}

bool png_place_next(struct window *window, uint64_t *at, struct png_place *place)
{
	const unsigned char *p = window_step(window) ? window_look(window, *at, 8) : NULL;

	if (!p)
		return false;
	*place = (struct png_place){.at = *at + 8, .size = be32(p)};
	memcpy(place->type, p + 4, 4);
	*at += PNG_CHUNK_OVERHEAD + (uint64_t)place->size;
	return true;
}

void png_chunk_seal(unsigned char *chunk, const char *type, size_t size)
{
	put_be32(chunk, (uint32_t)size);
	memcpy(chunk + 4, type, 4);
	put_be32(chunk + 8 + size, crc_of(chunk, size));
}

int png_chunk_append(struct br_buffer *out, const char *type, const void *data, size_t size)
{
	int status;

	if (size > PNG_LENGTH_MAX)
		return -EFBIG;
	status = br_buffer_reserve(out, out->size + PNG_CHUNK_OVERHEAD + size);
	if (status)
		return status;
	if (size)
		memcpy(out->data + out->size + 8, data, size);
	png_chunk_seal(out->data + out->size, type, size);
	out->size += PNG_CHUNK_OVERHEAD + size;
	return 0;
}
