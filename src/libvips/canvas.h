/* canvas.h - what happens to a picture after it has its size and colours: turned upright, cropped,
 * put on a background.
 *
 * Thread-safe. All functions replace *image and return 0 or BR_ERROR_CORRUPT.
 */
#ifndef LIBVIPS_CANVAS_H
#define LIBVIPS_CANVAS_H

#include <batchresize/image.h>

#include "libvips/libvips.h"

/* Applies an EXIF orientation, 1..8. The picture should be in memory: it is read in any order. */
int canvas_orient(VipsImage **image, uint32_t orientation);

/* Moves a crop that geometry_searches() to what is worth most. The picture must be in memory: it is
 * read several times. */
int canvas_search(VipsImage *image, struct br_image_geometry *geometry,
                  enum br_image_gravity gravity);

/* The crop and the margins of a geometry. The background is as the picture's own colours; NULL:
 * transparent margins, for which a picture without alpha gets one. */
int canvas_place(VipsImage **image, const struct br_image_geometry *geometry,
                 const uint8_t *background);

/* Lays the picture on the background, which takes its alpha. */
int canvas_flatten(VipsImage **image, const uint8_t background[3]);

#endif
