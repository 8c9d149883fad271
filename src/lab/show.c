/* show.c - see show.h: text for people, and Markdown. */
#include "lab/show.h"

#include <math.h>
#include <stdio.h>

#include "lab/advice.h"

static const struct {
	const char *name, *plain, *json;
} units[LAB_UNITS] = {
    [LAB_US] = {"\xC2\xB5s", "us", "us"}, /* micro */
    [LAB_MS] = {"ms", "ms", "ms"},        [LAB_S] = {"s", "s", "s"},
    [LAB_MB] = {"MB", "MB", "MB"},        [LAB_RATE] = {"/s", "/s", "per_second"},
    [LAB_SHARE] = {"%", "%", "share"},
};

const char *show_unit(enum lab_unit unit)
{
	return units[unit].json;
}

static void add_figure(struct text *text, double value, enum lab_unit unit, const char *name)
{
	if (!isfinite(value)) {
		text_add(text, "-");
		return;
	}
	if (unit == LAB_SHARE)
		text_addf(text, "%.*f", value < 0.0995 ? 1 : 0, value * 100);
	else if (value >= 99.95 || value <= -99.95)
		text_addf(text, "%.0f", value);
	else if (value >= 9.995)
		text_addf(text, "%.1f", value);
	else
		text_addf(text, "%.*f", value < 0.0995 ? 3 : 2, value);
	text_addf(text, unit == LAB_RATE ? "%s" : " %s", name);
}

void show_figure(struct text *text, double value, enum lab_unit unit)
{
	add_figure(text, value, unit, units[unit].name);
}

void show_figure_plain(struct text *text, double value, enum lab_unit unit)
{
	add_figure(text, value, unit, units[unit].plain);
}

/* --- for people ---------------------------------------------------------------------------------
 */

static void add_padded(struct text *text, const struct text *cell, int width)
{
	text_addf(text, "%*.*s", width, (int)cell->bytes.size, (const char *)cell->bytes.data);
}

static void add_table(struct text *text, const struct lab_table *table)
{
	struct text cell = TEXT_EMPTY;

	if (table->rows == 0)
		return;
	text_addf(text, "\n%s\n\n  %-34s", table->title, "");
	for (unsigned k = 0; k < table->columns; k++)
		text_addf(text, "%20s", table->column[k]);
	text_add(text, "\n");
	for (unsigned i = 0; i < table->rows; i++) {
		text_addf(text, "  %-34s", table->row[i].name);
		for (unsigned k = 0; k < table->columns; k++) {
			text_clear(&cell);
			show_figure_plain(&cell, table->row[i].value[k], table->row[i].unit[k]);
			add_padded(text, &cell, 20);
		}
		text_add(text, "\n");
	}
	text_release(&cell);
}

/* A load average of so much for each CPU is no longer a system's own housekeeping. */
#define LOAD_OF_OTHERS 0.25

const char *show_others(const struct lab *lab, char words[SHOW_OTHERS_MAX])
{
	words[0] = '\0';
	if (lab->load > LOAD_OF_OTHERS * lab->cpus)
		(void)snprintf(words, SHOW_OTHERS_MAX,
		               "Others were at work (a load average of %.2f): measure again when "
		               "nothing else is",
		               lab->load);
	return words;
}

static void add_machine(struct text *text, const struct lab *lab)
{
	text_add_counted(text, lab->cpus, "CPU", "CPUs");
	text_add(text, ", ");
	text_add_size(text, (double)lab->memory);
	text_add(text, lab->python ? " of memory" : " of memory; no python3 to compare with");
	if (lab->found == 0)
		return;
	text_add(text, "; ");
	text_add_counted(text, lab->found, "picture", "pictures");
	text_add(text, lab->more ? " and more were found, " : " were found, ");
	text_add_counted(text, lab->chosen, "was measured", "were measured");
	if (lab->passes > 1)
		text_addf(text, " %u times", lab->passes);
}

static void add_advice(struct text *text, const struct lab *lab)
{
	char options[64];

	if (!lab->advice.given) {
		text_add(text,
		         lab->found > 0
		             ? "\nNone of the pictures that were tried could be made: there is "
		               "nothing to advise.\n"
		             : "\nNo pictures: only the machine was measured. Name some, or a "
		               "directory of them, to learn which mode suits them.\n");
		return;
	}
	advice_options(&lab->advice.run, options, sizeof(options));
	text_addf(text, "\nTake: %s\n  because %s.\n  %s.\n", options, lab->advice.why,
	          lab->advice.lost);
}

void show_text(struct text *text, const struct lab *lab)
{
	char others[SHOW_OTHERS_MAX];

	add_machine(text, lab);
	text_addf(text, "\n%s%s", show_others(lab, others), *others ? "\n" : "");
	add_table(text, &lab->pools);
	add_table(text, &lab->handover);
	add_table(text, &lab->tasks);
	add_table(text, &lab->stages);
	add_table(text, &lab->runs);
	add_advice(text, lab);
}

/* --- Markdown -----------------------------------------------------------------------------------
 */

static void add_markdown_table(struct text *text, const struct lab_table *table)
{
	if (table->rows == 0)
		return;
	text_addf(text, "\n%s:\n\n| %s |", table->title, table->first);
	for (unsigned k = 0; k < table->columns; k++)
		text_addf(text, " %s |", table->column[k]);
	text_add(text, "\n|---|");
	for (unsigned k = 0; k < table->columns; k++)
		text_add(text, "---|");
	text_add(text, "\n");
	for (unsigned i = 0; i < table->rows; i++) {
		text_addf(text, "| %s |", table->row[i].name);
		for (unsigned k = 0; k < table->columns; k++) {
			text_add(text, " ");
			show_figure(text, table->row[i].value[k], table->row[i].unit[k]);
			text_add(text, " |");
		}
		text_add(text, "\n");
	}
}

void show_markdown(struct text *text, const struct lab *lab)
{
	struct comparison row[COMPARISON_ROWS];
	char others[SHOW_OTHERS_MAX];

	comparison_make(row, lab);
	text_add(text, "| threads / processes | said of Python | Python, here | "
	               "batchresize, here |\n"
	               "|---|---|---|---|\n");
	for (unsigned i = 0; i < COMPARISON_ROWS; i++)
		text_addf(text, "| %s | %s | %s | %s |\n", row[i].what, row[i].said,
		          comparison_words(&row[i].python), comparison_words(&row[i].here));
	comparison_release(row);
	text_add(text, "\n");
	add_machine(text, lab);
	text_addf(text, ".%s%s", *show_others(lab, others) ? " " : "", others);
	text_add(text, *others ? ".\n" : "\n");
	add_markdown_table(text, &lab->pools);
	add_markdown_table(text, &lab->handover);
	add_markdown_table(text, &lab->tasks);
	add_markdown_table(text, &lab->stages);
	add_markdown_table(text, &lab->runs);
	add_advice(text, lab);
}
