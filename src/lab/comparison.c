/* comparison.c - what is said of pools in general, with what was measured beside it. */
#include <math.h>

#include "lab/pools.h"
#include "lab/show.h"

static void add(struct text *text, const struct lab_table *table, unsigned row, unsigned column)
{
	show_figure(text, table->row[row].value[column], table->row[row].unit[column]);
}

/* As "820 ms / 9.30 s". */
static void add_pair(struct text *text, const struct lab_table *table, unsigned thread,
                     unsigned process, unsigned column)
{
	add(text, table, thread, column);
	text_add(text, " / ");
	add(text, table, process, column);
}

/* How many times as quick with four workers as without. */
static void add_gain(struct text *text, double alone, double together)
{
	if (isfinite(alone / together))
		text_addf(text, "%.2f times", alone / together);
	else
		text_add(text, "- times"); /* as in the tables */
}

static void compare_communication(struct comparison *row, const struct lab *lab)
{
	add_pair(&row->python, &lab->pools, POOLS_TRIP_THREAD, POOLS_TRIP_PROCESS, POOLS_PYTHON);
	text_add(&row->python, " a job; 100 MB to a process ");
	add(&row->python, &lab->handover, HANDOVER_100, HANDOVER_PYTHON);
	add_pair(&row->here, &lab->pools, POOLS_TRIP_THREAD, POOLS_TRIP_PROCESS, POOLS_OURS);
	text_add(&row->here, " a job; 100 MB shared, by an id ");
	add(&row->here, &lab->handover, HANDOVER_100, HANDOVER_SHARED);
}

/* Python's own time without a pool is four times that of its threads' one: they take turns. */
static void compare_parallelism(struct comparison *row, const struct lab *lab)
{
	const double *squares = lab->tasks.row[TASKS_SQUARES].value;
	const double *sleep = lab->tasks.row[TASKS_SLEEP].value;

	text_add(&row->python, "processes compute ");
	add_gain(&row->python, squares[TASKS_PYTHON_THREAD], squares[TASKS_PYTHON_PROCESS]);
	text_add(&row->python, " as fast as threads; 4 waits of 1 s by threads take ");
	show_figure(&row->python, sleep[TASKS_PYTHON_THREAD], LAB_S);
	text_add(&row->here, "threads compute ");
	add_gain(&row->here, squares[TASKS_SERIAL], squares[TASKS_THREAD]);
	text_add(&row->here, ", processes ");
	add_gain(&row->here, squares[TASKS_SERIAL], squares[TASKS_PROCESS]);
	text_add(&row->here, " as fast as no pool; 4 waits of 1 s by threads take ");
	show_figure(&row->here, sleep[TASKS_THREAD], LAB_S);
}

void comparison_make(struct comparison row[COMPARISON_ROWS], const struct lab *lab)
{
	static const char *const said[COMPARISON_ROWS][2] = {
	    {"start", "fast / slow"},
	    {"memory", "shared, little / each its own, much"},
	    {"communication", "variables / pickling, copies: pass an id"},
	    {"safety", "locks; one crash ends all / isolated"},
	    {"parallelism", "for I/O only (GIL) / real"}};

	for (unsigned i = 0; i < COMPARISON_ROWS; i++)
		row[i] = (struct comparison){.what = said[i][0],
		                             .said = said[i][1],
		                             .python = TEXT_EMPTY,
		                             .here = TEXT_EMPTY};
	add_pair(&row[0].python, &lab->pools, POOLS_START_THREAD, POOLS_START_WORKER, POOLS_PYTHON);
	add_pair(&row[0].here, &lab->pools, POOLS_START_THREAD, POOLS_START_WORKER, POOLS_OURS);
	add_pair(&row[1].python, &lab->pools, POOLS_MEMORY_THREAD, POOLS_MEMORY_WORKER,
	         POOLS_PYTHON);
	add_pair(&row[1].here, &lab->pools, POOLS_MEMORY_THREAD, POOLS_MEMORY_WORKER, POOLS_OURS);
	compare_communication(&row[2], lab);
	text_add(&row[3].python, "a crash ends all / a crash breaks the whole pool");
	text_add(&row[3].here, "a crash ends all / costs its one job, in a sandbox");
	compare_parallelism(&row[4], lab);
	for (unsigned i = 0; i < COMPARISON_ROWS; i++) {
		text_add_bytes(&row[i].python, "", 1);
		text_add_bytes(&row[i].here, "", 1);
	}
}

const char *comparison_words(const struct text *text)
{
	return text->status || !text->bytes.data ? "" : (const char *)text->bytes.data;
}

void comparison_release(struct comparison row[COMPARISON_ROWS])
{
	for (unsigned i = 0; i < COMPARISON_ROWS; i++) {
		text_release(&row[i].python);
		text_release(&row[i].here);
	}
}
