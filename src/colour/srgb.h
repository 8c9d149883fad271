/* srgb.h - the curve of sRGB (IEC 61966-2-1:1999, 5.2) between values and light, both from 0 to 1.
 *
 * Pure functions; thread-safe.
 */
#ifndef COLOUR_SRGB_H
#define COLOUR_SRGB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

double srgb_decoded(double value);
double srgb_encoded(double light);

/* Encodes by a table, between whose steps it is interpolated. The curve is bent most where it
 * leaves its straight part; there the error is 0.005 of a step of the output, of 8 bits or of 16.
 */
struct srgb_encoder {
	unsigned steps;
	float *table; /* of steps + 2; owned */
};

/* For values from 0 to 65535 with `deep`, else from 0 to 255. Returns false if memory is short.
 * encoder->table is to be freed. */
bool srgb_encoder_init(struct srgb_encoder *encoder, bool deep);

/* Bytes that the larger of the two takes. */
size_t srgb_encoder_cost(void);

/* Light beyond the ends is cut off, and so is NaN (at 0). */
static inline float srgb_encode(const struct srgb_encoder *encoder, float light)
{
	const float cut = light > 0 ? light < 1 ? light : 1 : 0;
	const float at = cut * (float)encoder->steps;
	const unsigned i = (unsigned)at;

	return encoder->table[i] + (at - (float)i) * (encoder->table[i + 1] - encoder->table[i]);
}

/* A sample of 8 or 16 bits as a share of the largest. */
static inline float sample_share(const void *samples, size_t i, bool deep)
{
	return deep ? (float)((const uint16_t *)samples)[i] / UINT16_MAX
	            : (float)((const uint8_t *)samples)[i] / UINT8_MAX;
}

/* Stores a value from 0 to 255 or 65535, rounded. */
static inline void sample_put(void *samples, size_t i, bool deep, float value)
{
	if (deep)
		((uint16_t *)samples)[i] = (uint16_t)(value + 0.5F);
	else
		((uint8_t *)samples)[i] = (uint8_t)(value + 0.5F);
}

#endif
