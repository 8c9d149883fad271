/* jpeg_fdct.c - the transform of jpeg_fdct.h by SSE2. */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_X86)

#include "jpeg/x86/jpeg_vectors.h"

/* Sums and differences of one direction, in 16 bits; then everything by pairs. */
static inline void eight_lines(__m128i row[8], bool first)
{
	static const int16_t w[4][4] = IDCT_ODD;
	const int down = first ? IDCT_BITS - IDCT_MID_BITS : IDCT_BITS + IDCT_MID_BITS;
	__m128i sum[4], odd[4], a, b, c, d, low, high, low2, high2;

	UNROLL
	for (int i = 0; i < 4; i++) {
		sum[i] = _mm_add_epi16(row[i], row[7 - i]);
		odd[i] = _mm_sub_epi16(row[i], row[7 - i]);
	}
	a = _mm_add_epi16(sum[0], sum[3]);
	b = _mm_add_epi16(sum[1], sum[2]);
	c = _mm_sub_epi16(sum[0], sum[3]);
	d = _mm_sub_epi16(sum[1], sum[2]);
	row[0] = _mm_add_epi16(a, b);
	row[4] = _mm_sub_epi16(a, b);
	UNROLL
	for (int i = 0; i < 8; i += 4)
		row[i] = first
		             ? _mm_slli_epi16(row[i], IDCT_MID_BITS)
		             : _mm_srai_epi16(
				   _mm_add_epi16(row[i], _mm_set1_epi16(1 << (IDCT_MID_BITS - 1))),
				   IDCT_MID_BITS);
	low = _mm_unpacklo_epi16(c, d);
	high = _mm_unpackhi_epi16(c, d);
	row[2] = vectors_descale(_mm_madd_epi16(low, vectors_weights(IDCT_E2, IDCT_E6)),
	                         _mm_madd_epi16(high, vectors_weights(IDCT_E2, IDCT_E6)), down);
	row[6] = vectors_descale(_mm_madd_epi16(low, vectors_weights(IDCT_E6, IDCT_F6)),
	                         _mm_madd_epi16(high, vectors_weights(IDCT_E6, IDCT_F6)), down);
	low = _mm_unpacklo_epi16(odd[0], odd[1]);
	high = _mm_unpackhi_epi16(odd[0], odd[1]);
	low2 = _mm_unpacklo_epi16(odd[2], odd[3]);
	high2 = _mm_unpackhi_epi16(odd[2], odd[3]);
	UNROLL
	for (int i = 0; i < 4; i++) {
		const __m128i near = vectors_weights(w[i][0], w[i][1]);
		const __m128i far = vectors_weights(w[i][2], w[i][3]);

		row[2 * i + 1] = vectors_descale(vectors_dot(low, near, low2, far),
		                                 vectors_dot(high, near, high2, far), down);
	}
}

/* Four coefficients of 32 bits to whole quotients, without their signs. */
static inline __m128i divide(__m128i size, const struct jpeg_quantiser *quantiser, size_t at)
{
	const __m128 n = _mm_add_ps(_mm_cvtepi32_ps(size), _mm_loadu_ps(quantiser->half + at));

	return _mm_cvttps_epi32(_mm_mul_ps(n, _mm_loadu_ps(quantiser->scale + at)));
}

/* A line of eight. Returns which are not 0, two bits each. */
static inline unsigned quantise_line(__m128i line, const struct jpeg_quantiser *quantiser,
                                     size_t at, int16_t *coef)
{
	const __m128i zero = _mm_setzero_si128(), sign = _mm_srai_epi16(line, 15);
	const __m128i size = _mm_sub_epi16(_mm_xor_si128(line, sign), sign);
	__m128i quotient =
	    _mm_packs_epi32(divide(_mm_unpacklo_epi16(size, zero), quantiser, at),
	                    divide(_mm_unpackhi_epi16(size, zero), quantiser, at + 4));

	quotient = _mm_sub_epi16(_mm_xor_si128(quotient, sign), sign);
	_mm_storeu_si128((__m128i *)coef, quotient);
	return (unsigned)_mm_movemask_epi8(
	    _mm_packs_epi16(_mm_cmpeq_epi16(quotient, zero), _mm_setzero_si128()));
}

uint64_t jpeg_fdct_sse2(const uint8_t *samples, size_t stride,
                        const struct jpeg_quantiser *quantiser, int16_t coef[64])
{
	const __m128i zero = _mm_setzero_si128(), middle = _mm_set1_epi16(128);
	uint64_t nonzero = 0;
	__m128i row[8];

	UNROLL
	for (size_t y = 0; y < 8; y++)
		row[y] = _mm_sub_epi16(
		    _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)(samples + y * stride)),
		                      zero),
		    middle);
	vectors_transpose(row);
	eight_lines(row, true);
	vectors_transpose(row);
	eight_lines(row, false);
	UNROLL
	for (size_t y = 0; y < 8; y++)
		nonzero |= (uint64_t)(~quantise_line(row[y], quantiser, 8 * y, coef + 8 * y) & 255)
		           << (8 * y);
	return nonzero;
}

#endif
