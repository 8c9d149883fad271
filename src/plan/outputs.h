/* outputs.h - the outputs of an item: one for each size asked for, from 0. Their names are not
 * kept: each is put together when it is asked for.
 *
 * An output lies in the item's output directory, or below it if a template says so.
 */
#ifndef PLAN_OUTPUTS_H
#define PLAN_OUTPUTS_H

#include "plan/items.h"

/* Sets up how outputs are called, before the first item. Returns 0 or BR_ERROR_USAGE. */
int outputs_prepare(struct plan *plan, const struct br_batch_options *options,
                    struct br_error *error);

/* Writes the path below the item's output directory, or its last part alone, with a NUL; cut when
 * `size` is too small. Returns its length. `made` fills in {width} and {height}; NULL: they stand
 * for themselves. */
size_t outputs_path(const struct plan *plan, const struct plan_item *item, unsigned output,
                    const struct br_image_output *made, char *buffer, size_t size);
size_t outputs_name(const struct plan *plan, const struct plan_item *item, unsigned output,
                    const struct br_image_output *made, char *buffer, size_t size);

/* The bytes that an item's outputs need at most: for the path below the output directory, and for
 * one part of it between slashes. Without a NUL. */
struct outputs_extent {
	size_t path, part;
};
struct outputs_extent outputs_extent(const struct plan *plan, const struct plan_item *item);

/* Makes the directories of the plan that a template names, before outputs_directory(). Returns 0,
 * -ENOMEM or -EOVERFLOW. */
int outputs_make_directories(struct plan *plan);

/* The directory that an output of an item which is not refused lies in. */
uint32_t outputs_directory(const struct plan *plan, const struct plan_item *item, unsigned output);

/* Whether --name writes out the extension of a format that the output of some picture won't have,
 * by its own name or by --format. Returns 0, or BR_ERROR_USAGE with an *error that says what to
 * type.
 */
int outputs_check_promise(const struct plan *plan, const struct br_batch_options *options,
                          struct br_error *error);

/* The same where pictures before have been made already: refuses those that it is not so for
 * (BR_ERROR_USAGE, plan_item.other is their format). */
void outputs_refuse_promise(struct plan *plan, const struct br_batch_options *options);

#endif
