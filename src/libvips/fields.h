/* fields.h - metadata as the image library has it: fields of its pictures.
 *
 * Thread-safe.
 */
#ifndef LIBVIPS_FIELDS_H
#define LIBVIPS_FIELDS_H

#include "libvips/libvips.h"
#include "metadata/metadata.h"

/* What an open file's header has. Its bytes are the header's, which puts others in their place once
 * pixels are read. */
struct metadata_fields fields_read(const VipsImage *header);

/* Makes *image one whose fields of metadata are those that the image library is to write into that
 * format, and no others. header is the source's. Returns 0, or -1. */
int fields_write(VipsImage **image, enum br_image_format format, const VipsImage *header,
                 const struct metadata_parts *parts);

#endif
