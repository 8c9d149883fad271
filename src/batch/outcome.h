/* outcome.h - checks what a worker process says of an image, and the files that it made.
 *
 * A worker decodes what strangers send. One whose memory was broken by that may say anything: a
 * result of zeros, offsets outside its output, text without an end. Nothing of struct task_outcome
 * that comes from a worker is used before outcome_check() has passed it.
 */
#ifndef BATCH_OUTCOME_H
#define BATCH_OUTCOME_H

#include "batch/task.h"

/* br_task_ops.check: 0, or -EPROTO for what a sound worker would never say. It can't tell whether
 * the picture was made well. Touches its arguments only. */
int outcome_check(void *ctx, const void *job, const struct br_slot *slot, const void *sent,
                  const void *result, int status);

/* Whether the file that is about to get a name holds what was made: so many bytes, which begin as
 * the format does and, where that tells something, end as it does. Three system calls. Returns 0,
 * or a negative errno: -EIO when it holds something else. */
int outcome_check_file(int fd, const struct br_image_output *made, enum br_image_format format,
                       struct br_error *error);

#endif
