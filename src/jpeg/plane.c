/* plane.c - see plane.h. */
#include "jpeg/plane.h"

#include <string.h>

/* Turning by squares of this side keeps both planes' cache lines at hand. */
#define SQUARE 16

/* The upright rectangle [x0, x1) x [y0, y1). dx and dy are the steps in `from` that one step to the
 * right and down in `to` takes. */
static void turn_square(const uint8_t *origin, ptrdiff_t dx, ptrdiff_t dy, const struct plane *to,
                        uint32_t x0, uint32_t y0)
{
	uint32_t x1 = to->width - x0 < SQUARE ? to->width : x0 + SQUARE;
	uint32_t y1 = to->height - y0 < SQUARE ? to->height : y0 + SQUARE;

	for (uint32_t y = y0; y < y1; y++) {
		const uint8_t *from = origin + (ptrdiff_t)y * dy + (ptrdiff_t)x0 * dx;
		uint8_t *out = to->data + y * to->stride;

		for (uint32_t x = x0; x < x1; x++, from += dx)
			out[x] = *from;
	}
}

void plane_turn(const struct plane *from, const struct plane *to, struct turn turn)
{
	ptrdiff_t across = 1, down = (ptrdiff_t)from->stride;
	ptrdiff_t dx = turn.swap ? down : across, dy = turn.swap ? across : down;
	const uint8_t *origin = from->data;

	if (turn.flip_x) {
		origin += dx * (ptrdiff_t)(to->width - 1);
		dx = -dx;
	}
	if (turn.flip_y) {
		origin += dy * (ptrdiff_t)(to->height - 1);
		dy = -dy;
	}
	for (uint32_t y = 0; y < to->height; y += SQUARE)
		for (uint32_t x = 0; x < to->width; x += SQUARE)
			turn_square(origin, dx, dy, to, x, y);
}

void plane_fill(const struct plane *plane, uint8_t value)
{
	for (uint32_t y = 0; y < plane->height; y++)
		memset(plane->data + y * plane->stride, value, plane->width);
}

void plane_extend(const struct plane *plane, uint32_t width, uint32_t height)
{
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = plane->data + y * plane->stride;

		memset(row + width, row[width - 1], plane->width - width);
	}
	for (uint32_t y = height; y < plane->height; y++)
		memcpy(plane->data + y * plane->stride, plane->data + (height - 1) * plane->stride,
		       plane->width);
}

static uint8_t half(uint8_t a, uint8_t b)
{
	return (uint8_t)((a + b + 1) / 2);
}

void plane_blend_column(const struct plane *plane, uint32_t x, uint32_t y, uint32_t height,
                        uint8_t value)
{
	uint8_t *sample = plane->data + y * plane->stride + x;

	for (uint32_t i = 0; i < height; i++, sample += plane->stride)
		*sample = half(*sample, value);
}

void plane_blend_row(const struct plane *plane, uint32_t y, uint32_t x, uint32_t width,
                     uint8_t value)
{
	uint8_t *sample = plane->data + y * plane->stride + x;

	for (uint32_t i = 0; i < width; i++)
		sample[i] = half(sample[i], value);
}
