/* existing.h - outputs that are there already: what counts as one, and when it is older than its
 * source.
 *
 * An output is a regular file that is not empty, or a symbolic link that leads to one. Anything
 * else of its name (an empty file, a link to nowhere or to the source itself, a pipe) is replaced,
 * except a directory, which is an error. For BR_BATCH_EXISTING_ERROR anything of that name counts.
 *
 * BR_BATCH_EXISTING_UPDATE asks known.h, and if that knows nothing compares modification times
 * at the coarser resolution of the two file systems, and is right even for a source that was
 * replaced while it was worked on: see existing_settle().
 *
 * Thread-safe, no state.
 */
#ifndef BATCH_EXISTING_H
#define BATCH_EXISTING_H

#include "batch/task.h"

/* outcome->present: bits of the item's outputs that are there, and for update new enough;
 * outcome->left: what they are. `made` fills in {width} and {height}. Returns 0, or -EISDIR when a
 * directory has the name of one, or what a server says of keys; outcome->error says so. */
int existing_find(const struct task_context *context, uint64_t item,
                  const struct br_image_output *made, struct task_outcome *outcome);

/* outcome->there, outcome->older and outcome->doubt. */
void existing_look(const struct task_context *context, uint64_t item, struct task_outcome *outcome);

/* A file as it is now; as a look at it has told. */
struct task_left existing_left(const char *path);
struct task_left existing_left_as(const struct stat *st);

/* What --existing says when the sizes in `made` are to be made and those in `present` are there.
 * Returns 0, BR_ERROR_SKIPPED or BR_ERROR_EXISTS. */
int existing_judge(const struct br_batch_options *options, uint32_t made, uint32_t present,
                   struct br_error *error);

/* Looks for outputs that are there, whatever --existing says. list->output[] gets the pixels and
 * bytes of each (0: not there, or its header can't be read), list->out_format the format of the
 * last. `made` fills in {width} and {height}. */
void existing_list(const struct task_context *context, uint64_t item,
                   const struct br_image_output *made, struct br_image_result *list);

/* existing_find() and existing_judge(), as far as they can decide before the picture is read: when
 * every output is there. outcome->present becomes 0 when nothing is left for the picture to decide.
 * For update, what known.h knows of the picture comes first: outcome->expected is the hash of a
 * source of which nothing is to be made. */
int existing_judge_early(const struct task_context *context, uint64_t item,
                         struct task_outcome *outcome);

/* Whether an output, at `path`, is older than its source, both as stat(2) sees them; `now` is
 * CLOCK_REALTIME. Outputs made with BR_BATCH_PRESERVE_TIMES have their source's time, rounded as
 * their file system rounds it: to 2 s on FAT, 1 s on many, 10 ms on exFAT. A source whose
 * modification time is yet to come counts as changed when its inode was. */
bool existing_is_older(const struct stat *output, const struct stat *source, const char *path,
                       const struct timespec *now);

/* The source, when an output made of it is to have its times whatever was asked for, since no clock
 * could tell later whether the source has changed. NULL: not so. */
const struct stat *existing_times(const struct stat *source);

/* To be called when the outputs have their names. If the source is no longer the file that was read
 * (`read` is what fstat(2) said then), they get times before the source's, so that the next update
 * makes them anew. Returns whether it has changed. */
bool existing_settle(const char *source, const struct stat *read, const char *const *outputs,
                     unsigned count);

#endif
