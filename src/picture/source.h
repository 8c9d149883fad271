/* source.h - a file of one image on its way to pixels: recognised, scanned, within limits, open
 * (see open.h).
 *
 * A JPEG's header is read by libjpeg alone, a PNG's by png_reader, so that one which stays what it
 * is never needs the image library. What these stumble over, and every other format, is opened by
 * the image library, which is loaded for it.
 */
#ifndef PICTURE_SOURCE_H
#define PICTURE_SOURCE_H

#include <batchresize/error.h>
#include <batchresize/image.h>

#include "jpeg/codec_jpeg.h"
#include "png/codec_png.h"
#include "geometry/placement.h"
#include "png/png_reader.h"
#include "metadata/profile.h"
#include "probe/scan.h"
#include "picture/worker.h"

struct source {
	const struct br_image_options *options;
	struct bytes bytes;     /* as given */
	struct bytes rewritten; /* ours, or empty: see scan_rewrite() */
	struct scan scan;
	struct br_image_info info;
	struct br_image_worker *worker;
	struct jpeg_codec *jpeg;   /* the worker's, which has the JPEG open; or NULL */
	enum jpeg_decline decline; /* why jpeg may not resize it */
	struct png_reader *png;    /* which has the PNG open, to be taken over by a user; or NULL */
	struct png_info png_info;  /* if there is or was one; else zeros */
	struct view *view;         /* the image library's; NULL: it has not opened the file */
	struct profile profile;
	bool shared; /* this thread uses the image library beside others: words_share() */
	bool asked;  /* the image library was: what fails may be its verdict on the file */
	const char *(*words)(void); /* of its last failure; NULL: it was not */
	/* Of formats whose end no scan finds, whether what its decoder failed on ends early. */
	bool (*is_cut)(struct bytes file);
};

/* Whether data of the picture is missing, of one that has been made nonetheless: only if fail_on
 * allows it. What the scan finds missing source_open() refuses otherwise, whatever the decoder
 * makes of it, and what the decoder finds missing is an error of its own. */
bool source_is_short(const struct source *source);

/* Width and height after the orientation has been applied. */
uint32_t source_seen_width(const struct source *source);
uint32_t source_seen_height(const struct source *source);

/* By how much the decoder is to make a picture smaller that will have that size (pixels, as
 * stored): never to less than twice that, and only if the format can and the options allow. 1:
 * not. */
unsigned source_shrink(const struct source *source, uint32_t width, uint32_t height);

/* Bytes that decoding for that size takes at its peak, the resampling included. */
uint64_t source_cost(const struct source *source, uint32_t width, uint32_t height);

/* How the picture comes to its place in an output of that geometry. */
struct placement source_placement(const struct source *source,
                                  const struct br_image_geometry *geometry);

/* What the picture was in the file. */
struct codec_origin source_origin(const struct source *source);

/* Whether outputs of that format are to have the source's profile. Without it the pixels would be
 * of other colours: if there is no place for it they cannot stay as they are. */
bool source_keeps_profile(const struct source *source, enum br_image_format format);

/* What is to be noted of an output of so many bytes: bits of enum br_image_note. */
uint32_t source_size_notes(const struct source *source, uint64_t size);

/* The file as it is to be read: without what scan_rewrite() leaves out. */
struct bytes source_file(const struct source *source);

/* What a failure to read pixels means: fills *error and returns the code. `code` is what the
 * failing step returned; BR_ERROR_CORRUPT becomes BR_ERROR_TRUNCATED if the file's end is
 * missing. */
int source_fault(const struct source *source, int code, struct br_error *error);

/* The image library's own words for its last failure, or "" if they might be another thread's.
 * Begins with ": ". Uses and returns buffer. */
const char *source_quote(const struct source *source, char *buffer, size_t size);

#endif
