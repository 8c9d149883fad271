/* gif_timing.h - how long a GIF shows its frames, where the libraries know better than the file.
 *
 * libnsgif shows a frame that has no time of its own for 100 ms.
 *
 * cgif 0.5 makes one frame of two that are alike, and adds up their times: of an animation of
 * nothing else a still is left.
 *
 * Pure; thread-safe.
 */
#ifndef PROBE_GIF_TIMING_H
#define PROBE_GIF_TIMING_H

#include <stdint.h>

#include <batchresize/buffer.h>

#include "base/bytes.h"

/* Makes the time of each frame 0 of which the GIF says none: it has no control block. */
void gif_timing_read(struct bytes file, int *delays, uint32_t frames);

/* Gives the GIF that lies in out from begin on a second frame, of one transparent pixel, if it
 * has only one of so many (at least 2): the last one's time goes with it. delays: milliseconds.
 * Returns 0, BR_ERROR_ENCODE if the file is none that an encoder would make, or what
 * br_buffer_reserve() returned. */
int gif_timing_keep(const int *delays, uint32_t frames, struct br_buffer *out, size_t begin);

#endif
