/* jpeg_huffman.c - see jpeg_huffman.h. */
#include "jpeg/jpeg_huffman.h"

#include <string.h>

#define CODE_MAX 16 /* bits */

/* Bits of the largest coefficients that a picture of 8 bits can have (T.81, F.1.2.1 and F.1.2.2).
 */
#define DC_SIZE_MAX 11
#define AC_SIZE_MAX 10

static jpeg_huffman_entry entry_of(unsigned symbol, unsigned length, bool dc)
{
	const unsigned size = symbol & 15, zeros = symbol >> 4, bare = !dc && !size;

	if (size > (dc ? DC_SIZE_MAX : AC_SIZE_MAX))
		return 0;

	return (jpeg_huffman_entry)(bare << 13 | zeros << 9 | size << 5 | (length + size));
}

/* Every index that begins with the code. */
static void fill(struct jpeg_huffman *table, uint32_t code, unsigned length, unsigned symbol)
{
	const unsigned room = JPEG_HUFFMAN_BITS - length;
	const jpeg_huffman_entry entry = entry_of(symbol, length, table->dc);

	for (uint32_t after = 0; after < UINT32_C(1) << room; after++)
		table->entry[code << room | after] = entry;
}

/* Codes are numbers that count up, and double where they get longer (T.81, C.2). None may be all
 * ones. */
static bool number(struct jpeg_huffman *table)
{
	uint32_t code = 0;
	unsigned k = 0;

	for (unsigned length = 1; length <= CODE_MAX; length++) {
		table->offset[length] = (int32_t)k - (int32_t)code;
		for (unsigned i = 0; i < table->lengths[length]; i++, k++, code++)
			if (length <= JPEG_HUFFMAN_BITS && code < UINT32_C(1) << length)
				fill(table, code, length, table->symbol[k]);
		if (table->lengths[length] && code >= UINT32_C(1) << length)
			return false;
		table->limit[length] = code << (CODE_MAX - length);
		code <<= 1;
	}
	return true;
}

static bool is_valid(const uint8_t lengths[17], const uint8_t symbol[256], bool dc)
{
	unsigned count = 0;

	for (unsigned length = 1; length <= CODE_MAX; length++)
		count += lengths[length];
	if (count > 256)
		return false;
	for (unsigned i = 0; dc && i < count; i++)
		if (symbol[i] > 15)
			return false;
	return true;
}

bool jpeg_huffman_make(struct jpeg_huffman *table, const uint8_t lengths[17],
                       const uint8_t symbol[256], bool dc)
{
	if (!is_valid(lengths, symbol, dc))
		return false;
	if (table->made && table->dc == dc && !memcmp(table->lengths + 1, lengths + 1, CODE_MAX) &&
	    !memcmp(table->symbol, symbol, sizeof(table->symbol)))
		return true;
	table->dc = dc;
	memcpy(table->lengths, lengths, sizeof(table->lengths));
	memcpy(table->symbol, symbol, sizeof(table->symbol));
	memset(table->entry, 0, sizeof(table->entry));
	table->made = number(table);
	return table->made;
}

jpeg_huffman_entry jpeg_huffman_long(const struct jpeg_huffman *table, uint32_t code)
{
	/* a short one, then, of a coefficient that is too large */
	if (code < table->limit[JPEG_HUFFMAN_BITS])
		return 0;
	for (unsigned length = JPEG_HUFFMAN_BITS + 1; length <= CODE_MAX; length++)
		if (code < table->limit[length]) {
			const int32_t at =
			    (int32_t)(code >> (CODE_MAX - length)) + table->offset[length];

			return at >= 0 && at < 256 ? entry_of(table->symbol[at], length, table->dc)
			                           : 0;
		}
	return 0;
}
