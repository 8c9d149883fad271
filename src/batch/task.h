/* task.h - one image as a task of an executor: its job, its outcome, and what all of a run share.
 *
 * The job is the number of an item in the plan; the plan itself exists only in the parent, where
 * open, commit and discard run. What the worker needs travels in descriptors and in the outcome.
 */
#ifndef BATCH_TASK_H
#define BATCH_TASK_H

#include <sys/stat.h>

#include <batchresize/batch.h>

#include "fetch/fetch.h"
#include "io/sweep.h"
#include "batch/footing.h"
#include "plan/plan.h"
#include "plugin/fields.h"

/* The largest source that is read, in bytes: what a slot of the hybrid executor can hold. */
#define TASK_SOURCE_MAX ((size_t)1 << 30)

struct known;
struct made;
struct plugin;
struct values;

/* What a worker leaves in slot->notes, for the case that it dies. */
enum task_note {
	TASK_NOTE_STAGE,  /* enum br_batch_stage */
	TASK_NOTE_FORMAT, /* of the source: enum br_image_format */
	TASK_NOTE_HASH    /* of its bytes, if it is wanted; 0 */
};

struct task_job {
	uint64_t item;
	/* In place of the first of the options', for an image that asks for its own. */
	struct br_image_size size;
	enum br_image_format format;
};

/* An output as it was when it had its name, or when it was found. */
struct task_left {
	uint64_t size, inode;      /* inode 0: it is no file, or not there */
	int64_t modified, changed; /* nanoseconds */
};

/* Bytes of a source's path as a plugin has it, of a longer one the end. */
#define TASK_SOURCE_BYTES 1024

/* With a plugin: what it is told, and what it tells. */
struct task_told {
	char source[TASK_SOURCE_BYTES];
	struct plugin_fields fields;
};

/* An executor's result: filled in by the stages, wherever they run. */
struct task_outcome {
	struct stat source;
	struct br_image_result image;
	struct br_error error;
	uint64_t bytes_in, bytes_out; /* of all outputs */
	uint32_t present; /* for --existing: bits of the outputs that are there, and new enough */
	unsigned notes;   /* bits of enum br_batch_note */
	uint32_t
	    there; /* for explain: bits of the outputs that are there, whatever --existing says */
	/* for known.h: */
	uint64_t expected; /* the hash of a source of which nothing is to be made; 0: none */
	bool suspect;      /* since it is poison, not since it is made already */
	uint64_t hash;     /* of the source that was read; 0: unknown */
	uint64_t output_hash[BR_IMAGE_SIZES_MAX];
	uint64_t versions; /* br_image_versions() of what was made */
	struct task_left left[BR_IMAGE_SIZES_MAX];
	float read_ms, publish_ms;
	struct br_batch_span step[BR_BATCH_STEPS];
	bool looked;  /* image holds something */
	bool refused; /* the output could not be made or written, whatever the picture */
	bool committed;
	bool lost;      /* nor could any other: see footing.h */
	bool gone;      /* nor any other in one of its directories */
	bool unsettled; /* a failure that may be the writer's, who is not done: see unsettled.h */
	bool listed;    /* for tell_existing: image says what is there, see existing_list() */
	bool older;     /* for explain: one of those that are there is older than the source; */
	enum br_batch_reason
	    doubt; /* and why one of them may not be what is wanted: known_doubt() */
	/* Of a source that was fetched: for known.h, and for the next time. */
	struct fetch_validators validators;
	struct task_told told; /* with a plugin only: without, it is not there */
};

struct task_context {
	const struct br_batch_options *options;
	const struct plan *plan;   /* NULL while workers are made, and in them */
	const struct known *known; /* the same; or NULL */
	bool asks_at_hand;         /* the executor wants to know whether sources are in memory */
	bool remembers;            /* known.h wants to know more of what is made */
	struct footing *footing;   /* NULL while the ground is laid, and in workers */
	struct sweeper *sweeper;   /* of the directories that are written to; or NULL */
	struct made *made;         /* directories; or NULL */
	struct syncer *syncer;     /* for --fsync; or NULL */
	struct fetch *fetch;       /* for sources that are URLs, */
	struct values *values;     /* and for keys of Redis */
	struct plugin *plugin;     /* or NULL */
	int pipe_source;           /* of a plan_pipe(): a memfd with all of its source; else -1 */
	int pipe_output;           /* and where the image goes: standard output */
};

/* Whether pictures are made in processes of their own. */
static inline bool task_in_processes(const struct br_batch_options *options)
{
	return options->mode == BR_EXECUTOR_PROCESS || options->mode == BR_EXECUTOR_HYBRID ||
	       options->mode == BR_EXECUTOR_AUTO;
}

/* Whether what the plan calls "-" is no file. */
static inline bool task_is_pipe(const struct task_context *context)
{
	return context->pipe_source >= 0;
}

#endif
