/* jpeg_colours.c - jpeg_colours.h in plain C: what every other version must equal. */
#include "jpeg/jpeg_kernels_private.h"

void jpeg_colours_portable(const uint8_t *rgb, size_t pixels, uint8_t *luma, uint8_t *blue,
                           uint8_t *red)
{
	for (size_t i = 0; i < pixels; i++, rgb += 3) {
		luma[i] = jpeg_luma_of(rgb);
		blue[i] = jpeg_blue_of(rgb);
		red[i] = jpeg_red_of(rgb);
	}
}

void jpeg_halve_portable(const uint8_t *upper, const uint8_t *lower, size_t samples, uint8_t *out)
{
	for (size_t i = 0; i < samples / 2; i++)
		out[i] = (uint8_t)((upper[2 * i] + upper[2 * i + 1] + lower[2 * i] +
		                    lower[2 * i + 1] + 1 + (int)(i % 2)) >>
		                   2);
}
