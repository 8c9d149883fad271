/* parts.h - what is read of a file besides its picture, and what is put into an output; metadata.h
 * makes the one of the other.
 *
 * Thread-safe.
 */
#ifndef METADATA_PARTS_H
#define METADATA_PARTS_H

#include <batchresize/buffer.h>

#include "base/bytes.h"
#include "colour/colour_codes.h"
#include "metadata/density.h"
#include "xmp/xmp.h"

/* Of a source; empty if there is none. */
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

void metadata_parts_release(struct metadata_parts *parts);

/* Inserts bytes before those at `at`. Returns 0 or what br_buffer_reserve() returned. */
int metadata_insert(struct br_buffer *out, size_t at, const void *data, size_t size);

/* Each format's own: reading adds to *metadata, and decompresses or puts together no more than
 * `max` bytes; embedding is as metadata_embed(). */

int jpeg_markers_read(struct metadata *metadata, struct bytes file, uint64_t max);
int jpeg_markers_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);
int png_metadata_read(struct metadata *metadata, struct bytes file, uint64_t max);
int png_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);
int webp_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);
/* Boxes that are compressed ("brob") are passed over. */
int jxl_metadata_read(struct metadata *metadata, struct bytes file, uint64_t max);
int jxl_metadata_embed(const struct metadata_parts *parts, struct br_buffer *out, size_t begin);

#endif
