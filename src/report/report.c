/* report.c - the observer: who is told what while a run goes on. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/stream.h"
#include "report/ndjson.h"
#include "report/report_file.h"
#include "report/report_private.h"

/* --- lines about one image -------------------------------------------------------------------- */

static void add_error(struct text *text, const char *message)
{
	text_add(text, "batchresize: ");
	text_add_escaped(text, message);
	text_add(text, "\n");
}

void report_tell_error(struct report *report, const struct br_error *error)
{
	add_error(log_begin(&report->log), error->msg);
	log_end(&report->log, LOG_LEVEL_ERROR, NULL, true);
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
		report_tell_error(report, &error);
	}
	return sink->error;
}

int report_judge(struct report *report)
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
		screen_erase(&report->log.screen);
	for (unsigned i = 0; i < record->output_count; i++)
		add_path(report, record->outputs[i].path, !shared, "\n");
	(void)sink_flush(&report->out);
	if (shared)
		screen_redraw(&report->log.screen);
}

static void print_plan(struct report *report, const struct br_batch_record *record)
{
	for (unsigned i = 0; i < record->output_count; i++) {
		add_path(report, record->source, false, " -> ");
		add_path(report, record->outputs[i].path, false, "\n");
	}
}

/* Where names come in pairs, none has the first place. */
static void print_removal(struct report *report, const struct br_batch_record *record)
{
	add_path(report, report->options.null_separated ? "" : "remove", false, " ");
	add_path(report, record->output, false, "\n");
}

/* Whether an image has a line on standard error. */
static bool is_shown(const struct report *report, const struct br_batch_record *record, bool failed)
{
	if (report->options.verbose > 0 || (report->batch.explain && !failed))
		return true;
	/* without a summary nobody would count them */
	return failed && (report->options.quiet || !details_is_more(&report->details, record));
}

static void tell_record(struct report *report, const struct br_batch_record *record)
{
	const bool failed = record_failed(record);
	const enum log_level level = failed ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG;
	const bool shown = is_shown(report, record, failed);
	const bool planned = record->status == BR_BATCH_PLANNED;

	/* As in any filter whose reader has gone, this is no failure to speak of. */
	if (report->pipe && record->error.sys_errno == EPIPE)
		report->broken = true;
	if (report->broken || (planned && !report->batch.explain) ||
	    !log_wants(&report->log, level, shown))
		return;
	if (failed) {
		report->last = record->error;
		lines_add_failure(log_begin(&report->log), record);
	} else if (report->batch.explain && (planned || report->options.verbose == 0)) {
		if (report->out_terminal.present) /* what is printed of it comes first */
			(void)sink_flush(&report->out);
		lines_add_reason(log_begin(&report->log), record);
	} else {
		lines_add_record(log_begin(&report->log), record, report->options.verbose > 1);
	}
	log_end(&report->log, level, record, shown);
}

/* --- observing -------------------------------------------------------------------------------- */

