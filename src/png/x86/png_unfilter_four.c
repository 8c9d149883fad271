/* png_unfilter_four.c - undoes filters of four rows at once by SSE4.1.
 *
 * Filters average and Paeth make a chain of every row: a pixel can't be begun before the one to its
 * left is done, and with four bytes at a time most of the processor waits. Rows wait for each other
 * less: a row may follow the one above LAG pixels behind. So a vector holds one pixel of each of
 * four rows, the lower the later; what the rows below need of those above is LAG steps old, and not
 * part of the chain. Where the slant leaves out pixels at both ends, they are done one by one.
 */
#include "png/png_private.h"

#if defined(CPU_X86)

#include <immintrin.h>
#include <string.h>

#define SSE41 __attribute__((target("sse4.1")))

#define ROWS 4U

/* Long enough that what is prepared of the rows above is ready in time. */
#define LAG 2U

/* Where the first row is when the last one has its first pixel, which has none to its left, behind
 * it. */
#define FIRST ((ROWS - 1) * LAG + 1)

/* --- rows that are undone one by one ------------------------------------------------- */

/* The pixels [begin, end) of a row whose result begins a byte before it; `above` is finished. */
static void undo_some(enum png_filter filter, uint8_t *out, const uint8_t *above, size_t begin,
                      size_t end, unsigned pixel)
{
	for (size_t i = begin * pixel; i < end * pixel; i++) {
		const uint8_t left = i < pixel ? 0 : out[i - pixel];
		const uint8_t corner = i < pixel ? 0 : above[i - pixel];

		out[i] = (uint8_t)(out[i + 1] + png_predict(filter, left, above[i], corner));
	}
}

/* --- four at once -------------------------------------------------------------------- */

/* Pixel x of each row, the lower ones LAG pixels behind the one above; `p` is in the first. */
static inline const uint8_t *pixel_of(const uint8_t *p, unsigned row, size_t stride, unsigned pixel)
{
	return p + row * stride - (size_t)row * LAG * pixel;
}

/* Bytes behind the pixel come along if that is one load: they are never used. */
static inline int bits_at(const uint8_t *p, unsigned pixel)
{
	uint16_t two;
	uint32_t four;

	if (pixel > 2) {
		memcpy(&four, p, sizeof four);
		return (int)four;
	}
	memcpy(&two, p, sizeof two);
	return two;
}

SSE41 static inline __m128i load_four(const uint8_t *p, size_t stride, unsigned pixel)
{
	__m128i v = _mm_cvtsi32_si128(bits_at(pixel_of(p, 0, stride, pixel), pixel));

	v = _mm_insert_epi32(v, bits_at(pixel_of(p, 1, stride, pixel), pixel), 1);
	v = _mm_insert_epi32(v, bits_at(pixel_of(p, 2, stride, pixel), pixel), 2);
	return _mm_insert_epi32(v, bits_at(pixel_of(p, 3, stride, pixel), pixel), 3);
}

/* A byte behind the pixel is its own last one as it was stored, read already. */
static inline void store_one(uint8_t *p, uint32_t value, unsigned pixel)
{
	if (pixel > 2)
		memcpy(p, &value, 4);
	else
		memcpy(p, &value, pixel);
}

SSE41 static inline void store_four(uint8_t *p, __m128i v, size_t stride, unsigned pixel)
{
	const ptrdiff_t step = (ptrdiff_t)stride - (ptrdiff_t)LAG * pixel;

	store_one(p, (uint32_t)_mm_cvtsi128_si32(v), pixel);
	store_one(p + step, (uint32_t)_mm_extract_epi32(v, 1), pixel);
	store_one(p + 2 * step, (uint32_t)_mm_extract_epi32(v, 2), pixel);
	store_one(p + 3 * step, (uint32_t)_mm_extract_epi32(v, 3), pixel);
}

/* Paeth's choice in bytes alone, and with little in the chain that `left` makes. Where above >=
 * corner (else all are turned over by their complement: only the order changes) and p = above
 * - corner, the nearest to left + above - corner is, by cases of left:
 *   left >= above:                     left
 *   above > left >= corner - p / 2:    above
 *   corner - 2 p >= left:              left
 *   else:                              corner
 * The case `above` includes the first as the larger of both. */
struct paeth {
	__m128i turn;             /* all ones where above < corner */
	__m128i above, corner;    /* turned */
	__m128i from_above, left; /* least of `above`; one more than the most of `left` */
};

SSE41 static inline struct paeth paeth_prepare(__m128i above, __m128i corner)
{
	const __m128i one = _mm_set1_epi8(1), half = _mm_set1_epi8(0x7f);
	struct paeth paeth;
	__m128i p, twice;

	paeth.turn =
	    _mm_xor_si128(_mm_cmpeq_epi8(_mm_max_epu8(above, corner), above), _mm_set1_epi8(-1));
	paeth.above = _mm_xor_si128(above, paeth.turn);
	paeth.corner = _mm_xor_si128(corner, paeth.turn);
	p = _mm_sub_epi8(paeth.above, paeth.corner);
	twice = _mm_adds_epu8(p, p);
	paeth.from_above = _mm_subs_epu8(paeth.corner, _mm_and_si128(_mm_srli_epi16(p, 1), half));
	/* 0 if not even 0 is small enough */
	paeth.left = _mm_subs_epu8(paeth.corner, _mm_subs_epu8(twice, one));
	return paeth;
}

SSE41 static inline __m128i paeth_choose(const struct paeth *paeth, __m128i left)
{
	const __m128i a = _mm_xor_si128(left, paeth->turn);
	const __m128i upper = _mm_max_epu8(a, paeth->above);
	const __m128i is_upper = _mm_cmpeq_epi8(_mm_max_epu8(a, paeth->from_above), a);
	const __m128i not_left = _mm_cmpeq_epi8(_mm_max_epu8(a, paeth->left), a);
	const __m128i lower = _mm_blendv_epi8(a, paeth->corner, not_left);

	return _mm_xor_si128(_mm_blendv_epi8(lower, upper, is_upper), paeth->turn);
}

