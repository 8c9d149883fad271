/* line_step.h - a step of libvips' pipeline that makes every pixel of the one it came from.
 *
 * Thread-safe as far as the function given is.
 */
#ifndef LIBVIPS_LINE_STEP_H
#define LIBVIPS_LINE_STEP_H

#include <stddef.h>

#include "libvips/libvips.h"

struct line_step {
	/* Makes `width` pixels. Several threads may call it at once, with the same data. */
	void (*run)(const void *data, const void *in, void *out, size_t width);
	void *data;
	void (*free)(void *data); /* called once, when the image is gone, or by a failure */
	/* of what comes out */
	int bands;
	VipsBandFormat format;
	VipsInterpretation type;
};

/* Replaces *image, which the step keeps as long as it needs it. The pixels are made when they are
 * asked for. Returns 0, or -1; *image is as it was then. */
int line_step_add(VipsImage **image, const struct line_step *step);

#endif
