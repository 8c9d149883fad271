/* plug.h - the plugin of a run, if it has one: in the program, in a worker, and in the life of an
 * image. All functions do nothing for a run without.
 */
#ifndef BATCH_PLUG_H
#define BATCH_PLUG_H

#include <batchresize/batch.h>

#include "batch/task.h"

struct pump;

/* What a worker has, in slot->state. */
struct plug_worker;

/* What a picture is made with: one of the worker's, for each that is under way there. NULL without
 * memory for one more. */
struct br_image_worker *plug_take_image_worker(const struct br_slot *slot);
void plug_return_image_worker(const struct br_slot *slot, struct br_image_worker *image);

/* Finds the run's plugin and tries it, before there are workers and threads. */
int plug_begin(struct pump *pump, struct br_error *error);

/* In a worker: the state. Returns 0 or a negative errno. */
int plug_worker_new(const struct task_context *context, struct plug_worker **out);
void plug_worker_free(struct plug_worker *worker);

/* How long a worker may take to begin, in milliseconds; 0: as long as any. */
unsigned plug_start_ms(const struct br_batch_options *options);

/* Bytes of a result: without a plugin nothing of `told` is sent about. */
size_t plug_result_size(const struct task_context *context);

/* When the source is opened: writes down for the worker how it is called. */
void plug_name(const struct task_context *context, uint64_t item, struct task_outcome *outcome);

/* A picture that is about to be made: whom it is to be shown to. */
struct plug {
	const struct task_context *context;
	struct br_slot *slot;
	struct task_outcome *outcome;
	struct br_image_size size; /* the first of the sizes, for this image */
};
void plug_in(struct plug *plug, struct br_image_options *options);

/* In the program: whether what a worker tells of its plugin can be so. */
bool plug_is_sound(const struct task_context *context, const struct task_outcome *got);

#endif
