/* thumbs.h - small pictures of what was made, to be put into a page.
 *
 * An output that is small already is taken as it is. Others are decoded, which the parent of
 * workers never does: one worker process more does it, shut in as those of the run were. Where the
 * run itself had none (serial, thread), pictures were decoded in this process anyway.
 */
#ifndef HTML_THUMBS_H
#define HTML_THUMBS_H

#include "html/figures.h"

/* Pixels of the box that a picture is made to fit in, and bytes that it may have at most. */
#define THUMB_SIDE      240
#define THUMB_BYTES_MAX 32768

struct thumb {
	struct br_buffer bytes; /* empty: there is none */
	enum br_image_format format;
};

struct thumbs {
	struct thumb thumb[FIGURES_SAMPLES]; /* of the samples of the same numbers */
	unsigned left_behind;                /* threads that hang: see br_executor_free() */
	void *work;                          /* thumbs.c's own */
};

/* Makes them, if `all`, else takes only what is small already. Whatever can't be made is left out.
 * For a process that has no other thread, or else none is made. NULL without memory. */
struct thumbs *thumbs_new(const struct figures *figures, const struct br_batch_options *options,
                          bool all);
/* What threads left behind may still use stays. */
void thumbs_free(struct thumbs *thumbs);

#endif
