/* report.c - the observer: who is told what, and the exit status of the run. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/stream.h"
#include "report/details.h"
#include "report/failed_list.h"
#include "report/lines.h"
#include "report/ndjson.h"
#include "report/report.h"
#include "report/report_file.h"
#include "report/screen.h"
#include "report/sink.h"
#include "report/srcset.h"

struct report {
	struct report_options options;
	struct br_batch_observer observer;
	struct screen screen;
	struct sink out;    /* stdout: paths, the plan */
	struct sink ndjson; /* may be on stdout's descriptor too */
	int ndjson_file;    /* to be closed; -1 if it is stdout or none */
	bool shared;        /* other runs write the same report */
	struct failed_list failed;
	struct srcset srcset;
	struct terminal out_terminal;
	struct tally tally;
	struct details details;
	bool started;
	struct br_batch_options batch; /* of the run that has started */
	bool mirrored;                 /* paths of named files stand below its --output */
	struct run run;
	bool pipe;            /* the run is one image from stdin to stdout */
	bool broken;          /* nobody reads our stdout any more */
	bool told;            /* of a sink that can't be written to */
	bool waits;           /* it has been told that directories are watched */
	struct br_error last; /* failure that was told */
	uint64_t notices;     /* serious ones */
};

/* --- telling ---------------------------------------------------------------------------------- */

static void add_error(struct text *text, const char *message)
{
	text_add(text, "batchresize: ");
	text_add_escaped(text, message);
	text_add(text, "\n");
}

static void tell_error(struct report *report, const struct br_error *error)
{
	add_error(screen_begin(&report->screen), error->msg);
	screen_message(&report->screen);
}

/* A write that failed ends the run; why is told once. Returns the value that stops the run. */
static int judge(struct report *report, const struct sink *sink, bool is_stdout, const char *name)
{
	struct br_error error;

	if (sink->error == 0)
		return 0;
	if (is_stdout && sink->error == EPIPE)
		report->broken = true;
	if (!report->told && !report->broken) {
		report->told = true;
		(void)br_error_system(&error, sink->error,
		                      "cannot write %.100s (the run is stopped; make room, or "
		                      "write elsewhere)",
		                      name);
		tell_error(report, &error);
	}
	return sink->error;
}

static int judge_all(struct report *report)
{
	bool ndjson_is_stdout = report->ndjson_file < 0;
	int status = judge(report, &report->out, true, "to standard output");

	if (status == 0)
		status = judge(report, &report->ndjson, ndjson_is_stdout,
		               ndjson_is_stdout ? "to standard output" : report->options.ndjson);
	if (status == 0)
		status = judge(report, &report->failed.sink, false, report->options.failed_list);
	if (status == 0)
		status = judge(report, &report->srcset.sink, false, report->options.srcset);
	return status;
}

/* Adds a path and its end; for a terminal it is escaped, since a hostile name may contain commands
 * for it. */
static void add_path(struct report *report, const char *path, bool exact, const char *end)
{
	struct text *text = &report->out.pending;

	if (report->options.null_separated) {
		text_add_bytes(text, path, strlen(path) + 1);
		return;
	}
	if (exact)
		text_add(text, path);
	else
		text_add_escaped(text, path);
	text_add(text, end);
}

static void print_outputs(struct report *report, const struct br_batch_record *record)
{
	bool shared = report->out_terminal.present;

	if (shared)
		screen_erase(&report->screen);
	for (unsigned i = 0; i < record->output_count; i++)
		add_path(report, record->outputs[i].path, !shared, "\n");
	(void)sink_flush(&report->out);
	if (shared)
		screen_redraw(&report->screen);
}

static void print_plan(struct report *report, const struct br_batch_record *record)
{
	for (unsigned i = 0; i < record->output_count; i++) {
		add_path(report, record->source, false, " -> ");
		add_path(report, record->outputs[i].path, false, "\n");
	}
}

static void tell_record(struct report *report, const struct br_batch_record *record)
{
	const bool failed = record_failed(record);

	/* As in any filter whose reader has gone, this is no failure to speak of. */
	if (report->pipe && record->error.sys_errno == EPIPE)
		report->broken = true;
	if (report->broken || (!failed && report->options.verbose == 0) ||
	    record->status == BR_BATCH_PLANNED)
		return;
	/* without a summary nobody would count them */
	if (report->options.verbose == 0 && !report->options.quiet &&
	    details_is_more(&report->details, record))
		return;
	if (failed) {
		report->last = record->error;
		lines_add_failure(screen_begin(&report->screen), record);
	} else {
		lines_add_record(screen_begin(&report->screen), record,
		                 report->options.verbose > 1);
	}
	screen_message(&report->screen);
}

