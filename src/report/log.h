/* log.h - where messages go: standard error, above a bar that they never tear, or the journal; and
 * a log file.
 *
 * Messages are made as lines for people. On standard error they stand as they are, unless it is to
 * have JSON; if it leads to the journal they go there instead, with their priority and fields,
 * or if the journal can't be reached, with "<3>" before them, by which systemd knows priorities. A
 * log file has all of its level, with the time before them or as JSON.
 */
#ifndef REPORT_LOG_H
#define REPORT_LOG_H

#include "report/entry.h"
#include "report/journal.h"
#include "report/log_file.h"
#include "report/options.h"
#include "report/screen.h"

struct log {
	struct screen screen;
	enum report_log_format format; /* of standard error */
	bool prefixed;                 /* "<3>" */
	struct journal journal;
	struct log_file file;
	bool ignores_hangup; /* since it is open: SIGHUP would end the program before */
	bool file_json;
	enum log_level file_level;
	bool tells_progress; /* as messages now and then, where no plain lines may stand */
	double told;         /* seconds of the run when it last was */
	struct text lines;   /* the message in the making */
	struct text line;    /* of the file */
};

/* `options` are those of the report; err is the descriptor of standard error. Returns 0, a negative
 * errno or BR_ERROR_USAGE; the log is to be released in any case. */
int log_open(struct log *log, const struct report_options *options, int err,
             struct br_error *error);
void log_release(struct log *log);

/* Begins a message: whole lines, each with its end, are added to what is returned. */
struct text *log_begin(struct log *log);
/* Tells it. `record`: the image that it is about, or NULL. `shown`: on standard error as well, not
 * in a file alone. */
void log_end(struct log *log, enum log_level level, const struct br_batch_record *record,
             bool shown);

/* Whether a message would be told, so that it need not be made. */
bool log_wants(const struct log *log, enum log_level level, bool shown);

/* Whether it is time for a message that says how far the run is; then it is to be told. */
bool log_wants_progress(struct log *log, double elapsed);

/* Opens the log file anew. */
void log_reopen(struct log *log);

/* Says what was lost. */
void log_finish(struct log *log);

#endif
