/* png_filter.h - the five filters of PNG rows (ISO/IEC 15948, 9), undone and applied.
 *
 * A pixel counts in whole bytes, 1 to 8: what is less than a byte counts as one. The row above the
 * first is zeros. Pure functions; thread-safe.
 */
#ifndef PNG_PNG_FILTER_H
#define PNG_PNG_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

enum png_filter {
	PNG_ROW_NONE,
	PNG_ROW_SUB,
	PNG_ROW_UP,
	PNG_ROW_AVERAGE,
	PNG_ROW_PAETH,
	PNG_ROW_FILTERS
};

/* Bytes that must be readable behind a row whose filter is undone, and behind the one above it;
 * their values do not matter. */
#define PNG_SLACK 16

struct png_kernels {
	struct cpu_code code;

	/* Undoes a row's filter. `above` is the finished row above. `out` may overlap `row` if
	 * it begins before it, so that rows can move together in one block of memory; not a byte
	 * is written behind it. */
	void (*undo)(enum png_filter filter, uint8_t *out, const uint8_t *row, const uint8_t *above,
	             size_t bytes, unsigned pixel);

	/* Undoes the filters of four rows that lie `bytes` + 1 apart, each behind its filter's
	 * number, where it begins now; of pixels of up to four bytes. `above` is the finished row
	 * above the first. At least PNG_SLACK bytes must be readable behind the last. NULL: it is
	 * no faster than one by one; else it is for two and more of average and Paeth. */
	void (*undo_four)(uint8_t *rows, const uint8_t *above, size_t bytes, unsigned pixel);

	/* The same of eight rows, of pixels of three or four bytes. */
	void (*undo_eight)(uint8_t *rows, const uint8_t *above, size_t bytes, unsigned pixel);

	/* Applies a filter to a row, both rows unfiltered; `out` overlaps neither. Returns the sum
	 * of png_weight() of the results: the smaller, the better it will compress. Reads nothing
	 * behind the rows. */
	uint64_t (*apply)(enum png_filter filter, uint8_t *out, const uint8_t *row,
	                  const uint8_t *above, size_t bytes, unsigned pixel);
};

extern const struct png_kernels png_kernels_portable;

/* The fastest version that this processor has; after `before` others. NULL if there are no more:
 * the last is the portable one. */
const struct png_kernels *png_kernels(unsigned before);

/* The neighbour closest to left + above - corner; ties go to left, then above (9.4). What the
 * standard says by distances is said here by their middle, without a branch: with
 * t = 3 * corner - left - above, the smaller neighbour is the closest if t is at or over the
 * larger one, the larger if t is at or under the smaller, and else the corner. */
static inline uint8_t png_paeth(int left, int above, int corner)
{
	const int t = 3 * corner - left - above;
	const int low = left < above ? left : above, high = left < above ? above : left;
	const int other = high <= t ? low : corner;

	return (uint8_t)(t <= low ? high : other);
}

/* What a filter expects of a byte, from those around it. */
static inline uint8_t png_predict(enum png_filter filter, uint8_t left, uint8_t above,
                                  uint8_t corner)
{
	switch (filter) {
	case PNG_ROW_SUB:
		return left;
	case PNG_ROW_UP:
		return above;
	case PNG_ROW_AVERAGE:
		return (uint8_t)((left + above) / 2);
	case PNG_ROW_PAETH:
		return png_paeth(left, above, corner);
	case PNG_ROW_NONE:
	default:
		return 0;
	}
}

/* What a filtered byte is taken to cost when deflated: 16 * log2(1 + its distance from zero as a
 * signed byte), in steps of 16 from there on. The sum of distances themselves (12.8 of the
 * standard) makes files that are 1.2 % larger: 54 wallpapers at 800x600, 11.41 MB and 11.28 MB,
 * while the entropy of each row, which takes five times as long, makes 11.26 MB. */
extern const uint8_t png_weights_near[16]; /* by distance */
extern const uint8_t png_weights_far[16];  /* by a 16th of it */

static inline uint8_t png_weight(uint8_t value)
{
	const unsigned distance = value < 128 ? value : 256U - value;

	return distance < 16 ? png_weights_near[distance] : png_weights_far[distance / 16];
}

#endif
