/* options.h - what a report is to be like. */
#ifndef REPORT_OPTIONS_H
#define REPORT_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

/* How messages are written; AUTO: as text, and if standard error is the journal, to it. */
enum report_log_format { REPORT_LOG_AUTO, REPORT_LOG_TEXT, REPORT_LOG_JSON, REPORT_LOG_JOURNAL };

/* When there is a bar: AUTO: if standard error is a terminal; ALWAYS: elsewhere as plain lines. */
enum report_bar { REPORT_BAR_AUTO, REPORT_BAR_ALWAYS, REPORT_BAR_NEVER };

/* An option that was given, its value, and by whom. */
struct report_setting {
	const char *name;
	const char *value; /* of an option that is given or not: "yes" */
	const char *origin;
};

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
	const char *metrics;     /* a file to write at the end: see metrics.h; or NULL */
	const char *on_finish;   /* a command to run at the end: see hook.h; or NULL */
	const char *srcset;      /* a file to write at the end: see srcset.h; or NULL */
	const char *html;        /* a page to write at the end: see html/run.h; or NULL */
	const struct report_setting *setting; /* of options that were given, for that page */
	size_t settings;
	FILE *out, *err; /* in place of stdout and stderr, if not NULL; with descriptors */
};

#endif
