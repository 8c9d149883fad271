/* png_profile.h - the ICC profile in a PNG's iCCP chunk.
 *
 * A pure function of the bytes; thread-safe.
 */
#ifndef METADATA_PNG_PROFILE_H
#define METADATA_PNG_PROFILE_H

#include <batchresize/buffer.h>

#include "base/bytes.h"

/* Appends the profile of a PNG whose chunks are right (see png_header.c). Returns 0, what
 * br_buffer_reserve() returned, or -ENOTSUP: there is none, or it is not sure that libpng would
 * take it, nor what it would say. */
int png_profile_read(struct bytes png, struct br_buffer *out);

#endif
