/* jpeg_idct.c - the transforms of jpeg_idct.h by SSE2: sums of two products at a time (pmaddwd). */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_X86)

#include <string.h>

#include "jpeg/x86/jpeg_vectors.h"

static inline __m128i load(const int16_t *coef, const uint16_t *quant, size_t row)
{
	return _mm_mullo_epi16(_mm_loadu_si128((const __m128i *)(coef + 8 * row)),
	                       _mm_loadu_si128((const __m128i *)(quant + 8 * row)));
}

/* --- blocks to 8x8 pixels ------------------------------------------------------------- */

/* Four columns: pairs of the inputs 0 and 4, 2 and 6, 1 and 3, 5 and 7. Sums out[0..7]. */
static inline void eight(__m128i p04, __m128i p26, __m128i p13, __m128i p57, __m128i out[8])
{
	static const int16_t w[4][4] = IDCT_ODD;
	const int one = 1 << IDCT_BITS;
	const __m128i a = _mm_madd_epi16(p04, vectors_weights(one, one));
	const __m128i b = _mm_madd_epi16(p04, vectors_weights(one, -one));
	const __m128i c = _mm_madd_epi16(p26, vectors_weights(IDCT_E2, IDCT_E6));
	const __m128i d = _mm_madd_epi16(p26, vectors_weights(IDCT_E6, IDCT_F6));
	const __m128i even[4] = {_mm_add_epi32(a, c), _mm_add_epi32(b, d), _mm_sub_epi32(b, d),
	                         _mm_sub_epi32(a, c)};

	UNROLL for (int i = 0; i < 4; i++)
	{
		const __m128i odd = vectors_dot(p13, vectors_weights(w[i][0], w[i][1]), p57,
		                                vectors_weights(w[i][2], w[i][3]));

		out[i] = _mm_add_epi32(even[i], odd);
		out[7 - i] = _mm_sub_epi32(even[i], odd);
	}
}

/* One direction of eight rows, in place. */
static inline void eight_rows(__m128i row[8], int shift)
{
	__m128i low[8], high[8];

	eight(_mm_unpacklo_epi16(row[0], row[4]), _mm_unpacklo_epi16(row[2], row[6]),
	      _mm_unpacklo_epi16(row[1], row[3]), _mm_unpacklo_epi16(row[5], row[7]), low);
	eight(_mm_unpackhi_epi16(row[0], row[4]), _mm_unpackhi_epi16(row[2], row[6]),
	      _mm_unpackhi_epi16(row[1], row[3]), _mm_unpackhi_epi16(row[5], row[7]), high);
	UNROLL for (int i = 0; i < 8; i++) row[i] = vectors_descale(low[i], high[i], shift);
}

static inline void store_eight(__m128i row[8], uint8_t *out, size_t stride)
{
	const __m128i middle = _mm_set1_epi8((char)0x80);

	UNROLL for (size_t i = 0; i < 8; i += 2, out += 2 * stride)
	{
		const __m128i two = _mm_xor_si128(_mm_packs_epi16(row[i], row[i + 1]), middle);

		_mm_storel_epi64((__m128i *)out, two);
		_mm_storel_epi64((__m128i *)(out + stride), _mm_unpackhi_epi64(two, two));
	}
}

void jpeg_idct_8_sse2(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	__m128i row[8];

	UNROLL for (size_t i = 0; i < 8; i++) row[i] = load(coef, quant, i);
	eight_rows(row, IDCT_BITS - IDCT_MID_BITS);
	vectors_transpose(row);
	eight_rows(row, IDCT_BITS + IDCT_MID_BITS + 3);
	vectors_transpose(row);
	store_eight(row, out, stride);
}

/* Four columns of inputs of which only the first four are not 0: pairs of 0 and 2, 1 and 3. */
static inline void eight_few(__m128i p02, __m128i p13, __m128i out[8])
{
	static const int16_t w[4][4] = IDCT_ODD;
	const int one = 1 << IDCT_BITS;
	const __m128i even[4] = {_mm_madd_epi16(p02, vectors_weights(one, IDCT_E2)),
	                         _mm_madd_epi16(p02, vectors_weights(one, IDCT_E6)),
	                         _mm_madd_epi16(p02, vectors_weights(one, -IDCT_E6)),
	                         _mm_madd_epi16(p02, vectors_weights(one, -IDCT_E2))};

	UNROLL for (int i = 0; i < 4; i++)
	{
		const __m128i odd = _mm_madd_epi16(p13, vectors_weights(w[i][0], w[i][1]));

		out[i] = _mm_add_epi32(even[i], odd);
		out[7 - i] = _mm_sub_epi32(even[i], odd);
	}
}

/* Four rows of four to columns of four, two by two: 0 and 1, 2 and 3. */
static inline void turn_few(__m128i rows01, __m128i rows23, __m128i *columns01, __m128i *columns23)
{
	const __m128i even = _mm_unpacklo_epi16(rows01, rows23);
	const __m128i odd = _mm_unpackhi_epi16(rows01, rows23);

	*columns01 = _mm_unpacklo_epi16(even, odd);
	*columns23 = _mm_unpackhi_epi16(even, odd);
}

