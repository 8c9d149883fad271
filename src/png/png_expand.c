/* png_expand.c - from rows as stored to rows as libvips' pngload gives them. */
#include "png/png_private.h"

#include <string.h>

uint32_t png_expand_bands(const struct png_header *header)
{
	if (header->colour == PNG_PALETTE)
		return header->transparent ? 4 : 3;
	return png_channels(header->colour) + header->transparent;
}

uint32_t png_expand_bits(const struct png_header *header)
{
	return header->bits == 16 ? 16 : 8;
}

bool png_expand_in_place(const struct png_header *header)
{
	return header->colour != PNG_PALETTE && header->bits >= 8 && !header->transparent;
}

/* Sample i of a row of 1, 2, 4 or 8 bits: the first ones are the highest bits. */
static inline unsigned sample_at(const uint8_t *row, size_t i, unsigned bits)
{
	const size_t bit = i * bits;

	return row[bit / 8] >> (8 - bits - bit % 8) & ((1U << bits) - 1);
}

static inline __attribute__((always_inline)) void
palette_row(const struct png_header *header, uint8_t *out, const uint8_t *row, unsigned bands)
{
	const uint32_t width = header->width;
	uint32_t x = 0;

	/* four bytes are one store: that behind an RGB pixel is the next one's */
	for (; x + 1 < width; x++, out += bands)
		memcpy(out, header->palette[sample_at(row, x, header->bits)], 4);
	memcpy(out, header->palette[sample_at(row, x, header->bits)], bands);
}

/* Grays of less than 8 bits fill 8; the key is compared before. */
static void gray_row(const struct png_header *header, uint8_t *out, const uint8_t *row)
{
	const unsigned bits = header->bits, scale = 255 / ((1U << bits) - 1);

	for (uint32_t x = 0; x < header->width; x++) {
		const unsigned sample = sample_at(row, x, bits);

		*out++ = (uint8_t)(sample * scale);
		if (header->transparent)
			*out++ = sample == header->key[0] ? 0 : UINT8_MAX;
	}
}

static void rgb_key_row(const struct png_header *header, uint8_t *out, const uint8_t *row)
{
	for (uint32_t x = 0; x < header->width; x++, row += 3, out += 4) {
		const bool clear = row[0] == header->key[0] && row[1] == header->key[1] &&
		                   row[2] == header->key[2];

		memcpy(out, row, 3);
		out[3] = clear ? 0 : UINT8_MAX;
	}
}

static void swap_row(uint8_t *out, const uint8_t *row, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		const uint16_t sample = (uint16_t)be16(row + 2 * i);

		memcpy(out + 2 * i, &sample, sizeof sample);
	}
}

static void key16_row(const struct png_header *header, uint8_t *out, const uint8_t *row)
{
	const unsigned channels = png_channels(header->colour);

	for (uint32_t x = 0; x < header->width; x++, row += 2 * (size_t)channels) {
		bool clear = true;
		uint16_t alpha;

		for (unsigned i = 0; i < channels; i++)
			clear = clear && be16(row + 2 * (size_t)i) == header->key[i];
		alpha = clear ? 0 : UINT16_MAX;
		swap_row(out, row, channels);
		out += 2 * (size_t)channels;
		memcpy(out, &alpha, sizeof alpha);
		out += sizeof alpha;
	}
}

void png_expand_row(const struct png_header *header, uint8_t *out, const uint8_t *row)
{
	if (header->colour == PNG_PALETTE && header->transparent)
		palette_row(header, out, row, 4);
	else if (header->colour == PNG_PALETTE)
		palette_row(header, out, row, 3);
	else if (header->bits == 16 && header->transparent)
		key16_row(header, out, row);
	else if (header->bits == 16)
		swap_row(out, row, header->row_bytes / 2);
	else if (header->colour == PNG_GRAY && (header->bits < 8 || header->transparent))
		gray_row(header, out, row);
	else if (header->transparent)
		rgb_key_row(header, out, row);
	else if (out != row)
		memmove(out, row, header->row_bytes);
}
