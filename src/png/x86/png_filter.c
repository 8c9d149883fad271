/* png_filter.c - applies the filters by SSE4.1. All neighbours are known, so sixteen
 * bytes go at once whatever a pixel's size is. */
#include "png/png_private.h"

#if defined(CPU_X86)

#include <immintrin.h>

#define SSE41 __attribute__((target("sse4.1")))

struct neighbours {
	__m128i left, above, corner;
};

SSE41 static inline __m128i load(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

/* pavgb rounds up: one less if the sum is odd. */
SSE41 static inline __m128i average(const struct neighbours *at)
{
	const __m128i odd = _mm_and_si128(_mm_xor_si128(at->left, at->above), _mm_set1_epi8(1));

	return _mm_sub_epi8(_mm_avg_epu8(at->left, at->above), odd);
}

/* png_paeth() in 16-bit lanes. */
SSE41 static inline __m128i paeth_half(__m128i left, __m128i above, __m128i corner)
{
	const __m128i t = _mm_sub_epi16(_mm_add_epi16(corner, _mm_add_epi16(corner, corner)),
	                                _mm_add_epi16(left, above));
	const __m128i low = _mm_min_epi16(left, above), high = _mm_max_epi16(left, above);
	const __m128i other = _mm_blendv_epi8(low, corner, _mm_cmpgt_epi16(high, t));

	return _mm_blendv_epi8(high, other, _mm_cmpgt_epi16(t, low));
}

SSE41 static inline __m128i paeth(const struct neighbours *at)
{
	const __m128i zero = _mm_setzero_si128();

	return _mm_packus_epi16(
	    paeth_half(_mm_cvtepu8_epi16(at->left), _mm_cvtepu8_epi16(at->above),
	               _mm_cvtepu8_epi16(at->corner)),
	    paeth_half(_mm_unpackhi_epi8(at->left, zero), _mm_unpackhi_epi8(at->above, zero),
	               _mm_unpackhi_epi8(at->corner, zero)));
}

SSE41 static inline __m128i predict(enum png_filter filter, const struct neighbours *at)
{
	switch (filter) {
	case PNG_ROW_SUB:
		return at->left;
	case PNG_ROW_UP:
		return at->above;
	case PNG_ROW_AVERAGE:
		return average(at);
	case PNG_ROW_PAETH:
		return paeth(at);
	case PNG_ROW_NONE:
	default:
		return _mm_setzero_si128();
	}
}

/* png_weight() of each byte. */
SSE41 static inline __m128i weights(__m128i value)
{
	const __m128i distance = _mm_abs_epi8(value), low = _mm_set1_epi8(15);
	const __m128i upper = _mm_and_si128(_mm_srli_epi16(distance, 4), low);
	const __m128i near = _mm_shuffle_epi8(load(png_weights_near), _mm_and_si128(distance, low));
	const __m128i far = _mm_shuffle_epi8(load(png_weights_far), upper);

	return _mm_blendv_epi8(far, near, _mm_cmpeq_epi8(upper, _mm_setzero_si128()));
}

/* Inlined with the filter as a constant. */
SSE41 static inline __attribute__((always_inline)) uint64_t
apply_filter(enum png_filter filter, uint8_t *out, const uint8_t *row, const uint8_t *above,
             size_t bytes, unsigned pixel)
{
	const size_t begin = pixel < bytes ? pixel : bytes;
	uint64_t sum = png_apply_range(filter, out, row, above, 0, begin, pixel);
	__m128i sums = _mm_setzero_si128();
	size_t i = begin;

	for (; i + 16 <= bytes; i += 16) {
		const struct neighbours at = {load(row + i - pixel), load(above + i),
		                              load(above + i - pixel)};
		const __m128i value = _mm_sub_epi8(load(row + i), predict(filter, &at));

		_mm_storeu_si128((__m128i *)(out + i), value);
		sums = _mm_add_epi64(sums, _mm_sad_epu8(weights(value), _mm_setzero_si128()));
	}
	sum += (uint64_t)_mm_cvtsi128_si64(sums) + (uint64_t)_mm_extract_epi64(sums, 1);
	return sum + png_apply_range(filter, out, row, above, i, bytes, pixel);
}

SSE41 uint64_t png_apply_sse41(enum png_filter filter, uint8_t *out, const uint8_t *row,
                               const uint8_t *above, size_t bytes, unsigned pixel)
{
	switch (filter) {
	case PNG_ROW_SUB:
		return apply_filter(PNG_ROW_SUB, out, row, above, bytes, pixel);
	case PNG_ROW_UP:
		return apply_filter(PNG_ROW_UP, out, row, above, bytes, pixel);
	case PNG_ROW_AVERAGE:
		return apply_filter(PNG_ROW_AVERAGE, out, row, above, bytes, pixel);
	case PNG_ROW_PAETH:
		return apply_filter(PNG_ROW_PAETH, out, row, above, bytes, pixel);
	case PNG_ROW_NONE:
	default:
		return apply_filter(PNG_ROW_NONE, out, row, above, bytes, pixel);
	}
}

#endif
