/* show_html.c - see show.h: a page. */
#include "lab/show.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "html/html.h"
#include "lab/advice.h"

/* A cell's text is copied here, and lives as long as its table is put down. */
#define CELL_TEXT 32

struct cells {
	struct html_cell cell[LAB_ROWS * (LAB_COLUMNS + 1)];
	char text[LAB_ROWS * (LAB_COLUMNS + 1)][CELL_TEXT];
};

static void keep(const struct text *from, char to[CELL_TEXT])
{
	const size_t size = from->bytes.size < CELL_TEXT ? from->bytes.size : CELL_TEXT - 1;

	if (size > 0)
		memcpy(to, from->bytes.data, size);
	to[size] = '\0';
}

static void fill(struct cells *cells, const struct lab_table *table)
{
	struct text figure = TEXT_EMPTY;
	unsigned at = 0;

	for (unsigned i = 0; i < table->rows; i++) {
		cells->cell[at++] = (struct html_cell)HTML_WORDS(table->row[i].name);
		for (unsigned k = 0; k < table->columns; k++, at++) {
			text_clear(&figure);
			show_figure(&figure, table->row[i].value[k], table->row[i].unit[k]);
			keep(&figure, cells->text[at]);
			cells->cell[at] =
			    (struct html_cell){cells->text[at], table->row[i].value[k]};
		}
	}
	text_release(&figure);
}

static void add_table(struct text *page, const struct lab_table *table, size_t marked)
{
	struct html_column column[LAB_COLUMNS + 1] = {{table->first, false}};
	struct cells *cells = calloc(1, sizeof(*cells));

	if (!cells)
		page->status = -ENOMEM;
	if (!cells || table->rows == 0) {
		free(cells);
		return;
	}
	for (unsigned k = 0; k < table->columns; k++)
		column[k + 1] = (struct html_column){table->column[k], true};
	fill(cells, table);
	html_table(page, &(struct html_table){.id = table->id,
	                                      .caption = table->title,
	                                      .column = column,
	                                      .columns = table->columns + 1U,
	                                      .cell = cells->cell,
	                                      .rows = table->rows,
	                                      .marked = marked,
	                                      .mark = "to take"});
	free(cells);
}

/* The row of the runs that is advised. */
static size_t advised(const struct lab *lab)
{
	char name[LAB_NAME];

	if (!lab->advice.given)
		return HTML_UNMARKED;
	advice_options(&lab->advice.run, name, sizeof(name));
	for (unsigned i = 0; i < lab->runs.rows; i++)
		if (strcmp(lab->runs.row[i].name, name) == 0)
			return i;
	return HTML_UNMARKED;
}

static void add_bars(struct text *page, const struct lab *lab)
{
	struct html_bar bar[LAB_RUNS];
	char text[LAB_RUNS][CELL_TEXT];
	struct text figure = TEXT_EMPTY;
	size_t count = 0;

	for (unsigned i = 0; i < lab->runs.rows; i++) {
		if (!isfinite(lab->runs.row[i].value[1]))
			continue;
		text_clear(&figure);
		show_figure(&figure, lab->runs.row[i].value[1], LAB_RATE);
		keep(&figure, text[count]);
		bar[count] = (struct html_bar){.label = lab->runs.row[i].name,
		                               .text = text[count],
		                               .value = lab->runs.row[i].value[1],
		                               .marked = i == advised(lab)};
		count++;
	}
	text_release(&figure);
	html_bars(page, &(struct html_bars){.id = "rates",
	                                    .title = "Pictures a second",
	                                    .mark = "to take",
	                                    .bar = bar,
	                                    .count = count});
}

static void add_flow(struct text *page, const struct lab *lab)
{
	char computing[32], waiting[32], options[64];
	struct html_flow flow = {.id = "flow"};

	if (lab->advice.given) {
		(void)snprintf(computing, sizeof(computing), "%.0f %% of the time",
		               (1 - lab->advice.waiting) * 100);
		(void)snprintf(waiting, sizeof(waiting), "%.0f %% of the time",
		               lab->advice.waiting * 100);
		advice_options(&lab->advice.run, options, sizeof(options));
		flow.computing = computing;
		flow.waiting = waiting;
		flow.way = lab->advice.waiting < 0.5 ? HTML_WAY_PROCESSES : HTML_WAY_THREADS;
		if (flow.way == HTML_WAY_PROCESSES)
			flow.processes = options;
		else
			flow.threads = options;
	}
	html_flow(page, &flow);
}

static void add_pictures(struct text *page, const struct lab *lab)
{
	if (lab->runs.rows == 0)
		return;
	html_section(page, "pictures", "Your pictures", lab->advice.given ? lab->advice.why : NULL);
	add_bars(page, lab);
	add_table(page, &lab->runs, advised(lab));
	add_table(page, &lab->stages, HTML_UNMARKED);
	if (lab->advice.given)
		html_paragraph(page, lab->advice.lost);
	html_section_end(page);
}

static void add_comparison(struct text *page, const struct lab *lab)
{
	static const struct html_column column[] = {{"threads / processes", false},
	                                            {"said of Python", false},
	                                            {"Python, here", false},
	                                            {"batchresize, here", false}};
	struct comparison row[COMPARISON_ROWS];

	comparison_make(row, lab);
	html_table_begin(page, "comparison", "What is said of pools, and what was measured", column,
	                 4);
	for (unsigned i = 0; i < COMPARISON_ROWS; i++) {
		const char *words[] = {row[i].what, row[i].said, comparison_words(&row[i].python),
		                       comparison_words(&row[i].here)};

		html_row(page);
		for (unsigned k = 0; k < 4; k++)
			html_cell(page, &column[k], k == 0,
			          &(struct html_cell)HTML_WORDS(words[k]));
		html_row_end(page);
	}
	html_table_end(page);
	comparison_release(row);
}

void show_html(struct text *page, const struct lab *lab)
{
	char below[96], others[SHOW_OTHERS_MAX];

	(void)snprintf(below, sizeof(below), "%u CPUs, %.1f GB of memory", lab->cpus,
	               (double)lab->memory / 1e9);
	html_begin(page, "laboratory", "This machine, measured", below);
	html_section(page, "guide", "Threads or processes",
	             "For much computing take processes, for much waiting threads, and for "
	             "neither no pool.");
	if (*show_others(lab, others))
		html_paragraph(page, others);
	add_flow(page, lab);
	add_comparison(page, lab);
	html_section_end(page);
	add_pictures(page, lab);
	html_section(page, "machine", "Pools on this machine", NULL);
	add_table(page, &lab->pools, HTML_UNMARKED);
	add_table(page, &lab->handover, HTML_UNMARKED);
	add_table(page, &lab->tasks, HTML_UNMARKED);
	html_section_end(page);
	html_end(page);
}
