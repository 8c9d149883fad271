/* show.h - shows pictures that are finished to whoever asked to see them: br_image_options.show.
 *
 * One thread at a time.
 */
#ifndef PICTURE_SHOW_H
#define PICTURE_SHOW_H

#include "picture/picture.h"
#include "resample/raster.h"

/* Fills in the rest of the view, and shows it if anybody asked. Returns 0, or what is to be
 * returned: the picture's error is set. */
int show(struct picture *picture, struct br_image_view *view);

/* A picture in plain memory. */
struct shown {
	unsigned size;
	uint32_t frame, frames; /* 0 frames: it is none of an animation */
	struct raster raster;
	/* Its pixels, to be freed with free(), if they may be written to. NULL: they may not; then
	 * a changed picture gets such ones. */
	uint8_t *own;
	bool changed;
};

int show_raster(struct picture *picture, struct shown *shown);

#endif
