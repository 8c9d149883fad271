/* resample_core.h - resampling of lines as they come, alpha premultiplied; without an image
 * library.
 *
 * Thread-safe.
 */
#ifndef RESAMPLE_RESAMPLE_CORE_H
#define RESAMPLE_RESAMPLE_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include <batchresize/image.h>

#include "resample/kernel.h"
#include "resample/pull.h"
#include "resample/samples.h"

/* Lines that are asked of the decoder at once. */
#define RESAMPLE_STRIP_LINES 16

/* Bytes behind a line's room that may be written and are not used. */
#define RESAMPLE_ROOM 64

struct resampler;

/* A picture from top to bottom. */
struct resample_source {
	enum sample_format format;
	unsigned bands; /* alpha included, which is the last */
	bool alpha;
	/* All lines, `stride` bytes apart, of which those before `end` are there when ready() has
	 * been called for it (NULL: they all are); or NULL: */
	const void *pixels;
	size_t stride;
	void (*ready)(void *context, uint32_t end);
	/* Line y; each is asked for once, in order, as far as they are needed. It is in memory of
	 * the source's own until the next is asked for, or in `room` (a line and RESAMPLE_ROOM
	 * bytes), which is left as it is until the second next is asked for. NULL: it can't be
	 * had. */
	const void *(*line)(void *context, uint32_t y, void *room);
	void *context;
	/* One between two pictures, whose tables are used again; NULL: one is made for this. */
	struct resampler *resampler;
};

/* Writes x->size * y->size pixels to `out`, of the source's format and bands. Of pull, the deadline
 * and what is done for lines that can't be had. Returns 0, BR_ERROR_MEMORY, BR_ERROR_TIMEOUT,
 * BR_ERROR_CORRUPT when lines could not be had, or BR_ERROR_UNSUPPORTED. */
int resample_lines(const struct resample_source *source, const struct kernel_axis *x,
                   const struct kernel_axis *y, enum br_image_filter filter, struct pull *pull,
                   void *out);

/* What a resampling depends on. */
struct resample_job {
	uint32_t in_width, in_height, width, height; /* pixels */
	uint32_t bands, bits;                        /* bits of one sample; 32: float */
	bool alpha;
	enum br_image_filter filter;
};

/* Bytes that the resampling needs at its peak, the result included. */
uint64_t resample_cost(const struct resample_job *job);

#endif
