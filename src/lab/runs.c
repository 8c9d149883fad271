/* runs.c - see runs.h. */
#include "lab/runs.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/base.h"
#include "lab/apart.h"

/* Of the trial. */
#define TRIAL_PICTURES 48
#define TRIAL_MS       6000

/* More than enough for a run that is not stuck. */
#define GRACE_MS 20000

struct lab_asked {
	const struct runs *runs;
	const struct lab_run *run;
	size_t count;
	unsigned limit_ms; /* of the trial; 0: none */
};

/* The figures of one. */
enum { SECONDS, CPU, MADE, READ, DECODE, RESIZE, ENCODE, PUBLISH, FIGURES };

static int finished(void *ctx, const struct br_batch_record *record,
                    const struct br_batch_progress *progress)
{
	double *figure = ctx;
	const struct br_image_result *image = record->image;

	(void)progress;
	if (record->status != BR_BATCH_OK || !image)
		return 0;
	figure[MADE]++;
	figure[READ] += record->read_ms;
	figure[DECODE] += (double)image->decode_ms;
	figure[RESIZE] += (double)image->resize_ms;
	figure[ENCODE] += (double)image->encode_ms;
	figure[PUBLISH] += record->publish_ms;
	return 0;
}

static double cpu_of(int who)
{
	struct rusage usage = {0};

	(void)getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Of the user's options what the pictures are made by; nothing is remembered. */
static struct br_batch_options options_of(const struct lab_asked *asked, const char *output)
{
	struct br_batch_options options = *asked->runs->options;

	options.paths = (const char *const *)asked->runs->sample->path;
	options.path_count = asked->count;
	options.output = output;
	options.existing = BR_BATCH_EXISTING_OVERWRITE;
	options.lock = BR_BATCH_LOCK_OFF;
	options.settle_ms = 0;
	options.mode = asked->run->mode;
	options.jobs = asked->run->jobs;
	options.io_threads = asked->run->io_threads;
	options.max_time_ms = asked->limit_ms;
	options.trusted = false;
	return options;
}

static int measure(const void *ctx, double *figure)
{
	const struct lab_asked *asked = ctx;
	const struct br_batch_observer observer = {.ctx = figure, .finished = finished};
	struct br_batch_outcome outcome;
	struct br_error error;
	char output[PATH_MAX];

	if (snprintf(output, sizeof(output), "%s/%ld", asked->runs->place, (long)getpid()) >=
	    (int)sizeof(output))
		return -1;
	const struct br_batch_options options = options_of(asked, output);
	const uint64_t begin = clock_ns();
	const int status = br_batch_run(&options, &observer, &outcome, &error);

	figure[SECONDS] = (double)(clock_ns() - begin) / (double)NS_PER_S;
	figure[CPU] = cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN);
	return status;
}

void runs_try(const struct runs *runs, struct lab_stages *stages)
{
	const struct lab_run serial = {.mode = BR_EXECUTOR_SERIAL, .jobs = 1};
	const size_t all = runs->sample->count;
	const struct lab_asked asked = {.runs = runs,
	                                .run = &serial,
	                                .count = all < TRIAL_PICTURES ? all : TRIAL_PICTURES,
	                                .limit_ms = TRIAL_MS};
	double figure[FIGURES] = {0};

	*stages = (struct lab_stages){.tried = asked.count};
	if (!apart(measure, &asked, figure, FIGURES, TRIAL_MS + GRACE_MS) || !(figure[MADE] >= 1))
		return;
	stages->pictures = (uint64_t)figure[MADE];
	stages->seconds = figure[SECONDS];
	stages->read = figure[READ] / figure[MADE];
	stages->decode = figure[DECODE] / figure[MADE];
	stages->resize = figure[RESIZE] / figure[MADE];
	stages->encode = figure[ENCODE] / figure[MADE];
	stages->publish = figure[PUBLISH] / figure[MADE];
}

static void add(struct lab *lab, enum br_executor_mode mode, unsigned jobs, unsigned io_threads)
{
	if (lab->run_count < LAB_RUNS)
		lab->run[lab->run_count++] = (struct lab_run){.mode = mode,
		                                              .jobs = jobs,
		                                              .io_threads = io_threads,
		                                              .seconds = (double)NAN,
		                                              .cpu = (double)NAN};
}

void runs_list(struct lab *lab, unsigned jobs)
{
	static const unsigned readers[] = {2, 16, 64};

	add(lab, BR_EXECUTOR_SERIAL, 1, 0);
	for (unsigned j = 1;; j = j * 2 < jobs ? j * 2 : jobs) {
		add(lab, BR_EXECUTOR_THREAD, j, 0);
		add(lab, BR_EXECUTOR_PROCESS, j, 0);
		add(lab, BR_EXECUTOR_HYBRID, j, 0);
		if (j == jobs)
			break;
	}
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		add(lab, BR_EXECUTOR_HYBRID, jobs, readers[i]);
	add(lab, BR_EXECUTOR_AUTO, jobs, 0);
}

bool runs_make(const struct runs *runs, struct lab_run *run, size_t count, unsigned timeout_ms)
{
	const struct lab_asked asked = {.runs = runs, .run = run, .count = count};
	double figure[FIGURES];

	if (!apart(measure, &asked, figure, FIGURES, timeout_ms))
		return false;
	if (run->seconds <= figure[SECONDS])
		return true;
	run->seconds = figure[SECONDS];
	run->cpu = figure[CPU];
	run->made = (uint64_t)figure[MADE];
	return true;
}
