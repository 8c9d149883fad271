/* pull.h - how pixels are pulled out of a decoder: until when, and what is done if some are
 * missing.
 *
 * One thread at a time.
 */
#ifndef RESAMPLE_PULL_H
#define RESAMPLE_PULL_H

#include <stdbool.h>

#include <batchresize/error.h>

#include "base/run_clock.h"

struct pull {
	struct run_limit limit; /* of the time that it may take */
	bool lenient;           /* lines that cannot be had are zeros, if others can */
	bool cut_short;         /* set when there were such lines */
};

/* What is to be done when the lines from `top` on cannot be had: 0 when they are to be zeros (noted
 * in *pull), BR_ERROR_CORRUPT otherwise. */
static inline int pull_missing(struct pull *pull, int top)
{
	if (!pull->lenient || !top)
		return BR_ERROR_CORRUPT;
	pull->cut_short = true;
	return 0;
}

#endif
