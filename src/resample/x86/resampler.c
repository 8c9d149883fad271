/* resampler.c - the resampling kernels for bytes by AVX2 and by SSE4.1.
 *
 * All sums are exact 32-bit integers, so their order does not matter, and roundings are those of
 * resampler_portable.c: the results are equal to the last bit.
 */
#include "resample/resampler_kernel.h"

#if defined(CPU_X86)

#include <immintrin.h>
#include <string.h>

#define AVX2  __attribute__((target("avx2")))
#define SSE41 __attribute__((target("sse4.1")))

#define MID_SHIFT (RESAMPLER_COEF_BITS - RESAMPLER_MID_BITS)
#define MID_ROUND (1 << (MID_SHIFT - 1))
#define OUT_SHIFT (RESAMPLER_COEF_BITS + RESAMPLER_MID_BITS)
#define OUT_ROUND (1 << (OUT_SHIFT - 1))

/* Two coefficients as one 32-bit lane. */
static inline int pair_load(const int16_t *coef)
{
	int pair;

	memcpy(&pair, coef, sizeof(pair));
	return pair;
}

/* --- vertical ------------------------------------------------------------------------ */

/* Sixteen samples of two rows, interleaved, times a pair of coefficients: pmaddwd adds both. The
 * unpacks leave the sums in the order that the later packs undo. */
AVX2 static inline void avx2_pair(__m256i sum[4], const uint8_t *a, const uint8_t *b, __m256i coef)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i va = _mm256_loadu_si256((const __m256i *)a);
	__m256i vb = _mm256_loadu_si256((const __m256i *)b);
	__m256i low = _mm256_unpacklo_epi8(va, vb), high = _mm256_unpackhi_epi8(va, vb);

	sum[0] = _mm256_add_epi32(sum[0], _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), coef));
	sum[1] = _mm256_add_epi32(sum[1], _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), coef));
	sum[2] =
	    _mm256_add_epi32(sum[2], _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), coef));
	sum[3] =
	    _mm256_add_epi32(sum[3], _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), coef));
}

AVX2 static void avx2_block(int16_t *out, const void *const *rows, const int16_t *coef,
                            uint32_t taps, size_t at)
{
	const __m256i round = _mm256_set1_epi32(MID_ROUND);
	__m256i sum[4] = {round, round, round, round};
	__m256i low, high;

	for (uint32_t k = 0; k < taps; k += 2)
		avx2_pair(sum, (const uint8_t *)rows[k] + at, (const uint8_t *)rows[k + 1] + at,
		          _mm256_set1_epi32(pair_load(coef + k)));
	low = _mm256_packs_epi32(_mm256_srai_epi32(sum[0], MID_SHIFT),
	                         _mm256_srai_epi32(sum[1], MID_SHIFT));
	high = _mm256_packs_epi32(_mm256_srai_epi32(sum[2], MID_SHIFT),
	                          _mm256_srai_epi32(sum[3], MID_SHIFT));
	_mm256_storeu_si256((__m256i *)(out + at), _mm256_permute2x128_si256(low, high, 0x20));
	_mm256_storeu_si256((__m256i *)(out + at + 16), _mm256_permute2x128_si256(low, high, 0x31));
}

/* Blocks of 32 samples; the last one overlaps its neighbour, so nothing beyond the row is read. */
static void avx2_vertical(int16_t *out, const void *const *rows, const int16_t *coef, uint32_t taps,
                          size_t samples)
{
	if (samples < 32) {
		resampler_kernels_portable.vertical(out, rows, coef, taps, samples);
		return;
	}
	for (size_t at = 0; at + 32 <= samples; at += 32)
		avx2_block(out, rows, coef, taps, at);
	if (samples % 32)
		avx2_block(out, rows, coef, taps, samples - 32);
}

