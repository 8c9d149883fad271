/* colour.h - whatever a picture's colours are, to sRGB or gray of 8 or 16 bits.
 *
 * Thread-safe.
 */
#ifndef IMAGE_COLOUR_H
#define IMAGE_COLOUR_H

#include <stdbool.h>
#include <stdint.h>

#include <vips/vips.h>

#include "image/bytes.h"

/* Makes pixels that the other steps can compute with: integers of 8 or 16 bits, or a colour space
 * that libvips knows; no more bands than have a meaning. Before resampling; costs nothing for the
 * usual kinds. Returns 0 or ERROR_UNSUPPORTED. */
int colour_normalise(VipsImage **image);

/* To sRGB; gray stays gray (alpha is kept in both). profile: the embedded one, or empty. depth16:
 * 16 bits are wanted where the picture has them. Adds to *notes (enum image_note). Returns 0 or
 * ERROR_UNSUPPORTED. */
int colour_convert(VipsImage **image, struct bytes profile, bool depth16, uint32_t *notes);

#endif
