/* html.h - a page to look at: one HTML file that needs no network and no script.
 *
 * The parts of a page are appended to a text one behind the other: html_begin(), sections with
 * facts, tables, bars and charts in them, html_end(). Running out of memory is remembered in the
 * text (text.h). html_file_publish() gives the file its name when the page is whole.
 *
 * Every string is any bytes: it is escaped here so that a hostile file's name stays a name, and
 * what is no UTF-8 is shown as \xHH. NULL is none where "or NULL" is said. Ids are ours: letters,
 * digits and hyphens, each once a page.
 *
 * Colours, for light and dark, and all measures are those of the sheet in style.c. Text lies
 * outside the plots, which stretch, so that it is as large on a telephone as on a desk. No colour
 * tells what no word or shape tells as well, and the figures of each chart stand in a table below
 * it, in <data value="..."> as exact as they are known.
 *
 * Any thread; no state.
 */
#ifndef HTML_HTML_H
#define HTML_HTML_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

/* --- a page ----------------------------------------------------------------------------------- */

/* Up to the title, with a word before it ("report", "laboratory") and a line below it, or NULL. */
void html_begin(struct text *page, const char *kind, const char *title, const char *below);
void html_end(struct text *page);

/* A heading of the second rank, and a sentence below it, or NULL. */
void html_section(struct text *page, const char *id, const char *title, const char *intro);
void html_section_end(struct text *page);

/* A heading of the third rank. */
void html_heading(struct text *page, const char *title);

void html_paragraph(struct text *page, const char *words);

/* What is hidden until somebody asks. */
void html_details(struct text *page, const char *summary);
void html_details_end(struct text *page);

/* One figure in large type. */
struct html_fact {
	const char *label;
	const char *value;
	const char *note; /* or NULL */
};
void html_facts(struct text *page, const struct html_fact *facts, size_t count);

/* A list of names and values: options, versions, the machine. */
void html_list(struct text *page, const struct html_fact *facts, size_t count);

/* --- tables ------------------------------------------------------------------------------------
 */

struct html_column {
	const char *title;
	bool number; /* to the right */
};

/* What a cell shows, and how much that is exactly: NAN if it is no figure. */
struct html_cell {
	const char *text; /* or NULL: empty */
	double value;
};

/* For a cell that is words, as an initialiser. */
#define HTML_WORDS(words)    \
	{                    \
		(words), NAN \
	}

/* In one that is as wide as the page at most, in which a wider table is scrolled. The first column
 * heads its row. `marked`, a row's number, is set off and called `mark` ("chosen"); (size_t)-1:
 * none. */
struct html_table {
	const char *id, *caption;
	const struct html_column *column;
	size_t columns;
	const struct html_cell *cell; /* row by row */
	size_t rows;
	size_t marked;
	const char *mark;
};
#define HTML_UNMARKED ((size_t)-1)
void html_table(struct text *page, const struct html_table *table);

/* The same for tables whose rows are not at hand at once; html_cell() puts a column's cell. */
void html_table_begin(struct text *page, const char *id, const char *caption,
                      const struct html_column *column, size_t columns);
void html_row(struct text *page);
void html_cell(struct text *page, const struct html_column *column, bool heads,
               const struct html_cell *cell);
void html_row_end(struct text *page);
void html_table_end(struct text *page);

/* --- bars --------------------------------------------------------------------------------------
 */

/* From nothing to the largest of all. */
struct html_bar {
	const char *label;
	const char *text; /* the value in words */
	double value;     /* 0 and more */
	bool marked;      /* set off, and called `mark` */
};
struct html_bars {
	const char *id, *title;
	const char *mark; /* or NULL */
	const struct html_bar *bar;
	size_t count;
};
void html_bars(struct text *page, const struct html_bars *bars);

/* --- how to choose a pool ----------------------------------------------------------------------
 */

/* "Classify the task: much computing: processes; mostly waiting: threads; neither: no pool." */
enum html_way {
	HTML_WAY_UNKNOWN, /* nothing is marked */
	HTML_WAY_PROCESSES,
	HTML_WAY_THREADS,
	HTML_WAY_NO_POOL
};

struct html_flow {
	const char *id;
	enum html_way way;     /* the one taken */
	const char *computing; /* the figures that answer the first question, or NULL; short: */
	const char *waiting;   /* "88 % of the time" */
	/* What stands for each end here ("--mode=process -j 2"), or NULL: the mode's name. */
	const char *processes, *threads, *no_pool;
};
void html_flow(struct text *page, const struct html_flow *flow);

/* --- pieces ------------------------------------------------------------------------------------
 */

/* For the text of an element and for attributes in quotes. */
void html_add(struct text *page, const char *string);
/* The same of a path, out of the middle of which something is left if it is long. */
void html_add_path(struct text *page, const char *path);
/* As short as can be with two decimals, for coordinates. */
void html_add_number(struct text *page, double number);

#endif
