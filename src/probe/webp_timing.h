/* webp_timing.h - how long an animated WebP shows each of its frames (WebP container
 * specification), put right after encoding.
 *
 * libvips' saver shows what is to be seen for 10 ms or less for 100, and libwebp makes one frame of
 * two that are alike, and a still of one frame. So the saver is told the same time for every frame,
 * WEBP_TIMING_TICK, from which one sees how many frames of the animation each one of the file
 * stands for, and the times are written here.
 *
 * Pure; thread-safe.
 */
#ifndef PROBE_WEBP_TIMING_H
#define PROBE_WEBP_TIMING_H

#include <stdint.h>

#include <batchresize/buffer.h>

/* Milliseconds; the least that the saver leaves as it is. */
#define WEBP_TIMING_TICK 11

struct webp_timing {
	const int *delays;      /* milliseconds, one for each frame */
	uint32_t frames;        /* at least 2 */
	uint32_t loop;          /* how often it is played; 0: for ever */
	uint32_t width, height; /* of a frame, in pixels */
};

/* Writes the times into the WebP that lies in out from begin on. One that has become a still gets a
 * second frame, of one transparent pixel, so that it lasts as long as before. Returns 0,
 * BR_ERROR_ENCODE if the file is none that the saver would make of so many frames, or what
 * br_buffer_reserve() returned. */
int webp_timing_set(const struct webp_timing *timing, struct br_buffer *out, size_t begin);

#endif
