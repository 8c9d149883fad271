/* png_header.c - a PNG's structure up to the end of its picture (ISO/IEC 15948), by the letter.
 *
 * Whatever libpng would correct, ignore or refuse is declined: it is not for this to know which.
 * What follows the picture is nobody's business, as libvips does not read on either.
 */
#include "png/png_private.h"

#include <string.h>

/* A chunk that is all there, with letters for a type. */
static bool find_chunk(struct bytes bytes, size_t *at, struct png_chunk *chunk)
{
	if (!png_chunk_next(bytes, at, chunk) || chunk->data.size > PNG_LENGTH_MAX)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if ((unsigned)((chunk->type[i] | 0x20) - 'a') >= 26)
			return false;
	return true;
}

static bool next_chunk(struct bytes bytes, size_t *at, struct png_chunk *chunk)
{
	return find_chunk(bytes, at, chunk) && png_chunk_is_intact(chunk);
}

const char *png_wrong_crc(struct bytes bytes, bool data)
{
	static const char *const critical[] = {"IHDR", "PLTE", "IDAT"};
	struct png_chunk chunk;

	for (size_t at = PNG_CHUNKS_BEGIN; find_chunk(bytes, &at, &chunk);)
		for (unsigned i = 0; i < (data ? 3 : 2); i++)
			if (png_chunk_is(&chunk, critical[i]) && !png_chunk_is_intact(&chunk))
				return critical[i];
	return NULL;
}

bool png_find_unknown(struct bytes bytes, char name[5])
{
	static const char *const known[] = {"IHDR", "PLTE", "IDAT", "IEND"};
	struct png_chunk chunk;

	for (size_t at = PNG_CHUNKS_BEGIN;
	     find_chunk(bytes, &at, &chunk) && !png_chunk_is(&chunk, "IEND");) {
		bool unknown = png_chunk_is_critical(&chunk);

		for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
			unknown = unknown && !png_chunk_is(&chunk, known[i]);
		if (unknown) {
			memcpy(name, chunk.type, 4);
			name[4] = '\0';
			return true;
		}
	}
	return false;
}

unsigned png_channels(unsigned colour)
{
	static const uint8_t channels[] = {
	    [PNG_GRAY] = 1, [PNG_RGB] = 3, [PNG_PALETTE] = 1, [PNG_GRAY_ALPHA] = 2, [PNG_RGBA] = 4};

	return colour < sizeof channels ? channels[colour] : 0;
}

/* Table 11.1 of the standard. */
static bool bits_allowed(unsigned colour, unsigned bits)
{
	if (bits == 8 || (bits == 16 && colour != PNG_PALETTE))
		return true;
	return (colour == PNG_GRAY || colour == PNG_PALETTE) &&
	       (bits == 1 || bits == 2 || bits == 4);
}

static bool measure(struct png_header *header)
{
	const uint64_t pixel_bits = (uint64_t)png_channels(header->colour) * header->bits;
	const uint64_t row_bytes = (header->width * pixel_bits + 7) / 8;

	/* neither factor is over 2^34, nor is what memory can hold over 2^48 */
	if ((row_bytes + 1) > (UINT64_C(1) << 48) / header->height)
		return false;
	header->row_bytes = (size_t)row_bytes;
	header->unpacked = (size_t)((row_bytes + 1) * header->height);
	header->pixel = (unsigned)(pixel_bits < 8 ? 1 : pixel_bits / 8);
	return true;
}

static enum png_decline read_ihdr(struct png_header *header, const struct png_chunk *chunk)
{
	const uint8_t *p = chunk->data.data;

	if (!png_chunk_is(chunk, "IHDR") || chunk->data.size != PNG_IHDR_SIZE)
		return PNG_DECLINE_STRUCTURE;
	header->width = be32(p);
	header->height = be32(p + 4);
	header->bits = p[8];
	if (!header->width || !header->height || header->width > PNG_LENGTH_MAX ||
	    header->height > PNG_LENGTH_MAX || !png_channels(p[9]) || !bits_allowed(p[9], p[8]) ||
	    p[10] || p[11] || p[12] > 1)
		return PNG_DECLINE_STRUCTURE;
	header->colour = (enum png_colour)p[9];
	if (p[12])
		return PNG_DECLINE_INTERLACED;
	return measure(header) ? PNG_DECLINE_NONE : PNG_DECLINE_SIZE;
}

