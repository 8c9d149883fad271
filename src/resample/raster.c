/* raster.c - see raster.h. */
#include "resample/raster.h"

#include <string.h>

/* Pixels that are looked at without a branch: a compiler makes vectors of that. */
#define STEP 16

/* Inlined with the number of bands as a constant. */
static inline bool bytes_opaque(const uint8_t *line, size_t pixels, unsigned bands)
{
	const uint8_t *alpha = line + bands - 1;
	size_t i = 0;

	for (; i + STEP <= pixels; i += STEP) {
		uint8_t all = UINT8_MAX;

		for (size_t j = 0; j < STEP; j++)
			all &= alpha[(i + j) * bands];
		if (all != UINT8_MAX)
			return false;
	}
	for (; i < pixels; i++)
		if (alpha[i * bands] != UINT8_MAX)
			return false;
	return true;
}

/* Four bytes a pixel, of which the last is at the end in memory. */
static bool quads_opaque(const uint8_t *line, size_t pixels)
{
	static const uint8_t opaque[4] = {0, 0, 0, UINT8_MAX};
	uint32_t mask;
	size_t i = 0;

	memcpy(&mask, opaque, sizeof mask);
	for (; i + STEP <= pixels; i += STEP) {
		uint32_t quad[STEP], all = mask;

		memcpy(quad, line + 4 * i, sizeof quad);
		for (size_t j = 0; j < STEP; j++)
			all &= quad[j];
		if (all != mask)
			return false;
	}
	return bytes_opaque(line + 4 * i, pixels - i, 4);
}

static bool words_opaque(const uint8_t *line, size_t pixels, unsigned bands)
{
	for (size_t i = 0; i < pixels; i++) {
		uint16_t alpha;

		memcpy(&alpha, line + 2 * (i * bands + bands - 1), sizeof alpha);
		if (alpha != UINT16_MAX)
			return false;
	}
	return true;
}

bool raster_line_opaque(const void *line, size_t pixels, unsigned bands, unsigned bits)
{
	if (bits == 16)
		return words_opaque(line, pixels, bands);
	if (bands == 4)
		return quads_opaque(line, pixels);
	return bands == 2 ? bytes_opaque(line, pixels, 2) : bytes_opaque(line, pixels, bands);
}

bool raster_opaque(const struct raster *raster)
{
	for (uint32_t y = 0; y < raster->height; y++)
		if (!raster_line_opaque(raster_line(raster, y), raster->width, raster->bands,
		                        raster->bits))
			return false;
	return true;
}

bool raster_gray(const struct raster *raster)
{
	const size_t sample = raster->bits / 8, pixel = raster_pixel(raster);
	const uint8_t *p = raster->pixels, *end = raster_line(raster, raster->height);

	for (; p < end; p += pixel)
		if (memcmp(p, p + sample, sample) != 0 || memcmp(p, p + 2 * sample, sample) != 0)
			return false;
	return true;
}
