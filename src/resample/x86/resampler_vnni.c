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

#define ROWS  4U  /* that are added at once */
#define BLOCK 64U /* samples that are made at once */

/* Fours of rows at most: what spans more, to less than a fortieth, is left to AVX2. */
#define FOURS_MAX 64U

/* Rows with their weights: 256 times the upper half and the lower one, which has a sign too. */
struct four {
	const uint8_t *rows[ROWS];
	int upper, lower; /* a byte for each row */
};

/* What is behind the last row are rows whose weight is 0. */
static uint32_t take_fours(struct four *fours, const void *const *rows, const int16_t *coef,
                           uint32_t taps)
{
	const uint32_t count = (taps + ROWS - 1) / ROWS;

	for (uint32_t i = 0; i < count; i++) {
		int8_t upper[ROWS], lower[ROWS];

		for (uint32_t k = 0; k < ROWS; k++) {
			const uint32_t at = i * ROWS + k;
			const int weight = at < taps ? coef[at] : 0;

			lower[k] = (int8_t)(((weight + 128) & 0xff) - 128);
			upper[k] = (int8_t)((weight - lower[k]) / 256);
			fours[i].rows[k] = rows[at < taps ? at : taps - 1];
		}
		memcpy(&fours[i].upper, upper, sizeof upper);
		memcpy(&fours[i].lower, lower, sizeof lower);
	}
	return count;
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
VNNI static inline __attribute__((always_inline)) void add_four(struct sum sums[4],
                                                                const struct four *four, size_t at)
{
	const __m512i a = load(four->rows[0] + at), b = load(four->rows[1] + at);
	const __m512i c = load(four->rows[2] + at), d = load(four->rows[3] + at);
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

VNNI static void make_block(int16_t *out, const struct four *fours, uint32_t count, size_t at)
{
	const struct sum none = {_mm512_setzero_si512(), _mm512_set1_epi32(MID_ROUND)};
	const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
	const __m512i second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
	struct sum sums[4] = {none, none, none, none};
	__m512i low, high;

	for (uint32_t i = 0; i < count; i++)
		add_four(sums, &fours[i], at);
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

	if (samples < BLOCK || taps > FOURS_MAX * ROWS) {
		resampler_kernels_avx2.vertical(out, rows, coef, taps, samples);
		return;
	}
	count = take_fours(fours, rows, coef, taps);
	for (size_t at = 0; at + BLOCK <= samples; at += BLOCK)
		make_block(out, fours, count, at);
	if (samples % BLOCK)
		make_block(out, fours, count, samples - BLOCK);
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

/* One output: its components in each quarter, to be added. */
VNNI static inline __m512i sums_of(const struct resampler_table *table, const int16_t *in,
                                   uint32_t x, unsigned components)
{
	const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
	const int16_t *coef = table->coef + (size_t)x * table->stride;
	__m512i sum = _mm512_setzero_si512();

	in += (size_t)table->first[x] * components;
	for (uint32_t k = 0; k < table->taps[x]; k += 8, in += (size_t)8 * components) {
		const __m128i weights = _mm_loadu_si128((const __m128i *)(coef + k));

		sum = _mm512_dpwssd_epi32(
		    sum, load_pairs(in, components),
		    _mm512_permutexvar_epi32(spread, _mm512_castsi128_si512(weights)));
	}
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

VNNI static inline void vnni_pixels(uint8_t *out, const int16_t *in,
                                    const struct resampler_table *table, unsigned components)
{
	const __m128i three = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
	const __m512i none = _mm512_setzero_si512();
	uint8_t bytes[16];
	uint32_t x = 0;

	for (; x + 4 <= table->size; x += 4, out += (size_t)4 * components) {
		const __m128i four = bytes_of(
		    sums_of(table, in, x, components), sums_of(table, in, x + 1, components),
		    sums_of(table, in, x + 2, components), sums_of(table, in, x + 3, components));

		_mm_storeu_si128((__m128i *)bytes,
		                 components == 3 ? _mm_shuffle_epi8(four, three) : four);
		memcpy(out, bytes, (size_t)4 * components);
	}
	for (; x < table->size; x++, out += components) {
		_mm_storeu_si128((__m128i *)bytes,
		                 bytes_of(sums_of(table, in, x, components), none, none, none));
		memcpy(out, bytes, components);
	}
}

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

const struct resampler_kernels resampler_kernels_vnni = {
    .code = {.name = "avx512-vnni", .needs = CPU_AVX2 | CPU_VNNI},
    .vertical = vnni_vertical,
    .horizontal = {resampler_horizontal_1_avx2, resampler_horizontal_2_avx2, vnni_horizontal_3,
                   vnni_horizontal_4},
    .vertical_real = resampler_vertical_real_avx2,
    .horizontal_real = resampler_horizontal_real_avx2,
    .colours = resampler_colours_avx2,
};

#endif
