/* filter.h - the inner loops of resampling: weighted sums of lines, and along a line.
 *
 * Bytes go through integers: 14 bits of weight, 6 bits of fraction between the two passes, so that
 * every version of a loop gives the same result to the last bit. Everything else (16 bits, alpha)
 * goes through floats, added up in the same order by every version.
 *
 * Pure functions; thread-safe.
 */
#ifndef IMAGE_FILTER_H
#define IMAGE_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "image/kernel.h"

/* Samples that must be readable behind a line that is handed to filter_along_bytes(); their values
 * do not matter. */
#define FILTER_PADDING (4 * KERNEL_ALIGN + 16)

/* One line of the vertical pass: sums `count` lines of n bytes. */
void filter_across_bytes(int16_t *out, const uint8_t *const *lines, const int16_t *weights,
                         uint32_t count, size_t n);

/* One line of the horizontal pass, from kernel->in to kernel->out pixels of `bands` samples. */
void filter_along_bytes(uint8_t *out, const int16_t *line, const struct kernel *kernel,
                        unsigned bands);

/* The same for floats. */
void filter_across_floats(float *out, const float *const *lines, const float *weights,
                          uint32_t count, size_t n);
void filter_along_floats(float *out, const float *line, const struct kernel *kernel,
                         unsigned bands);

/* Samples as they are, as floats. */
void filter_bytes_to_floats(float *restrict out, const uint8_t *restrict in, size_t n);
void filter_words_to_floats(float *restrict out, const uint16_t *restrict in, size_t n);

#endif
