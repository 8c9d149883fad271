/* open.h - a file becomes a source: recognised, scanned, within limits, its header read.
 *
 * Thread-safe; a source is used by one thread at a time.
 */
#ifndef IMAGE_OPEN_H
#define IMAGE_OPEN_H

#include "picture/source.h"

/* Everything that can be said without decoding a pixel: fills source->info as far as it gets, and
 * refuses what is no image, cannot be read, or is over max_pixels. data must outlive the source.
 * The worker works on no other source before source_close(), which is needed in any case. Returns 0
 * or a code. */
int source_open(struct source *source, struct br_image_worker *worker, const void *data,
                size_t size, const struct br_image_options *options, struct br_error *error);
void source_close(struct source *source);

#endif
