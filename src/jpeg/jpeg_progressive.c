/* jpeg_progressive.c - progressive pictures (ITU-T T.81, annex G): scans into coefficients.
 *
 * Which coefficients of a block are not zero, in the order in which they come, is also kept as the
 * bits of a word: a scan that refines them goes from one to the next without looking at the others,
 * and by a block without any it passes in one step.
 */
#include "jpeg/jpeg_reader_private.h"

#include <string.h>

#include "jpeg/jpeg_select.h"

/* Decodes what a scan tells of the block at `at` of its component i. Returns false if the data
 * are out of order. */
typedef bool decode_block(struct jpeg_reader *reader, unsigned i, size_t at);

static inline struct reader_component *component_of(struct jpeg_reader *reader, unsigned i)
{
	return &reader->component[reader->scan.index[i]];
}

/* --- the means of blocks alone ---------------------------------------------------------- */

static bool mean_first(struct jpeg_reader *reader, unsigned i, size_t at)
{
	struct jpeg_bits bits = reader->bits;
	int value;

	if (!reader_mean(&bits, &reader->dc[reader->scan.dc[i]], &reader->pred[i]))
		return false;
	reader->bits = bits;
	value = reader->pred[i] * (1 << reader->scan.low);
	component_of(reader, i)->mean[at] = (int16_t)value;
	return reader_is_mean(value);
}

static bool mean_refine(struct jpeg_reader *reader, unsigned i, size_t at)
{
	int16_t *mean = &component_of(reader, i)->mean[at];

	jpeg_bits_fill(&reader->bits);
	*mean = (int16_t)(*mean | (int)jpeg_bits_take(&reader->bits, 1) << reader->scan.low);
	return true;
}

/* --- the other coefficients -------------------------------------------------------------- */

/* The coefficients of a block, which are zeros if there were none before. */
static inline int16_t *coefficients(const struct reader_component *component, size_t at)
{
	int16_t *coef = component->coef + at * BLOCK_COEFS;

	if (!component->nonzero[at])
		memset(coef, 0, BLOCK_COEFS * sizeof(*coef));
	return coef;
}

/* A run of blocks without more, this one included: 2^size and `size` bits more. */
static uint32_t eob_run(struct jpeg_bits *bits, unsigned size)
{
	return size ? (UINT32_C(1) << size) + jpeg_bits_take(bits, size) : 1;
}

/* One code: how many zeros, then which value. Symbols without a value: 0 with `zeros` 16 for a run
 * of zeros alone; a run of blocks in *run. False if there is no such code. */
static inline bool read_code(struct jpeg_bits *bits, const struct jpeg_huffman *table,
                             unsigned *zeros, int *value, uint32_t *run)
{
	uint32_t entry;

	jpeg_bits_fill(bits);
	entry = jpeg_huffman_look(table, bits);
	if (!entry)
		return false;
	*zeros = jpeg_huffman_zeros(entry);
	*value = jpeg_huffman_take(bits, entry);
	if (!jpeg_huffman_is_bare(entry))
		return true;
	if (*zeros == 15)
		*zeros = 16;
	else
		*run = eob_run(bits, *zeros);
	return true;
}

static bool others_first(struct jpeg_reader *reader, unsigned i, size_t at)
{
	const struct reader_component *component = component_of(reader, i);
	const struct reader_scan *scan = &reader->scan;
	const struct jpeg_huffman *table = &reader->ac[scan->ac[i]];
	const unsigned to = scan->to, low = scan->low;
	struct jpeg_bits bits = reader->bits;
	uint64_t nonzero = 0;
	unsigned k = scan->from;
	uint32_t run = 0;
	int16_t *coef;

	if (reader->eob_run) {
		reader->eob_run--;
		return true;
	}
	coef = coefficients(component, at);
	while (k <= to) {
		unsigned zeros;
		int value;

		if (!read_code(&bits, table, &zeros, &value, &run))
			return false;
		if (run)
			break;
		k += zeros;
		if (!value)
			continue;
		value *= 1 << low;
		/* what would wrap to 0 would not count as a coefficient for libjpeg */
		if (k > to || value < INT16_MIN || value > INT16_MAX)
			return false;
		coef[jpeg_natural[k]] = (int16_t)value;
		nonzero |= select_one(k++);
	}
	reader->eob_run = run - (run > 0);
	component->nonzero[at] |= nonzero;
	reader->bits = bits;
	return k <= to + 1;
}

/* As many bits, which may be more than there are at once. */
static inline uint64_t take_many(struct jpeg_bits *bits, unsigned count)
{
	uint64_t first = 0, value;

	jpeg_bits_fill(bits);
	if (count > 32) {
		first = jpeg_bits_take(bits, 32);
		jpeg_bits_fill(bits);
		count -= 32;
	}
	value = bits->hold >> 1 >> (63 - count);
	jpeg_bits_drop(bits, count);
	return first << count | value;
}

