/* record.h - from what an executor or the plan says of an image to the record that is reported. */
#ifndef BATCH_RECORD_H
#define BATCH_RECORD_H

#include <limits.h>

#include "batch/task.h"

/* Bytes of br_batch_record.explanation. */
#define RECORD_EXPLANATION_MAX 512

/* What a record's strings lie in. */
struct record_paths {
	char explanation[RECORD_EXPLANATION_MAX];
	char source[PATH_MAX];
	char output[BR_IMAGE_SIZES_MAX][PATH_MAX];
	struct br_batch_output outputs[BR_IMAGE_SIZES_MAX];
};

/* A record of an item of the plan, with its paths and nothing else. A path too long for any system
 * call is reported cut. */
void record_begin(struct br_batch_record *record, struct record_paths *paths,
                  const struct plan *plan, uint64_t item, const struct br_batch_options *options);

/* Adds the outputs that a dry run would make, or those that were made of record->image. */
void record_planned_outputs(struct br_batch_record *record, struct record_paths *paths,
                            const struct plan *plan, uint64_t item);
void record_made_outputs(struct br_batch_record *record, struct record_paths *paths,
                         const struct plan *plan, uint64_t item);

/* With tell_existing, adds the outputs that were not made and are there nevertheless. It looks for
 * them unless the outcome (which may be NULL) lists them. */
void record_there(struct br_batch_record *record, struct record_paths *paths,
                  const struct task_context *context, uint64_t item,
                  const struct task_outcome *outcome);

/* Fills in status, error and all that the outcome knows; source, output and mode are the caller's.
 * The record points into `result`. kills: of memory_kills() when the run began. */
void record_from_result(struct br_batch_record *record, const struct br_executor_result *result,
                        const struct br_batch_options *options, uint64_t kills);

/* Turns a failure into a file that was passed over, if it failed for being of a kind that can't be
 * made. For files whose names promise no picture (plan_is_stray()). A damaged picture stays a
 * failure. */
void record_pass_over(struct br_batch_record *record);

/* Counts a finished image. */
void progress_count(struct br_batch_progress *progress, const struct br_batch_record *record,
                    uint64_t source_bytes);

#endif
