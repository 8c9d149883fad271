/* ycc.c - see ycc.h. */
#include "jpeg/ycc.h"

#include <string.h>

#define BITS   16
#define FIX(x) ((int32_t)((x) * (1 << BITS) + 0.5))
#define HALF   (1 << (BITS - 1))

#define NEUTRAL 128

static uint8_t clamp(int32_t value)
{
	return (uint8_t)(value < 0 ? 0 : value > UINT8_MAX ? UINT8_MAX : value);
}

/* Few pixels are out of range: they are looked for at once. */
static void convert(const uint8_t *luma, const uint8_t *blue, const uint8_t *red, uint8_t *rgb,
                    uint32_t pixels)
{
	for (uint32_t i = 0; i < pixels; i++, rgb += 3) {
		const int32_t y = luma[i], cb = blue[i] - NEUTRAL, cr = red[i] - NEUTRAL;
		const int32_t r = y + ((FIX(1.40200) * cr + HALF) >> BITS);
		const int32_t g = y + ((HALF - FIX(0.34414) * cb - FIX(0.71414) * cr) >> BITS);
		const int32_t b = y + ((FIX(1.77200) * cb + HALF) >> BITS);
		const bool outside = ((r | g | b) & ~UINT8_MAX) != 0;

		rgb[0] = outside ? clamp(r) : (uint8_t)r;
		rgb[1] = outside ? clamp(g) : (uint8_t)g;
		rgb[2] = outside ? clamp(b) : (uint8_t)b;
	}
}

void ycc_to_pixels(const struct jpeg_planes *planes, uint8_t *pixels)
{
	const struct plane *plane = planes->plane;
	const size_t line = (size_t)planes->width * planes->components;

	for (size_t y = 0; y < planes->height; y++, pixels += line) {
		const uint8_t *luma = plane[0].data + y * plane[0].stride;

		if (planes->components == 1)
			memcpy(pixels, luma, line);
		else
			convert(luma, plane[1].data + y * plane[1].stride,
			        plane[2].data + y * plane[2].stride, pixels, planes->width);
	}
}
