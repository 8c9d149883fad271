/* inflate_code.c - see inflate_code.h. */
#include "png/inflate_code.h"

static const uint16_t length_base[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                         15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                         67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint16_t distance_base[30] = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

uint32_t inflate_literal(unsigned symbol)
{
	const unsigned length = symbol - END_OF_BLOCK - 1;

	if (symbol < END_OF_BLOCK)
		return ENTRY_LITERAL | ENTRY_ONE | symbol << 16;
	if (symbol == END_OF_BLOCK)
		return ENTRY_OTHER | ENTRY_END;
	return length >= 29 ? ENTRY_OTHER
	                    : (uint32_t)length_base[length] << 16 |
	                          (length < 8 || length == 28 ? 0 : length / 4 - 1);
}

uint32_t inflate_distance(unsigned symbol)
{
	return symbol >= DISTANCES
	           ? ENTRY_OTHER
	           : (uint32_t)distance_base[symbol] << 16 | (symbol < 4 ? 0 : symbol / 2 - 1);
}

uint32_t inflate_length(unsigned symbol)
{
	return symbol << 16;
}

static unsigned reversed(unsigned word, unsigned bits)
{
	unsigned result = 0;

	for (unsigned i = 0; i < bits; i++, word >>= 1)
		result = result << 1 | (word & 1);
	return result;
}

/* An entry of a word. */
static uint32_t of_word(uint32_t entry, unsigned bits)
{
	return entry + (entry & ENTRY_LITERAL ? 0 : bits << 8) + bits;
}

static void fill(uint32_t *table, unsigned from, unsigned step, unsigned bits, uint32_t entry)
{
	for (unsigned i = from; i < 1U << bits; i += step)
		table[i] = entry;
}

/* Enters a word longer than the first table's bits; *used is the end of the tables so far. */
static void enter_further(const struct inflate_code *code, unsigned word, unsigned bits,
                          uint32_t entry, unsigned *used)
{
	const unsigned rest = WORD_MAX - code->table_bits, more = bits - code->table_bits;
	const unsigned first = word & ((1U << code->table_bits) - 1);

	if (!(code->table[first] & ENTRY_FURTHER)) {
		code->table[first] =
		    *used << 16 | ENTRY_OTHER | ENTRY_FURTHER | rest << 8 | code->table_bits;
		*used += 1U << rest;
	}
	fill(code->table + (code->table[first] >> 16), word >> code->table_bits, 1U << more, rest,
	     of_word(entry, more));
}

/* The symbols that have words, by the length of these and by number: *words of them. False if
 * they are no code. */
static bool sort_symbols(const struct inflate_code *code, const uint8_t *lengths, unsigned symbols,
                         uint16_t *sorted, unsigned *words)
{
	unsigned number[WORD_MAX + 1] = {0}, place[WORD_MAX + 2] = {0}, space = 0;

	for (unsigned i = 0; i < symbols; i++)
		number[lengths[i]]++;
	for (unsigned bits = 1; bits <= WORD_MAX; bits++) {
		place[bits + 1] = place[bits] + number[bits];
		space += number[bits] << (WORD_MAX - bits);
	}
	*words = place[WORD_MAX + 1];
	for (unsigned i = 0; i < symbols; i++)
		if (lengths[i])
			sorted[place[lengths[i]]++] = (uint16_t)i;
	if (space == 1U << WORD_MAX)
		return true;
	return code->sparse && (*words == 0 || (*words == 1 && number[1] == 1));
}

bool inflate_tables(const struct inflate_code *code, const uint8_t *lengths, unsigned symbols)
{
	uint16_t sorted[LITERALS + 2];
	unsigned used = 1U << code->table_bits, words, word = 0;

	if (!sort_symbols(code, lengths, symbols, sorted, &words))
		return false;
	/* what a sparse one leaves is no symbol, and what was there before is no further table */
	fill(code->table, 0, 1, code->table_bits, ENTRY_OTHER);
	for (unsigned i = 0; i < words; i++) {
		const unsigned bits = lengths[sorted[i]], back = reversed(word, bits);
		const uint32_t entry = code->entry(sorted[i]);

		if (bits <= code->table_bits)
			fill(code->table, back, 1U << bits, code->table_bits, of_word(entry, bits));
		else
			enter_further(code, back, bits, entry, &used);
		if (i + 1 < words)
			word = (word + 1) << (lengths[sorted[i + 1]] - bits);
	}
	return true;
}

/* From the end, since what is behind a word is found at a lower number, or at 0. */
void inflate_pair(uint32_t *table)
{
	for (unsigned i = 1U << LITERAL_BITS; i--;) {
		const uint32_t entry = table[i], next = table[i >> (entry & 0x0f)];
		const unsigned bits = (entry & 0xff) + (next & 0xff);

		if (!(entry & next & ENTRY_LITERAL) || bits > LITERAL_BITS)
			continue;
		table[i] = ENTRY_LITERAL | 2 * ENTRY_ONE | (next & 0xff0000) << 8 |
		           (entry & 0xff0000) | bits;
	}
}
