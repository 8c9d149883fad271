/* xmp_regions.h - regions of a picture that XMP names: faces, foci, bar codes.
 *
 * Each function makes a property's regions those of the output: turned, scaled, cut to what is in
 * it. Regions that are not in it any more, and what cannot be understood, go (the latter makes
 * *lost true); so does the property when none is left. All are taken to be given for the picture as
 * stored, before it is turned (Metadata Working Group, Guidelines for Handling Image Metadata 2.0,
 * 5.9). Thread-safe. They return 0 or -ENOMEM.
 */
#ifndef XMP_XMP_REGIONS_H
#define XMP_XMP_REGIONS_H

#include "geometry/placement.h"
#include "xmp/xml.h"

/* MWG's mwg-rs:Regions, and ACDSee's. */
int xmp_regions_change(struct xml *xml, uint32_t property, const struct placement *placement,
                       bool *lost);

/* Microsoft's MP:RegionInfo. */
int xmp_mp_regions_change(struct xml *xml, uint32_t property, const struct placement *placement,
                          bool *lost);

/* Iptc4xmpExt:ImageRegion (IPTC Photo Metadata Standard 2019.1 and later). Pixels are those of a
 * picture of width x height. */
int xmp_iptc_regions_change(struct xml *xml, uint32_t property, const struct placement *placement,
                            uint32_t width, uint32_t height, bool *lost);

#endif
