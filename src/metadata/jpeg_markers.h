/* jpeg_markers.h - the segments of a JPEG that are not its picture: profile, EXIF, XMP, IPTC,
 * comment.
 *
 * Pure functions of the bytes; thread-safe. Functions return 0 or negative errno. Reading and
 * embedding metadata are declared in metadata.h.
 */
#ifndef METADATA_JPEG_MARKERS_H
#define METADATA_JPEG_MARKERS_H

#include "metadata/parts.h"

/* Bytes of a profile that a JPEG can hold: 255 segments, less what each begins with (ICC.1:2022,
 * annex B.4). */
#define JPEG_PROFILE_MAX (UINT32_C(255) * 65519)

/* Bytes of EXIF and of an XMP packet that a segment can hold. */
#define JPEG_EXIF_MAX 65527
#define JPEG_XMP_MAX  65504

/* Appends the profile, put together from its up to 255 segments (ICC.1:2022, annex B.4), to *out;
 * nothing when one is missing. *found says whether there is any. */
int jpeg_markers_profile(struct bytes file, struct br_buffer *out, bool *found);

/* Appends whole segments for the parts, and the mark; what is too long for JPEG is left out. */
int jpeg_markers_write(const struct metadata_parts *parts, struct br_buffer *out);

/* Puts the density, if it is known, into the JFIF header of the file that begins at `begin`. */
void jpeg_markers_set_density(const struct density *density, struct br_buffer *out, size_t begin);

#endif
