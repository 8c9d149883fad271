/* lab.c - see lab.h: what is measured, in which order, and for how long. */
#include "lab/lab.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "lab/advice.h"
#include "lab/apart.h"
#include "lab/pools.h"
#include "lab/runs.h"
#include "lab/sample.h"
#include "lab/scratch.h"

/* Pictures at most. */
#define SAMPLE_MOST 1000

/* So long all runs together are to take, and at most; with all else they make less than 90 s. */
#define RUNS_NS      (UINT64_C(22) * NS_PER_S)
#define RUNS_MOST_NS (UINT64_C(34) * NS_PER_S)
#define PASSES_MOST  3

/* --- tables -------------------------------------------------------------------------------------
 */

static void lay_tables(struct lab *lab)
{
	lab->pools = (struct lab_table){.id = "pools",
	                                .title = "Starts, memory, messages",
	                                .first = "what",
	                                .column = {"here", "Python"},
	                                .columns = 2};
	lab->handover = (struct lab_table){
	    .id = "handover",
	    .title = "Data handed to another process",
	    .first = "bytes",
	    .column = {"memcpy, no process", "by a pipe", "shared, by an id", "Python's pool"},
	    .columns = 4};
	lab->tasks = (struct lab_table){
	    .id = "tasks",
	    .title = "Simple tasks, 4 workers",
	    .first = "task",
	    .column = {"no pool", "threads", "processes", "Python's threads", "Python's processes"},
	    .columns = 5};
	lab->stages = (struct lab_table){.id = "stages",
	                                 .title = "A picture of yours, one at a time",
	                                 .first = "step",
	                                 .column = {"time", "share"},
	                                 .columns = 2};
	lab->runs = (struct lab_table){.id = "runs",
	                               .title = "Your pictures in all modes",
	                               .first = "options",
	                               .column = {"time", "pictures", "CPU time", "of the best"},
	                               .columns = 4};
}

static void fill_stages(struct lab_table *table, const struct lab_stages *stages)
{
	static const char *const names[] = {"read", "decode", "resize", "encode", "publish"};
	const double ms[] = {stages->read, stages->decode, stages->resize, stages->encode,
	                     stages->publish};
	double all = 0;

	table->rows = stages->pictures > 0 ? sizeof(ms) / sizeof(ms[0]) : 0;
	for (unsigned i = 0; i < table->rows; i++)
		all += ms[i];
	for (unsigned i = 0; i < table->rows; i++) {
		struct lab_row *row = &table->row[i];

		(void)snprintf(row->name, LAB_NAME, "%s", names[i]);
		row->unit[0] = LAB_MS;
		row->value[0] = ms[i];
		row->unit[1] = LAB_SHARE;
		row->value[1] = ms[i] / all;
	}
}

static void fill_runs(struct lab *lab)
{
	double best = (double)INFINITY;

	for (unsigned i = 0; i < lab->run_count; i++)
		if (lab->run[i].seconds < best)
			best = lab->run[i].seconds;
	lab->runs.rows = lab->run_count;
	for (unsigned i = 0; i < lab->run_count; i++) {
		const struct lab_run *run = &lab->run[i];
		struct lab_row *row = &lab->runs.row[i];

		advice_options(run, row->name, LAB_NAME);
		row->unit[0] = row->unit[2] = LAB_S;
		row->unit[1] = LAB_RATE;
		row->unit[3] = LAB_SHARE;
		row->value[0] = run->seconds;
		row->value[1] = (double)run->made / run->seconds;
		row->value[2] = run->cpu;
		row->value[3] = best / run->seconds;
	}
}

/* --- the pictures -------------------------------------------------------------------------------
 */

