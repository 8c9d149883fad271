/* convert.h - pixels from one profile to another, by littleCMS.
 *
 * Every call has a littleCMS context of its own: no state is shared, nothing is printed.
 * Thread-safe.
 */
#ifndef LIBVIPS_CONVERT_H
#define LIBVIPS_CONVERT_H

#include "base/bytes.h"
#include "colour/icc.h"
#include "libvips/libvips.h"

/* Converts pixels of that kind, as the profile says they are meant, to sRGB; gray to gray with
 * sRGB's curve. Alpha, a last band beyond those of the kind, is kept.
 *
 * ICC_LAB are floats of CIELAB for D50, and need no profile. The others are of 8 or 16 bits. The
 * result has 16 bits when `deep`, else 8, rounded once.
 *
 * The intent is perceptual if the profile has a table made for it, else relative colorimetric;
 * always with black point compensation.
 *
 * Adds a step to the pipeline of *image, which runs when pixels are asked for. Returns 0, or -1
 * when the profile cannot be used; *image is as it was then. */
int convert_to_srgb(VipsImage **image, struct bytes profile, enum icc_pixels pixels, bool deep);

#endif
