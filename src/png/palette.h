/* palette.h - the colours of a picture if they are few enough for a palette.
 *
 * Thread-safe. No function changes its picture.
 */
#ifndef PNG_PALETTE_H
#define PNG_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

#include "resample/raster.h"

#define PALETTE_MAX   256
#define PALETTE_SLOTS 1024 /* a power of two, four times as many as colours */

/* All pixels that are fully transparent count as one colour: black, transparent. */
struct palette {
	unsigned colours;             /* 1..PALETTE_MAX */
	unsigned translucent;         /* how many of them are not opaque; they come first */
	uint8_t rgba[PALETTE_MAX][4]; /* each part from dark to light */
	unsigned bits;                /* 1, 2, 4 or 8: what an index needs */
	unsigned gray_bits;           /* the same for its gray as a fraction; 0: not opaque gray */
	int16_t slot[PALETTE_SLOTS];  /* hash -> colour, -1: none */
};

/* Finds the colours of a picture of 8 bits. Stops at the first one too many. Returns whether there
 * are at most PALETTE_MAX. */
bool palette_find(const struct raster *raster, struct palette *palette);

/* The colours' numbers along a line of the picture they were found in. */
void palette_map(const struct palette *palette, const struct raster *raster, uint32_t y,
                 uint8_t *indexes);

#endif
