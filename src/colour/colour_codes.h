/* colour_codes.h - colours told by numbers: those of ITU-T H.273 (ISO/IEC 23091-2), as AVIF and
 * HEIC
 * ("nclx"), PNG (cICP) and JPEG XL have them.
 *
 * Pure functions; thread-safe.
 */
#ifndef COLOUR_COLOUR_CODES_H
#define COLOUR_COLOUR_CODES_H

#include <stdbool.h>
#include <stdint.h>

/* A colour space of three primaries and a curve. */
struct colour_space {
	double white[2], red[2], green[2], blue[2]; /* CIE x, y */
	double gamma; /* of the display: value^gamma is light; 0: the curve of sRGB */
};

struct colour_codes {
	bool told;          /* all 0 else */
	uint16_t primaries; /* H.273, 8.1 */
	uint16_t transfer;  /* 8.2 */
	uint16_t matrix;    /* 8.3; the decoder's to undo */
};

/* H.273, table 3. Their values mean a brightness, not a share of white. */
enum { COLOUR_CODES_PQ = 16, COLOUR_CODES_HLG = 18 };

enum colour_codes_kind {
	COLOUR_CODES_NONE,   /* not told, or said to be unspecified: sRGB */
	COLOUR_CODES_SPACE,  /* primaries and a curve, which a profile can say; maybe sRGB's */
	COLOUR_CODES_HDR,    /* PQ or HLG: primaries, and brightness */
	COLOUR_CODES_UNKNOWN /* told, and not understood */
};

/* What the numbers say; *space is filled in for SPACE and HDR (its curve means nothing then).
 *
 * What is unspecified is taken as sRGB's, the primaries of PQ and HLG as BT.2020's. The curves of
 * video (BT.709, BT.601, BT.2020, xvYCC) are taken for sRGB's: they are what a camera does to be
 * seen on a display of gamma 2.4 in a dim room, and a picture of them looks as it is meant to when
 * a display of sRGB shows its values as they are. */
enum colour_codes_kind colour_codes_space(const struct colour_codes *codes,
                                          struct colour_space *space);

/* sRGB's own. */
extern const struct colour_space colour_codes_srgb;

#endif
