/* way_jpeg.h - the short way of JPEGs, past the image library: their planes are resampled as they
 * are decoded, and encoded as a JPEG without becoming RGB, or turned into pixels only in their
 * size.
 *
 * Thread-safe; a picture is used by one thread at a time.
 */
#ifndef IMAGE_WAY_JPEG_H
#define IMAGE_WAY_JPEG_H

#include "picture/picture.h"

/* Whether pictures of that format can take this way at all under the options. */
bool way_jpeg_is_possible(enum br_image_format source, const struct br_image_options *options);

/* Makes the sizes that are wanted, from one decode in planes. *taken says whether the picture was
 * for this way at all: if not, nothing has been done, and result->detour says why, of formats that
 * have an encoder here; NONE: a size is the file's own, and for way_rows.h. Returns 0, a code, or a
 * negative errno; out->size is unchanged then. */
int way_jpeg(struct picture *picture, bool *taken);

#endif
