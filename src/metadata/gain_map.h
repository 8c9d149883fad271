/* gain_map.h - whether a file has a gain map: a second picture that says where a display of more
 * brightness is to show the first one brighter. No output has one.
 *
 * JPEG: Ultra HDR and Adobe's ("hdrgm" in XMP), Apple's, ISO 21496-1's. AVIF, HEIC and JPEG XL: see
 * heif_colour.h and jxl_colour.h.
 *
 * A pure function of the bytes; thread-safe.
 */
#ifndef METADATA_GAIN_MAP_H
#define METADATA_GAIN_MAP_H

#include <batchresize/image.h>

#include "base/bytes.h"

bool gain_map_exists(enum br_image_format format, struct bytes file);

#endif
