/* match.h - a template read backwards: which source, and which size, a name may come from.
 *
 * Pure; thread-safe.
 */
#ifndef PLAN_MATCH_H
#define PLAN_MATCH_H

#include "plan/template.h"

/* One way in which a template makes a name. */
struct match {
	const char *stem; /* of the source; not ended by NUL */
	size_t stem_length;
	const char *extension; /* of the name, an image's; not ended by NUL */
	size_t extension_length;
	struct br_image_size size; /* what {size} would stand for */
	bool sized;                /* it is there */
	uint32_t width, height;    /* {width} and {height}; 0: they are not there */
	bool plain;                /* the name is a stem and an extension, and nothing else */
};

/* Calls accept() with each way in which the template, with `prefix` before the stem, could have
 * made `text` (a path of as many parts as the template), until it returns true. Names without an
 * image's extension are left out. Returns whether accept() returned true; false also when there are
 * too many ways to try. */
bool match_template(const struct template *template, const char *prefix, const char *text,
                    bool (*accept)(void *ctx, const struct match *match), void *ctx);

#endif
