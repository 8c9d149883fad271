/* keys.h - outputs that are keys of a Redis server instead of files: all of a run whose --output is
 * redis://HOST/PREFIX, and those whose line of a list says so.
 *
 * Such an output has a directory of the plan, below KEYS_ROOT, as files have one: what counts is
 * that keys differ where such paths do.
 */
#ifndef PLAN_KEYS_H
#define PLAN_KEYS_H

#include "plan/items.h"
#include "redis/address.h"

/* Below a file, where nothing can be. */
#define KEYS_ROOT "/dev/null/redis"

/* For a plan whose --output is that. What is appended to a PREFIX that ends with a letter or digit
 * has a slash before it. Returns 0, BR_ERROR_USAGE or -ENOMEM. */
int keys_prepare(struct plan *plan, const struct br_batch_options *options, struct br_error *error);

/* Whether an item's outputs are keys, and for one of them its address. A key that is too long is
 * cut. */
bool keys_has(const struct plan *plan, const struct plan_item *item);
void keys_address(const struct plan *plan, const struct plan_item *item, unsigned output,
                  const struct br_image_output *made, struct redis_address *address);

/* Bytes of the longest key that the item's outputs have: of the address, without what may be
 * {width} or {height}. */
size_t keys_extent(const struct plan *plan, const struct plan_item *item);

/* Whether an output would replace the item's own source, now that its name is known. */
bool keys_is_own_source(const struct plan *plan, const struct plan_item *item, unsigned output,
                        const struct br_image_output *made);

/* Refuses items whose output is the key of a source (BR_ERROR_IS_SOURCE), of a plan that is settled
 * otherwise. Returns 0 or -ENOMEM. */
int keys_refuse_sources(struct plan *plan);

#endif
