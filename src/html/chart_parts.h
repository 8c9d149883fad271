/* chart_parts.h - what charts share: axes, legends, words for figures. Private to chart_parts.c,
 * charts.c, lanes.c, conditions.c and run.c.
 */
#ifndef HTML_CHART_PARTS_H
#define HTML_CHART_PARTS_H

#include "html/figures.h"
#include "html/html.h"

/* Bytes of a figure in words. */
#define WORDS_MAX 48

struct words {
	char text[WORDS_MAX];
};

struct words say_count(uint64_t count);
struct words say_seconds(double seconds);
struct words say_ms(double ms);
struct words say_size(double bytes);
struct words say_rate(double rate);
struct words say_share(double part); /* 0 to 1: "12.3 %" */
/* For marks of an axis: 0.05, 250, 5,000. */
struct words say_mark(double value);

/* A cell that is a figure. */
static inline struct html_cell figure(const struct words *words, double value)
{
	return (struct html_cell){words->text, value};
}

/* One row of a table. */
void chart_row(struct text *page, const struct html_column *column, const struct html_cell *cell,
               size_t columns);

/* Marks of time from 0 to `seconds`, below a plot. */
void chart_time_axis(struct text *page, double seconds);

/* Of those of the parts that are shown (bits), and of waiting if `waits`. */
void chart_legend(struct text *page, unsigned parts, bool waits);

#endif
