/* jpeg_huffman.h - Huffman codes of a JPEG (ITU-T T.81, annexes C and F), decoded by one look into
 * a table.
 *
 * Plain data of the caller's; the functions are pure. Thread-safe.
 */
#ifndef JPEG_JPEG_HUFFMAN_H
#define JPEG_JPEG_HUFFMAN_H

#include "jpeg/jpeg_bits.h"

/* Codes up to this length are looked up at once: of photographs all except one in some hundred. The
 * tables of four codes, 2 KB each, leave the first cache to the picture. */
#define JPEG_HUFFMAN_BITS 10

/* What a code says: by how many bits code and coefficient go on (bits 0..4), how many of these are
 * the coefficient's (5..8), how many zeros come before it (9..12); bit 13 is set if no
 * coefficient follows: the end of a block, or a run of zeros. 0 is the beginning of a longer code,
 * of none, or of one whose coefficient would be larger than any that a picture of 8 bits has. */
typedef uint16_t jpeg_huffman_entry;

struct jpeg_huffman {
	jpeg_huffman_entry entry[1 << JPEG_HUFFMAN_BITS];
	uint32_t limit[17]; /* [n]: codes of n bits are below, as the upper ones of 16 bits */
	int32_t offset[17]; /* [n]: from a code of n bits to its place in symbol[] */
	uint8_t symbol[256];
	uint8_t lengths[17]; /* how many codes have n bits; what the table was made of */
	bool dc, made;
};

/* Makes the table from what a DHT segment tells: lengths[n] codes of n bits (lengths[0] is not
 * looked at), and their symbols. Does nothing if it is made of the same already. Returns false
 * if that is no code that libjpeg would take. */
bool jpeg_huffman_make(struct jpeg_huffman *table, const uint8_t lengths[17],
                       const uint8_t symbol[256], bool dc);

/* The entry of a code that is too long for the table, of which these are the next 16 bits; 0 if
 * there is none. */
jpeg_huffman_entry jpeg_huffman_long(const struct jpeg_huffman *table, uint32_t code);

/* The next code, for which at least 16 bits must be there; 0 if there is none. */
static inline uint32_t jpeg_huffman_look(const struct jpeg_huffman *table,
                                         const struct jpeg_bits *bits)
{
	const uint32_t entry = table->entry[bits->hold >> (64 - JPEG_HUFFMAN_BITS)];

	return __builtin_expect(entry != 0, 1)
	           ? entry
	           : jpeg_huffman_long(table, (uint32_t)(bits->hold >> 48));
}

static inline unsigned jpeg_huffman_zeros(uint32_t entry)
{
	return entry >> 9 & 15;
}

static inline bool jpeg_huffman_is_bare(uint32_t entry)
{
	return entry >> 13;
}

/* Takes the code and its coefficient, and returns that (T.81, F.2.2.1, EXTEND: its first bit is 1
 * if it is positive, else it is one less than a negative one's lower bits). At least 31 bits
 * must be there. */
static inline int jpeg_huffman_take(struct jpeg_bits *bits, uint32_t entry)
{
	const unsigned count = entry & 31, size = entry >> 5 & 15;
	const uint64_t after = bits->hold << (count - size);
	const uint64_t negative = (after >> 63) - 1; /* all ones, or 0 */
	const uint64_t value = after >> 1 >> (63 - size);

	jpeg_bits_drop(bits, count);
	return (int)(value + (negative << size) - negative);
}

#endif
