/* way_jpeg.h - the short way from JPEG to JPEG, past RGB and the image library; and the one rule
 * that says which pictures may take it.
 *
 * Thread-safe.
 */
#ifndef IMAGE_WAY_JPEG_H
#define IMAGE_WAY_JPEG_H

#include "metadata/metadata.h"
#include "picture/source.h"

/* Whether pictures of that format can take this path at all under the options. */
bool way_jpeg_is_possible(enum br_image_format source, const struct br_image_options *options);

/* Makes the wanted sizes (bit i: size i) of an open source, whose geometry is planned, from one
 * decode in planes, and appends them to *out; with metadata, if the options keep it. Fills
 * result's outputs, notes and times. *taken says whether the picture was for this path at all: if
 * not, nothing has been done, and result->detour says why. Returns 0, a code, or a negative errno;
 * out->size is unchanged then. */
int way_jpeg(const struct source *source, const struct metadata *metadata,
             const struct br_image_geometry *geometry, uint32_t wanted, struct br_buffer *out,
             struct br_image_result *result, bool *taken, struct br_error *error);

#endif
