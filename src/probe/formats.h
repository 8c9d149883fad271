/* formats.h - what is known of a format whatever the libraries can do: see image.h for the rest of
 * the table.
 *
 * Pure functions; thread-safe.
 */
#ifndef PROBE_FORMATS_H
#define PROBE_FORMATS_H

#include <batchresize/error.h>
#include <batchresize/image.h>

/* Whether the format is read and written without the image library, mostly: see
 * way.h. */
bool format_is_ours(enum br_image_format format);

/* Pixels that a side of an output may have; 0 of a format that is not written. */
uint32_t format_side_max(enum br_image_format format);

/* Debian's packages that the image library needs for it, as a list in words; or NULL. */
const char *format_packages(enum br_image_format format);

/* BR_ERROR_UNSUPPORTED or BR_ERROR_RAW_THUMBNAIL for a format that is recognised and not read, with
 * what to do instead; or 0. */
int format_check_read(enum br_image_format format, struct br_error *error);

/* The quality that the options ask for a format. */
unsigned format_quality(enum br_image_format format, const struct br_image_options *options);

#endif
