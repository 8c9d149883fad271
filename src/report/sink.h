/* sink.h - a descriptor that whole lines are written to.
 *
 * What is added waits until there is a good deal of it, a second has passed, or sink_flush() is
 * called. Then it goes out in one write(2), so that a run which is killed leaves whole lines. Into
 * a pipe it goes in several: the kernel lets no other writer's bytes between those of one write of
 * PIPE_BUF at most, and only a line that is longer itself is more. If a regular file takes only a
 * part (a full disk), its last line is cut off again. The first error is kept, and ends all further
 * writing.
 */
#ifndef REPORT_SINK_H
#define REPORT_SINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "text/text.h"

struct sink {
	int fd;              /* -1: nothing is to be written */
	struct text pending; /* the caller adds whole lines */
	double flushed;      /* seconds of the run at the last flush */
	int error;           /* 0, or the positive errno of the write that failed */
	bool locks;          /* others write it as well: each write under SINK_LOCK_WRITE */
	/* So many bytes at the beginning of a file that is appended to are an earlier run's: they
	 * go when the first lines are written, so that there is always a report to be read. */
	off_t stale;
};

#define SINK_NONE ((struct sink){.fd = -1, .pending = TEXT_EMPTY})

/* The part of a file that is locked while several runs write it. */
enum sink_lock { SINK_LOCK_RUN, SINK_LOCK_WRITE };

/* Sets a lock (F_RDLCK, F_WRLCK, F_UNLCK) of the open file description, waiting for others if
 * `wait`. Returns 0 or a negative errno: -EAGAIN or -EACCES if another has it. */
int sink_lock(int fd, enum sink_lock lock, short kind, bool wait);

/* Writes what waits. Returns sink->error. */
int sink_flush(struct sink *sink);
/* The same when it is time to: `elapsed` is in seconds of the run. */
int sink_settle(struct sink *sink, double elapsed);
/* Writes what waits; if nothing ever did, the file is emptied of what is stale. Returns
 * sink->error. */
int sink_replace(struct sink *sink);
/* Has the system report errors of the writes so far that it has not told yet, as network file
 * systems do until close(2). Returns sink->error. */
int sink_end(struct sink *sink);
/* Frees the memory; the descriptor is the caller's. */
void sink_release(struct sink *sink);

#endif
