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

/* Makes every size that is wanted, to the same bytes, of a picture that way_choose() sends here.
 * *taken is false if it turns out on the way that it is for the general one, as result->detour says
 * then, and nothing has been done. */
int way_rows(struct picture *picture, bool *taken);

#endif
