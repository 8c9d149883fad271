/* scan.h - a cheap walk over a file's structure before any library sees it.
 *
 * A scan costs microseconds and no memory. It finds what the libraries would only find out by
 * allocating and decoding: how large the picture claims to be, how many passes, frames and pages
 * there are, whether the file's own structure reaches its end. It is no validation: what it does
 * not understand it leaves to the library.
 *
 * Pure functions of the bytes; thread-safe.
 */
#ifndef PROBE_SCAN_H
#define PROBE_SCAN_H

#include <batchresize/error.h>
#include <batchresize/image.h>

#include "base/bytes.h"

/* Frames of a GIF that libnsgif, which is part of libvips, reads (its NSGIF_FRAMES_MAX). */
#define SCAN_GIF_FRAMES_READ 4096

struct scan {
	uint32_t width, height;  /* pixels as stored; 0 if only the library can tell */
	uint32_t bands, bits;    /* of one pixel as decoded, of one channel; 0: unknown */
	uint32_t pages;          /* frames or pages, at least 1 */
	bool ended;              /* the structure ends within the file: nothing is cut off */
	bool missing;            /* of the picture's data; the decoder may well not say so */
	struct {                 /* WebP: zeros that the last picture ends in, if worth a look */
		uint64_t size;   /* 0: none are */
		uint64_t at;     /* where the picture's chunk begins */
		uint64_t pixels; /* that it says it has */
	} tail;
	bool palette;         /* PNG, GIF: pixels are numbers of colours */
	bool whole;           /* cannot be decoded in strips (progressive, interlaced) */
	bool lossless;        /* WebP: VP8L */
	uint64_t blocks;      /* JPEG: whose coefficients a progressive decoder keeps */
	uint64_t row_bytes;   /* PNG: of a row as stored */
	uint64_t packed;      /* PNG: deflated bytes */
	uint64_t piece;       /* TIFF: decoded bytes of the largest strip or tile */
	bool associated;      /* TIFF: colours have been multiplied by alpha */
	uint32_t page, child; /* TIFF: the directory that is the picture, from 0; not 0: which of
	                       * the first one's children, from 1, instead */
	bool fax;             /* TIFF: coded as one is, in black and white */
	bool white_is_zero;   /* TIFF: 0 is white */
	bool rewrite;         /* the library should be given scan_rewrite()'s bytes instead */
};

/* What is refused beyond; the fields of br_image_options with those names. */
struct scan_limits {
	uint32_t max_scans;
	uint64_t max_pixels; /* all scans of a JPEG together may go over 16 times as many */
	uint64_t max_metadata;
};

/* Scans. Returns 0, or BR_ERROR_TRUNCATED, BR_ERROR_CORRUPT, BR_ERROR_UNSUPPORTED or
 * BR_ERROR_TOO_LARGE when the library need not even be asked; *error is filled in then. */
int scan_run(enum br_image_format format, struct bytes bytes, const struct scan_limits *limits,
             struct scan *scan, struct br_error *error);

/* When scan->rewrite: the file without what makes opening it dangerous or its pixels undefined (see
 * the format's own file). *rewritten is to be freed with free(). Returns 0 or BR_ERROR_MEMORY. */
int scan_rewrite(enum br_image_format format, struct bytes bytes, struct bytes *rewritten,
                 struct br_error *error);

/* The formats' own. */
int scan_jpeg(struct bytes bytes, const struct scan_limits *limits, struct scan *scan,
              struct br_error *error);
int scan_png(struct bytes bytes, struct scan *scan, struct br_error *error);
int scan_png_rewrite(struct bytes bytes, struct bytes *rewritten);
int scan_webp(struct bytes bytes, struct scan *scan, struct br_error *error);
int scan_webp_rewrite(struct bytes bytes, struct bytes *rewritten);
int scan_gif(struct bytes bytes, struct scan *scan, struct br_error *error);
int scan_tiff(struct bytes bytes, uint64_t max_metadata, struct scan *scan, struct br_error *error);
int scan_boxes(struct bytes bytes, struct scan *scan, struct br_error *error);
int scan_jxl_rewrite(struct bytes bytes, struct bytes *rewritten);

/* Whether a JPEG XL may have several frames. */
bool scan_jxl_is_animated(struct bytes bytes);

/* Says that it is a RAW photograph: BR_ERROR_RAW_THUMBNAIL. */
int scan_raw(struct br_error *error);

#endif
