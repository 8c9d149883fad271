/* way.h - which way a picture goes, and why it is the long one: decided here alone.
 *
 * A JPEG that is to become a JPEG, PNG or WebP goes in planes (way_jpeg.h), a PNG that is to become
 * a PNG or a JPEG by its rows (way_rows.h), and so does a JPEG of its own size that becomes a PNG.
 * What these leave out, and every other format, goes by the image library. Three reasons are only
 * found when work has begun: too little memory, odd data, a palette to be found. The way that
 * finds one gives the picture up, and says so in result->detour as is done here.
 *
 * Pure functions; thread-safe.
 */
#ifndef IMAGE_WAY_H
#define IMAGE_WAY_H

#include "picture/picture.h"

enum picture_way {
	WAY_GENERAL, /* by the image library */
	WAY_PLANES,  /* way_jpeg.h */
	WAY_ROWS     /* way_rows.h */
};

/* The way of an open and planned picture. *why is filled in: NONE unless it is the general way of a
 * picture of which another one could be thought. */
enum picture_way way_choose(const struct picture *picture, enum br_image_detour *why);

#endif
