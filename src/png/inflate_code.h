/* inflate_code.h - the tables that a deflate stream's codes are looked up in. Private to inflate.
 *
 * By as many bits as most words have (the first table), and in a further one for the rest. An entry
 * of either is what a symbol stands for, so that a literal or a length takes one look at memory.
 */
#ifndef PNG_INFLATE_CODE_H
#define PNG_INFLATE_CODE_H

#include <stdbool.h>
#include <stdint.h>

/* Symbols of each code (RFC 1951, 3.2.5 to 3.2.7), and the longest word. */
#define LITERALS     286
#define DISTANCES    30
#define LENGTHS      19
#define WORD_MAX     15
#define END_OF_BLOCK 256

/* Bits of the first tables. */
#define LITERAL_BITS  10
#define DISTANCE_BITS 8
#define LENGTH_BITS   7

/* A first table, and further ones of the longest rest for each of its entries that can have one:
 * those have two words at least. */
#define LITERAL_TABLE  ((1 << LITERAL_BITS) + LITERALS / 2 * (1 << (WORD_MAX - LITERAL_BITS)))
#define DISTANCE_TABLE ((1 << DISTANCE_BITS) + DISTANCES / 2 * (1 << (WORD_MAX - DISTANCE_BITS)))

/* An entry: in its lowest byte the bits that it takes, extra ones included; in the next, those of
 * the word alone, and in the upper half the base of a length or distance. Or a literal, or two that
 * follow each other: how many in the second byte, themselves in the upper half. */
#define ENTRY_LITERAL UINT32_C(0x1000)
#define ENTRY_ONE     UINT32_C(0x0100)
#define ENTRY_OTHER   UINT32_C(0x8000) /* none of these: */
#define ENTRY_FURTHER \
	UINT32_C(0x4000) /* a further table, there; of so many bits as in the second byte */
#define ENTRY_END UINT32_C(0x2000) /* the block's end */
/* Neither: no symbol has that word. */

/* How a code's table is made. */
struct inflate_code {
	uint32_t *table;
	unsigned table_bits;
	uint32_t (*entry)(unsigned symbol); /* with the extra bits in its lowest byte */
	bool sparse;                        /* it may have one word, or none */
};

/* The entries of the three codes' symbols: literals and lengths of matches, distances, lengths of
 * words. */
uint32_t inflate_literal(unsigned symbol);
uint32_t inflate_distance(unsigned symbol);
uint32_t inflate_length(unsigned symbol);

/* Makes the tables of a code by the lengths of its symbols' words; false if they are none. */
bool inflate_tables(const struct inflate_code *code, const uint8_t *lengths, unsigned symbols);

/* Makes entries of two literals of those of one, in the first table for literals, if both words fit
 * into its bits. */
void inflate_pair(uint32_t *table);

#endif