static bool read_palette(struct png_header *header, struct bytes data)
{
	const unsigned most = header->colour == PNG_PALETTE ? 1U << header->bits : 256;

	/* a gray picture has none; tRNS comes after it; one is enough */
	if (header->colour == PNG_GRAY || header->colour == PNG_GRAY_ALPHA || header->transparent ||
	    header->entries || !data.size || data.size % 3 || data.size / 3 > most)
		return false;
	header->entries = (unsigned)(data.size / 3);
	for (unsigned i = 0; i < header->entries; i++)
		memcpy(header->palette[i], data.data + (size_t)3 * i, 3);
	return true;
}

static bool read_transparency(struct png_header *header, struct bytes data)
{
	const unsigned channels = png_channels(header->colour);

	if (header->transparent)
		return false;
	header->transparent = true;
	if (header->colour == PNG_PALETTE) {
		if (!data.size || data.size > header->entries)
			return false;
		for (size_t i = 0; i < data.size; i++)
			header->palette[i][3] = data.data[i];
		return true;
	}
	if ((header->colour != PNG_GRAY && header->colour != PNG_RGB) ||
	    data.size != (size_t)2 * channels)
		return false;
	/* bits beyond a sample's are ignored (11.3.2.1) */
	for (unsigned i = 0; i < channels; i++)
		header->key[i] =
		    (uint16_t)(be16(data.data + (size_t)2 * i) & ((1U << header->bits) - 1));
	return true;
}

/* Chunks between IHDR and the picture. */
static bool read_chunk(struct png_header *header, const struct png_chunk *chunk)
{
	if (png_chunk_is(chunk, "PLTE"))
		return read_palette(header, chunk->data);
	if (png_chunk_is(chunk, "tRNS"))
		return read_transparency(header, chunk->data);
	/* others do not change the pixels */
	return !png_chunk_is_critical(chunk);
}

/* The run of IDAT chunks, of which `chunk` is the first, and ends at `at`. */
static bool read_data(struct png_header *header, struct bytes bytes, struct png_chunk *chunk,
                      size_t at)
{
	const uint8_t *begin = chunk->whole.data;
	unsigned chunks = 0;

	do {
		header->packed += chunk->data.size;
		chunks++;
		if (!bytes_have(bytes, at, 8) || memcmp(bytes.data + at + 4, "IDAT", 4) != 0)
			break;
		if (!next_chunk(bytes, &at, chunk))
			return false;
	} while (true);
	header->data = (struct bytes){begin, (size_t)(bytes.data + at - begin)};
	header->single = chunks == 1;
	return true;
}

enum png_decline png_header_read(struct png_header *header, struct bytes bytes)
{
	enum png_decline decline;
	struct png_chunk chunk;
	size_t at = PNG_CHUNKS_BEGIN;

	*header = (struct png_header){0};
	for (unsigned i = 0; i < 256; i++)
		header->palette[i][3] = UINT8_MAX;
	if (!bytes_have(bytes, 0, at) || memcmp(bytes.data, PNG_SIGNATURE, at) != 0 ||
	    !next_chunk(bytes, &at, &chunk))
		return PNG_DECLINE_STRUCTURE;
	decline = read_ihdr(header, &chunk);
	if (decline)
		return decline;
	while (next_chunk(bytes, &at, &chunk)) {
		if (png_chunk_is(&chunk, "IDAT")) {
			if (header->colour == PNG_PALETTE && !header->entries)
				return PNG_DECLINE_STRUCTURE;
			return read_data(header, bytes, &chunk, at) ? PNG_DECLINE_NONE
			                                            : PNG_DECLINE_STRUCTURE;
		}
		if (!read_chunk(header, &chunk))
			return PNG_DECLINE_STRUCTURE;
	}
	return PNG_DECLINE_STRUCTURE;
}

void png_header_gather(const struct png_header *header, uint8_t *out)
{
	struct png_chunk chunk;
	size_t at = 0;

	while (png_chunk_next(header->data, &at, &chunk)) {
		memcpy(out, chunk.data.data, chunk.data.size);
		out += chunk.data.size;
	}
}
