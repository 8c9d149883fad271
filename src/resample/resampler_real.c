/* resampler_real.c - the portable resampling kernels for floats.
 *
 * Every sum is added up in the order that resampler_kernel.h lays down, and no multiplication is
 * fused with an addition (-ffp-contract=off): the results are equal to the last
 * bit.
 */
#include <string.h>

#include "resample/resampler_kernel.h"

/* Four floats that a compiler adds up in one instruction, on any processor and wherever they lie.
 */
typedef float floats4 __attribute__((vector_size(16), aligned(4), may_alias));

/* Vectors whose sums stay in registers while all rows are added to them: a line of the cache. */
#define VECTORS ((size_t)4)

/* The sums that pixels are dealt out to in turn. */
static unsigned sums_for(unsigned components)
{
	return components == 1 ? 8 : components == 2 ? 4 : 2;
}

static void vertical_block(float *out, const void *const *rows, const float *coef, uint32_t taps,
                           size_t at)
{
	floats4 sums[VECTORS] = {{0}};

	for (uint32_t k = 0; k < taps; k++) {
		const floats4 *row = (const floats4 *)((const float *)rows[k] + at);

		for (size_t i = 0; i < VECTORS; i++)
			sums[i] += coef[k] * row[i];
	}
	memcpy(out + at, sums, sizeof(sums));
}

void resampler_vertical_real_any(float *out, const void *const *rows, const float *coef,
                                 uint32_t taps, size_t samples)
{
	size_t at = 0;

	for (; at + 4 * VECTORS <= samples; at += 4 * VECTORS)
		vertical_block(out, rows, coef, taps, at);
	for (; at < samples; at++) {
		float sum = 0;

		for (uint32_t k = 0; k < taps; k++)
			sum += coef[k] * ((const float *)rows[k])[at];
		out[at] = sum;
	}
}

/* One component of one output. */
static float dot(const float *in, const float *coef, uint32_t taps, unsigned components)
{
	const unsigned sums = sums_for(components);
	float sum[8] = {0};

	for (uint32_t k = 0; k < taps; k++)
		sum[k % sums] += coef[k] * in[(size_t)k * components];
	for (unsigned half = sums / 2; half; half /= 2)
		for (unsigned i = 0; i < half; i++)
			sum[i] += sum[i + half];
	return sum[0];
}

/* Pixels of four components as one vector, which is most of those with alpha. */
static void horizontal_vectors(float *out, const float *in, const struct resampler_table *table)
{
	for (uint32_t x = 0; x < table->size; x++) {
		const float *coef = table->real + (size_t)x * table->stride;
		const floats4 *pixel = (const floats4 *)(in + (size_t)table->first[x] * 4);
		floats4 sum[2] = {{0}};

		/* a coefficient of 0 follows the last */
		for (uint32_t k = 0; k < table->taps[x]; k += 2) {
			sum[0] += coef[k] * pixel[k];
			sum[1] += coef[k + 1] * pixel[k + 1];
		}
		sum[0] += sum[1];
		memcpy(out + (size_t)x * 4, sum, sizeof(*sum));
	}
}

void resampler_horizontal_real_any(float *out, const float *in, const struct resampler_table *table,
                                   unsigned components)
{
	if (components == 4) {
		horizontal_vectors(out, in, table);
		return;
	}
	for (uint32_t x = 0; x < table->size; x++)
		for (unsigned c = 0; c < components; c++)
			*out++ = dot(in + (size_t)table->first[x] * components + c,
			             table->real + (size_t)x * table->stride, table->taps[x],
			             components);
}
