/* resampler_portable.c - the resampling kernels for bytes in plain C: what every other version
 * must equal. */
#include "resample/resampler_kernel.h"

#include <string.h>

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
	return value < low ? low : value > high ? high : value;
}

static void vertical(int16_t *out, const void *const *rows, const int16_t *coef, uint32_t taps,
                     size_t samples)
{
	enum { SHIFT = RESAMPLER_COEF_BITS - RESAMPLER_MID_BITS };

	for (size_t i = 0; i < samples; i++) {
		int32_t sum = 1 << (SHIFT - 1);

		for (uint32_t k = 0; k < taps; k++)
			sum += ((const uint8_t *)rows[k])[i] * coef[k];
		out[i] = (int16_t)clamp(sum >> SHIFT, INT16_MIN, INT16_MAX);
	}
}

static int32_t dot(const int16_t *in, const int16_t *coef, uint32_t taps, uint32_t components)
{
	int32_t sum = 0;

	for (uint32_t k = 0; k < taps; k++)
		sum += in[(size_t)k * components] * coef[k];
	return sum;
}

static void horizontal(uint8_t *out, const int16_t *in, const struct resampler_table *table,
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

#define HORIZONTAL(components)                                                   \
	static void horizontal_##components(uint8_t *out, const int16_t *in,     \
	                                    const struct resampler_table *table) \
	{                                                                        \
		horizontal(out, in, table, components);                          \
	}

HORIZONTAL(1)
HORIZONTAL(2)
HORIZONTAL(3)
HORIZONTAL(4)

bool resampler_colours_portable(uint8_t *out, const uint8_t *in, size_t pixels)
{
	uint8_t all = UINT8_MAX;

	/* four bytes are one store: that behind a pixel is the next one's */
	for (size_t i = 0; i < pixels; i++, in += 4, out += 3) {
		all &= in[3];
		memcpy(out, in, 4);
	}
	return all == UINT8_MAX;
}

const struct resampler_kernels resampler_kernels_portable = {
    .code = {.name = "portable"},
    .vertical = vertical,
    .horizontal = {horizontal_1, horizontal_2, horizontal_3, horizontal_4},
    .vertical_real = resampler_vertical_real_any,
    .horizontal_real = resampler_horizontal_real_any,
    .colours = resampler_colours_portable,
};
