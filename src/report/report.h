/* report.h - everything that is said: the bar, the errors, the summary, the NDJSON, the paths.
 *
 * Besides main the only room that prints. It is a br_batch_observer: main makes one, hands it to
 * br_batch_run(), and closes it. stdout gets only --print, --dry-run's plan and --report -; stderr
 * gets the bar, errors and the summary.
 *
 * One thread, the one of br_batch_run(). main has SIGPIPE ignored, so that a reader that has gone
 * shows as EPIPE: the run is stopped then, and report_finish() returns 128 + SIGPIPE.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include <batchresize/batch.h>

#include "report/options.h"

/* The program's exit statuses; 128 + N is "ended by signal N". */
enum report_exit {
	REPORT_EXIT_OK = 0,
	REPORT_EXIT_FAILURES = 1, /* some images failed */
	REPORT_EXIT_USAGE = 2,
	REPORT_EXIT_RUN = 3,   /* the run could not start or go on */
	REPORT_EXIT_LOCKED = 4 /* another run holds the lock */
};

struct report;

/* Opens what is to be written. Returns 0, or a negative errno or BR_ERROR_USAGE with *error filled
 * in.
 */
int report_new(struct report **made, const struct report_options *options, struct br_error *error);

/* The observer to give to br_batch_run(); valid until report_free(). */
const struct br_batch_observer *report_observer(struct report *report);

/* Says how the run ended: summary, or the error that ended it. `status` and `error` are what
 * br_batch_run() returned; error is looked at only if status is not 0. Returns the program's
 * exit status as documented for the command line. Flushes; a report that could not be written is an
 * error (REPORT_EXIT_RUN). */
int report_finish(struct report *report, int status, const struct br_batch_outcome *outcome,
                  const struct br_error *error);
void report_free(struct report *report);

/* "batchresize: " + text to stderr, for errors that come before a report exists. */
void report_error(const struct br_error *error);

#endif
