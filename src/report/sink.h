/* sink.h - a descriptor that whole lines are written to.
 *
 * What is added waits until there is a good deal of it, a second has passed, or sink_flush() is
 * called, and goes out in one write(2), so that a run which is killed leaves whole lines. The first
 * error is kept, and ends all further writing.
 */
#ifndef REPORT_SINK_H
#define REPORT_SINK_H

#include <stdbool.h>

#include "report/text.h"

struct sink {
	int fd;              /* -1: nothing is to be written */
	struct text pending; /* the caller adds whole lines */
	double flushed;      /* seconds of the run at the last flush */
	int error;           /* 0, or the positive errno of the write that failed */
};

#define SINK_NONE ((struct sink){.fd = -1, .pending = TEXT_EMPTY})

/* Writes all of it, waiting where the descriptor is non-blocking. Returns 0 or a positive errno. */
int sink_write(int fd, const void *bytes, size_t size);

/* Writes what waits. Returns sink->error. */
int sink_flush(struct sink *sink);
/* The same when it is time to: `elapsed` is in seconds of the run. */
int sink_settle(struct sink *sink, double elapsed);
/* Frees the memory; the descriptor is the caller's. */
void sink_release(struct sink *sink);

#endif
