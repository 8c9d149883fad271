/* jxl_colour.h - what a JPEG XL says of its colours by numbers (ISO/IEC 18181-1, annex D), and
 * whether they are multiplied by alpha.
 *
 * The image library hands out a profile for them, which is right except for PQ and HLG.
 *
 * Pure functions of the bytes; thread-safe. Nothing is trusted.
 */
#ifndef METADATA_JXL_COLOUR_H
#define METADATA_JXL_COLOUR_H

#include "base/bytes.h"
#include "colour/colour_codes.h"

/* The numbers, which are those of H.273; not told if the file has a profile, or primaries or a
 * gamma of its own. A white point other than D65 is not looked at. */
struct colour_codes jxl_codes(struct bytes file);

/* Whether the colours have been multiplied by alpha ("alpha_associated" of the header). */
bool jxl_is_premultiplied(struct bytes file);

/* Whether the file has a gain map (ISO/IEC 18181-2: a box "jhgm", compressed or not). */
bool jxl_has_gain_map(struct bytes file);

#endif
