/* plane.h - planes of 8-bit samples: turning, filling, and the margins that JPEG wants.
 *
 * Touches only the planes given; thread-safe.
 */
#ifndef JPEG_PLANE_H
#define JPEG_PLANE_H

#include <stddef.h>
#include <stdint.h>

#include "geometry/geometry.h"

struct plane {
	uint8_t *data;
	size_t stride; /* bytes, at least width */
	uint32_t width, height;
};

/* Copies `from` turned into `to`, whose sides are from's (exchanged for swap). */
void plane_turn(const struct plane *from, const struct plane *to, struct turn turn);

void plane_fill(const struct plane *plane, uint8_t value);

/* Repeats the last column and row of the first width x height samples up to the plane's own sides.
 */
void plane_extend(const struct plane *plane, uint32_t width, uint32_t height);

/* Takes column x of the rows [y, y + height) halfway to `value`; likewise a row. */
void plane_blend_column(const struct plane *plane, uint32_t x, uint32_t y, uint32_t height,
                        uint8_t value);
void plane_blend_row(const struct plane *plane, uint32_t y, uint32_t x, uint32_t width,
                     uint8_t value);

#endif
