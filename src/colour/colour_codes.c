/* colour_codes.c - the tables of ITU-T H.273 (07/2024), as far as a picture can be made of them. */
#include "colour/colour_codes.h"

#include <stddef.h>

#define UNSPECIFIED 2

/* H.273, table 4: those that say of light that is R, G and B how it became Y, Cb and Cr. The others
 * are of values that a decoder of pictures does not undo. */
#define MATRIX_XYZ   11
#define MATRIX_ICTCP 14

/* CIE x, y of the white points: D65, C, and that of DCI's projectors. */
#define D65                    \
	{                      \
		0.3127, 0.3290 \
	}
#define C                    \
	{                    \
		0.310, 0.316 \
	}
#define DCI                  \
	{                    \
		0.314, 0.351 \
	}

const struct colour_space colour_codes_srgb = {
    .white = D65, .red = {0.64, 0.33}, .green = {0.30, 0.60}, .blue = {0.15, 0.06}};

/* H.273, table 2. */
static const struct {
	uint16_t code;
	struct colour_space space;
} primaries[] = {
    {1, {D65, {0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}, 0}},  /* BT.709, sRGB */
    {4, {C, {0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, 0}},          /* BT.470, M */
    {5, {D65, {0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, 0}},        /* BT.470, B and G */
    {6, {D65, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, 0}},  /* SMPTE 170M */
    {7, {D65, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, 0}},  /* SMPTE 240M */
    {8, {C, {0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}, 0}},    /* film */
    {9, {D65, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, 0}},  /* BT.2020, BT.2100 */
    {11, {DCI, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, 0}}, /* SMPTE RP 431 */
    {12, {D65, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, 0}}, /* Display P3 */
    {22, {D65, {0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, 0}}, /* EBU Tech. 3213 */
};

static bool find_primaries(uint16_t code, struct colour_space *space)
{
	for (size_t i = 0; i < sizeof primaries / sizeof *primaries; i++)
		if (primaries[i].code == code) {
			*space = primaries[i].space;
			return true;
		}
	return false;
}

/* H.273, table 3, as a display's gamma; 0: as sRGB's; negative: none. */
static double gamma_of(uint16_t transfer)
{
	switch (transfer) {
	case 1:
	case UNSPECIFIED:
	case 6:
	case 7:
	case 11:
	case 12:
	case 13:
	case 14:
	case 15:
		return 0;
	case 4:
		return 2.2;
	case 5:
		return 2.8;
	case 8:
		return 1;
	default:
		return -1;
	}
}

enum colour_codes_kind colour_codes_space(const struct colour_codes *codes,
                                          struct colour_space *space)
{
	const bool hdr = codes->transfer == COLOUR_CODES_PQ || codes->transfer == COLOUR_CODES_HLG;
	uint16_t code = codes->primaries;

	if (!codes->told || (code == UNSPECIFIED && codes->transfer == UNSPECIFIED))
		return COLOUR_CODES_NONE;
	if (code == UNSPECIFIED)
		code = hdr ? 9 : 1;
	if (!find_primaries(code, space) || codes->matrix == MATRIX_XYZ ||
	    codes->matrix == MATRIX_ICTCP)
		return COLOUR_CODES_UNKNOWN;
	if (hdr)
		return COLOUR_CODES_HDR;
	space->gamma = gamma_of(codes->transfer);
	return space->gamma < 0 ? COLOUR_CODES_UNKNOWN : COLOUR_CODES_SPACE;
}
