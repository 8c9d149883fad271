/* jpeg_bits.h - the bits of entropy-coded data, from which stuffed zeros have been taken.
 *
 * The data lie in a window, followed by zeros: reading goes on there without a check for each
 * symbol. Whoever reads looks at jpeg_bits_low() once a block, and at jpeg_bits_finished() at the
 * end.
 */
#ifndef JPEG_JPEG_BITS_H
#define JPEG_JPEG_BITS_H

#include "base/bytes.h"

/* So many bytes there must be before a block is begun, zeros if there are no others: it takes 64
 * codes of at most 16 bits with at most 15 more each, 248 bytes; 8 bytes are read ahead, and the
 * end of the data is found out when they are passed by 8. The rest is for good measure. */
#define JPEG_BITS_SLACK 512

struct jpeg_bits {
	uint64_t hold;      /* the next bits, from the highest down */
	unsigned count;     /* of which these are sure to be there; what follows is zero or right */
	const uint8_t *at;  /* the first byte of which not all bits are counted */
	const uint8_t *end; /* of the data in the window */
	const uint8_t *mark; /* behind it there is not enough for another block */
};

/* At least 56 bits are there afterwards. Bytes that do not fit whole are read again next time. */
static inline void jpeg_bits_fill(struct jpeg_bits *bits)
{
	bits->hold |= be64(bits->at) >> bits->count;
	bits->at += (63 - bits->count) >> 3;
	bits->count |= 56;
}

static inline void jpeg_bits_drop(struct jpeg_bits *bits, unsigned count)
{
	bits->hold <<= count;
	bits->count -= count;
}

/* The next 1 to 32 bits. */
static inline uint32_t jpeg_bits_take(struct jpeg_bits *bits, unsigned count)
{
	const uint32_t value = (uint32_t)(bits->hold >> 32) >> (32 - count);

	jpeg_bits_drop(bits, count);
	return value;
}

/* Whether the window must be moved before the next block; at the end of the data: whether more was
 * read than there is. */
static inline bool jpeg_bits_low(const struct jpeg_bits *bits)
{
	return bits->at > bits->mark;
}

/* Whether all was read except the padding of the last byte, and nothing beyond. */
static inline bool jpeg_bits_finished(const struct jpeg_bits *bits)
{
	const ptrdiff_t left = (bits->end - bits->at) * 8 + (ptrdiff_t)bits->count;

	return left >= 0 && left < 8;
}

#endif
