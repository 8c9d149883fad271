/* profile.h - the ICC profile of a source: embedded, or made of what its format says instead.
 *
 * Thread-safe.
 */
#ifndef IMAGE_PROFILE_H
#define IMAGE_PROFILE_H

#include <batchresize/buffer.h>
#include <batchresize/image.h>

#include "image/bytes.h"
#include "image/libvips.h"

struct profile {
	struct bytes bytes; /* empty: none */
	struct buffer own;  /* where they lie; the caller's, for the next profile as well */
	bool embedded;      /* the file carries one, usable or not */
	bool broken;        /* and it cannot even be read */
};

/* The profile of a file of that format and so many bands, whose header the image library has read
 * (JPEG and PNG: need not have, NULL).
 *
 * JPEG: put together of up to 255 segments. PNG: cICP for the kinds that a profile of a matrix and
 * a curve can say, iCCP, sRGB (none is needed then), else gAMA and cHRM; none is made of what says
 * the same as sRGB. The others: what the library found.
 *
 * profile->own is a buffer whatever is in it. Returns 0 or negative errno; -ENOTSUP where there is
 * no header, and only libpng can tell what it makes of an iCCP. */
int profile_read(struct profile *profile, enum image_format format, struct bytes file,
                 uint32_t bands, const VipsImage *header);

#endif
