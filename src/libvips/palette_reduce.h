/* palette_reduce.h - a picture in so few colours that a palette holds them, where nobody sees it.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_PALETTE_REDUCE_H
#define LIBVIPS_PALETTE_REDUCE_H

#include "libvips/libvips.h"
#include "png/palette.h"
#include "libvips/pixels.h"

/* A copy of an 8-bit picture in memory in at most PALETTE_MAX colours that cannot be told from it
 * by eye; NULL if there is none. See palette_reduce.c for what that means. */
VipsImage *palette_reduce(VipsImage *image, struct pull *pull);

#endif
