/* rows.h - a decoder that gives a picture line by line, and an encoder that takes one from plain
 * memory: what way_rows.h goes from and to. A format is added to it by one of each.
 *
 * One thread at a time.
 */
#ifndef IMAGE_ROWS_H
#define IMAGE_ROWS_H

#include "picture/picture.h"
#include "resample/raster.h"
#include "resample/resample_core.h"

/* An open decoder. */
struct row_source {
	struct raster shape; /* what it gives; without pixels */
	void *context;       /* of the functions; NULL: it is closed */
	/* Fills in how the lines come, once; the source's format and bands are those of the shape.
	 */
	void (*lines)(void *context, struct resample_source *lines);
	/* The whole picture instead, to be freed with free(), or NULL: no memory. */
	void *(*whole)(void *context);
	void (*close)(void *context);
};

/* Opens the picture for a size (pixels, as stored), to where every line can be had. Returns false,
 * and has done nothing, if this is for the general way: by the file, or by the memory that may
 * be taken. */
bool row_source_open_png(struct picture *picture, uint32_t width, uint32_t height,
                         struct row_source *source);

/* What is to be encoded. */
struct row_picture {
	struct raster raster;
	const struct metadata_parts *parts; /* that will be put in */
	bool untouched;                     /* the pixels are the file's own */
};

struct row_sink {
	enum br_image_format format;
	bool alpha, deep;   /* it has alpha; 16 bits */
	uint64_t bytes_max; /* of the pixels */
	/* Appends the picture to picture->out, without metadata. Returns 0, -ENOTSUP (nothing has
	 * been done: it is for the general way), -ECANCELED when it was late, BR_ERROR_ENCODE, or
	 * another negative errno. */
	int (*encode)(struct picture *picture, const struct row_picture *what);
};

extern const struct row_sink row_sink_jpeg, row_sink_png;

/* Whether the picture's time is over; the context is the picture. For the encoders. */
bool rows_are_late(void *context);

#endif
