/* av1_colour.h - what a picture coded by AV1 says of its colours itself.
 *
 * Pure; thread-safe. Nothing is trusted: all that is read is bounded.
 */
#ifndef METADATA_AV1_COLOUR_H
#define METADATA_AV1_COLOUR_H

#include "base/bytes.h"
#include "colour/colour_codes.h"

/* The numbers of the first sequence header among open bitstream units (AV1 5.5.2), which an item's
 * data begins with. Not told: there is none, it is not whole, or it has no numbers. */
struct colour_codes av1_codes(struct bytes units);

#endif
