/* gif_timing.h - what encoders make of a GIF whose frames are all alike, made an animation again.
 *
 * cgif 0.5 makes one frame of two that are alike, and adds up their times: of an animation of
 * nothing else a still is left.
 *
 * Pure; thread-safe.
 */
#ifndef IMAGE_GIF_TIMING_H
#define IMAGE_GIF_TIMING_H

#include <stdint.h>

#include <batchresize/buffer.h>

/* Gives the GIF that lies in out from begin on a second frame, of one transparent pixel, where it
 * has but one of so many (at least 2): the last one's time goes with it. delays: milliseconds.
 * Returns 0, ERROR_ENCODE where the file is none that an encoder would make, or what
 * buffer_reserve() returned. */
int gif_timing_keep(const int *delays, uint32_t frames, struct buffer *out, size_t begin);

#endif
