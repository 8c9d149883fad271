/* cms.h - what littleCMS knows of profiles.
 *
 * Every call has a littleCMS context of its own: no state is shared, nothing is printed.
 * Thread-safe.
 */
#ifndef COLOUR_CMS_H
#define COLOUR_CMS_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "colour/colour_codes.h"
#include "colour/icc.h"

/* Whether the profile is one that pixels of that kind (not ICC_LAB) may go on with: for those that
 * are not converted, before others are told to. */
bool cms_usable(struct bytes profile, enum icc_pixels pixels);

/* One colour of sRGB as the RGB profile has it, relative colorimetric. Returns 0 or -1. */
int cms_colour(const uint8_t srgb[3], struct bytes profile, uint8_t out[3]);

/* The same for a picture whose RGB is meant by that profile: sRGB's own if it is empty or can't
 * be used. */
void cms_background(const uint8_t srgb[3], struct bytes profile, uint8_t background[3]);

/* Appends an RGB profile that says of R = G = B what the gray profile says of gray; its primaries
 * are those of sRGB. The same on every run. Returns 0, -1 when the gray profile is not one of a
 * curve alone, or what br_buffer_append() returned. */
int cms_gray_to_rgb(struct bytes gray, struct br_buffer *out);

/* Appends a profile of those primaries and that curve. The same on every run. Returns 0, -1 when no
 * colour space has such primaries, or what br_buffer_append() returned. gray: of one channel, with
 * the curve alone. */
int cms_make_profile(const struct colour_space *space, bool gray, struct br_buffer *out);

#endif
