/* log_file.h - the file of --log-file: lines are added at its end, each by one write, so that
 * several runs may share it, and what rotates it may take it away.
 *
 * A disk that is full is no reason to end a run: lines are lost until there is room again.
 */
#ifndef REPORT_LOG_FILE_H
#define REPORT_LOG_FILE_H

#include <batchresize/error.h>

#include "text/text.h"

struct log_file {
	const char *path; /* borrowed */
	int fd;           /* -1: none */
	int error;        /* of the last write, 0 or a positive errno */
	bool torn;        /* a part of a line has been written */
};

#define LOG_FILE_NONE ((struct log_file){.fd = -1})

/* Opens the file. Returns 0, BR_ERROR_USAGE for a picture (`--log-file *.jpg` must not spoil one),
 * or a negative errno. */
int log_file_open(struct log_file *file, const char *path, struct br_error *error);

/* Opens what has the path now, and if that can't be, goes on with the file that is open. Returns as
 * log_file_open(). */
int log_file_reopen(struct log_file *file, struct br_error *error);

void log_file_close(struct log_file *file);

/* Writes a line. Returns 0 or a negative errno. */
int log_file_write(struct log_file *file, const struct text *line);

#endif
