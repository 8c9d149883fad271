/* heif_colour.h - what AVIF and HEIC (ISO/IEC 23008-12) say of colours beside their profile,
 * how they are turned and coded, and whether they are multiplied by alpha.
 *
 * Pure functions of the bytes; thread-safe. Nothing is trusted: offsets and lengths are checked.
 */
#ifndef METADATA_HEIF_COLOUR_H
#define METADATA_HEIF_COLOUR_H

#include "base/bytes.h"
#include "colour/colour_codes.h"

/* The numbers ("nclx") of the primary item; of a grid that has none, those of its first tile. */
struct colour_codes heif_nclx(struct bytes file);

/* The same, and of a file without such a box the numbers in the coded picture itself: in AV1's
 * sequence header, or HEVC's sequence parameter set. A box goes before them, whatever it says
 * (ISO/IEC 14496-12, 12.1.5). MIAF (ISO/IEC 23000-22, 7.3.6.4) takes a picture without one for
 * sRGB; those who write such files mean the numbers, and libavif and browsers go by them. */
struct colour_codes heif_codes(struct bytes file);

/* Tells primaries and transfer in the box that heif_nclx() reads; the rest of its numbers stays.
 * Returns false if there is none. */
bool heif_set_codes(unsigned char *file, size_t size, const struct colour_codes *codes);

/* By which EXIF orientation (1..8) the transformations of the primary item turn it. */
unsigned heif_orientation(struct bytes file);

/* Whether the primary item, or the first it is made of, is coded by neither HEVC nor AV1 but, say,
 * by AVC, VVC or JPEG 2000, or not at all ("unci"); by what is then told. Such a file may be whole
 * although a decoder, which passes over an item that it does not know, says that there is none. */
bool heif_is_coded_otherwise(struct bytes file, char coding[5]);

/* Whether the primary item's colours have been multiplied by its alpha, as a reference "prem" says
 * (ISO/IEC 23008-12; avifenc --premultiply writes it). */
bool heif_is_premultiplied(struct bytes file);

/* Whether the file has a gain map: Apple's auxiliary picture, or a tone map (ISO 21496-1). */
bool heif_has_gain_map(struct bytes file);

#endif
