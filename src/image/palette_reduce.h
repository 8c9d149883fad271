/* palette_reduce.h - a picture in so few colours that a palette holds them, where nobody sees it.
 *
 * Thread-safe.
 */
#ifndef IMAGE_PALETTE_REDUCE_H
#define IMAGE_PALETTE_REDUCE_H

#include "image/libvips.h"
#include "image/palette.h"
#include "image/pixels.h"

/* A copy of an 8-bit picture in memory in at most PALETTE_MAX colours that cannot be told from it
 * by eye; NULL where there is none. See palette_reduce.c for what that means. */
VipsImage *palette_reduce(VipsImage *image, struct pull *pull);

#endif
