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
	if (bands == 4)
		premultiply(line, pixels, 4, max);
	else if (bands == 2)
		premultiply(line, pixels, 2, max);
	else
		premultiply(line, pixels, bands, max);
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
