/* metadata.h - what a file tells besides its picture, from the source to the outputs.
 *
 * What an output carries is decided here alone: the encoders are to write nothing of their own
 * accord. JPEG, PNG, WebP and JPEG XL are encoded bare, and what belongs to them is put into the
 * encoded file byte for byte; TIFF, AVIF and HEIC are written by the image library, which takes it
 * from fields of the image. Where the format has a place for it, a mark is put in as well (mark.h).
 *
 * Thread-safe.
 */
#ifndef METADATA_METADATA_H
#define METADATA_METADATA_H

#include <batchresize/buffer.h>
#include <batchresize/image.h>

#include "base/bytes.h"
#include "colour/colour_codes.h"
#include "metadata/density.h"
#include "geometry/placement.h"
#include "xmp/xmp.h"

/* Of a source; empty where there is none. */
struct metadata {
	struct br_buffer exif;    /* a TIFF structure */
	struct br_buffer xmp;     /* the packet, in UTF-8, with what extends it */
	struct br_buffer iptc;    /* IPTC-NAA records */
	struct br_buffer comment; /* text */
	struct br_buffer text;    /* whole text chunks of PNG that are neither of these */
	struct density density;
	bool lost; /* some of it was damaged, and is left out */
	/* AVIF and HEIC: the orientation by which the decoder has turned the picture, by the file's
	 * own transformations; elsewhere 1. The tag of EXIF counts for nothing there. */
	unsigned turned;
};

#define METADATA_NONE                                 \
	((struct metadata){.exif = BR_BUFFER_HEAP,    \
	                   .xmp = BR_BUFFER_HEAP,     \
	                   .iptc = BR_BUFFER_HEAP,    \
	                   .comment = BR_BUFFER_HEAP, \
	                   .text = BR_BUFFER_HEAP,    \
	                   .turned = 1})

/* What the image library has found in a file's header; empty where there is none. The bytes are
 * the header's. */
struct metadata_fields {
	struct bytes exif; /* maybe with EXIF_NAME before it */
	struct bytes xmp, iptc, profile;
	struct density density;
};

/* Adds what a file of that format has to *metadata; of JPEG, PNG and JPEG XL by its own bytes, of
 * the others by the fields (NULL for those).
 * What makes no sense is left out. Returns 0 or negative errno. */
int metadata_read(struct metadata *metadata, enum br_image_format format, struct bytes file,
                  const struct metadata_fields *fields);
void metadata_release(struct metadata *metadata);

/* Of one output. exif and xmp are its own, the rest the source's. */
struct metadata_parts {
	struct br_buffer exif, xmp;
	struct br_buffer xmp_more; /* what is too long for a JPEG's segment, named by xmp_guid */
	char xmp_guid[XMP_GUID_SIZE];
	struct bytes iptc, comment, text, profile;
	struct colour_codes codes; /* PNG, AVIF and HEIC */
	struct density density;
	unsigned orientation; /* that EXIF says; 1, unless its tag does not count */
	uint32_t notes;       /* bits of enum br_image_note: what of it could not be kept */
};

/* What has become of the picture. */
struct metadata_change {
	struct placement placement;
	enum br_image_format from, format; /* of the source and the output; UNKNOWN: as any */
	bool srgb;                         /* its colours have been converted to sRGB */
	bool gray;                         /* to its gray */
	struct bytes profile;              /* what its colours are to be read by; empty: sRGB */
	struct colour_codes codes;         /* the same by numbers, where they are told */
};

/* The source's density for an output that has been turned by that orientation. */
struct density metadata_density(const struct metadata *metadata, unsigned orientation);

/* The parts for an output: metadata (NULL: none is kept) made true of it. EXIF and XMP that cannot
 * be, or that the format has no room for, are left out, and noted. parts live as long as metadata
 * and the profile; metadata_parts_release() is needed in any case. Returns 0 or negative errno. */
int metadata_parts_make(struct metadata_parts *parts, const struct metadata *metadata,
                        const struct metadata_change *change);
void metadata_parts_release(struct metadata_parts *parts);

/* Puts the parts and the mark into the file that begins at `begin` of *out and ends at its end.
 * Returns 0, negative errno, or BR_ERROR_ENCODE where the file has no place for what it must tell.
 */
int metadata_embed(enum br_image_format format, const struct metadata_parts *parts,
                   struct br_buffer *out, size_t begin);

/* Inserts bytes before those at `at`. Returns 0 or what br_buffer_reserve() returned. */
int metadata_insert(struct br_buffer *out, size_t at, const void *data, size_t size);

/* --- the formats' own: reading adds to *metadata, embedding is as metadata_embed() ------------ */

int jpeg_markers_read(struct metadata *metadata, struct bytes file);
int jpeg_markers_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);
int png_metadata_read(struct metadata *metadata, struct bytes file);
int png_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);
int webp_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);
/* Boxes that are compressed ("brob") are passed over. */
int jxl_metadata_read(struct metadata *metadata, struct bytes file);
int jxl_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);

#endif
