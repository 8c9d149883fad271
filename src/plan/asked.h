/* asked.h - a line of a list that says more than a path: a JSON object (RFC 8259) such as
 *
 *	{"source": "in/1.jpg", "output": "a/b.webp", "size": "800x600", "format": "webp"}
 *
 * Only "source" has to be there. Values are strings, or a whole number for a size. What is not
 *known, is there twice or is no valid UTF-8 makes the line a bad one.
 *
 * Pure; thread-safe.
 */
#ifndef PLAN_ASKED_H
#define PLAN_ASKED_H

#include <stdbool.h>

#include <batchresize/image.h>

struct asked {
	const char *source;          /* in the line, as is the next */
	const char *output;          /* NULL: not said */
	struct br_image_size size;   /* all zero: not said */
	enum br_image_format format; /* UNKNOWN: not said */
	bool keeps;                  /* the format is said to be the source's own */
};

/* Takes the line (which ends with a NUL) apart, in place. Returns NULL, or what is wrong with it.
 */
const char *asked_read(char *line, struct asked *asked);

#endif
