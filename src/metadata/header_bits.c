/* header_bits.c - bits from the highest of each byte. */
#include "metadata/header_bits.h"

/* The longest code of 32 bits has one zero fewer before its first one. */
#define GOLOMB_ZEROS_MAX 31

static void next_byte(struct header_bits *bits)
{
	const struct bytes bytes = bits->bytes;

	if (bits->escaped && bits->zeros >= 2 && bits->at < bytes.size &&
	    bytes.data[bits->at] == 3) {
		bits->at++;
		bits->zeros = 0;
	}
	bits->ended |= bits->at >= bytes.size;
	if (bits->ended)
		return;
	bits->zeros = bytes.data[bits->at] ? 0 : bits->zeros + 1;
	bits->at++;
	bits->left = 8;
}

uint32_t header_bits_take(struct header_bits *bits, unsigned count)
{
	uint32_t value = 0;

	while (count-- > 0) {
		if (!bits->left)
			next_byte(bits);
		if (bits->ended)
			return 0;
		bits->left--;
		value = value << 1 | (bits->bytes.data[bits->at - 1] >> bits->left & 1U);
	}
	return value;
}

bool header_bits_flag(struct header_bits *bits)
{
	return header_bits_take(bits, 1);
}

void header_bits_skip(struct header_bits *bits, unsigned count)
{
	for (; count > 0 && !bits->ended; count--)
		(void)header_bits_take(bits, 1);
}

uint32_t header_bits_golomb(struct header_bits *bits)
{
	unsigned zeros = 0;

	while (!bits->ended && !header_bits_flag(bits))
		bits->ended |= ++zeros > GOLOMB_ZEROS_MAX;
	return bits->ended ? 0 : (1U << zeros) - 1 + header_bits_take(bits, zeros);
}

struct colour_codes header_bits_codes(struct header_bits *bits)
{
	struct colour_codes codes = {.told = header_bits_flag(bits)};

	codes.primaries = (uint16_t)header_bits_take(bits, 8);
	codes.transfer = (uint16_t)header_bits_take(bits, 8);
	codes.matrix = (uint16_t)header_bits_take(bits, 8);
	return codes.told && !bits->ended ? codes : (struct colour_codes){0};
}
