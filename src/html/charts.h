/* charts.h - the charts of a run: drawings, and below each the table of its figures. */
#ifndef HTML_CHARTS_H
#define HTML_CHARTS_H

#include "html/figures.h"
#include "text/text.h"

/* Images a second and bytes a second over the `seconds` of the run. */
void charts_throughput(struct text *page, const struct figures *figures, double seconds);

/* Who did what: a lane for each worker, or for several side by side where there are many. */
void charts_lanes(struct text *page, const struct figures *figures, double seconds);

/* What part of the time each stage took. */
void charts_stages(struct text *page, const struct figures *figures);

#endif