SSE41 static void sse41_block(int16_t *out, const void *const *rows, const int16_t *coef,
                              uint32_t taps, size_t at)
{
	const __m128i zero = _mm_setzero_si128(), round = _mm_set1_epi32(MID_ROUND);
	__m128i s0 = round, s1 = round, s2 = round, s3 = round;

	for (uint32_t k = 0; k < taps; k += 2) {
		const __m128i *pa = (const __m128i *)((const uint8_t *)rows[k] + at);
		const __m128i *pb = (const __m128i *)((const uint8_t *)rows[k + 1] + at);
		__m128i a = _mm_loadu_si128(pa), b = _mm_loadu_si128(pb);
		__m128i low = _mm_unpacklo_epi8(a, b), high = _mm_unpackhi_epi8(a, b);
		__m128i c = _mm_set1_epi32(pair_load(coef + k));

		s0 = _mm_add_epi32(s0, _mm_madd_epi16(_mm_unpacklo_epi8(low, zero), c));
		s1 = _mm_add_epi32(s1, _mm_madd_epi16(_mm_unpackhi_epi8(low, zero), c));
		s2 = _mm_add_epi32(s2, _mm_madd_epi16(_mm_unpacklo_epi8(high, zero), c));
		s3 = _mm_add_epi32(s3, _mm_madd_epi16(_mm_unpackhi_epi8(high, zero), c));
	}
	s0 = _mm_packs_epi32(_mm_srai_epi32(s0, MID_SHIFT), _mm_srai_epi32(s1, MID_SHIFT));
	s2 = _mm_packs_epi32(_mm_srai_epi32(s2, MID_SHIFT), _mm_srai_epi32(s3, MID_SHIFT));
	_mm_storeu_si128((__m128i *)(out + at), s0);
	_mm_storeu_si128((__m128i *)(out + at + 8), s2);
}

static void sse41_vertical(int16_t *out, const void *const *rows, const int16_t *coef,
                           uint32_t taps, size_t samples)
{
	if (samples < 16) {
		resampler_kernels_portable.vertical(out, rows, coef, taps, samples);
		return;
	}
	for (size_t at = 0; at + 16 <= samples; at += 16)
		sse41_block(out, rows, coef, taps, at);
	if (samples % 16)
		sse41_block(out, rows, coef, taps, samples - 16);
}

/* --- horizontal ---------------------------------------------------------------------- */

/* Stores the first `samples` of four finished sums. */
SSE41 static inline void store(uint8_t *out, __m128i sum, unsigned samples)
{
	int four;

	sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(OUT_ROUND)), OUT_SHIFT);
	sum = _mm_packs_epi32(sum, sum);
	four = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
	memcpy(out, &four, samples);
}

/* Eight partial sums of one output of a plane. */
AVX2 static inline __m256i avx2_dot(const int16_t *in, const int16_t *coef, uint32_t stride)
{
	__m256i sum = _mm256_setzero_si256();
	uint32_t k = 0;

	for (; k + 16 <= stride; k += 16)
		sum = _mm256_add_epi32(
		    sum, _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(in + k)),
		                           _mm256_loadu_si256((const __m256i *)(coef + k))));
	if (k < stride)
		sum = _mm256_add_epi32(sum, _mm256_zextsi128_si256(_mm_madd_epi16(
						_mm_loadu_si128((const __m128i *)(in + k)),
						_mm_loadu_si128((const __m128i *)(coef + k)))));
	return sum;
}

AVX2 static inline void avx2_plane(uint8_t *out, const int16_t *in,
                                   const struct resampler_table *table, uint32_t stride)
{
	const int16_t *coef = table->coef;
	const uint32_t *first = table->first;
	uint32_t x = 0;

	for (; x + 4 <= table->size; x += 4, coef += 4 * (size_t)stride) {
		__m256i s0 = avx2_dot(in + first[x], coef, stride);
		__m256i s1 = avx2_dot(in + first[x + 1], coef + stride, stride);
		__m256i s2 = avx2_dot(in + first[x + 2], coef + 2 * (size_t)stride, stride);
		__m256i s3 = avx2_dot(in + first[x + 3], coef + 3 * (size_t)stride, stride);
		__m256i sum =
		    _mm256_hadd_epi32(_mm256_hadd_epi32(s0, s1), _mm256_hadd_epi32(s2, s3));

		store(out + x,
		      _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1)),
		      4);
	}
	for (; x < table->size; x++, coef += stride) {
		__m256i s = avx2_dot(in + first[x], coef, stride);
		__m128i sum =
		    _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));

		sum = _mm_hadd_epi32(sum, sum);
		store(out + x, _mm_hadd_epi32(sum, sum), 1);
	}
}

/* The usual strides as constants, so that the compiler unrolls them. */
AVX2 void resampler_horizontal_1_avx2(uint8_t *out, const int16_t *in,
                                      const struct resampler_table *table)
{
	switch (table->stride) {
	case 8:
		avx2_plane(out, in, table, 8);
		break;
	case 16:
		avx2_plane(out, in, table, 16);
		break;
	case 24:
		avx2_plane(out, in, table, 24);
		break;
	case 32:
		avx2_plane(out, in, table, 32);
		break;
	default:
		avx2_plane(out, in, table, table->stride);
	}
}