/* pavgb rounds up: one less if the sum is odd. */
SSE41 static inline __m128i average(__m128i left, __m128i above)
{
	const __m128i odd = _mm_and_si128(_mm_xor_si128(left, above), _mm_set1_epi8(1));

	return _mm_sub_epi8(_mm_avg_epu8(left, above), odd);
}

/* What the rows are filtered by: all by the same, or each by its own. */
enum kind { ALL_AVERAGE, ALL_PAETH, ANY };

/* All ones in the rows that have the filter. */
struct masks {
	__m128i left, above, average, paeth;
};

SSE41 static __m128i mask_of(enum png_filter filter, const uint8_t filters[ROWS])
{
	return _mm_setr_epi32(-(filters[0] == filter), -(filters[1] == filter),
	                      -(filters[2] == filter), -(filters[3] == filter));
}

SSE41 static struct masks masks_of(const uint8_t filters[ROWS])
{
	return (struct masks){
	    .left = mask_of(PNG_ROW_SUB, filters),
	    .above = mask_of(PNG_ROW_UP, filters),
	    .average = mask_of(PNG_ROW_AVERAGE, filters),
	    .paeth = mask_of(PNG_ROW_PAETH, filters),
	};
}

SSE41 static inline __m128i best_of(enum kind kind, const struct masks *masks,
                                    const struct paeth *paeth, __m128i left, __m128i above)
{
	__m128i simple;

	if (kind == ALL_AVERAGE)
		return average(left, above);
	if (kind == ALL_PAETH)
		return paeth_choose(paeth, left);
	simple = _mm_or_si128(_mm_and_si128(left, masks->left), _mm_and_si128(above, masks->above));
	simple = _mm_or_si128(simple, _mm_and_si128(average(left, above), masks->average));
	return _mm_or_si128(simple, _mm_and_si128(paeth_choose(paeth, left), masks->paeth));
}

/* The pixels of the row above and, behind it, of the first three rows as they came out. */
SSE41 static inline __m128i shift_in(__m128i out, const uint8_t *above, unsigned pixel)
{
	return _mm_insert_epi32(_mm_slli_si128(out, 4), bits_at(above, pixel), 0);
}

/* All pixels that are in the rows' middle for all four. Inlined with kind and pixel as constants.
 */
SSE41 static inline __attribute__((always_inline)) void
undo_middle(enum kind kind, const struct masks *masks, uint8_t *rows, const uint8_t *above,
            size_t bytes, unsigned pixel)
{
	const size_t stride = bytes + 1, pixels = bytes / pixel;
	uint8_t *out = rows + (size_t)FIRST * pixel;
	/* what came out in the last step and in those before */
	__m128i left = load_four(out - pixel, stride, pixel), older[LAG], corner;

	for (size_t i = 0; i < LAG; i++)
		older[i] = load_four(out - (2 + i) * pixel, stride, pixel);
	corner = shift_in(older[LAG - 1], above + (size_t)(FIRST - 1) * pixel, pixel);
	for (size_t x = FIRST; x < pixels; x++, out += pixel) {
		const __m128i value = load_four(out + 1, stride, pixel);
		const __m128i over = shift_in(older[LAG - 2], above + x * pixel, pixel);
		const struct paeth paeth = paeth_prepare(over, corner);
		const __m128i best = best_of(kind, masks, &paeth, left, over);

		for (size_t i = LAG - 1; i; i--)
			older[i] = older[i - 1];
		older[0] = left;
		left = _mm_add_epi8(value, best);
		corner = over;
		store_four(out, left, stride, pixel);
	}
}

/* Inlined with the pixel's size as a constant. */
SSE41 static inline __attribute__((always_inline)) void
undo_rows(uint8_t *rows, const uint8_t *above, size_t bytes, unsigned pixel)
{
	const size_t stride = bytes + 1, pixels = bytes / pixel;
	const uint8_t filters[ROWS] = {rows[0], rows[stride], rows[2 * stride], rows[3 * stride]};
	const bool middle = pixels > FIRST;
	const struct masks masks = masks_of(filters);

	for (unsigned row = 0; row < ROWS && middle; row++)
		undo_some((enum png_filter)filters[row], rows + row * stride,
		          row ? rows + (row - 1) * stride : above, 0, FIRST - (size_t)row * LAG,
		          pixel);
	if (middle && _mm_test_all_ones(masks.paeth))
		undo_middle(ALL_PAETH, &masks, rows, above, bytes, pixel);
	else if (middle && _mm_test_all_ones(masks.average))
		undo_middle(ALL_AVERAGE, &masks, rows, above, bytes, pixel);
	else if (middle)
		undo_middle(ANY, &masks, rows, above, bytes, pixel);
	for (unsigned row = 0; row < ROWS; row++)
		undo_some((enum png_filter)filters[row], rows + row * stride,
		          row ? rows + (row - 1) * stride : above,
		          middle ? pixels - (size_t)row * LAG : 0, pixels, pixel);
}

SSE41 void png_undo_four_sse41(uint8_t *rows, const uint8_t *above, size_t bytes, unsigned pixel)
{
	switch (pixel) {
	case 1:
		undo_rows(rows, above, bytes, 1);
		break;
	case 2:
		undo_rows(rows, above, bytes, 2);
		break;
	case 3:
		undo_rows(rows, above, bytes, 3);
		break;
	default:
		undo_rows(rows, above, bytes, 4);
		break;
	}
}

#endif
