/* chart_parts.h - what charts share: axes, legends, words for figures. Private to chart_parts.c,
 * charts.c, lanes.c, conditions.c and run.c.
 */
#ifndef HTML_CHART_PARTS_H
#define HTML_CHART_PARTS_H

#include "html/figures.h"
#include "html/html.h"

/* Bytes of a figure in words. */
#define WORDS_MAX 48

struct chart_words {
	char text[WORDS_MAX];
};

struct chart_words say_count(uint64_t count);
struct chart_words say_seconds(double seconds);
struct chart_words say_ms(double ms);
struct chart_words say_size(double bytes);
struct chart_words say_rate(double rate);
struct chart_words say_share(double part); /* 0 to 1: "12.3 %" */
/* For marks of an axis: 0.05, 250, 5,000. */
struct chart_words say_mark(double value);

/* A cell that is a figure. */
static inline struct html_cell figure(const struct chart_words *words, double value)
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
