/* report_file.h - the file of --report, which other runs may be writing at the same time.
 *
 * A run that is alone with its report begins a new one, with its first lines: until then the last
 * run's can be read, and one that can't start leaves it as it is. One that comes while others write
 * it adds its lines behind theirs: nothing is lost, and no line stands inside another, since each
 * run writes whole lines at the file's end, under a lock. The locks are those of an open file
 * description (fcntl(2), F_OFD_SETLK) far behind the end; if a file system has none, each run
 * begins a new report, as if it were alone.
 */
#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include <stdbool.h>

#include <batchresize/error.h>

#include "report/sink.h"

/* Opens `path` for sink->fd, which the caller closes. *shared: other runs write it as well. Returns
 * 0, BR_ERROR_USAGE for what exists and is no report (`--report *.jpg` must not cost a picture), or
 * a negative errno; the descriptor is to be closed after an error as well unless it is -1. */
int report_file_open(struct sink *sink, const char *path, bool *shared, struct br_error *error);

/* Has what was written there, and its name, be on the disk, if it is a file on one. Returns 0 or a
 * negative errno. */
int report_file_sync(int fd, const char *path);

#endif
