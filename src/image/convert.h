/* convert.h - from one profile to another, by littleCMS.
 *
 * Every call has a littleCMS context of its own: no state is shared, nothing is printed.
 * Thread-safe.
 */
#ifndef IMAGE_CONVERT_H
#define IMAGE_CONVERT_H

#include <batchresize/buffer.h>

#include "image/bytes.h"
#include "image/icc.h"
#include "image/libvips.h"

/* Converts pixels of that kind, as the profile says they are meant, to sRGB; gray to gray with
 * sRGB's curve. Alpha, a last band beyond those of the kind, is kept.
 *
 * ICC_LAB are floats of CIELAB for D50, and need no profile. The others are of 8 or 16 bits. The
 * result has 16 bits when `deep`, else 8, rounded once.
 *
 * The intent is perceptual where the profile has a table made for it, else relative colorimetric;
 * always with black point compensation.
 *
 * Adds a step to the pipeline of *image, which runs when pixels are asked for. Returns 0, or -1
 * when the profile cannot be used; *image is as it was then. */
int convert_to_srgb(VipsImage **image, struct bytes profile, enum icc_pixels pixels, bool deep);

/* Whether the profile can be used for pixels of that kind (not ICC_LAB): for those that are not
 * converted, before others are told to. */
bool convert_usable(struct bytes profile, enum icc_pixels pixels);

/* One colour of sRGB as the RGB profile has it, relative colorimetric. Returns 0 or -1. */
int convert_colour(const uint8_t srgb[3], struct bytes profile, uint8_t out[3]);

/* Appends an RGB profile that says of R = G = B what the gray profile says of gray; its primaries
 * are those of sRGB. The same on every run. Returns 0, -1 when the gray profile is not one of a
 * curve alone, or what buffer_append() returned. */
int convert_gray_to_rgb(struct bytes gray, struct buffer *out);

/* A profile of primaries and a curve. */
struct convert_space {
	double white[2], red[2], green[2], blue[2]; /* CIE x, y */
	double gamma; /* of the display: value^gamma is light; 0: the curve of sRGB */
};

/* The same on every run. Returns 0, -1 when no colour space has such primaries, or what
 * buffer_append() returned. gray: of one channel, with the curve alone. */
int convert_make_profile(const struct convert_space *space, bool gray, struct buffer *out);

#endif