/* --- observing -------------------------------------------------------------------------------- */

static void tell_shared(struct report *report)
{
	struct br_error error;

	(void)br_error_set(
	    &error, BR_ERROR_NONE,
	    "another run writes the report '%.100s' as well: lines are added behind its",
	    report->options.ndjson);
	tell_error(report, &error);
}

/* Whether a file was named by more than its name, which stands below the output directory then. */
static bool mirrors(const struct br_batch_options *options)
{
	struct stat st;

	if (!options->output || options->flat || options->output_is_file)
		return false;
	for (size_t i = 0; i < options->path_count; i++)
		if (strchr(options->paths[i], '/') && stat(options->paths[i], &st) == 0 &&
		    S_ISREG(st.st_mode))
			return true;
	return false;
}

static void on_started(void *ctx, const struct br_batch_options *options,
                       const struct br_batch_progress *progress)
{
	struct report *report = ctx;

	(void)progress;
	report->started = true;
	report->batch = *options;
	report->mirrored = mirrors(options);
	report->run.mode = options->mode;
	report->run.io_threads = options->io_threads;
	report->run.dry_run = options->dry_run;
	report->run.goes_on = options->existing == BR_BATCH_EXISTING_SKIP ||
	                      options->existing == BR_BATCH_EXISTING_UPDATE;
	report->srcset.fsync = options->fsync;
	report->pipe = br_batch_is_pipe(options);
	/* Neither needs a bar unless it is asked for: a dry run is short, and a filter keeps
	 * silent. */
	if ((options->dry_run || report->pipe) && report->options.bar != REPORT_BAR_ALWAYS)
		report->screen.show = SCREEN_NOTHING;
	if (report->shared && !report->options.quiet)
		tell_shared(report);
}

static int on_finished(void *ctx, const struct br_batch_record *record,
                       const struct br_batch_progress *progress)
{
	struct report *report = ctx;

	tally_add(&report->tally, record);
	details_add_record(&report->details, record);
	if (report->ndjson.fd >= 0)
		ndjson_add(&report->ndjson.pending, record);
	failed_list_add(&report->failed, record);
	srcset_add(&report->srcset, record);
	if (report->options.print && record->status == BR_BATCH_OK)
		print_outputs(report, record);
	if (record->status == BR_BATCH_PLANNED)
		print_plan(report, record);
	tell_record(report, record);
	(void)sink_settle(&report->out, progress->elapsed);
	/* While the next picture is worked on, nobody would come by to write the line. */
	if (report->run.mode == BR_EXECUTOR_SERIAL && record->attempt > 0)
		(void)sink_flush(&report->ndjson);
	(void)sink_settle(&report->ndjson, progress->elapsed);
	(void)sink_settle(&report->failed.sink, progress->elapsed);
	(void)sink_settle(&report->srcset.sink, progress->elapsed);
	screen_update(&report->screen, progress);
	return judge_all(report);
}

static void on_tick(void *ctx, const struct br_batch_progress *progress)
{
	struct report *report = ctx;

	/* An error is seen again when the next image is finished. */
	(void)sink_settle(&report->ndjson, progress->elapsed);
	screen_update(&report->screen, progress);
}

static void on_notice(void *ctx, enum br_batch_weight weight, const char *path, const char *message)
{
	struct report *report = ctx;

	report->notices += weight == BR_BATCH_SERIOUS;
	if ((weight == BR_BATCH_REMARK && report->options.verbose == 0) ||
	    (weight == BR_BATCH_WARNING && report->options.quiet))
		return;
	struct text *text = screen_begin(&report->screen);

	text_add(text, "batchresize: ");
	text_add_escaped(text, path);
	text_add(text, ": ");
	text_add_escaped(text, message);
	text_add(text, "\n");
	screen_message(&report->screen);
}

static void on_unread(void *ctx, const struct br_batch_record *record)
{
	struct report *report = ctx;

	failed_list_add(&report->failed, record);
	if (report->ndjson.fd >= 0)
		ndjson_add(&report->ndjson.pending, record);
}