static void tell_shared(struct report *report)
{
	struct br_error error;

	(void)br_error_set(
	    &error, BR_ERROR_NONE,
	    "another run writes the report '%.100s' as well: lines are added behind its",
	    report->options.ndjson);
	report_tell_error(report, &error);
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

static void tell_asked(struct report *report, const struct br_batch_progress *progress)
{
	lines_add_progress(log_begin(&report->log), progress);
	log_end(&report->log, LOG_LEVEL_INFO, NULL, true);
}

/* The service manager sees how far it is. */
static void tell_manager(struct report *report, const struct br_batch_progress *progress)
{
	struct text status = TEXT_EMPTY;

	notify_alive(&report->notify);
	if (!notify_wants_status(&report->notify))
		return;
	lines_add_status(&status, progress);
	notify_status(&report->notify, &status);
	text_release(&status);
}

/* What it has done so far, which is all until something comes. */
static void tell_manager_waiting(struct report *report, const struct br_batch_progress *progress)
{
	struct text status = TEXT_EMPTY;

	notify_alive(&report->notify);
	if (report->waits && report->waited_at == progress->done)
		return;
	report->waited_at = progress->done;
	text_add(&status, "watching: ");
	lines_add_status(&status, progress);
	notify_status(&report->notify, &status);
	text_release(&status);
}

static void on_started(void *ctx, const struct br_batch_options *options,
                       const struct br_batch_progress *progress)
{
	struct report *report = ctx;

	report->started = true;
	report->batch = *options;
	report->mirrored = mirrors(options);
	report->run.mode = options->mode;
	report->run.io_threads = options->io_threads;
	report->run.dry_run = options->dry_run;
	report->run.goes_on = options->orders || options->existing == BR_BATCH_EXISTING_SKIP ||
	                      options->existing == BR_BATCH_EXISTING_UPDATE;
	report->srcset.fsync = options->fsync;
	report->failed.fsync = options->fsync;
	report->metrics.fsync = options->fsync;
	page_start(&report->page, options);
	report->pipe = br_batch_is_pipe(options);
	/* Neither needs a bar unless it is asked for: a dry run is short, and a filter keeps
	 * silent. */
	if ((options->dry_run || report->pipe) && report->options.bar != REPORT_BAR_ALWAYS)
		report->log.screen.show = SCREEN_NOTHING;
	if (report->shared && !report->options.quiet)
		tell_shared(report);
	lines_add_beginning(log_begin(&report->log), options, progress);
	log_end(&report->log, LOG_LEVEL_INFO, NULL, false);
	notify_ready(&report->notify);
	tell_manager(report, progress);
}

static void tell_progress(struct report *report, const struct br_batch_progress *progress)
{
	tell_manager(report, progress);
	/* there is no bar while images are looked for */
	if (progress->total == 0)
		return;
	screen_update(&report->log.screen, progress);
	if (log_wants_progress(&report->log, progress->elapsed))
		tell_asked(report, progress);
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
	metrics_add(&report->metrics, record);
	page_add(&report->page, record);
	srcset_add(&report->srcset, record);
	if (report->options.print && record->status == BR_BATCH_OK)
		print_outputs(report, record);
	if (record->status == BR_BATCH_PLANNED)
		print_plan(report, record);
	if (progress->more) /* whoever writes the list may wait for it */
		(void)sink_flush(&report->out);
	tell_record(report, record);
	(void)sink_settle(&report->out, progress->elapsed);
	/* While the next picture is worked on, nobody would come by to write the line. */
	if (report->run.mode == BR_EXECUTOR_SERIAL && record->attempt > 0)
		(void)sink_flush(&report->ndjson);
	(void)sink_settle(&report->ndjson, progress->elapsed);
	(void)sink_settle(&report->failed.sink, progress->elapsed);
	(void)sink_settle(&report->srcset.sink, progress->elapsed);
	tell_progress(report, progress);
	return report_judge(report);
}

static void on_tick(void *ctx, const struct br_batch_progress *progress)
{
	struct report *report = ctx;

	/* An error is seen again when the next image is finished. */
	(void)sink_settle(&report->ndjson, progress->elapsed);
	tell_progress(report, progress);
}

static void on_notice(void *ctx, enum br_batch_weight weight, const char *path, const char *message)
{
	static const enum log_level levels[] = {[BR_BATCH_REMARK] = LOG_LEVEL_DEBUG,
	                                        [BR_BATCH_WARNING] = LOG_LEVEL_WARNING,
	                                        [BR_BATCH_SERIOUS] = LOG_LEVEL_ERROR};
	struct report *report = ctx;
	const bool shown = weight == BR_BATCH_REMARK    ? report->options.verbose > 0
	                   : weight == BR_BATCH_WARNING ? !report->options.quiet
	                                                : true;

	report->notices += weight == BR_BATCH_SERIOUS;
	if (!log_wants(&report->log, levels[weight], shown))
		return;
	struct text *text = log_begin(&report->log);

	text_add(text, "batchresize: ");
	text_add_escaped(text, path);
	text_add(text, ": ");
	text_add_escaped(text, message);
	text_add(text, "\n");
	log_end(&report->log, levels[weight], NULL, shown);
}

static void on_unread(void *ctx, const struct br_batch_record *record)
{
	struct report *report = ctx;

	failed_list_add(&report->failed, record);
	page_add_unread(&report->page, record);
	if (report->ndjson.fd >= 0)
		ndjson_add(&report->ndjson.pending, record);
}

static void on_pruned(void *ctx, const struct br_batch_record *record)
{
	struct report *report = ctx;
	const bool shown = report->options.verbose > 0;

	if (report->ndjson.fd >= 0)
		ndjson_add(&report->ndjson.pending, record);
	if (record->status == BR_BATCH_PLANNED)
		print_removal(report, record);
	if (record->status != BR_BATCH_SKIPPED || !log_wants(&report->log, LOG_LEVEL_DEBUG, shown))
		return;
	lines_add_removal(log_begin(&report->log), record);
	log_end(&report->log, LOG_LEVEL_DEBUG, record, shown);
}

static void on_asked(void *ctx, const struct br_batch_progress *progress)
{
	tell_asked(ctx, progress);
}

/* SIGHUP, if there is a log file. */
static void on_hung_up(void *ctx)
{
	struct report *report = ctx;

	notify_reloading(&report->notify);
	log_reopen(&report->log);
	if (report->started)
		notify_ready(&report->notify);
}

void report_end_ndjson(struct report *report)
{
	struct sink *sink = &report->ndjson;

	if (sink_end(sink) == 0 && report->ndjson_file >= 0 && report->batch.fsync)
		sink->error = -report_file_sync(sink->fd, report->options.ndjson);
}

/* What has been done is to be read while the program waits, and that it waits. */
static void on_waiting(void *ctx, size_t directories, const struct br_batch_progress *progress)
{
	struct report *report = ctx;
	struct br_error error;

	(void)sink_flush(&report->out);
	/* An error is seen again when the next image is finished. */
	report_end_ndjson(report);
	screen_erase(&report->log.screen);
	tell_manager_waiting(report, progress);
	if (metrics_refresh(&report->metrics, &error))
		report_tell_error(report, &error);
	if (page_refresh(&report->page, &error))
		report_tell_error(report, &error);
	if (report->waits)
		return;
	report->waits = true;
	struct text *text = log_begin(&report->log);

	text_add(text, "batchresize: watching ");
	text_add_counted(text, directories, "directory", "directories");
	text_add(text, "\n");
	log_end(&report->log, LOG_LEVEL_INFO, NULL, !report->options.quiet);
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
	                 .pruned = on_pruned,
	                 .asked = on_asked,
	                 .waiting = on_waiting,
	                 .hung_up = options->log_file ? on_hung_up : NULL},
	    .notify = notify_open(),
	    .out = {.fd = out, .pending = TEXT_EMPTY},
	    .ndjson = SINK_NONE,
	    .ndjson_file = -1,
	    .failed = {.sink = SINK_NONE},
	    .srcset = {.sink = SINK_NONE},
	    .out_terminal = terminal_probe(out),
	    .details = DETAILS_EMPTY,
	};
	int status = log_open(&report->log, options, err, error);

	if (!status)
		status = open_ndjson(report, out, error);
	if (!status && options->failed_list)
		status = failed_list_open(&report->failed, options->failed_list,
		                          options->null_separated, error);
	if (!status && options->srcset)
		status = srcset_open(&report->srcset, options->srcset, error);
	if (!status && options->metrics)
		status = metrics_open(&report->metrics, options->metrics, error);
	if (!status && options->html)
		status = page_open(&report->page, &report->options, error);
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
	page_release(&report->page);
	details_release(&report->details);
	notify_release(&report->notify);
	log_release(&report->log);
	free(report);
}

void report_error(const struct br_error *error)
{
	struct text text = TEXT_EMPTY;

	if (journal_is_behind(STDERR_FILENO))
		text_addf(&text, "<%d>", LOG_LEVEL_ERROR);
	add_error(&text, error->msg);
	(void)stream_write(STDERR_FILENO, text.bytes.data, text.bytes.size);
	text_release(&text);
}
