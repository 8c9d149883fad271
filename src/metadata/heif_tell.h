/* heif_tell.h - writes the numbers of colours into an AVIF or HEIC that libheif has made.
 *
 * Pure functions of the bytes; thread-safe. Nothing is trusted.
 */
#ifndef METADATA_HEIF_TELL_H
#define METADATA_HEIF_TELL_H

#include <batchresize/buffer.h>

#include "colour/colour_codes.h"

/* Makes the primary item of the file from `begin` to the end of *out say the codes' primaries and
 * transfer: in its nclx box if it has one (libheif 1.15), else in a new one (1.23 leaves it
 * out), with the matrix of BT.601 and the full range that the encoder uses. Returns 0, what
 * br_buffer_reserve() returned, or BR_ERROR_ENCODE for a file of another build. */
int heif_tell_codes(struct br_buffer *out, size_t begin, const struct colour_codes *codes);

#endif
