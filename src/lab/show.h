/* show.h - what the laboratory has measured: for people, in Markdown, for machines, as a page. */
#ifndef LAB_SHOW_H
#define LAB_SHOW_H

#include "lab/lab.h"
#include "text/text.h"

void show_text(struct text *text, const struct lab *lab);

/* Tables of Markdown, the comparison of pools first. */
void show_markdown(struct text *text, const struct lab *lab);

/* One JSON object and a newline. A figure that could not be measured is null. */
void show_json(struct text *text, const struct lab *lab);

/* A page of html/html.h. */
void show_html(struct text *page, const struct lab *lab);

/* A figure in its unit: "1.50 \xC2\xB5s" (a micro sign), "12.0 MB", "85 %", "-". */
void show_figure(struct text *text, double value, enum lab_unit unit);
/* The same in ASCII, for terminals: "1.50 us". */
void show_figure_plain(struct text *text, double value, enum lab_unit unit);

/* What is to be said where others were at work when it began; "" if none were. */
#define SHOW_OTHERS_MAX 128
const char *show_others(const struct lab *lab, char words[SHOW_OTHERS_MAX]);

/* The name of a unit in JSON: "us", "ms", "s", "MB", "per_second", "share". */
const char *show_unit(enum lab_unit unit);

/* What is said of Python's pools in general, what Python does here, what we do. */
#define COMPARISON_ROWS 5
struct comparison {
	const char *what, *said;
	struct text python, here;
};
/* The words of one that is made. */
const char *comparison_words(const struct text *text);
void comparison_make(struct comparison row[COMPARISON_ROWS], const struct lab *lab);
void comparison_release(struct comparison row[COMPARISON_ROWS]);

#endif
