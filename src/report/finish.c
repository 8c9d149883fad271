/* finish.c - the end of a run: what is published then, the summary, the exit status. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "report/hook.h"
#include "report/report_private.h"

static void on_temporary(void *ctx, bool left, const char *path, const char *message)
{
	struct report *report = ctx;

	report->observer.notice(report, left ? BR_BATCH_WARNING : BR_BATCH_REMARK, path, message);
}

/* A filter keeps silent, and --quiet unless something went wrong. */
static bool shows_summary(const struct report *report, int exit)
{
	if (report->broken || (report->pipe && report->options.verbose == 0))
		return false;
	return !report->options.quiet || exit != REPORT_EXIT_OK;
}

static void tell_summary(struct report *report, int status, const struct br_batch_outcome *outcome,
                         int exit)
{
	const struct details_run run = {
	    .options = &report->batch,
	    .progress = &outcome->progress,
	    .mirrored = report->mirrored,
	    .told = report->options.verbose > 0,
	};
	const bool shown = shows_summary(report, exit);
	uint64_t records = 0;

	for (unsigned i = 0; i < BR_BATCH_STATUSES; i++)
		records += report->tally.count[i];
	/* If a run could not start, its error says all. */
	if ((status && records == 0) || !log_wants(&report->log, LOG_LEVEL_INFO, shown))
		return;
	struct text *text = log_begin(&report->log);

	lines_add_refused(text, &report->tally);
	if (report->started && !report->pipe && !report->options.quiet)
		details_add(text, &report->details, &run);
	lines_add_left(text, outcome);
	if (!outcome->time_up || records > 0)
		lines_add_summary(text, &report->tally, &report->run);
	log_end(&report->log, LOG_LEVEL_INFO, NULL, shown);
}

static int exit_status(const struct report *report, int status, bool unwritten)
{
	if (report->broken)
		return 128 + SIGPIPE;
	if (status == BR_ERROR_CANCELLED && report->run.signal > 0)
		return 128 + report->run.signal;
	if (status == BR_ERROR_LOCKED)
		return report->run.skipped ? REPORT_EXIT_OK : REPORT_EXIT_LOCKED;
	if (status)
		return status == BR_ERROR_USAGE ? REPORT_EXIT_USAGE : REPORT_EXIT_RUN;
	if (unwritten)
		return REPORT_EXIT_RUN;
	if (report->run.signal > 0)
		return 128 + report->run.signal;
	if (report->run.emptied > 0)
		return REPORT_EXIT_RUN;
	if (report->tally.count[BR_BATCH_CANCELLED] > report->tally.left && !report->run.gave_up)
		return REPORT_EXIT_RUN;
	return tally_failed(&report->tally) + report->notices > 0 ? REPORT_EXIT_FAILURES
	                                                          : REPORT_EXIT_OK;
}

/* Only a run that came to its end has a whole list to show. Returns whether all is well. */
static bool finish_srcset(struct report *report, int status, const struct br_batch_outcome *outcome)
{
	struct br_error error;

	if (!report->options.srcset || status || outcome->signal || outcome->emptied > 0 ||
	    outcome->stopped || outcome->gave_up)
		return true;
	if (srcset_empties(&report->srcset)) {
		(void)br_error_set(
		    &error, BR_ERROR_NONE,
		    "%.100s: is left as it was, for no picture was found to be listed "
		    "(are the sources there? remove it to begin anew)",
		    report->options.srcset);
		report_tell_error(report, &error);
		return true;
	}
	if (srcset_publish(&report->srcset, &error) == 0)
		return true;
	report_tell_error(report, &error);
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
	report_tell_error(report, &error);
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
	report_tell_error(report, &error);
	return false;
}

static void tell_gave_up(struct report *report, const struct br_batch_progress *progress)
{
	struct br_error error;

	(void)br_error_set(
	    &error, BR_ERROR_NONE,
	    "%llu of %llu images have failed, more than --max-failures bears: the run was ended",
	    (unsigned long long)progress->failed, (unsigned long long)progress->total);
	report_tell_error(report, &error);
}

/* Metrics that can't be written leave whoever watches them in the dark: returns the status that
 * the program ends with. */
static int finish_metrics(struct report *report, const struct br_batch_outcome *outcome, int exit)
{
	struct br_error error;

	if (!report->metrics.path)
		return exit;
	metrics_end(&report->metrics, exit, outcome->progress.elapsed, report->tally.left);
	if (metrics_publish(&report->metrics, &error) == 0)
		return exit;
	report_tell_error(report, &error);
	return exit > 128 ? exit : REPORT_EXIT_RUN;
}

