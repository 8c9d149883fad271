/* resampler_scalar.c - the resampling kernels in plain C: what every SIMD version must equal. */
#include "image/resampler_kernel.h"

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
	return value < low ? low : value > high ? high : value;
}

int16_t resampler_mid8(int32_t sum)
{
	enum { SHIFT = RESAMPLER_COEF_BITS - RESAMPLER_MID_BITS };

	return (int16_t)clamp((sum + (1 << (SHIFT - 1))) >> SHIFT, INT16_MIN, INT16_MAX);
}

int16_t resampler_mid16(int32_t sum)
{
	return (int16_t)clamp((sum + (1 << (RESAMPLER_COEF_BITS - 1))) >> RESAMPLER_COEF_BITS,
	                      INT16_MIN, INT16_MAX);
}

static void vertical8(int16_t *out, const void *const *rows, const int16_t *coef, uint32_t taps,
                      size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		int32_t sum = 0;

		for (uint32_t k = 0; k < taps; k++)
			sum += ((const uint8_t *)rows[k])[i] * coef[k];
		out[i] = resampler_mid8(sum);
	}
}

/* 16-bit samples are biased by half their range so that they fit signed 16-bit multiplication; as
 * the coefficients sum to one, the bias passes through both filters unchanged. */
static void vertical16(int16_t *out, const void *const *rows, const int16_t *coef, uint32_t taps,
                       size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		int32_t sum = 0;

		for (uint32_t k = 0; k < taps; k++)
			sum += (((const uint16_t *)rows[k])[i] - 32768) * coef[k];
		out[i] = resampler_mid16(sum);
	}
}

static int32_t dot(const int16_t *in, const int16_t *coef, uint32_t taps, uint32_t components)
{
	int32_t sum = 0;

	for (uint32_t k = 0; k < taps; k++)
		sum += in[(size_t)k * components] * coef[k];
	return sum;
}

static void horizontal8(uint8_t *out, const int16_t *in, const struct resampler_table *table,
                        uint32_t components)
{
	enum { SHIFT = RESAMPLER_COEF_BITS + RESAMPLER_MID_BITS };

	for (uint32_t x = 0; x < table->size; x++) {
		const int16_t *coef = table->coef + (size_t)x * table->stride;

		for (uint32_t c = 0; c < components; c++) {
			int32_t sum = dot(in + (size_t)table->first[x] * components + c, coef,
			                  table->taps[x], components);

			*out++ = (uint8_t)clamp((sum + (1 << (SHIFT - 1))) >> SHIFT, 0, 255);
		}
	}
}

static void horizontal16(uint16_t *out, const int16_t *in, const struct resampler_table *table,
                         uint32_t components)
{
	for (uint32_t x = 0; x < table->size; x++) {
		const int16_t *coef = table->coef + (size_t)x * table->stride;

		for (uint32_t c = 0; c < components; c++) {
			int32_t sum = dot(in + (size_t)table->first[x] * components + c, coef,
			                  table->taps[x], components);

			*out++ = (uint16_t)(resampler_mid16(sum) + 32768);
		}
	}
}

#define HORIZONTAL(bits, components)                                                     \
	static void horizontal##bits##_##components(void *out, const int16_t *in,        \
	                                            const struct resampler_table *table) \
	{                                                                                \
		horizontal##bits(out, in, table, components);                            \
	}

HORIZONTAL(8, 1)
HORIZONTAL(8, 2)
HORIZONTAL(8, 3)
HORIZONTAL(8, 4)
HORIZONTAL(16, 1)
HORIZONTAL(16, 2)
HORIZONTAL(16, 3)
HORIZONTAL(16, 4)

const struct resampler_kernels resampler_kernels_scalar = {
    .name = "scalar",
    .vertical8 = vertical8,
    .vertical16 = vertical16,
    .horizontal8 = {horizontal8_1, horizontal8_2, horizontal8_3, horizontal8_4},
    .horizontal16 = {horizontal16_1, horizontal16_2, horizontal16_3, horizontal16_4},
};
