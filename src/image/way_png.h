/* way_png.h - the short way from PNG to PNG, without the image library.
 *
 * Thread-safe; a picture is used by one thread at a time.
 */
#ifndef IMAGE_WAY_PNG_H
#define IMAGE_WAY_PNG_H

#include "picture/picture.h"

/* Whether a picture of that format might be made by way_png(), by the options. */
bool way_png_is_possible(enum br_image_format source, const struct br_image_options *options);

/* Makes the one size that is wanted of a PNG to PNG without the image library, where it would be
 * made to the same bytes: *taken is false where it is not, and nothing has been done. */
int way_png(struct picture *picture, bool *taken);

#endif
