/* way_jpeg.h - the short way of JPEGs, past the image library: their planes are resampled as they
 * are decoded, and encoded as a JPEG without becoming RGB, or turned into pixels only in their
 * size.
 *
 * Thread-safe; a picture is used by one thread at a time.
 */
#ifndef IMAGE_WAY_JPEG_H
#define IMAGE_WAY_JPEG_H

#include "picture/picture.h"

/* Makes the sizes that are wanted, from one decode in planes, of a picture that way_choose() sends
 * here. *taken is false if there is not the memory for it, as result->detour says then, and nothing
 * has been done. Returns 0, a code, or a negative errno; out->size is unchanged then. */
int way_jpeg(struct picture *picture, bool *taken);

#endif