/* Over how many pictures each run goes, so that all take the time that there is. */
static size_t affordable(const struct lab *lab, const struct lab_stages *stages, size_t count)
{
	const double each = stages->seconds / (double)stages->pictures;
	double turns = 0;

	for (unsigned i = 0; i < lab->run_count; i++)
		turns += 1.0 / (lab->run[i].jobs < lab->cpus ? lab->run[i].jobs : lab->cpus);
	const double most = (double)RUNS_NS / (double)NS_PER_S / (each * turns);

	if (most >= (double)count)
		return count;
	return most > 2 ? (size_t)most : 2 < count ? 2 : count;
}

static void run_all(const struct lab_options *options, struct lab *lab, const struct runs *runs)
{
	const uint64_t begin = clock_ns();

	while (lab->passes < PASSES_MOST && !apart_signal()) {
		const uint64_t pass = clock_ns();

		for (unsigned i = 0; i < lab->run_count && !apart_signal(); i++) {
			const uint64_t gone = clock_ns() - begin;

			if (gone >= RUNS_MOST_NS)
				return;
			advice_options(&lab->run[i], lab->advice.why, sizeof(lab->advice.why));
			options->tell(options->ctx, lab->advice.why);
			(void)runs_make(runs, &lab->run[i], lab->chosen,
			                (unsigned)((RUNS_MOST_NS - gone) / NS_PER_MS) + 1);
		}
		lab->passes++;
		/* no pass that would not come to its end */
		if (2 * clock_ns() - pass - begin > RUNS_NS)
			return;
	}
}

static void measure_pictures(const struct lab_options *options, struct lab *lab,
                             const struct runs *runs)
{
	struct lab_stages stages;

	options->tell(options->ctx, "a picture after the other");
	runs_try(runs, &stages);
	fill_stages(&lab->stages, &stages);
	if (stages.pictures == 0)
		return;
	runs_list(lab, options->batch->jobs ? options->batch->jobs : lab->cpus);
	lab->chosen = affordable(lab, &stages, runs->sample->count);
	run_all(options, lab, runs);
	fill_runs(lab);
	advice_take(lab, &stages);
}

static int measure_sources(const struct lab_options *options, struct lab *lab,
                           struct br_error *error)
{
	const struct br_batch_options *batch = options->batch;
	struct sample sample;
	struct scratch scratch = SCRATCH_NONE;
	int status = sample_take(&sample, batch->paths, batch->path_count, SAMPLE_MOST, error);

	lab->found = sample.found;
	lab->more = sample.more;
	if (!status && sample.count > 0 && !apart_signal())
		status = scratch_make(&scratch, error);
	if (!status && scratch.path[0]) {
		const struct runs runs = {
		    .options = batch, .sample = &sample, .place = scratch.path};

		measure_pictures(options, lab, &runs);
	}
	scratch_remove(&scratch);
	sample_release(&sample);
	return status;
}

/* --- all ----------------------------------------------------------------------------------------
 */

static void measure_machine(const struct lab_options *options, struct lab *lab)
{
	options->tell(options->ctx, "starts, memory and messages of pools");
	pools_measure(&lab->pools);
	options->tell(options->ctx, "data handed over");
	handover_measure(&lab->handover);
	options->tell(options->ctx, "simple tasks");
	tasks_measure(&lab->tasks);
	options->tell(options->ctx, "Python's pools");
	lab->python = python_measure(lab);
}

int lab_measure(const struct lab_options *options, struct lab *lab, int *signal,
                struct br_error *error)
{
	int status;

	*lab = (struct lab){.cpus = cpu_count(), .memory = memory_limit()};
	if (getloadavg(&lab->load, 1) != 1) /* before work of its own counts */
		lab->load = (double)NAN;
	lay_tables(lab);
	apart_watch_signals();
	status = measure_sources(options, lab, error);
	if (!status && !apart_signal())
		measure_machine(options, lab);
	*signal = apart_signal();
	apart_forget_signals();
	if (*signal)
		return br_error_set(error, BR_ERROR_CANCELLED, "stopped by SIG%s",
		                    sigabbrev_np(*signal));
	return status;
}
