/* resampler_real.c - the resampling kernels for floats by AVX2, with sums and roundings as those of
 * the portable ones. */
#include "resample/resampler_kernel.h"

#if defined(CPU_X86)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline void avx2_block(float *out, const void *const *rows, const float *coef,
                                   uint32_t taps, size_t at)
{
	__m256 sum[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(),
	                 _mm256_setzero_ps()};

	for (uint32_t k = 0; k < taps; k++) {
		const float *row = (const float *)rows[k] + at;
		const __m256 c = _mm256_set1_ps(coef[k]);

		for (int i = 0; i < 4; i++)
			sum[i] = _mm256_add_ps(
			    sum[i], _mm256_mul_ps(c, _mm256_loadu_ps(row + (ptrdiff_t)8 * i)));
	}
	for (int i = 0; i < 4; i++)
		_mm256_storeu_ps(out + at + (ptrdiff_t)8 * i, sum[i]);
}

/* Blocks of 32 samples; the last one overlaps its neighbour, so nothing beyond the row is read. */
AVX2 void resampler_vertical_real_avx2(float *out, const void *const *rows, const float *coef,
                                       uint32_t taps, size_t samples)
{
	if (samples < 32) {
		resampler_vertical_real_any(out, rows, coef, taps, samples);
		return;
	}
	for (size_t at = 0; at + 32 <= samples; at += 32)
		avx2_block(out, rows, coef, taps, at);
	if (samples % 32)
		avx2_block(out, rows, coef, taps, samples - 32);
}

AVX2 static inline __m128 halves(__m256 sum)
{
	return _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
}

/* The coefficients of the pixels in eight floats. */
AVX2 static inline __m256 spread(const float *coef, unsigned components)
{
	const __m256i twice = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
	const __m256i four = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);

	if (components == 1)
		return _mm256_loadu_ps(coef);
	if (components == 2)
		return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_loadu_ps(coef)), twice);
	return _mm256_permutevar8x32_ps(_mm256_castps128_ps256(_mm_castsi128_ps(
					    _mm_loadl_epi64((const __m128i *)(const void *)coef))),
	                                four);
}

/* One output: pixels are taken in groups of as many as there are sums, the last group with
 * coefficients of 0. Of three components, the fourth sum is not used. */
AVX2 static inline __m256 avx2_sums(const float *in, const float *coef, uint32_t taps,
                                    unsigned components)
{
	const uint32_t group = components == 1 ? 8 : components == 2 ? 4 : 2;
	__m256 sum = _mm256_setzero_ps();

	for (uint32_t k = 0; k < taps; k += group, in += (size_t)group * components) {
		const __m256 pixels =
		    components == 3 ? _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(in)),
		                                           _mm_loadu_ps(in + 3), 1)
				    : _mm256_loadu_ps(in);

		sum = _mm256_add_ps(sum, _mm256_mul_ps(spread(coef + k, components), pixels));
	}
	return sum;
}

AVX2 static inline void avx2_row(float *out, const float *in, const struct resampler_table *table,
                                 unsigned components)
{
	for (uint32_t x = 0; x < table->size; x++) {
		__m128 sum = halves(avx2_sums(in + (size_t)table->first[x] * components,
		                              table->real + (size_t)x * table->stride,
		                              table->taps[x], components));
		float all[4];

		if (components <= 2)
			sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
		if (components == 1)
			sum = _mm_add_ps(sum, _mm_movehdup_ps(sum));
		_mm_storeu_ps(all, sum);
		memcpy(out + (size_t)x * components, all, components * sizeof(float));
	}
}

AVX2 void resampler_horizontal_real_avx2(float *out, const float *in,
                                         const struct resampler_table *table, unsigned components)
{
	switch (components) {
	case 1:
		avx2_row(out, in, table, 1);
		break;
	case 2:
		avx2_row(out, in, table, 2);
		break;
	case 3:
		avx2_row(out, in, table, 3);
		break;
	case 4:
		avx2_row(out, in, table, 4);
		break;
	default:
		resampler_horizontal_real_any(out, in, table, components);
	}
}

#endif
