/* icc.h - what an ICC profile is, as far as that decides whether a colour pass is needed.
 *
 * Pure functions of the bytes; thread-safe. Nothing is trusted: offsets and lengths are checked.
 */
#ifndef COLOUR_ICC_H
#define COLOUR_ICC_H

#include <stdint.h>

#include "base/bytes.h"

struct colour_codes;

enum icc_kind {
	ICC_UNUSABLE, /* no profile, or not one for pixels of that kind */
	ICC_SRGB,     /* says what sRGB says */
	ICC_OTHER     /* a conversion is needed */
};

enum icc_pixels { ICC_GRAY, ICC_RGB, ICC_CMYK, ICC_LAB };

/* What the profile says of pixels of that kind. By its content, not its name. */
enum icc_kind icc_classify(struct bytes profile, enum icc_pixels pixels);

/* Whether the profile has a table of its own for the perceptual intent, made by who made the
 * profile; the others are a matrix and curves, or mean something else by that word. */
bool icc_is_perceptual(struct bytes profile);

/* Whether gray of any curve can have the background painted on it: its ends, black and white, are
 * the same for all. */
bool icc_is_end(const uint8_t background[3]);

/* The numbers of H.273 that a profile may carry (ICC.1:2022, 9.2.17, "cicp"). */
struct colour_codes icc_codes(struct bytes profile);

#endif