void jpeg_idct_8_few_sse2(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	const int shift = IDCT_BITS - IDCT_MID_BITS, last = IDCT_BITS + IDCT_MID_BITS + 3;
	__m128i row[8], low[8], high[8], a01, a23, b01, b23;

	UNROLL for (size_t i = 0; i < 4; i++) row[i] = load(coef, quant, i);
	eight_few(_mm_unpacklo_epi16(row[0], row[2]), _mm_unpacklo_epi16(row[1], row[3]), low);
	turn_few(vectors_descale(low[0], low[1], shift), vectors_descale(low[2], low[3], shift),
	         &a01, &a23);
	turn_few(vectors_descale(low[4], low[5], shift), vectors_descale(low[6], low[7], shift),
	         &b01, &b23);
	/* columns 0 and 2, 1 and 3, of the rows 0 to 3 and 4 to 7 */
	eight_few(_mm_unpacklo_epi16(a01, a23), _mm_unpackhi_epi16(a01, a23), low);
	eight_few(_mm_unpacklo_epi16(b01, b23), _mm_unpackhi_epi16(b01, b23), high);
	UNROLL for (size_t i = 0; i < 8; i++) row[i] = vectors_descale(low[i], high[i], last);
	vectors_transpose(row);
	store_eight(row, out, stride);
}

/* --- blocks to 4x4 pixels ------------------------------------------------------------- */

/* Four columns: pairs of the inputs 0 and 2, 4 and 6, 1 and 3, 5 and 7. Sums out[0..3]. */
static inline void four(__m128i p02, __m128i p46, __m128i p13, __m128i p57, __m128i out[4])
{
	static const int16_t w[2][4] = IDCT_ODD_4;
	const int one = 1 << (IDCT_BITS + 1);
	const __m128i even[2] = {
	    vectors_dot(p02, vectors_weights(one, IDCT_4_E2), p46, vectors_weights(0, IDCT_4_E6)),
	    vectors_dot(p02, vectors_weights(one, -IDCT_4_E2), p46,
	                vectors_weights(0, -IDCT_4_E6))};

	UNROLL for (int i = 0; i < 2; i++)
	{
		const __m128i odd = vectors_dot(p13, vectors_weights(w[i][0], w[i][1]), p57,
		                                vectors_weights(w[i][2], w[i][3]));

		out[i] = _mm_add_epi32(even[i], odd);
		out[3 - i] = _mm_sub_epi32(even[i], odd);
	}
}

/* Rows of eight to columns of four, two by two: 0 and 1, 2 and 3, ... */
static inline void columns(const __m128i row[4], __m128i column[4])
{
	const __m128i a = _mm_unpacklo_epi16(row[0], row[1]),
		      b = _mm_unpackhi_epi16(row[0], row[1]);
	const __m128i c = _mm_unpacklo_epi16(row[2], row[3]),
		      d = _mm_unpackhi_epi16(row[2], row[3]);

	column[0] = _mm_unpacklo_epi32(a, c);
	column[1] = _mm_unpackhi_epi32(a, c);
	column[2] = _mm_unpacklo_epi32(b, d);
	column[3] = _mm_unpackhi_epi32(b, d);
}

static void store_four(const __m128i sum[4], uint8_t *out, size_t stride)
{
	const int shift = IDCT_BITS + 1 + IDCT_MID_BITS + 3;
	/* columns 0 and 1, 2 and 3, to rows */
	__m128i a = vectors_descale(sum[0], sum[1], shift),
		b = vectors_descale(sum[2], sum[3], shift), c, d;

	c = _mm_unpacklo_epi16(a, _mm_unpackhi_epi64(a, a));
	d = _mm_unpacklo_epi16(b, _mm_unpackhi_epi64(b, b));
	a = _mm_packs_epi16(_mm_unpacklo_epi32(c, d), _mm_unpackhi_epi32(c, d));
	a = _mm_xor_si128(a, _mm_set1_epi8((char)0x80));
	UNROLL for (int i = 0; i < 4; i++, out += stride)
	{
		const int pixels = _mm_cvtsi128_si32(a);

		memcpy(out, &pixels, sizeof(pixels));
		a = _mm_srli_si128(a, 4);
	}
}

