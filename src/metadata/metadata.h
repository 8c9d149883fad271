/* metadata.h - what a file tells besides its picture, from the source to the outputs.
 *
 * What an output carries is decided here alone: the encoders are to write nothing of their own
 * accord. JPEG, PNG, WebP and JPEG XL are encoded bare, and what belongs to them is put into the
 * encoded file byte for byte; TIFF, AVIF and HEIC are written by the image library, which takes it
 * from fields of the image. If the format has a place for it, a mark is put in as well (mark.h).
 *
 * Thread-safe.
 */
#ifndef METADATA_METADATA_H
#define METADATA_METADATA_H

#include <batchresize/buffer.h>
#include <batchresize/image.h>

#include "geometry/placement.h"
#include "metadata/parts.h"

/* What the image library has found in a file's header; empty if there is none. The bytes are
 * the header's. */
struct metadata_fields {
	struct bytes exif; /* maybe with EXIF_NAME before it */
	struct bytes xmp, iptc, profile;
	struct density density;
};

/* Adds what a file of that format has to *metadata; of JPEG, PNG and JPEG XL by its own bytes, of
 * the others by the fields (NULL for those).
 * What makes no sense is left out, and so is each of more than `max` bytes, decompressed. Returns 0
 * or negative errno. */
int metadata_read(struct metadata *metadata, enum br_image_format format, struct bytes file,
                  uint64_t max, const struct metadata_fields *fields);

/* What has become of the picture. */
struct metadata_change {
	struct placement placement;
	enum br_image_format from, format; /* of the source and the output; UNKNOWN: as any */
	bool srgb;                         /* its colours have been converted to sRGB */
	bool gray;                         /* to its gray */
	struct bytes profile;              /* what its colours are to be read by; empty: sRGB */
	struct colour_codes codes;         /* the same by numbers, if they are told */
};

/* The source's density for an output that has been turned by that orientation. */
struct density metadata_density(const struct metadata *metadata, unsigned orientation);

/* The parts for an output: metadata (NULL: none is kept) made true of it. EXIF and XMP that cannot
 * be, or that the format has no room for, are left out, and noted. parts live as long as metadata
 * and the profile; metadata_parts_release() is needed in any case. Returns 0 or negative errno. */
int metadata_parts_make(struct metadata_parts *parts, const struct metadata *metadata,
                        const struct metadata_change *change);

/* Puts the parts and the mark into the file that begins at `begin` of *out and ends at its end.
 * Returns 0, negative errno, or BR_ERROR_ENCODE if the file has no place for what it must tell.
 */
int metadata_embed(enum br_image_format format, const struct metadata_parts *parts,
                   struct br_buffer *out, size_t begin);

#endif
