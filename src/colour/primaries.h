/* primaries.h - matrices between colour spaces of three primaries, for linear light.
 *
 * SMPTE RP 177 for a space's own; Bradford's matrix (ICC.1:2022, annex E) where white points
 * differ. Pure functions; thread-safe. The primaries must span a space.
 */
#ifndef COLOUR_PRIMARIES_H
#define COLOUR_PRIMARIES_H

#include "colour/colour_codes.h"

/* From R, G, B to CIE X, Y, Z; Y of white is 1. The curve is not looked at. */
void primaries_to_xyz(const struct colour_space *space, double matrix[3][3]);

/* From R, G, B of one to those of the other. */
void primaries_convert(const struct colour_space *from, const struct colour_space *to,
                       double matrix[3][3]);

#endif
