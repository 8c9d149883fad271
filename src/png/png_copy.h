/* png_copy.h - the picture of a PNG as it was compressed, without what surrounds it.
 *
 * Pure functions; thread-safe.
 */
#ifndef PNG_PNG_COPY_H
#define PNG_PNG_COPY_H

#include <batchresize/buffer.h>

#include "base/bytes.h"

/* Appends a PNG of the same pixels if that takes fewer than `limit` bytes: header, palette,
 * transparency and data. Copies nothing of a file that png_reader would decline by its structure;
 * the data itself must have been read before. Returns 0 or what br_buffer_append() returned. */
int png_copy(struct bytes png, size_t limit, struct br_buffer *out);

#endif