/* Byte orders that bring the same component of two neighbouring pixels side by side, as pmaddwd
 * wants them. Of three components the last quarter is not used. */
#define ORDER2 0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15
#define ORDER3 0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1
#define ORDER4 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15

/* One output of 3 or 4 components: four pixels at a time, two in each half of the register. */
AVX2 static inline __m128i avx2_pixel(const int16_t *in, const int16_t *coef, uint32_t taps,
                                      unsigned components)
{
	const __m256i order =
	    components == 3 ? _mm256_setr_epi8(ORDER3, ORDER3) : _mm256_setr_epi8(ORDER4, ORDER4);
	const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
	__m256i sum = _mm256_setzero_si256();

	for (uint32_t k = 0; k < taps; k += 4, in += (size_t)4 * components) {
		__m256i pixels = _mm256_inserti128_si256(
		    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)in)),
		    _mm_loadu_si128((const __m128i *)(in + (size_t)2 * components)), 1);
		__m256i c = _mm256_permutevar8x32_epi32(
		    _mm256_castsi128_si256(_mm_loadl_epi64((const __m128i *)(coef + k))), spread);

		sum =
		    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, order), c));
	}
	return _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
}

/* One output of 2 components: eight pixels at a time. */
AVX2 static inline __m128i avx2_couple(const int16_t *in, const int16_t *coef, uint32_t taps)
{
	const __m256i order = _mm256_setr_epi8(ORDER2, ORDER2);
	const __m256i spread = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
	__m256i sum = _mm256_setzero_si256();
	__m128i half;

	for (uint32_t k = 0; k < taps; k += 8, in += 16) {
		__m256i c = _mm256_permutevar8x32_epi32(
		    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(coef + k))), spread);
		__m256i pixels = _mm256_loadu_si256((const __m256i *)in);

		sum =
		    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, order), c));
	}
	half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
	return _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
}

AVX2 static inline void avx2_pixels(uint8_t *out, const int16_t *in,
                                    const struct resampler_table *table, unsigned components)
{
	for (uint32_t x = 0; x < table->size; x++) {
		const int16_t *coef = table->coef + (size_t)x * table->stride;
		const int16_t *from = in + (size_t)table->first[x] * components;
		__m128i sum = components == 2 ? avx2_couple(from, coef, table->taps[x])
		                              : avx2_pixel(from, coef, table->taps[x], components);

		store(out + (size_t)x * components, sum, components);
	}
}

SSE41 static inline __m128i sse41_dot(const int16_t *in, const int16_t *coef, uint32_t stride)
{
	__m128i sum = _mm_setzero_si128();

	for (uint32_t k = 0; k < stride; k += 8)
		sum = _mm_add_epi32(sum,
		                    _mm_madd_epi16(_mm_loadu_si128((const __m128i *)(in + k)),
		                                   _mm_loadu_si128((const __m128i *)(coef + k))));
	return sum;
}

SSE41 static void sse41_horizontal_1(uint8_t *out, const int16_t *in,
                                     const struct resampler_table *table)
{
	const size_t stride = table->stride;
	const int16_t *coef = table->coef;
	const uint32_t *first = table->first;
	uint32_t x = 0;

	for (; x + 4 <= table->size; x += 4, coef += 4 * stride) {
		__m128i s0 = sse41_dot(in + first[x], coef, table->stride);
		__m128i s1 = sse41_dot(in + first[x + 1], coef + stride, table->stride);
		__m128i s2 = sse41_dot(in + first[x + 2], coef + 2 * stride, table->stride);
		__m128i s3 = sse41_dot(in + first[x + 3], coef + 3 * stride, table->stride);

		store(out + x, _mm_hadd_epi32(_mm_hadd_epi32(s0, s1), _mm_hadd_epi32(s2, s3)), 4);
	}
	for (; x < table->size; x++, coef += stride) {
		__m128i sum = sse41_dot(in + first[x], coef, table->stride);

		sum = _mm_hadd_epi32(sum, sum);
		store(out + x, _mm_hadd_epi32(sum, sum), 1);
	}
}

