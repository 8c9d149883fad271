/* inks.h - inks of whoever does not say which: what they look like on coated paper.
 *
 * A model of offset printing on coated paper: ISO 12647-2:2004/Amd 1:2007, paper types 1 and 2,
 * which is what the profile "Coated FOGRA39" was made from. It has
 *
 * - the colours of paper, solids and overprints in CIELAB (D50, white backing): paper 95 0 -2; cyan
 *   55 -37 -50; magenta 48 74 -3; yellow 91 -5 93; magenta + yellow 47 68 48; cyan + yellow
 *   50 -65 27; cyan + magenta 24 22 -46; all three 23 0 0; black 16 0 0;
 * - the gain of a dot on paper: 14 % at half for the colours, 17 % for black (curves A and B);
 * - what dots beside and upon each other make: the mean of the eight colours, weighted by the areas
 *   that they cover (H. E. J. Neugebauer 1937, with E. Demichel's areas).
 *
 * Paper becomes white (relative colorimetric), and solid black becomes black (black point
 * compensation), as the applications that make such files show it unless told otherwise (Adobe's
 * "display all blacks as rich black"). Black alone is neutral in every strength.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_INKS_H
#define LIBVIPS_INKS_H

#include "libvips/libvips.h"

/* CMYK of 8 or 16 bits (0: no ink; a fifth band is alpha, and kept) to sRGB of 16 bits with `deep`,
 * else of 8. Adds a step to the pipeline of *image. Returns 0 or BR_ERROR_MEMORY; *image is
 * as it was then. */
int inks_to_srgb(VipsImage **image, bool deep);

#endif
