/* finish.h - all that is done to a resampled picture in plain memory before it is encoded: its
 * depth, upright, on a background, cut and framed.
 *
 * The pixels are those of the general way (canvas.h, colour.h), to the last bit. Pure functions;
 * thread-safe.
 */
#ifndef PICTURE_FINISH_H
#define PICTURE_FINISH_H

#include "geometry/geometry.h"
#include "resample/raster.h"

struct finish {
	const struct br_image_geometry *geometry;
	struct turn turn;
	bool deep;             /* 16 bits stay */
	bool flat;             /* alpha does not: the picture is laid on the background */
	bool transparent;      /* margins are, instead of being painted */
	uint8_t background[3]; /* as the pixels are meant; gray if these are gray */
};

/* Whether there is nothing to be done. */
bool finish_is_done(const struct raster *raster, const struct finish *finish);

/* What becomes of the raster, which is as large as the geometry's scaled picture before it is
 * turned, in its sides, bands and bits; without pixels. */
struct raster finish_shape(const struct raster *raster, const struct finish *finish);

/* Bytes of `room`. */
size_t finish_room(const struct raster *raster, const struct finish *finish);

/* Makes its pixels. */
void finish_run(const struct raster *raster, const struct finish *finish, uint8_t *pixels,
                void *room);

#endif
