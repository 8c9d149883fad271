/* fetched.h - sources that are URLs: from the server to a descriptor, as a file's. */
#ifndef BATCH_FETCHED_H
#define BATCH_FETCHED_H

#include "batch/task.h"

/* What fetches for a run; NULL without memory. */
struct fetch *fetched_new(const struct br_batch_options *options);
/* The same for keys of Redis. */
struct values *fetched_values_new(const struct br_batch_options *options);

/* Waits for the item's source, whose *fd and outcome->source become those of a file without a name.
 * Returns 0; BR_ERROR_SKIPPED when its server says that it has not changed since what known.h
 * knows; or why there is none, as fetch_get() and BR_ERROR_NOT_IMAGE for a web page; outcome->error
 * says so. For the thread that opens: it may take as long as a picture may. */
int fetched_open(const struct task_context *context, uint64_t item, int *fd,
                 struct task_outcome *outcome);

/* Its descriptor is about to be closed. Nothing for sources that are files. */
void fetched_close(const struct task_context *context, uint64_t item, int fd);

#endif
