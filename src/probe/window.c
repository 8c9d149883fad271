/* window.c - see window.h. */
#include "probe/window.h"

#define STEPS_MAX 512

const unsigned char *window_look(struct window *window, uint64_t at, size_t length)
{
	ssize_t got;

	if (at < window->begin || at - window->begin > window->size ||
	    length > window->size - (at - window->begin)) {
		if (at > INT64_MAX - WINDOW_SIZE)
			return NULL;
		got = window->file->read(window->file->ctx, window->bytes, WINDOW_SIZE, at);
		window->begin = at;
		window->size = got > 0 ? (size_t)got : 0;
	}
	return length <= window->size - (at - window->begin) ? window->bytes + (at - window->begin)
	                                                     : NULL;
}

bool window_step(struct window *window)
{
	return window->steps++ < STEPS_MAX;
}

enum br_image_format window_sniff(struct window *window)
{
	if (!window_look(window, 0, 1))
		return BR_IMAGE_FORMAT_UNKNOWN;
	return br_image_sniff(window->bytes, window->size < BR_IMAGE_SNIFF_BYTES
	                                         ? window->size
	                                         : BR_IMAGE_SNIFF_BYTES);
}
