/* bar.h - how far a run is, in one line that fits. */
#ifndef REPORT_BAR_H
#define REPORT_BAR_H

#include <batchresize/batch.h>

#include "report/rate.h"
#include "text/text.h"

struct bar {
	const struct br_batch_progress *progress;
	const struct rate *rate;
	unsigned columns; /* that may be filled */
	bool graph;       /* draw the bar itself, not its figures alone */
	bool utf8, colour;
};

/* Appends the line, without a line's end. In a narrow window the bar shrinks first; then bytes a
 * second, images a second, the bar, the time left, failures, the count are left out, in this order.
 * If not even the percentage fits, nothing is appended. */
void bar_add(struct text *text, const struct bar *bar);

#endif
