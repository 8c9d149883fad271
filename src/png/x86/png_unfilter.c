/* png_unfilter.c - undoes the filters by SSE4.1.
 *
 * Each pixel needs the one to its left, so a row goes pixel by pixel with all its bytes at once;
 * what can be known before the left pixel is kept out of that chain. Filter up has no chain.
 */
#include "png/png_private.h"

#if defined(CPU_X86)

#include <immintrin.h>
#include <string.h>

#define SSE41 __attribute__((target("sse4.1")))

/* Bytes behind the pixel come along if that is one load: they are never used. */
SSE41 static inline __m128i load_pixel(const uint8_t *p, unsigned pixel)
{
	uint16_t two;
	uint32_t four;

	if (pixel > 4)
		return _mm_loadl_epi64((const __m128i *)p);
	if (pixel > 2) {
		memcpy(&four, p, sizeof four);
		return _mm_cvtsi32_si128((int)four);
	}
	memcpy(&two, p, sizeof two);
	return _mm_cvtsi32_si128(two);
}

/* A byte behind the pixel may be written, being this row's and not finished yet; not two: if the
 * rows move together, the second could be the next pixel before it is read. */
SSE41 static inline void store_pixel(uint8_t *p, __m128i value, unsigned pixel)
{
	const uint32_t four = (uint32_t)_mm_cvtsi128_si32(value);
	const uint16_t third = (uint16_t)_mm_extract_epi16(value, 2);

	if (pixel == 8) {
		_mm_storel_epi64((__m128i *)p, value);
		return;
	}
	memcpy(p, &four, pixel > 2 ? 4 : 2);
	if (pixel == 6)
		memcpy(p + 4, &third, 2);
}

SSE41 static inline void store_last(uint8_t *p, __m128i value, unsigned pixel)
{
	uint8_t bytes[16];

	_mm_storeu_si128((__m128i *)bytes, value);
	memcpy(p, bytes, pixel);
}

/* --- the filter Sub ------------------------------------------------------------------ */

/* Pixels of three or four bytes, sixteen bytes at once as sums of sums. Of the sixteen the one
 * behind five pixels is done again. Returns where the rest begins; the last pixel before is in
 * *left. */
SSE41 static inline size_t sub_sums(uint8_t *out, const uint8_t *row, size_t bytes, unsigned pixel,
                                    __m128i *left)
{
	const __m128i last = pixel == 3 ? _mm_setr_epi8(12, 13, 14, 12, 13, 14, 12, 13, 14, 12, 13,
	                                                14, 12, 13, 14, 12)
	                                : _mm_set1_epi32(0x0f0e0d0c);
	__m128i carry = *left;
	size_t i = 0;

	for (; i + 16 <= bytes; i += (size_t)16 / pixel * pixel) {
		__m128i sum = _mm_loadu_si128((const __m128i *)(row + i));

		sum =
		    _mm_add_epi8(sum, pixel == 3 ? _mm_slli_si128(sum, 3) : _mm_slli_si128(sum, 4));
		sum =
		    _mm_add_epi8(sum, pixel == 3 ? _mm_slli_si128(sum, 6) : _mm_slli_si128(sum, 8));
		if (pixel == 3)
			sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 12));
		sum = _mm_add_epi8(sum, carry);
		carry = _mm_shuffle_epi8(sum, last);
		_mm_storeu_si128((__m128i *)(out + i), sum);
	}
	*left = carry;
	return i;
}

SSE41 static inline void sub_pixels(uint8_t *out, const uint8_t *row, size_t bytes, unsigned pixel)
{
	__m128i left = _mm_setzero_si128();
	size_t i = pixel == 3 || pixel == 4 ? sub_sums(out, row, bytes, pixel, &left) : 0;

	if (i == bytes)
		return;
	for (; i + pixel < bytes; i += pixel) {
		left = _mm_add_epi8(left, load_pixel(row + i, pixel));
		store_pixel(out + i, left, pixel);
	}
	store_last(out + i, _mm_add_epi8(left, load_pixel(row + i, pixel)), pixel);
}

/* Pixels of one byte or two: sixteen bytes at once, as sums of sums. */
SSE41 static void sub_small(uint8_t *out, const uint8_t *row, size_t bytes, unsigned pixel)
{
	const __m128i last = pixel == 1 ? _mm_set1_epi8(15) : _mm_set1_epi16(0x0f0e);
	__m128i carry = _mm_setzero_si128();
	size_t i = 0;

	for (; i + 16 <= bytes; i += 16) {
		__m128i sum = _mm_loadu_si128((const __m128i *)(row + i));

		if (pixel == 1)
			sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 1));
		sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 2));
		sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 4));
		sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 8));
		sum = _mm_add_epi8(sum, carry);
		carry = _mm_shuffle_epi8(sum, last);
		_mm_storeu_si128((__m128i *)(out + i), sum);
	}
	for (; i < bytes; i++)
		out[i] = (uint8_t)(row[i] + (i < pixel ? 0 : out[i - pixel]));
}

/* --- the filter Up ------------------------------------------------------------------- */