void jpeg_idct_4_sse2(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	const __m128i zero = _mm_setzero_si128();
	__m128i row[8], low[4], high[4], column[4];

	UNROLL for (size_t i = 0; i < 8; i++) row[i] = i == 4 ? zero : load(coef, quant, i);
	four(_mm_unpacklo_epi16(row[0], row[2]), _mm_unpacklo_epi16(row[4], row[6]),
	     _mm_unpacklo_epi16(row[1], row[3]), _mm_unpacklo_epi16(row[5], row[7]), low);
	four(_mm_unpackhi_epi16(row[0], row[2]), _mm_unpackhi_epi16(row[4], row[6]),
	     _mm_unpackhi_epi16(row[1], row[3]), _mm_unpackhi_epi16(row[5], row[7]), high);
	UNROLL for (int i = 0; i < 4; i++) row[i] =
	    vectors_descale(low[i], high[i], IDCT_BITS + 1 - IDCT_MID_BITS);
	columns(row, column);
	four(_mm_unpacklo_epi16(column[0], column[1]), _mm_unpacklo_epi16(column[2], column[3]),
	     _mm_unpackhi_epi16(column[0], column[1]), _mm_unpackhi_epi16(column[2], column[3]),
	     low);
	store_four(low, out, stride);
}

static inline void four_few(__m128i p02, __m128i p13, __m128i out[4])
{
	static const int16_t w[2][4] = IDCT_ODD_4;
	const int one = 1 << (IDCT_BITS + 1);
	const __m128i even[2] = {_mm_madd_epi16(p02, vectors_weights(one, IDCT_4_E2)),
	                         _mm_madd_epi16(p02, vectors_weights(one, -IDCT_4_E2))};

	UNROLL for (int i = 0; i < 2; i++)
	{
		const __m128i odd = _mm_madd_epi16(p13, vectors_weights(w[i][0], w[i][1]));

		out[i] = _mm_add_epi32(even[i], odd);
		out[3 - i] = _mm_sub_epi32(even[i], odd);
	}
}

void jpeg_idct_4_few_sse2(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	const int shift = IDCT_BITS + 1 - IDCT_MID_BITS;
	__m128i row[4], sum[4], a, b;

	UNROLL for (size_t i = 0; i < 4; i++) row[i] = load(coef, quant, i);
	four_few(_mm_unpacklo_epi16(row[0], row[2]), _mm_unpacklo_epi16(row[1], row[3]), sum);
	turn_few(vectors_descale(sum[0], sum[1], shift), vectors_descale(sum[2], sum[3], shift), &a,
	         &b);
	four_few(_mm_unpacklo_epi16(a, b), _mm_unpackhi_epi16(a, b), sum);
	store_four(sum, out, stride);
}

/* --- blocks to 2x2 pixels ------------------------------------------------------------- */

/* The odd weights for a row as it lies: those of columns that have no part are 0. */
static inline int32_t odd_of(__m128i row)
{
	static const int16_t w[4] = IDCT_ODD_2;
	__m128i sum = _mm_madd_epi16(row, _mm_setr_epi16(0, w[0], 0, w[1], 0, w[2], 0, w[3]));

	sum = _mm_add_epi32(sum, _mm_unpackhi_epi64(sum, sum));
	return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 1)));
}

static void store_two(__m128i row, uint8_t *out)
{
	const int shift = IDCT_BITS + 2 + IDCT_MID_BITS + 3;
	const int32_t even = (int16_t)_mm_extract_epi16(row, 0) * (1 << (IDCT_BITS + 2));
	const int32_t odd = odd_of(row);
	const __m128i sum = _mm_add_epi32(_mm_set1_epi32(even), _mm_setr_epi32(odd, -odd, 0, 0));
	const __m128i words = vectors_descale(sum, sum, shift);
	const int pixels = _mm_cvtsi128_si32(_mm_packs_epi16(words, words)) ^ 0x8080;

	memcpy(out, &pixels, 2);
}

void jpeg_idct_2_sse2(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	static const int16_t w[4] = IDCT_ODD_2;
	const __m128i first = vectors_weights(w[0], w[1]), second = vectors_weights(w[2], w[3]);
	const __m128i one = vectors_weights(1 << (IDCT_BITS + 1), 1 << (IDCT_BITS + 1));
	const __m128i r0 = load(coef, quant, 0), r1 = load(coef, quant, 1);
	const __m128i r3 = load(coef, quant, 3), r5 = load(coef, quant, 5);
	const __m128i r7 = load(coef, quant, 7);
	const int shift = IDCT_BITS + 2 - IDCT_MID_BITS;
	const __m128i even_low = _mm_madd_epi16(_mm_unpacklo_epi16(r0, r0), one);
	const __m128i even_high = _mm_madd_epi16(_mm_unpackhi_epi16(r0, r0), one);
	const __m128i odd_low =
	    vectors_dot(_mm_unpacklo_epi16(r1, r3), first, _mm_unpacklo_epi16(r5, r7), second);
	const __m128i odd_high =
	    vectors_dot(_mm_unpackhi_epi16(r1, r3), first, _mm_unpackhi_epi16(r5, r7), second);

	store_two(vectors_descale(_mm_add_epi32(even_low, odd_low),
	                          _mm_add_epi32(even_high, odd_high), shift),
	          out);
	store_two(vectors_descale(_mm_sub_epi32(even_low, odd_low),
	                          _mm_sub_epi32(even_high, odd_high), shift),
	          out + stride);
}

#endif
