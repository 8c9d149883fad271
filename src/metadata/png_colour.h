/* png_colour.h - what a PNG says of how its colours are meant.
 *
 * A pure function of the bytes; thread-safe. Lengths are checked, CRCs are not.
 */
#ifndef METADATA_PNG_COLOUR_H
#define METADATA_PNG_COLOUR_H

#include "base/bytes.h"
#include "colour/colour_codes.h"

/* The chunks before the picture that say what its colours mean; by their weight cICP, iCCP, sRGB,
 * the other two (PNG, third edition, 4.3). */
struct png_colour_chunks {
	bool profile; /* iCCP: to be read by a library */
	bool srgb;
	struct colour_codes codes; /* cICP, in RGB */
	bool narrow;               /* whose values do not fill their range */
	uint32_t gamma;            /* of the file, in 100,000ths; 0: not said */
	bool has_primaries;
	double white[2], red[2], green[2], blue[2]; /* CIE x, y */
};

struct png_colour_chunks png_colour_read(struct bytes png);

#endif
