/* resampler_vnni.c - kernels for bytes by AVX-512 with VNNI.
 *
 * Down: one instruction multiplies bytes of four rows by four weights of 8 bits and adds all up. A
 * weight has 15 bits and a sign: it is taken apart into an upper and a lower half, which have a sum
 * each. Both are exact, so that the results are equal to the last bit. Across: pairs of pixels
 * times pairs of weights are added in one instruction.
 */
#include "resample/resampler_kernel.h"

#if defined(CPU_X86)

#include <immintrin.h>
#include <string.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

#define MID_SHIFT (RESAMPLER_COEF_BITS - RESAMPLER_MID_BITS)
#define MID_ROUND (1 << (MID_SHIFT - 1))

#define BLOCK 64U /* samples that are made at once */

/* Fours of rows at most: what spans more, to less than a fortieth, is left to AVX2. */
#define FOURS_MAX 64U

/* Weights of four rows: 256 times the upper half and the lower one, which has a sign too. */
struct four {
	int upper, lower; /* a byte for each row */
};

/* Behind the last weight there are zeros up to a whole eight. */
VNNI static uint32_t take_fours(struct four *fours, const int16_t *coef, uint32_t taps)
{
	const __m128i half = _mm_set1_epi16(128), low = _mm_set1_epi16(255);

	for (uint32_t i = 0; i < taps; i += 2 * RESAMPLER_FOUR) {
		const __m128i weights = _mm_loadu_si128((const __m128i *)(coef + i));
		const __m128i upper = _mm_srai_epi16(_mm_add_epi16(weights, half), 8);
		/* halves of each four side by side */
		const __m128i lower = _mm_packus_epi16(_mm_and_si128(weights, low), weights);

		_mm_storeu_si128((__m128i *)(fours + i / RESAMPLER_FOUR),
		                 _mm_unpacklo_epi32(_mm_packs_epi16(upper, upper), lower));
	}
	return (taps + RESAMPLER_FOUR - 1) / RESAMPLER_FOUR;
}

VNNI static inline __m512i load(const uint8_t *p)
{
	return _mm512_loadu_si512(p);
}

/* Sums of sixteen samples. */
struct sum {
	__m512i upper, lower;
};

VNNI static inline void add(struct sum *sum, __m512i bytes, __m512i upper, __m512i lower)
{
	sum->upper = _mm512_dpbusd_epi32(sum->upper, bytes, upper);
	sum->lower = _mm512_dpbusd_epi32(sum->lower, bytes, lower);
}

/* The unpacks leave the sums in the order that the later packs undo. No loop, so that the sums are
 * in registers. */
VNNI static inline __attribute__((always_inline)) void
add_four(struct sum sums[4], const struct four *four, const void *const *rows, size_t at)
{
	const __m512i a = load((const uint8_t *)rows[0] + at);
	const __m512i b = load((const uint8_t *)rows[1] + at);
	const __m512i c = load((const uint8_t *)rows[2] + at);
	const __m512i d = load((const uint8_t *)rows[3] + at);
	const __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
	const __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
	const __m512i up = _mm512_set1_epi32(four->upper), low = _mm512_set1_epi32(four->lower);

	add(&sums[0], _mm512_unpacklo_epi16(ab_low, cd_low), up, low);
	add(&sums[1], _mm512_unpackhi_epi16(ab_low, cd_low), up, low);
	add(&sums[2], _mm512_unpacklo_epi16(ab_high, cd_high), up, low);
	add(&sums[3], _mm512_unpackhi_epi16(ab_high, cd_high), up, low);
}

VNNI static inline __m512i finished(struct sum sum)
{
	return _mm512_srai_epi32(_mm512_add_epi32(_mm512_slli_epi32(sum.upper, 8), sum.lower),
	                         MID_SHIFT);
}

VNNI static void make_block(int16_t *out, const struct four *fours, const void *const *rows,
                            uint32_t count, size_t at)
{
	const struct sum none = {_mm512_setzero_si512(), _mm512_set1_epi32(MID_ROUND)};
	const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
	const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
	struct sum sums[4] = {none, none, none, none};
	__m512i low, high;

	for (uint32_t i = 0; i < count; i++)
		add_four(sums, &fours[i], rows + (size_t)i * RESAMPLER_FOUR, at);
	low = _mm512_packs_epi32(finished(sums[0]), finished(sums[1]));
	high = _mm512_packs_epi32(finished(sums[2]), finished(sums[3]));
	_mm512_storeu_si512(out + at, _mm512_permutex2var_epi64(low, first, high));
	_mm512_storeu_si512(out + at + 32, _mm512_permutex2var_epi64(low, second, high));
}

