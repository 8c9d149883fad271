/* record.h - from what an executor or the plan says of an image to the record that is reported. */
#ifndef BATCH_RECORD_H
#define BATCH_RECORD_H

#include "batch/task.h"

/* Fills in status, error and all that the outcome knows; source, output and mode are the caller's.
 * The record points into `result`. */
void record_from_result(struct batch_record *record, const struct executor_result *result,
                        const struct batch_options *options);

/* Counts a finished image. */
void progress_count(struct batch_progress *progress, const struct batch_record *record,
                    uint64_t source_bytes);

#endif
