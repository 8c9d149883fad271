/* tone.h - pictures of high dynamic range (PQ, HLG) to sRGB.
 *
 * - PQ values are brightness: SMPTE ST 2084 (ITU-R BT.2100-2, table 4). HLG's become brightness by
 *   BT.2100-2, table 5, on its nominal display of 1000 cd/m2 (gamma 1.2).
 * - White of a page is 203 cd/m2: ITU-R BT.2408, reference white, which is 58 % PQ and 75 % HLG. It
 *   is sRGB's white if the picture has nothing brighter.
 * - What is brighter is brought below it by the EETF of ITU-R BT.2390-8, 5.4.1: a knee in PQ, from
 *   the brightness that the picture has, to 203 cd/m2; with 1000 cd/m2 in the picture, a white page
 *   becomes sRGB 229. The knee is that of the largest of R, G and B, and all three are scaled by
 *   what becomes of it: the hue stays, and nothing is left above white.
 * - Then primaries are converted in linear light; what is outside sRGB is cut off (BT.2407, 2).
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_TONE_H
#define LIBVIPS_TONE_H

#include "colour/colour_codes.h"
#include "libvips/libvips.h"

/* The brightness, in cd/m2, that only one pixel in 5000 of the picture exceeds: those may be noise.
 * The picture is in memory, of 8 or 16 bits, and its codes are of COLOUR_CODES_HDR. At least 203
 * and at most 1000, what HDR is mastered for: what is brighter becomes white as well. */
float tone_peak(const VipsImage *image, const struct colour_codes *codes);

/* For a picture that can't be looked at as a whole. */
#define TONE_PEAK_MAX 1000.0F

/* Gray and RGB of 8 or 16 bits, with or without alpha, to sRGB of 16 bits with `deep`, else of 8;
 * gray stays gray. Adds a step to the pipeline of *image. Returns 0 or BR_ERROR_MEMORY; *image is
 * as it was then. */
int tone_to_srgb(VipsImage **image, const struct colour_codes *codes, float peak, bool deep);

#endif
