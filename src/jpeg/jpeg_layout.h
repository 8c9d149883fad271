/* jpeg_layout.h - where a component's samples come from and go to. Pure arithmetic.
 *
 * Everything is registered by picture coordinates, never by counts of samples: a plane whose size
 * was rounded up covers more than the picture, and stretching it over the output would shift it.
 */
#ifndef JPEG_JPEG_LAYOUT_H
#define JPEG_JPEG_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* So many pieces of b hold a. */
static inline uint32_t jpeg_ceil(uint32_t a, uint32_t b)
{
	return a / b + (a % b != 0);
}

/* One direction of one output component. */
struct jpeg_span {
	uint32_t canvas; /* samples of the output component */
	uint32_t padded; /* the same up to whole MCUs */
	uint32_t at;     /* the first sample that shows the picture */
	uint32_t count;  /* samples that show it */
	/* What these samples show, as fractions of the stored picture's side. May reach beyond it
	 * by part of a sample. */
	double origin, extent;
	/* The first, the last sample lies half on the background. */
	bool blend_first, blend_last;
};

/* One direction of a target, in pixels. */
struct jpeg_side {
	uint32_t scaled;      /* the whole picture */
	uint32_t crop, kept;  /* of which these are shown */
	uint32_t pad, canvas; /* there */
	bool flip;            /* stored the other way round */
};

/* step: pixels for each sample of this component, 1 or 2; mcu: pixels for each MCU, 8 or 16. */
struct jpeg_span jpeg_span_of(const struct jpeg_side *side, uint32_t step, uint32_t mcu);

/* The smallest of 1, 2, 4, 8 such that a picture shrunk to that many eighths keeps at least
 * reserve / 8 times the target's side in both directions; 8 if none does. Targets are whole
 * pixels: one that was rounded up by half a pixel does not cost a step. */
unsigned jpeg_eighths(uint32_t width, uint32_t height, uint32_t target_width,
                      uint32_t target_height, unsigned reserve);

#endif
