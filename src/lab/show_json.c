/* show_json.c - see show.h: for machines. */
#include "lab/show.h"

#include <math.h>

#include "text/json.h"

static void add_number(struct text *text, double value)
{
	if (isfinite(value))
		text_addf(text, "%.9g", value);
	else
		json_null(text);
}

/* {"name":...,"here":1.5,"here_unit":"us"...}: a unit is its column's or its row's */
static void add_row(struct text *text, const struct lab_table *table, const struct lab_row *row)
{
	text_add(text, "{\"name\":");
	json_string(text, row->name);
	text_add(text, ",\"figures\":[");
	for (unsigned k = 0; k < table->columns; k++) {
		text_add(text, k ? ",{\"column\":" : "{\"column\":");
		json_string(text, table->column[k]);
		text_add(text, ",\"value\":");
		add_number(text, row->value[k]);
		text_add(text, ",\"unit\":");
		json_string(text, show_unit(row->unit[k]));
		text_add(text, "}");
	}
	text_add(text, "]}");
}

static void add_table(struct text *text, const struct lab_table *table)
{
	text_add(text, ",\"");
	text_add(text, table->id);
	text_add(text, "\":[");
	for (unsigned i = 0; i < table->rows; i++) {
		text_add(text, i ? "," : "");
		add_row(text, table, &table->row[i]);
	}
	text_add(text, "]");
}

static void add_advice(struct text *text, const struct lab_advice *advice)
{
	text_add(text, ",\"advice\":");
	if (!advice->given) {
		json_null(text);
		return;
	}
	text_addf(text, "{\"mode\":\"%s\",\"jobs\":%u,\"io_threads\":",
	          br_executor_mode_name(advice->run.mode), advice->run.jobs);
	if (advice->run.io_threads)
		json_unsigned(text, advice->run.io_threads);
	else
		json_null(text);
	text_add(text, ",\"waiting\":");
	add_number(text, advice->waiting);
	text_add(text, ",\"why\":");
	json_string(text, advice->why);
	text_add(text, ",\"lost\":");
	json_string(text, advice->lost);
	text_add(text, "}");
}

void show_json(struct text *text, const struct lab *lab)
{
	text_addf(text, "{\"cpus\":%u,\"memory\":%llu,\"load\":", lab->cpus,
	          (unsigned long long)lab->memory);
	add_number(text, lab->load);
	text_addf(text, ",\"python\":%s,\"found\":%llu,\"more\":%s,",
	          lab->python ? "true" : "false", (unsigned long long)lab->found,
	          lab->more ? "true" : "false");
	text_addf(text, "\"chosen\":%llu,\"passes\":%u", (unsigned long long)lab->chosen,
	          lab->passes);
	add_table(text, &lab->pools);
	add_table(text, &lab->handover);
	add_table(text, &lab->tasks);
	add_table(text, &lab->stages);
	add_table(text, &lab->runs);
	add_advice(text, &lab->advice);
	text_add(text, "}\n");
}
