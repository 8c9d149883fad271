/* source.h - a file of one image on its way to pixels: recognised, scanned, within limits, open.
 *
 * A JPEG's header is read by libjpeg alone, a PNG's by png_reader, so that one which stays what it
 * is never needs the image library. What these stumble over, and every other format, is opened by
 * the image library, which is loaded for it.
 */
#ifndef IMAGE_SOURCE_H
#define IMAGE_SOURCE_H

#include <batchresize/error.h>
#include <batchresize/image.h>

#include "image/codec_jpeg.h"
#include "image/codec_png.h"
#include "image/libvips.h"
#include "image/placement.h"
#include "image/png_reader.h"
#include "image/profile.h"
#include "image/scan.h"
#include "image/worker.h"

struct source {
	const struct image_options *options;
	struct bytes bytes;     /* as given */
	struct bytes rewritten; /* ours, or empty: see scan_rewrite() */
	struct scan scan;
	struct image_info info;
	struct image_worker *worker;
	struct jpeg_codec *jpeg;   /* the worker's, which has the JPEG open; or NULL */
	enum jpeg_decline decline; /* why jpeg may not resize it */
	struct png_reader *png;    /* which has the PNG open, to be taken over by a user; or NULL */
	struct png_info png_info;  /* where there is one */
	VipsImage *header;         /* open at full size; NULL before source_open_library() */
	struct profile profile;
	unsigned shrink; /* by which source_load() had the decoder make it smaller; 0: not yet */
	bool ours;       /* png_reader has read the picture */
	bool shared;     /* this thread uses the image library beside others: libvips_share() */
	bool spent;      /* the header's pixels have been handed out, and stream only once */
	bool asked;      /* the image library was: what fails may be its verdict on the file */
	const char *(*words)(void); /* of its last failure; NULL: it was not */
};

/* Everything that can be said without decoding a pixel: fills source->info as far as it gets, and
 * refuses what is no image, cannot be read, or is over max_pixels. data must outlive the source.
 * The worker works on no other source before source_close(), which is needed in any case. Returns 0
 * or a code. */
int source_open(struct source *source, struct image_worker *worker, const void *data, size_t size,
                const struct image_options *options, struct error *error);
void source_close(struct source *source);

/* Opens the header in the image library, where source_open() has not: for all that needs it, which
 * is everything below but source_seen_...(), source_cost() and source_fault(). Returns 0 or a code.
 */
int source_open_library(struct source *source, struct error *error);

/* What the image library has found in the header; false where it has not opened it. */
bool source_fields(const struct source *source, struct metadata_fields *fields);

/* Whether data of the picture is missing, of one that has been made nonetheless: only where fail_on
 * allows it. What the scan finds missing source_open() refuses otherwise, whatever the decoder
 * makes of it, and what the decoder finds missing is an error of its own. */
bool source_is_short(const struct source *source);

/* Width and height after the orientation has been applied. */
uint32_t source_seen_width(const struct source *source);
uint32_t source_seen_height(const struct source *source);

/* Opens for decoding at about the size given (pixels, as stored), shrinking on load where the
 * format can and the options allow, but never to less than twice that. Refuses with ERROR_TOO_LARGE
 * what would take more memory than a worker may have. A new reference in *image; its pixels stream.
 */
int source_load(struct source *source, uint32_t width, uint32_t height, VipsImage **image,
                struct error *error);

/* Bytes that decoding for that size takes at its peak, the resampling included. */
uint64_t source_cost(const struct source *source, uint32_t width, uint32_t height);

/* Where the picture ends, in pixels of what source_load() or source_load_frames() opened: a shrunk
 * one ends within its last column and line, and the rest of those is padding of the file's. */
double source_end_across(const struct source *source, const VipsImage *image);
double source_end_down(const struct source *source, const VipsImage *image);

/* Opens every frame of a GIF or WebP at full size: a new reference in *image, one frame below the
 * other. Refuses nothing. */
int source_load_frames(struct source *source, VipsImage **image, struct error *error);

/* How the picture comes to its place in an output of that geometry. */
struct placement source_placement(const struct source *source,
                                  const struct image_geometry *geometry);

/* What the picture was in the file. */
struct codec_origin source_origin(const struct source *source);

/* The file as it is to be read: without what scan_rewrite() leaves out. */
struct bytes source_file(const struct source *source);

/* What a failure to read pixels means: fills *error and returns the code. `code` is what the
 * failing step returned; ERROR_CORRUPT becomes ERROR_TRUNCATED where the file's end is missing. */
int source_fault(const struct source *source, int code, struct error *error);

/* The image library's own words for its last failure, or "" where they might be another thread's.
 * Begins with ": ". Uses and returns buffer. */
const char *source_quote(const struct source *source, char *buffer, size_t size);

#endif
