/* samples.c - see samples.h. The loops are written so that a compiler makes vectors of them. */
#include "resample/samples.h"

#include <stdint.h>
#include <string.h>

/* Samples are turned this many at a time, which a compiler does in few instructions. */
#define CONVERT 16

size_t samples_size(enum sample_format format)
{
	return format == SAMPLE_U8 ? 1 : format == SAMPLE_FLOAT ? sizeof(float) : 2;
}

float samples_max(enum sample_format format)
{
	switch (format) {
	case SAMPLE_U8:
		return UINT8_MAX;
	case SAMPLE_U16:
		return UINT16_MAX;
	case SAMPLE_S16:
		return INT16_MAX;
	default:
		return 1;
	}
}

#define TO_FLOATS(name, type)                                                          \
	static void name(float *restrict out, const type *restrict in, size_t samples) \
	{                                                                              \
		size_t i = 0;                                                          \
                                                                                       \
		for (; i + CONVERT <= samples; i += CONVERT)                           \
			for (size_t j = 0; j < CONVERT; j++)                           \
				out[i + j] = in[i + j];                                \
		for (; i < samples; i++)                                               \
			out[i] = in[i];                                                \
	}

TO_FLOATS(from_bytes, uint8_t)
TO_FLOATS(from_words, uint16_t)
TO_FLOATS(from_shorts, int16_t)

void samples_to_floats(float *restrict out, const void *restrict in, enum sample_format format,
                       size_t samples)
{
	if (format == SAMPLE_U8)
		from_bytes(out, in, samples);
	else if (format == SAMPLE_U16)
		from_words(out, in, samples);
	else if (format == SAMPLE_S16)
		from_shorts(out, in, samples);
	else
		memcpy(out, in, samples * sizeof(*out));
}

/* By way of an integer that is never negative. What is no number becomes the least. */
static int32_t nearest(float value, float least, float most)
{
	const float above = value - least + 0.5F, range = most - least + 0.5F;

	return (int32_t)(above > 0 ? above < range ? above : range : 0) + (int32_t)least;
}

#define FROM_FLOATS(name, type, least, most)                                           \
	static void name(type out[restrict], const float *restrict in, size_t samples) \
	{                                                                              \
		size_t i = 0;                                                          \
                                                                                       \
		for (; i + CONVERT <= samples; i += CONVERT)                           \
			for (size_t j = 0; j < CONVERT; j++)                           \
				out[i + j] = (type)nearest(in[i + j], least, most);    \
		for (; i < samples; i++)                                               \
			out[i] = (type)nearest(in[i], least, most);                    \
	}

FROM_FLOATS(to_bytes, uint8_t, 0, UINT8_MAX)
FROM_FLOATS(to_words, uint16_t, 0, UINT16_MAX)
FROM_FLOATS(to_shorts, int16_t, INT16_MIN, INT16_MAX)

void samples_from_floats(void *restrict out, const float *restrict in, enum sample_format format,
                         size_t samples)
{
	if (format == SAMPLE_U8)
		to_bytes(out, in, samples);
	else if (format == SAMPLE_U16)
		to_words(out, in, samples);
	else if (format == SAMPLE_S16)
		to_shorts(out, in, samples);
	else
		memcpy(out, in, samples * sizeof(*in));
}

/* Four floats that a compiler multiplies in one instruction, on any processor and wherever they
 * lie.
 */
typedef float floats4 __attribute__((vector_size(16), aligned(4), may_alias));

/* Pixels of four floats, four at a time: an alpha of `max` multiplies by one, which changes
 * nothing. Returns how many pixels that are. */
static size_t premultiply_fours(float *line, size_t pixels, float max)
{
	floats4 *pixel = (floats4 *)line;
	size_t i = 0;

	for (; i + 4 <= pixels; i += 4, pixel += 4) {
		const floats4 alpha = {pixel[0][3], pixel[1][3], pixel[2][3], pixel[3][3]};
		const floats4 by = alpha / max;

		pixel[0] *= (floats4){by[0], by[0], by[0], 1};
		pixel[1] *= (floats4){by[1], by[1], by[1], 1};
		pixel[2] *= (floats4){by[2], by[2], by[2], 1};
		pixel[3] *= (floats4){by[3], by[3], by[3], 1};
	}
	return i;
}

/* Colour by colour if the number of bands is a constant. */
static inline void premultiply(float *line, size_t pixels, unsigned bands, float max)
{
	for (size_t i = 0; i < pixels; i++, line += bands) {
		const float alpha = line[bands - 1];

		if (alpha == max)
			continue;
		for (unsigned b = 0; b + 1 < bands; b++)
			line[b] *= alpha / max;
	}
}

void samples_premultiply(float *line, size_t pixels, unsigned bands, float max)
{
	if (bands == 4) {
		const size_t done = premultiply_fours(line, pixels, max);

		premultiply(line + 4 * done, pixels - done, 4, max);
	} else if (bands == 2) {
		premultiply(line, pixels, 2, max);
	} else {
		premultiply(line, pixels, bands, max);
	}
}

void samples_unpremultiply(float *line, size_t pixels, unsigned bands, float max)
{
	for (size_t i = 0; i < pixels; i++, line += bands) {
		const float alpha = line[bands - 1];
		const float factor = alpha > 0 ? max / alpha : 0;

		for (unsigned b = 0; b + 1 < bands; b++)
			line[b] *= factor;
	}
}
