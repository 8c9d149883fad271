/* keys.h - outputs that are keys of a Redis server: looked at, and written.
 *
 * Each returns 0, or a code or a negative errno of redis/values.h; the error says why. For the
 * parent's threads: each may take as long as a picture may.
 */
#ifndef BATCH_KEYS_H
#define BATCH_KEYS_H

#include "batch/task.h"

/* Whether one of an item's outputs, which are keys, counts as there for --existing: a string with
 * bytes in it for skip, any key for error. For update nothing does. */
int keys_look(const struct task_context *context, uint64_t item, unsigned number,
              const struct br_image_output *made, bool *there, struct br_error *error);

/* Makes what was written into files without a name, one for each size, the values of the keys: each
 * at once, one after the other. `fd` has the descriptors by the sizes' numbers. */
int keys_publish(const struct task_context *context, uint64_t item, const int *fd,
                 struct task_outcome *outcome);

#endif
