/* view.h - a source as the image library sees it.
 *
 * All need library_open() to have succeeded. Thread-safe; a source is used by one thread at a time.
 */
#ifndef PIPELINE_VIEW_H
#define PIPELINE_VIEW_H

#include "libvips/libvips.h"
#include "picture/source.h"

struct view {
	VipsImage *header; /* open at full size */
	unsigned shrink;   /* by which view_load() had the decoder make it smaller; 0: not yet */
	bool ours;         /* png_reader has read the picture */
	bool spent;        /* the header's pixels have been handed out, and stream only once */
};

/* Opens for decoding at about the size given (pixels, as stored), shrinking on load as
 * source_shrink() says. Refuses with BR_ERROR_TOO_LARGE what would take more memory than a worker
 * may have. A new reference in *image; its pixels stream. */
int view_load(struct source *source, uint32_t width, uint32_t height, VipsImage **image,
              struct br_error *error);

/* Where the picture ends, in pixels of what view_load() or view_load_frames() opened: a shrunk one
 * ends within its last column and line, and the rest of those is padding of the file's. */
double view_end_across(const struct source *source, const VipsImage *image);
double view_end_down(const struct source *source, const VipsImage *image);

/* Opens every frame of a GIF or WebP at full size: a new reference in *image, one frame below the
 * other. Refuses nothing. */
int view_load_frames(struct source *source, VipsImage **image, struct br_error *error);

#endif
