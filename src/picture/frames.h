/* frames.h - which animations keep their frames, and how many they may be.
 *
 * Pure functions; thread-safe.
 */
#ifndef PICTURE_FRAMES_H
#define PICTURE_FRAMES_H

#include "picture/source.h"

/* One frame may have max_pixels, and all together this many times as many. */
#define PIXELS_FACTOR 8

/* Whether all frames are kept. */
bool frames_are_kept(const struct source *source, enum br_image_format out_format);

/* Whether that many frames can be made into ones of the geometry's size: 0, or BR_ERROR_TOO_LARGE.
 */
int frames_check(const struct source *source, const struct br_image_geometry *geometry,
                 struct br_error *error);

#endif
