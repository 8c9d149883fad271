/* xmp.h - makes kept XMP (ISO 16684-1) true of a picture that has been turned, cropped and resized,
 * and that has none of the other pictures and films any more which its file had beside it.
 *
 * Pure functions of bytes to bytes; thread-safe. In linear time and without recursion, whatever the
 * bytes are. What is not known to be untrue stays byte for byte.
 */
#ifndef XMP_XMP_H
#define XMP_XMP_H

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "geometry/placement.h"

struct xmp_change {
	struct placement placement;
	unsigned orientation; /* that tiff:Orientation says from now on */
	bool srgb;            /* the colours have been converted to sRGB */
	bool gray;            /* to its gray */
	bool recoded;         /* the file is of another format */
};

/* Appends the packet, in UTF-8, to *out:
 * - orientation, sizes, SubjectArea and SubjectLocation are the output's, and so are the sizes of a
 *   panorama (GPano); regions of MWG, Microsoft, ACDSee and IPTC are where they are now, as far as
 *   they are in it;
 * - after a conversion the colour space and the profile's name are sRGB's;
 * - what speaks of bytes beside the picture goes: gain maps, motion photos, depth, Google's
 *   container, thumbnails, extended XMP.
 * What of these cannot be understood goes as well, and *lost becomes true. Returns 0, -ENOMEM, or
 * BR_ERROR_CORRUPT for what is not XML: *out is as it was then. */
int xmp_change(struct bytes packet, const struct xmp_change *change, struct br_buffer *out,
               bool *lost);

/* Makes a packet in UTF-16 or UTF-32 one in UTF-8 without a declaration of its encoding. Returns 0,
 * -ENOMEM, or BR_ERROR_CORRUPT when it is none. */
int xmp_make_utf8(struct br_buffer *packet);

/* --- extended XMP (XMP specification, part 3, 1.1.3.1: a JPEG's segments are too short) ----------
 */

#define XMP_GUID_SIZE 32

/* The name of the extension that the packet says there is. Returns false if it says nothing. */
bool xmp_extension(struct bytes packet, char guid[XMP_GUID_SIZE]);

/* Puts what the extension describes into the packet. Returns 0, -ENOMEM, or BR_ERROR_CORRUPT when
 * either is not understood: *packet is as it was then. */
int xmp_join(struct br_buffer *packet, struct bytes extension);

/* Divides a packet into one of at most `limit` bytes and an extension that it names. Returns 0,
 * -ENOMEM, or BR_ERROR_CORRUPT when it cannot be: both are empty then. */
int xmp_split(struct bytes packet, size_t limit, struct br_buffer *head,
              struct br_buffer *extension, char guid[XMP_GUID_SIZE]);

#endif
