/* make.h - from an open and planned picture to its files, by the way that way.h chooses.
 *
 * One thread at a time.
 */
#ifndef IMAGE_MAKE_H
#define IMAGE_MAKE_H

#include "picture/picture.h"

/* Makes every size that is wanted. Returns 0, a code, or a negative errno, with *picture->error
 * set. */
int make(struct picture *picture);

#endif
