/* jpeg_outline.h - what the direct JPEG path needs to know of a file before it is decoded: the
 * orientation and the profile.
 *
 * Pure functions of the bytes; thread-safe. Nothing here validates: libjpeg does.
 */
#ifndef METADATA_JPEG_OUTLINE_H
#define METADATA_JPEG_OUTLINE_H

#include <stdbool.h>

#include "base/bytes.h"

struct jpeg_outline {
	unsigned orientation; /* 1..8; 1 if none is given */
	size_t profile_at;    /* where the profile lies, when in one piece */
	size_t profile_size;  /* 0: none */
	bool profile_split;   /* in several pieces */
	bool adobe_rgb;       /* EXIF says so; a profile goes before it */
};

/* Reads the segments before the first scan. */
void jpeg_outline_header(struct bytes bytes, struct jpeg_outline *outline);

#endif
