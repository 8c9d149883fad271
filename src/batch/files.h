/* files.h - the files made of one image: from temporaries to names, all of them or none.
 *
 * Each size asked for has a temporary from open() on, since the worker that writes may open
 * nothing. The temporary of a size that was left out (BR_IMAGE_NOTE_SIZE_SKIPPED) is thrown away
 * unused.
 */
#ifndef BATCH_FILES_H
#define BATCH_FILES_H

#include "batch/task.h"

/* The source's descriptor among those of a slot, and where the outputs' begin. */
#define FILES_SOURCE 0
#define FILES_FIRST  1

/* Each returns 0, a positive code or a negative errno; outcome->error says why. */

/* Whether anything is to be made, by what is there: the first that files_open() asks. Returns 0,
 * BR_ERROR_SKIPPED, BR_ERROR_EXISTS or a negative errno. */
int files_judge(const struct task_context *context, uint64_t item, struct task_outcome *outcome);

/* The same has been found out otherwise: nothing is to be made of the item. */
void files_skip(const struct task_context *context, uint64_t item, struct task_outcome *outcome);

/* Makes the temporaries: slot->local, and descriptors from FILES_FIRST on. files_discard() is to be
 * called later even if it fails, unless files_commit() succeeds. BR_ERROR_SKIPPED and
 * BR_ERROR_EXISTS are for --existing. */
int files_open(const struct task_context *context, uint64_t item, struct br_slot *slot,
               struct task_outcome *outcome);

/* What the system refused may be due to the ground that the run stands on (see footing.h): sets
 * outcome->lost or outcome->gone, and the error. */
void files_look_at_ground(const struct task_context *context, uint64_t item,
                          struct task_outcome *outcome);

/* For an item of which nothing is made: a run that has nothing to do in a directory removes what a
 * killed one has left there, all the same. */
void files_visit(const struct task_context *context, uint64_t item);

/* In the worker, when --existing can only be decided by the picture's header: some outputs are
 * there, and perhaps the others would not be made. Returns BR_ERROR_SKIPPED or BR_ERROR_EXISTS
 * then. */
int files_decide(const struct br_batch_options *options, const struct br_image_options *image,
                 struct br_image_worker *worker, const struct br_slot *slot,
                 struct task_outcome *outcome);

/* Writes what was made. In a worker process the descriptors are closed, and -1 afterwards. */
int files_write(struct br_slot *slot, struct task_outcome *outcome);
int files_commit(const struct task_context *context, uint64_t item, struct br_slot *slot,
                 struct task_outcome *outcome);
void files_discard(const struct task_context *context, struct br_slot *slot);

#endif
