/* loaded.h - what libvips' loaders (8.14 to 8.16) hand out that is not quite the picture of the
 * file.
 *
 * - TIFF with associated alpha: colours are divided by alpha and cut to integers, which makes
 * nearly all of them darker by one. They are rounded here.
 * - AVIF and HEIC of 10 and 12 bits: values are shifted into 16 bits, so that white is 65472 or
 *   65520. They are spread over all 16 here.
 * - AVIF, HEIC and JPEG XL whose colours have been multiplied by alpha: handed out as they are,
 *   darker where they are transparent. They are divided here.
 * - JPEG XL of floats: said to be linear light, whatever the file says. They are values of its
 *   profile, or of its numbers, and become integers here.
 *
 * Thread-safe.
 */
#ifndef PIPELINE_LOADED_H
#define PIPELINE_LOADED_H

#include <batchresize/image.h>

#include "libvips/libvips.h"
#include "probe/scan.h"

/* Puts right a picture of that format and file, that its loader has just opened, before anything
 * else is done with it. Adds a step to the pipeline of *image if there is a need. Returns 0 or
 * BR_ERROR_MEMORY; *image is as it was then. */
int loaded_correct(VipsImage **image, enum br_image_format format, const struct scan *scan,
                   struct bytes file);

#endif
