/* raster.h - a picture in plain memory: what code without an image library works on.
 *
 * Pure functions; thread-safe.
 */
#ifndef RESAMPLE_RASTER_H
#define RESAMPLE_RASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raster {
	const uint8_t *pixels;  /* line after line, samples in native byte order */
	uint32_t width, height; /* pixels, at least 1 */
	unsigned bands;         /* 1 to 4: gray or RGB, alpha last */
	unsigned bits;          /* of a sample: 8 or 16 */
	bool alpha;
};

static inline size_t raster_pixel(const struct raster *raster)
{
	return (size_t)raster->bands * raster->bits / 8;
}

static inline size_t raster_line_bytes(const struct raster *raster)
{
	return raster->width * raster_pixel(raster);
}

static inline const uint8_t *raster_line(const struct raster *raster, uint32_t y)
{
	return raster->pixels + y * raster_line_bytes(raster);
}

static inline uint64_t raster_pixels(const struct raster *raster)
{
	return (uint64_t)raster->width * raster->height;
}

/* Whether the last of `bands` samples of `bits` bits is at its maximum in all pixels of a line. */
bool raster_line_opaque(const void *line, size_t pixels, unsigned bands, unsigned bits);

/* The same of a picture with alpha. */
bool raster_opaque(const struct raster *raster);

/* Whether the picture is gray although it has three colour bands or four. */
bool raster_gray(const struct raster *raster);

#endif
