/* way_rows.h - the short way of pixels, without the image library: lines of a decoder are resampled
 * as they come, and the result is encoded where it is.
 *
 * All parts are those of the general way, or do to the last bit what these do, so the bytes are the
 * same. Decoders and encoders are behind rows.h.
 *
 * Thread-safe; a picture is used by one thread at a time.
 */
#ifndef IMAGE_WAY_ROWS_H
#define IMAGE_WAY_ROWS_H

#include "picture/picture.h"

/* Whether a picture of that format might be made by way_rows(), by the options. */
bool way_rows_is_possible(enum br_image_format source, const struct br_image_options *options);

/* Makes the one size that is wanted, if it would be made to the same bytes: *taken is false
 * if it is not, and nothing has been done; result->detour says why, of formats that have a
 * decoder and an encoder here. */
int way_rows(struct picture *picture, bool *taken);

#endif
