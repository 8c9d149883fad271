/* task.h - one image as a task of an executor: its job, its outcome, and what all of a run share.
 *
 * The job is the number of an item in the plan; the plan itself exists only in the parent, where
 * open, commit and discard run. What the worker needs travels in descriptors and in the outcome.
 */
#ifndef BATCH_TASK_H
#define BATCH_TASK_H

#include <sys/stat.h>

#include <batchresize/batch.h>

#include "io/sweep.h"
#include "batch/footing.h"
#include "plan/plan.h"

/* The largest source that is read, in bytes: what a slot of the hybrid executor can hold. */
#define TASK_SOURCE_MAX ((size_t)1 << 30)

/* The item number of the image that comes from standard input. */
#define TASK_PIPE UINT64_MAX

struct task_job {
	uint64_t item;
};

/* An executor's result: filled in by the stages, wherever they run. */
struct task_outcome {
	struct stat source;
	struct br_image_result image;
	struct br_error error;
	uint64_t bytes_in, bytes_out; /* of all outputs */
	uint32_t present; /* for --existing: bits of the outputs that are there, and new enough */
	unsigned notes;   /* bits of enum br_batch_note */
	float read_ms, publish_ms;
	bool looked;  /* image holds something */
	bool refused; /* the output could not be made or written, whatever the picture */
	bool committed;
	bool lost;      /* nor could any other: see footing.h */
	bool unsettled; /* a failure that may be the writer's, who is not done: see unsettled.h */
	bool listed;    /* for tell_existing: image says what is there, see existing_list() */
};

struct task_context {
	const struct br_batch_options *options;
	const struct plan *plan; /* NULL while workers are made, and in them */
	struct footing *footing; /* NULL while the ground is laid, and in workers */
	struct sweeper *sweeper; /* of the directories that are written to; or NULL */
	struct syncer *syncer;   /* for --fsync; or NULL */
	int pipe_source;         /* TASK_PIPE: a memfd with all of standard input; else -1 */
	int pipe_output;         /* TASK_PIPE: where the image goes: standard output */
};

#endif