/* One bit for each of the set, in which those are left that are 1. */
static inline uint64_t take_corrections(struct jpeg_bits *bits, uint64_t set, bool quick)
{
	return select_deposit(take_many(bits, select_count(set, quick)), set, quick);
}

/* One step away from zero for each coefficient of the set. */
static inline void correct(int16_t *coef, uint64_t set, unsigned low)
{
	for (; set; set &= set - 1) {
		int16_t *c = coef + jpeg_natural[63 - __builtin_ctzll(set)];
		const int sign = *c >> 15;

		*c = (int16_t)(*c + (((1 << low) ^ sign) - sign));
	}
}

/* Places new coefficients among those there are. Bits on the way say which of these are to be
 * corrected: that is done in the end, since where a code leads to depends only on where there are
 * any. */
static inline __attribute__((always_inline)) bool refine(struct jpeg_reader *reader, unsigned i,
                                                         size_t at, bool quick)
{
	const struct reader_component *component = component_of(reader, i);
	const struct reader_scan *scan = &reader->scan;
	const struct jpeg_huffman *table = &reader->ac[scan->ac[i]];
	const unsigned to = scan->to, low = scan->low;
	const uint64_t old = component->nonzero[at];
	uint64_t nonzero = old, corrected = 0;
	struct jpeg_bits bits = reader->bits;
	uint32_t run = reader->eob_run;
	unsigned k = scan->from;
	int16_t *coef;

	if (run && !old) {
		reader->eob_run--;
		return true;
	}
	coef = coefficients(component, at);
	while (!run && k <= to) {
		unsigned zeros, place;
		int value;

		if (!read_code(&bits, table, &zeros, &value, &run))
			return false;
		if (run)
			break;
		if (value < -1 || value > 1)
			return false;
		/* a run of zeros alone ends on its last one */
		place = select_place(~old & select_between(k, to + 1), value ? zeros : zeros - 1,
		                     quick);
		if (place > to)
			return false;
		corrected |= take_corrections(&bits, old & select_between(k, place), quick);
		if (value) {
			coef[jpeg_natural[place]] = (int16_t)(value * (1 << low));
			nonzero |= select_one(place);
		}
		k = place + 1;
	}
	corrected |= take_corrections(&bits, old & select_between(k, to + 1), quick);
	correct(coef, corrected, low);
	component->nonzero[at] = nonzero;
	reader->eob_run = run - (run > 0);
	reader->bits = bits;
	return true;
}

static bool others_refine(struct jpeg_reader *reader, unsigned i, size_t at)
{
	return refine(reader, i, at, false);
}

SELECT_QUICK static bool others_refine_quick(struct jpeg_reader *reader, unsigned i, size_t at)
{
	return refine(reader, i, at, true);
}

/* --- a scan ------------------------------------------------------------------------------ */

static decode_block *decoder_of(const struct reader_scan *scan)
{
	if (scan->from == 0)
		return scan->high ? mean_refine : mean_first;
	if (!scan->high)
		return others_first;
	return cpu_has(CPU_BITS) ? others_refine_quick : others_refine;
}

/* A scan of one component comes line by line, without the blocks up to whole MCUs. */
static bool scan_lines(struct jpeg_reader *reader, decode_block *decode)
{
	const struct reader_component *component = component_of(reader, 0);

	for (uint32_t y = 0; y < component->down; y++)
		for (uint32_t x = 0; x < component->across; x++)
			if (!reader_mcu(reader) || !reader_has_block(reader) ||
			    !decode(reader, 0, (size_t)y * component->row + x))
				return false;
	return true;
}

static bool scan_mcu(struct jpeg_reader *reader, decode_block *decode, uint32_t across,
                     uint32_t down)
{
	for (unsigned i = 0; i < reader->scan.components; i++) {
		const struct reader_component *component = component_of(reader, i);
		const size_t first =
		    (size_t)down * component->v * component->row + (size_t)across * component->h;

		for (uint32_t y = 0; y < component->v; y++)
			for (uint32_t x = 0; x < component->h; x++)
				if (!reader_has_block(reader) ||
				    !decode(reader, i, first + (size_t)y * component->row + x))
					return false;
	}
	return true;
}

bool reader_progressive_scan(struct jpeg_reader *reader)
{
	decode_block *decode = decoder_of(&reader->scan);

	if (reader->scan.components == 1)
		return scan_lines(reader, decode);
	for (uint32_t y = 0; y < reader->mcus_down; y++)
		for (uint32_t x = 0; x < reader->mcus_across; x++)
			if (!reader_mcu(reader) || !scan_mcu(reader, decode, x, y))
				return false;
	return true;
}
