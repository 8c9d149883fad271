/* jpeg_fdct.c - see jpeg_fdct.h. */
#include "image/jpeg_fdct.h"

#include <math.h>
#include <stdlib.h>

#include "image/jpeg_idct_private.h"

/* The transform's results are eight times the coefficients. What is to be divided is a whole number
 * n, and n + half too, as divisors are even: a quarter more keeps the product from falling below a
 * whole number that it should be, and lifts none that is below, since all stay under 2^20. */
void jpeg_quantiser_make(struct jpeg_quantiser *quantiser, const uint16_t quant[64])
{
	for (int i = 0; i < 64; i++) {
		const float divisor = 8.0F * (float)quant[i];

		quantiser->half[i] = divisor / 2 + 0.25F;
		quantiser->scale[i] = 1 / divisor;
	}
}

static int32_t descale(int32_t sum, int shift)
{
	return (sum + (1 << (shift - 1))) >> shift;
}

/* One direction: of eight inputs, each `step` from the next. `up` is the shift to the left that the
 * outputs 0 and 4 get; negative ones are rounded. */
static void eight(int32_t *data, size_t step, int up, int down)
{
	static const int16_t weight[4][4] = IDCT_ODD;
	int32_t sum[4], odd[4], a, b, c, d;

	for (size_t i = 0; i < 4; i++) {
		sum[i] = data[i * step] + data[(7 - i) * step];
		odd[i] = data[i * step] - data[(7 - i) * step];
	}
	a = sum[0] + sum[3];
	b = sum[1] + sum[2];
	c = sum[0] - sum[3];
	d = sum[1] - sum[2];
	data[0] = up > 0 ? (a + b) * (1 << up) : descale(a + b, -up);
	data[4 * step] = up > 0 ? (a - b) * (1 << up) : descale(a - b, -up);
	data[2 * step] = descale(c * IDCT_E2 + d * IDCT_E6, down);
	data[6 * step] = descale(c * IDCT_E6 + d * IDCT_F6, down);
	for (size_t i = 0; i < 4; i++)
		data[(2 * i + 1) * step] =
		    descale(odd[0] * weight[i][0] + odd[1] * weight[i][1] + odd[2] * weight[i][2] +
		                odd[3] * weight[i][3],
		            down);
}

uint64_t jpeg_fdct_portable(const uint8_t *samples, size_t stride,
                            const struct jpeg_quantiser *quantiser, int16_t coef[64])
{
	int32_t data[64];
	uint64_t nonzero = 0;

	for (size_t y = 0; y < 8; y++)
		for (size_t x = 0; x < 8; x++)
			data[8 * y + x] = samples[y * stride + x] - 128;
	for (size_t y = 0; y < 8; y++)
		eight(data + 8 * y, 1, IDCT_MID_BITS, IDCT_BITS - IDCT_MID_BITS);
	for (size_t x = 0; x < 8; x++)
		eight(data + x, 8, -IDCT_MID_BITS, IDCT_BITS + IDCT_MID_BITS);
	for (int i = 0; i < 64; i++) {
		const int32_t size =
		    (int32_t)(((float)abs(data[i]) + quantiser->half[i]) * quantiser->scale[i]);

		coef[i] = (int16_t)(data[i] < 0 ? -size : size);
		nonzero |= (uint64_t)(size != 0) << i;
	}
	return nonzero;
}

#if defined(__x86_64__)

#include "image/jpeg_vectors.h"

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

static uint64_t fdct_x86(const uint8_t *samples, size_t stride,
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

jpeg_fdct *jpeg_fdct_best(void)
{
	return fdct_x86;
}

#else

jpeg_fdct *jpeg_fdct_best(void)
{
	return jpeg_fdct_portable;
}

#endif