/* The last block overlaps its neighbour, so nothing beyond the row is read. */
static void vnni_vertical(int16_t *out, const void *const *rows, const int16_t *coef, uint32_t taps,
                          size_t samples)
{
	struct four fours[FOURS_MAX];
	uint32_t count;

	if (samples < BLOCK || taps > FOURS_MAX * RESAMPLER_FOUR) {
		resampler_kernels_avx2.vertical(out, rows, coef, taps, samples);
		return;
	}
	count = take_fours(fours, coef, taps);
	for (size_t at = 0; at + BLOCK <= samples; at += BLOCK)
		make_block(out, fours, rows, count, at);
	if (samples % BLOCK)
		make_block(out, fours, rows, count, samples - BLOCK);
}

/* --- across -------------------------------------------------------------------------- */

#define OUT_SHIFT (RESAMPLER_COEF_BITS + RESAMPLER_MID_BITS)
#define OUT_ROUND (1 << (OUT_SHIFT - 1))

/* Eight pixels of 3 or 4 components, each component beside that of the next pixel: two pixels in
 * each quarter, of which three components leave the last part unused. */
VNNI static inline __m512i load_pairs(const int16_t *in, unsigned components)
{
	const __m512i four = _mm512_broadcast_i32x4(
	    _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
	const __m512i three =
	    _mm512_set_epi16(23, 23, 23, 20, 22, 19, 21, 18, 17, 17, 17, 14, 16, 13, 15, 12, 11, 11,
	                     11, 8, 10, 7, 9, 6, 5, 5, 5, 2, 4, 1, 3, 0);
	const __m512i pixels = _mm512_loadu_si512(in);

	return components == 3 ? _mm512_permutexvar_epi16(three, pixels)
	                       : _mm512_shuffle_epi8(pixels, four);
}

/* Weights of eight pixels, of two in each quarter. */
VNNI static inline __m512i spread_weights(const int16_t *coef)
{
	const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
	const __m128i weights = _mm_loadu_si128((const __m128i *)coef);

	return _mm512_permutexvar_epi32(spread, _mm512_castsi128_si512(weights));
}

/* One output: its components in each quarter, to be added. */
VNNI static inline __m512i sums_of(const struct resampler_table *table, const int16_t *in,
                                   uint32_t x, unsigned components)
{
	const int16_t *coef = table->coef + (size_t)x * table->stride;
	__m512i sum = _mm512_setzero_si512();

	in += (size_t)table->first[x] * components;
	for (uint32_t k = 0; k < table->taps[x]; k += 8, in += (size_t)8 * components)
		sum =
		    _mm512_dpwssd_epi32(sum, load_pairs(in, components), spread_weights(coef + k));
	return sum;
}

/* Four outputs as bytes, four of each. */
VNNI static inline __m128i bytes_of(__m512i a, __m512i b, __m512i c, __m512i d)
{
	const __m512i ab =
	    _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x44), _mm512_shuffle_i32x4(a, b, 0xee));
	const __m512i cd =
	    _mm512_add_epi32(_mm512_shuffle_i32x4(c, d, 0x44), _mm512_shuffle_i32x4(c, d, 0xee));
	const __m512i sum = _mm512_add_epi32(_mm512_shuffle_i32x4(ab, cd, 0x88),
	                                     _mm512_shuffle_i32x4(ab, cd, 0xdd));
	const __m512i rounded =
	    _mm512_srai_epi32(_mm512_add_epi32(sum, _mm512_set1_epi32(OUT_ROUND)), OUT_SHIFT);

	return _mm512_cvtusepi32_epi8(_mm512_max_epi32(rounded, _mm512_setzero_si512()));
}

/* Stores four outputs. */
VNNI static inline void store_four(uint8_t *out, __m128i four, unsigned components)
{
	const __m128i three = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
	int last;

	if (components == 4) {
		_mm_storeu_si128((__m128i *)out, four);
		return;
	}
	four = _mm_shuffle_epi8(four, three);
	last = _mm_extract_epi32(four, 2);
	_mm_storel_epi64((__m128i *)out, four);
	memcpy(out + 8, &last, sizeof last);
}

/* The outputs from x on. */
VNNI static inline void finish_row(uint8_t *out, const int16_t *in,
                                   const struct resampler_table *table, uint32_t x,
                                   unsigned components)
{
	const __m512i none = _mm512_setzero_si512();
	uint8_t bytes[16];

	for (; x < table->size; x++) {
		_mm_storeu_si128((__m128i *)bytes,
		                 bytes_of(sums_of(table, in, x, components), none, none, none));
		memcpy(out + (size_t)x * components, bytes, components);
	}
}

