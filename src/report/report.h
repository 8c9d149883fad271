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

/* How messages are written; AUTO: as text, and where standard error is the journal, to it. */
enum report_log_format { REPORT_LOG_AUTO, REPORT_LOG_TEXT, REPORT_LOG_JSON, REPORT_LOG_JOURNAL };

enum report_bar { REPORT_BAR_AUTO, REPORT_BAR_ALWAYS, REPORT_BAR_NEVER };

/* Strings and streams are borrowed. */
struct report_options {
	enum report_bar bar;
	enum report_log_format log_format; /* of log_file if there is one, else of err */
	const char *log_file;              /* to add messages to; or NULL */
	unsigned log_level;                /* enum log_level of that file; 0: INFO */
	bool quiet;              /* no bar, no summary unless something failed; errors still */
	unsigned verbose;        /* 1: a line an image; 2: more */
	bool print;              /* each published output's path to stdout */
	bool null_separated;     /* with NUL instead of newline after it; the plan likewise */
	const char *ndjson;      /* a file to write, "-" for stdout; or NULL */
	const char *failed_list; /* a file to write at the end: see failed_list.h; or NULL */
	const char *srcset;      /* a file to write at the end: see srcset.h; or NULL */
	FILE *out, *err;         /* in place of stdout and stderr, if not NULL; with descriptors */
};

/* The program's exit statuses; 128 + N is "ended by signal N". */
enum report_exit {
	REPORT_EXIT_OK = 0,
	REPORT_EXIT_FAILURES = 1, /* some images failed */
	REPORT_EXIT_USAGE = 2,
	REPORT_EXIT_RUN = 3 /* the run could not start or go on */
};

struct report;

/* Opens what is to be written. Returns 0, or a negative errno or BR_ERROR_USAGE with *error filled
 * in.
 */
int report_new(struct report **made, const struct report_options *options, struct br_error *error);

/* The observer to give to br_batch_run(); valid until report_free(). */
const struct br_batch_observer *report_observer(struct report *report);

/* Says how the run ended: summary, or the error that ended it. `status` and `error` are what
 * br_batch_run() returned; error is looked at only where status is not 0. Returns the program's
 * exit status as documented for the command line. Flushes; a report that could not be written is an
 * error (REPORT_EXIT_RUN). */
int report_finish(struct report *report, int status, const struct br_batch_outcome *outcome,
                  const struct br_error *error);
void report_free(struct report *report);

/* "batchresize: " + text to stderr, for errors that come before a report exists. */
void report_error(const struct br_error *error);

struct text;

/* A field of a report line. */
struct report_field {
	const char *name;
	const char *help;                                                     /* for the man page */
	void (*put)(struct text *text, const struct br_batch_record *record); /* writes its value */
};

/* The fields in the order in which they are written. */
const struct report_field *report_fields(size_t *count);

#endif
