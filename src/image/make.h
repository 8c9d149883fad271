/* make.h - from an open and planned picture to its files.
 *
 * A JPEG that is to become a JPEG, PNG or WebP mostly goes by way_jpeg.h, a PNG that is to become a
 * PNG or a JPEG by way_rows.h, and all else by the image library. One thread at a time.
 */
#ifndef IMAGE_MAKE_H
#define IMAGE_MAKE_H

#include "picture/picture.h"

/* Makes every size that is wanted. Returns 0, a code, or a negative errno, with *picture->error
 * set. */
int make(struct picture *picture);

#endif