VNNI static inline void vnni_pixels(uint8_t *out, const int16_t *in,
                                    const struct resampler_table *table, unsigned components)
{
	uint32_t x = 0;

	for (; x + 4 <= table->size; x += 4)
		store_four(out + (size_t)x * components,
		           bytes_of(sums_of(table, in, x, components),
		                    sums_of(table, in, x + 1, components),
		                    sums_of(table, in, x + 2, components),
		                    sums_of(table, in, x + 3, components)),
		           components);
	finish_row(out, in, table, x, components);
}

/* One output of each of four rows. */
struct sums_of_rows {
	__m512i a, b, c, d;
};

/* Weights are brought to their places once for all. */
VNNI static inline __attribute__((always_inline)) struct sums_of_rows
sums_of_rows(const struct resampler_table *table, const int16_t *in, size_t mid, uint32_t x,
             unsigned components)
{
	const __m512i none = _mm512_setzero_si512();
	const int16_t *coef = table->coef + (size_t)x * table->stride;
	struct sums_of_rows sums = {none, none, none, none};

	in += (size_t)table->first[x] * components;
	for (uint32_t k = 0; k < table->taps[x]; k += 8, in += (size_t)8 * components) {
		const __m512i weights = spread_weights(coef + k);

		sums.a = _mm512_dpwssd_epi32(sums.a, load_pairs(in, components), weights);
		sums.b = _mm512_dpwssd_epi32(sums.b, load_pairs(in + mid, components), weights);
		sums.c = _mm512_dpwssd_epi32(sums.c, load_pairs(in + 2 * mid, components), weights);
		sums.d = _mm512_dpwssd_epi32(sums.d, load_pairs(in + 3 * mid, components), weights);
	}
	return sums;
}

VNNI static inline void vnni_rows(uint8_t *out, size_t stride, const int16_t *in, size_t mid,
                                  const struct resampler_table *table, unsigned components)
{
	uint32_t x = 0;

	for (; x + 4 <= table->size; x += 4) {
		const struct sums_of_rows p = sums_of_rows(table, in, mid, x, components);
		const struct sums_of_rows q = sums_of_rows(table, in, mid, x + 1, components);
		const struct sums_of_rows r = sums_of_rows(table, in, mid, x + 2, components);
		const struct sums_of_rows s = sums_of_rows(table, in, mid, x + 3, components);
		uint8_t *to = out + (size_t)x * components;

		store_four(to, bytes_of(p.a, q.a, r.a, s.a), components);
		store_four(to + stride, bytes_of(p.b, q.b, r.b, s.b), components);
		store_four(to + 2 * stride, bytes_of(p.c, q.c, r.c, s.c), components);
		store_four(to + 3 * stride, bytes_of(p.d, q.d, r.d, s.d), components);
	}
	for (size_t row = 0; row < RESAMPLER_ROWS_MAX; row++)
		finish_row(out + row * stride, in + row * mid, table, x, components);
}

/* --- every combination as a function of its own -------------------------------------- */

VNNI static void vnni_horizontal_3(uint8_t *out, const int16_t *in,
                                   const struct resampler_table *table)
{
	vnni_pixels(out, in, table, 3);
}

VNNI static void vnni_horizontal_4(uint8_t *out, const int16_t *in,
                                   const struct resampler_table *table)
{
	vnni_pixels(out, in, table, 4);
}

VNNI static void vnni_rows_3(uint8_t *out, size_t stride, const int16_t *in, size_t mid,
                             const struct resampler_table *table)
{
	vnni_rows(out, stride, in, mid, table, 3);
}

VNNI static void vnni_rows_4(uint8_t *out, size_t stride, const int16_t *in, size_t mid,
                             const struct resampler_table *table)
{
	vnni_rows(out, stride, in, mid, table, 4);
}

const struct resampler_kernels resampler_kernels_vnni = {
    .code = {.name = "avx512-vnni", .needs = CPU_AVX2 | CPU_VNNI},
    .vertical = vnni_vertical,
    .horizontal = {resampler_horizontal_1_avx2, resampler_horizontal_2_avx2, vnni_horizontal_3,
                   vnni_horizontal_4},
    .horizontal_rows = {NULL, NULL, vnni_rows_3, vnni_rows_4},
    .vertical_real = resampler_vertical_real_avx2,
    .horizontal_real = resampler_horizontal_real_avx2,
    .colours = resampler_colours_avx2,
};

#endif
