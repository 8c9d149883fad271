/* linear.h - values in proportion to light, for resampling: what half black and half white mix to
 * is then as bright as both together, which the curve of sRGB makes 188 of 255, not 128.
 *
 * Gray and RGB of 8 or 16 bits are taken to have the curve of sRGB (IEC 61966-2-1:1999), whatever
 * their profile. That is exact for sRGB and Display P3, whose primaries make no difference to a
 * weighted sum; for a gamma of 2.2 (Adobe RGB, most gray profiles) it is near: an error in the
 * curve only matters if unlike values are mixed, and flat areas come back as they were. Inks are
 * no light: they have to be converted first. Alpha is a share already and stays as it is.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_LINEAR_H
#define LIBVIPS_LINEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "libvips/libvips.h"

/* What a picture was before linear_decode(). */
struct linear {
	VipsBandFormat format;
	bool curved; /* to be encoded again */
};

/* Whether the picture is of inks, which linear_decode() can't be used on. */
bool linear_wants_srgb(const VipsImage *image);

/* Replaces *image by one of floats in proportion to light, that streams; Lab becomes scRGB. Returns
 * 0, BR_ERROR_MEMORY, or BR_ERROR_UNSUPPORTED. */
int linear_decode(VipsImage **image, struct linear *was);

/* The way back, of a picture in memory, to the format that it had (not the size). What is in
 * proportion to light by its own nature (XYZ, scRGB) stays. Returns 0 or BR_ERROR_MEMORY. */
int linear_encode(VipsImage **image, const struct linear *was);

#endif