static void on_temporary(void *ctx, bool left, const char *path, const char *message)
{
	on_notice(ctx, left ? BR_BATCH_WARNING : BR_BATCH_REMARK, path, message);
}

static void on_asked(void *ctx, const struct br_batch_progress *progress)
{
	struct report *report = ctx;

	lines_add_progress(screen_begin(&report->screen), progress);
	screen_message(&report->screen);
}

/* What has been done is to be read while the program waits, and that it waits. */
static void on_waiting(void *ctx, size_t directories, const struct br_batch_progress *progress)
{
	struct report *report = ctx;

	(void)progress;
	(void)sink_flush(&report->out);
	/* An error is seen again when the next image is finished. */
	(void)sink_flush(&report->ndjson);
	screen_erase(&report->screen);
	if (report->waits || report->options.quiet)
		return;
	report->waits = true;
	struct text *text = screen_begin(&report->screen);

	text_add(text, "batchresize: watching ");
	text_add_counted(text, directories, "directory", "directories");
	text_add(text, "\n");
	screen_message(&report->screen);
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int open_ndjson(struct report *report, int out, struct br_error *error)
{
	const char *path = report->options.ndjson;

	if (!path)
		return 0;
	if (strcmp(path, "-") == 0) {
		report->ndjson.fd = out;
		return 0;
	}
	int status = report_file_open(&report->ndjson, path, &report->shared, error);

	report->ndjson_file = report->ndjson.fd;
	return status;
}

int report_new(struct report **made, const struct report_options *options, struct br_error *error)
{
	struct report *report = calloc(1, sizeof(*report));

	*made = NULL;
	if (!report)
		return br_error_system(error, ENOMEM, "no memory for the report");
	int out = fileno(options->out ? options->out : stdout);
	int err = fileno(options->err ? options->err : stderr);

	*report = (struct report){
	    .options = *options,
	    .observer = {.ctx = report,
	                 .started = on_started,
	                 .finished = on_finished,
	                 .tick = on_tick,
	                 .notice = on_notice,
	                 .unread = on_unread,
	                 .asked = on_asked,
	                 .waiting = on_waiting},
	    .screen = screen_new(err, options->bar, options->quiet),
	    .out = {.fd = out, .pending = TEXT_EMPTY},
	    .ndjson = SINK_NONE,
	    .ndjson_file = -1,
	    .failed = {.sink = SINK_NONE},
	    .srcset = {.sink = SINK_NONE},
	    .out_terminal = terminal_probe(out),
	    .details = DETAILS_EMPTY,
	};
	int status = open_ndjson(report, out, error);

	if (!status && options->failed_list)
		status = failed_list_open(&report->failed, options->failed_list,
		                          options->null_separated, error);
	if (!status && options->srcset)
		status = srcset_open(&report->srcset, options->srcset, error);
	if (status) {
		report_free(report);
		return status;
	}
	*made = report;
	return 0;
}

const struct br_batch_observer *report_observer(struct report *report)
{
	return &report->observer;
}

static void tell_summary(struct report *report, int status, const struct br_batch_outcome *outcome)
{
	const struct details_run run = {
	    .options = &report->batch,
	    .progress = &outcome->progress,
	    .mirrored = report->mirrored,
	    .told = report->options.verbose > 0,
	};
	uint64_t records = 0;

	for (unsigned i = 0; i < BR_BATCH_STATUSES; i++)
		records += report->tally.count[i];
	/* A filter keeps silent; and if a run could not start, its error says all.
	 */
	if (report->options.quiet || report->broken || (status && records == 0) ||
	    (report->pipe && report->options.verbose == 0))
		return;
	struct text *text = screen_begin(&report->screen);

	lines_add_refused(text, &report->tally);
	if (report->started && !report->pipe)
		details_add(text, &report->details, &run);
	lines_add_left(text, outcome);
	if (!outcome->time_up || records > 0)
		lines_add_summary(text, &report->tally, &report->run);
	screen_message(&report->screen);
}

static int exit_status(const struct report *report, int status, bool unwritten)
{
	if (report->broken)
		return 128 + SIGPIPE;
	if (status == BR_ERROR_CANCELLED && report->run.signal > 0)
		return 128 + report->run.signal;
	if (status)
		return status == BR_ERROR_USAGE ? REPORT_EXIT_USAGE : REPORT_EXIT_RUN;
	if (unwritten)
		return REPORT_EXIT_RUN;
	if (report->run.signal > 0)
		return 128 + report->run.signal;
	if (report->tally.count[BR_BATCH_CANCELLED] > report->tally.left && !report->run.gave_up)
		return REPORT_EXIT_RUN;
	return tally_failed(&report->tally) + report->notices > 0 ? REPORT_EXIT_FAILURES
	                                                          : REPORT_EXIT_OK;
}

/* Only a run that came to its end has a whole list to show. Returns whether all is well. */
static bool finish_srcset(struct report *report, int status, const struct br_batch_outcome *outcome)
{
	struct br_error error;

	if (!report->options.srcset || status || outcome->signal || outcome->stopped ||
	    outcome->gave_up)
		return true;
	if (srcset_empties(&report->srcset)) {
		(void)br_error_set(
		    &error, BR_ERROR_NONE,
		    "%.100s: is left as it was, for no picture was found to be listed "
		    "(are the sources there? remove it to begin anew)",
		    report->options.srcset);
		tell_error(report, &error);
		return true;
	}
	if (srcset_publish(&report->srcset, &error) == 0)
		return true;
	tell_error(report, &error);
	return false;
}

static void tell_left_out(struct report *report)
{
	struct br_error error;

	(void)br_error_set(&error, BR_ERROR_NONE,
	                   "%.100s: lacks %llu of what failed, whose names have a newline in them: "
	                   "say --null",
	                   report->options.failed_list,
	                   (unsigned long long)report->failed.left_out);
	tell_error(report, &error);
}

/* A run that could not start knows nothing of what an earlier one has failed with. Returns whether
 * all is well. */
static bool finish_failed_list(struct report *report)
{
	struct br_error error;

	if (!report->options.failed_list || !report->started || report->batch.dry_run)
		return true;
	if (report->failed.left_out > 0)
		tell_left_out(report);
	if (failed_list_publish(&report->failed, &error) == 0)
		return true;
	tell_error(report, &error);
	return false;
}

static void tell_gave_up(struct report *report, const struct br_batch_progress *progress)
{
	struct br_error error;

	(void)br_error_set(
	    &error, BR_ERROR_NONE,
	    "%llu of %llu images have failed, more than --max-failures bears: the run was ended",
	    (unsigned long long)progress->failed, (unsigned long long)progress->total);
	tell_error(report, &error);
}

int report_finish(struct report *report, int status, const struct br_batch_outcome *outcome,
                  const struct br_error *error)
{
	screen_end(&report->screen);
	if (status == 0)
		(void)sink_replace(&report->ndjson);
	/* Some file systems only say at a close that there was no room. */
	(void)sink_end(&report->out);
	(void)sink_end(&report->ndjson);
	bool unwritten = judge_all(report) != 0;

	if (!unwritten)
		unwritten = !finish_failed_list(report);
	if (!unwritten)
		unwritten = !finish_srcset(report, status, outcome);
	failed_list_discard(&report->failed, report, on_temporary);
	srcset_discard(&report->srcset, report, on_temporary);
	/* What ended the run may be the last image's own failure. */
	if (status && !report->broken && strcmp(error->msg, report->last.msg) != 0)
		tell_error(report, error);
	if (outcome->gave_up && !report->broken)
		tell_gave_up(report, &outcome->progress);
	report->run.gave_up = outcome->gave_up;
	report->run.workers = outcome->workers;
	report->run.signal = outcome->signal;
	report->run.elapsed = outcome->progress.elapsed;
	tell_summary(report, status, outcome);
	return exit_status(report, status, unwritten);
}

void report_free(struct report *report)
{
	if (!report)
		return;
	if (report->ndjson_file >= 0)
		(void)close(report->ndjson_file); /* report_finish() has seen what it says */
	sink_release(&report->out);
	sink_release(&report->ndjson);
	failed_list_release(&report->failed);
	srcset_release(&report->srcset);
	details_release(&report->details);
	screen_release(&report->screen);
	free(report);
}

void report_error(const struct br_error *error)
{
	struct text text = TEXT_EMPTY;

	add_error(&text, error->msg);
	(void)stream_write(STDERR_FILENO, text.bytes.data, text.bytes.size);
	text_release(&text);
}
