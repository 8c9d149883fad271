/* hevc_colour.h - what a picture coded by HEVC says of its colours itself.
 *
 * Pure; thread-safe. Nothing is trusted: all that is read is bounded.
 */
#ifndef METADATA_HEVC_COLOUR_H
#define METADATA_HEVC_COLOUR_H

#include "base/bytes.h"
#include "colour/colour_codes.h"

/* The numbers of the first sequence parameter set in the content of an hvcC box (ISO/IEC 14496-15,
 * 8.3.3.1). Not told: there is none, it is not whole, or it has no numbers. */
struct colour_codes hevc_codes(struct bytes configuration);

#endif
