/* exif.h - makes kept EXIF true of a picture that has been turned and resized.
 *
 * A pure function of bytes to bytes; thread-safe. Nothing is moved: what is not changed keeps its
 * place, and so maker notes, whose offsets nobody else knows, stay right.
 *
 * No loop of directories can hold it up: it goes from the first one to its Exif, GPS and
 * interoperability ones and to the second, once each. Every offset and count is checked.
 */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include <batchresize/buffer.h>

#include "image/bytes.h"

/* The Orientation of a TIFF structure's first directory, as SHORT or LONG, 1 to 8; 1 where there is
 * none that makes sense. */
unsigned exif_orientation(struct bytes exif);

struct exif_change {
	uint32_t width, height; /* of the picture now, pixels */
	bool srgb;              /* its colours have been converted to sRGB */
};

/* Appends exif, a TIFF structure as EXIF has it (Exif 2.32, 4.5), to *out:
 * - Orientation says upright; it, ImageWidth, ImageLength, PixelXDimension and PixelYDimension are
 *   right where they are there at all;
 * - with change->srgb, ColorSpace says sRGB, and the DCF option file for Adobe RGB is a basic one;
 * - the second directory, which holds the thumbnail, is no longer linked; its bytes are cut off
 *   where they are the last, and zeros otherwise.
 *
 * Returns 0, negative errno, or ERROR_CORRUPT when the structure cannot be relied upon: a directory
 * that is not within it, a thumbnail that lies over the rest. *out is as it was then. */
int exif_change(struct bytes exif, const struct exif_change *change, struct buffer *out);

#endif