SSE41 static void undo_up(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t bytes)
{
	size_t i = 0;

	for (; i + 16 <= bytes; i += 16) {
		const __m128i sum = _mm_add_epi8(_mm_loadu_si128((const __m128i *)(row + i)),
		                                 _mm_loadu_si128((const __m128i *)(above + i)));

		_mm_storeu_si128((__m128i *)(out + i), sum);
	}
	for (; i < bytes; i++)
		out[i] = (uint8_t)(row[i] + above[i]);
}

/* --- average ------------------------------------------------------------------------- */

/* pavgb rounds up: one less if the sum is odd. */
SSE41 static inline __m128i average_step(__m128i left, __m128i above, __m128i value)
{
	const __m128i odd = _mm_and_si128(_mm_xor_si128(left, above), _mm_set1_epi8(1));

	return _mm_add_epi8(_mm_sub_epi8(value, odd), _mm_avg_epu8(left, above));
}

SSE41 static inline void average_pixels(uint8_t *out, const uint8_t *row, const uint8_t *above,
                                        size_t bytes, unsigned pixel)
{
	__m128i left = _mm_setzero_si128();
	size_t i = 0;

	for (; i + pixel < bytes; i += pixel) {
		left = average_step(left, load_pixel(above + i, pixel), load_pixel(row + i, pixel));
		store_pixel(out + i, left, pixel);
	}
	left = average_step(left, load_pixel(above + i, pixel), load_pixel(row + i, pixel));
	store_last(out + i, left, pixel);
}

/* --- Paeth --------------------------------------------------------------------------- */

/* Three neighbours in 16-bit lanes, as png_paeth() has them. */
struct paeth {
	__m128i left, corner;
};

SSE41 static inline __m128i paeth_step(struct paeth *paeth, __m128i above8, __m128i value8)
{
	const __m128i above = _mm_cvtepu8_epi16(above8), value = _mm_cvtepu8_epi16(value8);
	const __m128i left = paeth->left, corner = paeth->corner;
	const __m128i known =
	    _mm_sub_epi16(_mm_add_epi16(corner, _mm_add_epi16(corner, corner)), above);
	const __m128i t = _mm_sub_epi16(known, left);
	const __m128i low = _mm_min_epi16(left, above), high = _mm_max_epi16(left, above);
	const __m128i other = _mm_blendv_epi8(low, corner, _mm_cmpgt_epi16(high, t));
	const __m128i best = _mm_blendv_epi8(high, other, _mm_cmpgt_epi16(t, low));

	/* bytes wrap around within their lanes */
	paeth->left = _mm_add_epi8(value, best);
	paeth->corner = above;
	return _mm_packus_epi16(paeth->left, paeth->left);
}

SSE41 static inline void paeth_pixels(uint8_t *out, const uint8_t *row, const uint8_t *above,
                                      size_t bytes, unsigned pixel)
{
	struct paeth paeth = {_mm_setzero_si128(), _mm_setzero_si128()};
	size_t i = 0;

	for (; i + pixel < bytes; i += pixel)
		store_pixel(
		    out + i,
		    paeth_step(&paeth, load_pixel(above + i, pixel), load_pixel(row + i, pixel)),
		    pixel);
	store_last(out + i,
	           paeth_step(&paeth, load_pixel(above + i, pixel), load_pixel(row + i, pixel)),
	           pixel);
}

/* --- choosing by filter and size of a pixel ------------------------------------------ */

/* Inlined with the pixel's size as a constant. */
SSE41 static inline __attribute__((always_inline)) void
undo_pixels(enum png_filter filter, uint8_t *out, const uint8_t *row, const uint8_t *above,
            size_t bytes, unsigned pixel)
{
	if (filter == PNG_ROW_SUB)
		sub_pixels(out, row, bytes, pixel);
	else if (filter == PNG_ROW_AVERAGE)
		average_pixels(out, row, above, bytes, pixel);
	else
		paeth_pixels(out, row, above, bytes, pixel);
}

SSE41 void png_undo_sse41(enum png_filter filter, uint8_t *out, const uint8_t *row,
                          const uint8_t *above, size_t bytes, unsigned pixel)
{
	if (filter == PNG_ROW_NONE || pixel == 0 || bytes % pixel) {
		png_undo_portable(filter, out, row, above, bytes, pixel);
		return;
	}
	if (filter == PNG_ROW_UP) {
		undo_up(out, row, above, bytes);
		return;
	}
	if (filter == PNG_ROW_SUB && pixel < 3) {
		sub_small(out, row, bytes, pixel);
		return;
	}
	switch (pixel) {
	case 2:
		undo_pixels(filter, out, row, above, bytes, 2);
		break;
	case 3:
		undo_pixels(filter, out, row, above, bytes, 3);
		break;
	case 4:
		undo_pixels(filter, out, row, above, bytes, 4);
		break;
	case 6:
		undo_pixels(filter, out, row, above, bytes, 6);
		break;
	case 8:
		undo_pixels(filter, out, row, above, bytes, 8);
		break;
	default:
		png_undo_portable(filter, out, row, above, bytes, pixel);
		break;
	}
}

const struct png_kernels png_kernels_sse41 = {
    .code = {.name = "sse4.1", .needs = CPU_SSE41},
    .undo = png_undo_sse41,
    .undo_four = png_undo_four_sse41,
    .apply = png_apply_sse41,
};

#endif