/* Why the run ended before its end, or NULL. */
static const char *ending_of(const struct br_batch_outcome *outcome, const char *failure,
                             char words[BR_ERROR_TEXT_MAX])
{
	if (outcome->signal > 0)
		(void)snprintf(words, BR_ERROR_TEXT_MAX, "ended by signal %d, %s", outcome->signal,
		               sigdescr_np(outcome->signal) ? sigdescr_np(outcome->signal)
		                                            : "unknown");
	else if (failure)
		return failure;
	else if (outcome->gave_up)
		return "ended since more has failed than --max-failures bears";
	else if (outcome->time_up)
		return "ended since the time was up";
	else
		return NULL;
	return words;
}

/* As finish_metrics(). A run that was another's to do has nothing to show. */
static int finish_page(struct report *report, const struct br_batch_outcome *outcome,
                       const char *failure, int exit)
{
	struct text summary = TEXT_EMPTY;
	char ending[BR_ERROR_TEXT_MAX];
	struct page_end end = {.outcome = outcome, .ending = ending_of(outcome, failure, ending)};
	struct br_error error;
	int status;

	if (!report->page.started || outcome->skipped)
		return exit;
	lines_add_summary(&summary, &report->tally, &report->run);
	/* a string, in place of a line */
	if (summary.bytes.size > 0)
		summary.bytes.data[summary.bytes.size - 1] = '\0';
	end.summary = summary.bytes.size > 0 ? (const char *)summary.bytes.data : NULL;
	status = page_publish(&report->page, &end, &error);
	text_release(&summary);
	if (!status)
		return exit;
	report_tell_error(report, &error);
	return exit > 128 ? exit : REPORT_EXIT_RUN;
}

/* That the command fails is told, and changes nothing of what the run has done. */
static void finish_hook(struct report *report, const struct br_batch_outcome *outcome,
                        const char *failure, int exit)
{
	const struct hook_summary summary = {.exit = exit,
	                                     .tally = &report->tally,
	                                     .run = &report->run,
	                                     .outcome = outcome,
	                                     .error = failure};
	struct text text = TEXT_EMPTY;
	struct br_error error;

	if (!report->options.on_finish)
		return;
	hook_add_summary(&text, &summary);
	if (hook_run(report->options.on_finish, &text, report->log.ignores_hangup, &report->notify,
	             &error))
		report_tell_error(report, &error);
	text_release(&text);
}

static void tell_stopping(struct report *report)
{
	struct text status = TEXT_EMPTY;

	lines_add_summary(&status, &report->tally, &report->run);
	notify_stopping(&report->notify, &status);
	text_release(&status);
}

int report_finish(struct report *report, int status, const struct br_batch_outcome *outcome,
                  const struct br_error *error)
{
	screen_end(&report->log.screen);
	if (status == 0)
		(void)sink_replace(&report->ndjson);
	/* Some file systems only say at a close that there was no room. */
	(void)sink_end(&report->out);
	report_end_ndjson(report);
	bool unwritten = report_judge(report) != 0;

	if (!unwritten)
		unwritten = !finish_failed_list(report);
	if (!unwritten)
		unwritten = !finish_srcset(report, status, outcome);
	failed_list_discard(&report->failed, report, on_temporary);
	srcset_discard(&report->srcset, report, on_temporary);
	/* What ended the run may be the last image's own failure. */
	if (status && !report->broken && !outcome->skipped &&
	    strcmp(error->msg, report->last.msg) != 0)
		report_tell_error(report, error);
	if (outcome->gave_up && !report->broken)
		tell_gave_up(report, &outcome->progress);
	report->run.gave_up = outcome->gave_up;
	report->run.skipped = outcome->skipped;
	report->run.emptied = outcome->emptied;
	report->run.pruned = outcome->pruned;
	report->run.workers = outcome->workers;
	if (report->run.mode == BR_EXECUTOR_AUTO) {
		report->run.io_threads = outcome->stats.io_threads;
		report->run.io_reading = outcome->stats.io_reading;
	}
	report->run.signal = outcome->signal;
	report->run.elapsed = outcome->progress.elapsed;
	int exit = exit_status(report, status, unwritten);

	exit = finish_metrics(report, outcome, exit);
	exit = finish_page(report, outcome, status ? error->msg : NULL, exit);
	tell_summary(report, status, outcome, exit);
	log_finish(&report->log);
	finish_hook(report, outcome, status ? error->msg : NULL, exit);
	tell_stopping(report);
	return exit;
}
