/* samples.h - samples of every kind as floats and back, a line at a time; alpha multiplied into the
 * colours and out again.
 *
 * Pure functions; thread-safe.
 */
#ifndef IMAGE_SAMPLES_H
#define IMAGE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "image/libvips.h"

/* Whether the functions below know the format: 8 and 16 bits, signed ones of 16, float. */
bool samples_known(VipsBandFormat format);

/* Bytes of a sample of those. */
size_t samples_size(VipsBandFormat format);

/* What opaque alpha is: the largest value of unsigned integers, 1 of floats. */
float samples_max(VipsBandFormat format);

void samples_to_floats(float *restrict out, const void *restrict in, VipsBandFormat format,
                       size_t samples);

/* Rounded to the nearest and cut to the format's range; floats stay as they are. */
void samples_from_floats(void *restrict out, const float *restrict in, VipsBandFormat format,
                         size_t samples);

/* The colours of a pixel weigh as much as it is opaque, or what is hidden would show at the edges.
 * Alpha is the last of the bands, opaque at `max`. */
void samples_premultiply(float *line, size_t pixels, unsigned bands, float max);

/* The way back. Colours of what is wholly transparent are 0. */
void samples_unpremultiply(float *line, size_t pixels, unsigned bands, float max);

#endif
