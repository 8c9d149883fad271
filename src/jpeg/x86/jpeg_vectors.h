/* jpeg_vectors.h - what the transforms of both directions have in common: sums of two products at
 * a time (pmaddwd).
 */
#ifndef JPEG_X86_JPEG_VECTORS_H
#define JPEG_X86_JPEG_VECTORS_H

#include <immintrin.h>
#include <stddef.h>

/* Loops over registers must not become loops over memory. */
#define UNROLL _Pragma("GCC unroll 8")

/* Two weights, for pairs of inputs that lie side by side. */
static inline __m128i vectors_weights(int first, int second)
{
	return _mm_set1_epi32((int)((unsigned)second << 16 | ((unsigned)first & 0xffff)));
}

static inline __m128i vectors_dot(__m128i pairs, __m128i weight, __m128i pairs2, __m128i weight2)
{
	return _mm_add_epi32(_mm_madd_epi16(pairs, weight), _mm_madd_epi16(pairs2, weight2));
}

/* Rounded, and cut to 16 bits if it is more. */
static inline __m128i vectors_descale(__m128i low, __m128i high, int shift)
{
	const __m128i half = _mm_set1_epi32(1 << (shift - 1));

	return _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(low, half), shift),
	                       _mm_srai_epi32(_mm_add_epi32(high, half), shift));
}

/* Eight lines of eight: rows become columns. */
static inline void vectors_transpose(__m128i row[8])
{
	__m128i a[8], b[8];

	UNROLL
	for (size_t i = 0; i < 4; i++) {
		a[i] = _mm_unpacklo_epi16(row[2 * i], row[2 * i + 1]);
		a[i + 4] = _mm_unpackhi_epi16(row[2 * i], row[2 * i + 1]);
	}
	UNROLL
	for (size_t i = 0; i < 8; i += 2) {
		b[i] = _mm_unpacklo_epi32(a[i], a[i + 1]);
		b[i + 1] = _mm_unpackhi_epi32(a[i], a[i + 1]);
	}
	UNROLL
	for (size_t i = 0; i < 2; i++) {
		row[4 * i] = _mm_unpacklo_epi64(b[4 * i], b[4 * i + 2]);
		row[4 * i + 1] = _mm_unpackhi_epi64(b[4 * i], b[4 * i + 2]);
		row[4 * i + 2] = _mm_unpacklo_epi64(b[4 * i + 1], b[4 * i + 3]);
		row[4 * i + 3] = _mm_unpackhi_epi64(b[4 * i + 1], b[4 * i + 3]);
	}
}

#endif
