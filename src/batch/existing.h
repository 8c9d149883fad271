/* existing.h - outputs that are there already: what counts as one, and when it is older than its
 * source.
 *
 * An output is a regular file with something in it, or a symbolic link that leads to one. What else
 * has its name (an empty file, a link to nowhere or to the source itself, a pipe) is replaced, and
 * a directory is an error. BR_BATCH_EXISTING_ERROR alone counts whatever has the name.
 *
 * BR_BATCH_EXISTING_UPDATE compares modification times at the coarser resolution of the two file
 * systems, and is right also where a source was replaced while it was worked on: see
 * existing_settle().
 *
 * Thread-safe, no state.
 */
#ifndef BATCH_EXISTING_H
#define BATCH_EXISTING_H

#include "batch/task.h"

/* Bits of the outputs of an item that are there, and for update new enough; those of `made` fill
 * {width} and {height}. Returns 0, or -EISDIR where a directory has the name of one. */
int existing_find(const struct task_context *context, uint64_t item,
                  const struct br_image_output *made, const struct stat *source, uint32_t *present,
                  struct br_error *error);

/* What --existing says when the sizes in `made` are to be made, and those in `present` are there.
 * Returns 0, BR_ERROR_SKIPPED or BR_ERROR_EXISTS. */
int existing_judge(const struct br_batch_options *options, uint32_t made, uint32_t present,
                   struct br_error *error);

/* Looks for outputs that are there, whatever --existing says: list->output[] gets the pixels of
 * each and its bytes (0: not there, or none whose header can be read), list->out_format the format
 * of the last. Where names have {width} or {height} it takes `made`. */
void existing_list(const struct task_context *context, uint64_t item,
                   const struct br_image_output *made, struct br_image_result *list);

/* Both, as far as it can be decided before the picture is looked at: where every output is there.
 * *present is 0 where nothing is left to be decided by the picture. */
int existing_judge_early(const struct task_context *context, uint64_t item,
                         const struct stat *source, uint32_t *present, struct br_error *error);

/* Whether an output is older than its source, both as stat(2) sees them; `path` is the output's,
 * and `now` the time of the day. Outputs that were made with BR_BATCH_PRESERVE_TIMES have their
 * source's time as far as their file system can hold it: 2 s on FAT, 1 s on many, 10 ms on exFAT. A
 * source whose modification time is yet to come counts as changed when its inode was. */
bool existing_is_older(const struct stat *output, const struct stat *source, const char *path,
                       const struct timespec *now);

/* The time that an output made of this source is to have, whatever was asked for: that of the
 * source, where no clock could tell later whether it has changed. NULL for none. */
const struct stat *existing_times(const struct stat *source);

/* To be called when an output has its name: gives it a time before that of the source if that is
 * not what was read any more (`read` is what fstat(2) said then), so that the next update makes it
 * anew. Returns whether it has changed. */
bool existing_settle(const char *source, const struct stat *read, const char *const *outputs,
                     unsigned count);

#endif
