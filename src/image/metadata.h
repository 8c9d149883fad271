/* metadata.h - what a file tells besides its picture, from the source to the outputs.
 *
 * What an output carries is decided here alone: the encoders are to write nothing of their own
 * accord. JPEG, PNG, WebP and JPEG XL are encoded bare, and what belongs to them is put into the
 * encoded file byte for byte; TIFF, AVIF and HEIC are written by the image library, which takes it
 * from fields of the image.
 *
 * Thread-safe.
 */
#ifndef IMAGE_METADATA_H
#define IMAGE_METADATA_H

#include <batchresize/buffer.h>
#include <batchresize/image.h>

#include "image/bytes.h"
#include "image/colour_codes.h"
#include "image/libvips.h"

/* Of a source; empty where there is none. */
struct metadata {
	struct buffer exif;     /* a TIFF structure */
	struct buffer xmp;      /* the packet */
	struct buffer xmp_more; /* extended XMP: whole segments of JPEG */
	struct buffer iptc;     /* IPTC-NAA records */
	struct buffer comment;  /* text */
	struct buffer text;     /* whole text chunks of PNG that are neither of these */
};

#define METADATA_NONE                                                                       \
	((struct metadata){BUFFER_HEAP, BUFFER_HEAP, BUFFER_HEAP, BUFFER_HEAP, BUFFER_HEAP, \
	                   BUFFER_HEAP})

/* Adds what a file of that format has to *metadata; header is the image library's view of it,
 * which JPEG, PNG and JPEG XL do without (NULL).
 * What makes no sense is left out. Returns 0 or negative errno. */
int metadata_read(struct metadata *metadata, enum image_format format, struct bytes file,
                  const VipsImage *header);
void metadata_release(struct metadata *metadata);

/* Of one output. exif and xmp are its own, the others the source's. */
struct metadata_parts {
	struct buffer exif, xmp;
	struct bytes xmp_more, iptc, comment, text, profile;
	struct colour_codes codes; /* PNG, AVIF and HEIC */
};

/* What has become of the picture. */
struct metadata_change {
	uint32_t width, height;    /* pixels */
	bool srgb;                 /* its colours have been converted to sRGB */
	struct bytes profile;      /* what its colours are to be read by; empty: sRGB */
	struct colour_codes codes; /* the same by numbers, where they are told */
};

/* The parts for an output: metadata (NULL: none is kept) made true of it. EXIF that cannot be is
 * left out. parts live as long as metadata and the profile; metadata_parts_release() is needed in
 * any case. Returns 0 or negative errno. */
int metadata_parts_make(struct metadata_parts *parts, const struct metadata *metadata,
                        const struct metadata_change *change);
void metadata_parts_release(struct metadata_parts *parts);

/* Makes *image one whose fields of metadata are those that the image library is to write into that
 * format, and no others. header is the source's. Returns 0, or -1. */
int metadata_prepare(VipsImage **image, enum image_format format, const VipsImage *header,
                     const struct metadata_parts *parts);

/* Whether metadata_prepare() has left any: else the library need write none. */
bool metadata_wanted(const VipsImage *image);

/* Puts the parts into the file that begins at `begin` of *out and ends at its end. Returns 0,
 * negative errno, or ERROR_ENCODE where the file has no place for what it must tell. */
int metadata_embed(enum image_format format, const struct metadata_parts *parts, struct buffer *out,
                   size_t begin);

/* Inserts bytes before those at `at`. Returns 0 or what buffer_reserve() returned. */
int metadata_insert(struct buffer *out, size_t at, const void *data, size_t size);

/* --- the formats' own: reading adds to *metadata, embedding is as metadata_embed() ------------ */

int jpeg_markers_read(struct metadata *metadata, struct bytes file);
int jpeg_markers_embed(const struct metadata_parts *parts, struct buffer *out, size_t begin);
int png_metadata_read(struct metadata *metadata, struct bytes file);
int png_metadata_embed(const struct metadata_parts *parts, struct buffer *out, size_t begin);
int webp_metadata_embed(const struct metadata_parts *parts, struct buffer *out, size_t begin);
/* Boxes that are compressed ("brob") are passed over. */
int jxl_metadata_read(struct metadata *metadata, struct bytes file);
int jxl_metadata_embed(const struct metadata_parts *parts, struct buffer *out, size_t begin);

#endif
