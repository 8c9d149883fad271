/* rows.h - a decoder that gives a picture line by line, and an encoder that takes one from plain
 * memory: what the short ways go from and to. A format is added to them by one of each.
 *
 * One thread at a time.
 */
#ifndef IMAGE_ROWS_H
#define IMAGE_ROWS_H

#include "jpeg/codec_jpeg.h"
#include "picture/picture.h"
#include "resample/raster.h"
#include "resample/resample_core.h"

/* --- decoders ------------------------------------------------------------------------ */

/* An open decoder. */
struct row_source {
	struct raster shape; /* what it gives; without pixels */
	void *context;       /* of the functions; NULL: it is closed */
	/* Fills in how the lines come; the source's format and bands are those of the shape. */
	void (*lines)(void *context, struct resample_source *lines);
	bool again; /* they can be had more than once */
	/* The whole picture, to be freed with free(), or NULL: no memory. Where lines do not come
	 * again, in their place. */
	void *(*whole)(void *context);
	/* When all lines have been asked for: whether they were right. If not, none of them is to
	 * be used, and the picture is for the general way. NULL: they are right. */
	bool (*finish)(void *context);
	void (*close)(void *context);
};

/* Opens the picture for a size (pixels, as stored), to where every line can be had; `once`: and
 * whole() is not called, nor are lines asked for twice. Returns 0, -ENOTSUP if this is for the
 * general way by the memory that may be taken, -EBADMSG if it is by damaged data, or a code with
 * the picture's error set. If a context is set, it is to be
 * closed in any case. */
int row_source_open_png(struct picture *picture, uint32_t width, uint32_t height, bool once,
                        struct row_source *rows);

/* The same at full size, whatever is to become of it; in memory. */
int row_source_open_jpeg(struct picture *picture, struct row_source *rows);

/* --- encoders ------------------------------------------------------------------------ */

struct row_sink;

/* What is to be encoded. */
struct row_picture {
	const struct row_sink *sink;
	unsigned size; /* which of the picture's sizes it is */
	struct raster raster;
	/* In place of its pixels, for an encoder that takes planes; else NULL. */
	const struct jpeg_planes *planes;
	bool untouched;       /* the pixels are the file's own */
	struct bytes profile; /* that they are meant by; empty: sRGB */
};

struct row_sink {
	enum br_image_format format;
	bool alpha, deep;   /* it has alpha; 16 bits */
	bool planes;        /* it takes nothing but planes, with Cb and Cr of half the sides */
	uint64_t bytes_max; /* of the pixels */
	/* Appends the picture to picture->out, without the metadata that will be put in. Returns 0,
	 * -ENOTSUP (nothing has been done: it is for the general way), -ECANCELED when it was late,
	 * BR_ERROR_ENCODE, or another negative errno. */
	int (*encode)(struct picture *picture, const struct row_picture *what,
	              const struct metadata_parts *parts);
};

extern const struct row_sink row_sink_jpeg, row_sink_png, row_sink_webp;

/* NULL: there is none of that format. */
const struct row_sink *row_sink_of(enum br_image_format format);

/* Makes the file of one size: encodes it to the end of picture->out, with its metadata, and fills
 * in the result. Returns 0, -ENOTSUP (nothing has been done), or what it has set the picture's
 * error to. */
int rows_make_file(struct picture *picture, const struct row_picture *what);

/* Whether the picture's time is over; the context is the picture. For the encoders. */
bool rows_are_late(void *context);

#endif
