/* entry.h - one line of a log: how much it matters, and how it is written. */
#ifndef REPORT_ENTRY_H
#define REPORT_ENTRY_H

#include <batchresize/batch.h>

#include "text/text.h"

/* The numbers are syslog's priorities (RFC 5424), which the journal has as well. */
enum log_level {
	LOG_LEVEL_ERROR = 3,   /* something was not done */
	LOG_LEVEL_WARNING = 4, /* to be seen, though all that was asked for is done */
	LOG_LEVEL_INFO = 6,    /* of the run: its beginning, its summary */
	LOG_LEVEL_DEBUG = 7    /* of each image */
};

struct log_entry {
	enum log_level level;
	const char *text;                     /* one line without its end, and without our name */
	const struct br_batch_record *record; /* the image that it is about; or NULL */
};

/* Each appends one line with its end. */

/* "2026-11-29T18:17:26.123+01:00 batchresize[1234] error: a.jpg: the JPEG data ends early" */
void entry_add_text(struct text *text, const struct log_entry *entry);
/* {"time":...,"level":"error","pid":1234,"message":...}, and of an image source, output, status,
 * code, signal and stage as in a report. */
void entry_add_json(struct text *text, const struct log_entry *entry);

#endif