SSE41 static inline __m128i sse41_pixel(const int16_t *in, const int16_t *coef, uint32_t taps,
                                        unsigned components)
{
	const __m128i order = components == 3 ? _mm_setr_epi8(ORDER3) : _mm_setr_epi8(ORDER4);
	__m128i sum = _mm_setzero_si128();

	for (uint32_t k = 0; k < taps; k += 2, in += (size_t)2 * components)
		sum = _mm_add_epi32(
		    sum,
		    _mm_madd_epi16(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)in), order),
		                   _mm_set1_epi32(pair_load(coef + k))));
	return sum;
}

SSE41 static inline __m128i sse41_couple(const int16_t *in, const int16_t *coef, uint32_t taps)
{
	const __m128i order = _mm_setr_epi8(ORDER2);
	__m128i sum = _mm_setzero_si128();

	for (uint32_t k = 0; k < taps; k += 4, in += 8) {
		__m128i c = _mm_loadl_epi64((const __m128i *)(coef + k));

		sum = _mm_add_epi32(
		    sum,
		    _mm_madd_epi16(_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)in), order),
		                   _mm_unpacklo_epi32(c, c)));
	}
	return _mm_add_epi32(sum, _mm_unpackhi_epi64(sum, sum));
}

SSE41 static inline void sse41_pixels(uint8_t *out, const int16_t *in,
                                      const struct resampler_table *table, unsigned components)
{
	for (uint32_t x = 0; x < table->size; x++) {
		const int16_t *coef = table->coef + (size_t)x * table->stride;
		const int16_t *from = in + (size_t)table->first[x] * components;
		__m128i sum = components == 2 ? sse41_couple(from, coef, table->taps[x])
		                              : sse41_pixel(from, coef, table->taps[x], components);

		store(out + (size_t)x * components, sum, components);
	}
}

/* --- alpha --------------------------------------------------------------------------- */

/* Eight pixels at once; what is stored behind them is written again, or within a line with alpha.
 */
AVX2 bool resampler_colours_avx2(uint8_t *out, const uint8_t *in, size_t pixels)
{
	const __m256i drop = _mm256_broadcastsi128_si256(
	    _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
	const __m256i join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
	__m256i all = _mm256_set1_epi8(-1);
	size_t i = 0;

	for (; i + 8 <= pixels; i += 8) {
		const __m256i v = _mm256_loadu_si256((const __m256i *)(in + 4 * i));

		all = _mm256_and_si256(all, v);
		_mm256_storeu_si256(
		    (__m256i *)(out + 3 * i),
		    _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(v, drop), join));
	}
	all = _mm256_or_si256(all, _mm256_set1_epi32(0x00ffffff));
	return resampler_colours_portable(out + 3 * i, in + 4 * i, pixels - i) &&
	       _mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_set1_epi8(-1))) == -1;
}

/* --- every combination as a function of its own -------------------------------------- */

#define HORIZONTAL(name, isa, attribute, components)                                              \
	attribute void name(uint8_t *out, const int16_t *in, const struct resampler_table *table) \
	{                                                                                         \
		isa##_pixels(out, in, table, components);                                         \
	}

HORIZONTAL(resampler_horizontal_2_avx2, avx2, AVX2, 2)
HORIZONTAL(resampler_horizontal_3_avx2, avx2, AVX2, 3)
HORIZONTAL(resampler_horizontal_4_avx2, avx2, AVX2, 4)
HORIZONTAL(sse41_horizontal_2, sse41, SSE41 static, 2)
HORIZONTAL(sse41_horizontal_3, sse41, SSE41 static, 3)
HORIZONTAL(sse41_horizontal_4, sse41, SSE41 static, 4)

const struct resampler_kernels resampler_kernels_avx2 = {
    .code = {.name = "avx2", .needs = CPU_AVX2},
    .vertical = avx2_vertical,
    .horizontal = {resampler_horizontal_1_avx2, resampler_horizontal_2_avx2,
                   resampler_horizontal_3_avx2, resampler_horizontal_4_avx2},
    .vertical_real = resampler_vertical_real_avx2,
    .horizontal_real = resampler_horizontal_real_avx2,
    .colours = resampler_colours_avx2,
};

const struct resampler_kernels resampler_kernels_sse41 = {
    .code = {.name = "sse4.1", .needs = CPU_SSE41},
    .vertical = sse41_vertical,
    .horizontal = {sse41_horizontal_1, sse41_horizontal_2, sse41_horizontal_3, sse41_horizontal_4},
    .vertical_real = resampler_vertical_real_any,
    .horizontal_real = resampler_horizontal_real_any,
    .colours = resampler_colours_portable,
};

#endif
