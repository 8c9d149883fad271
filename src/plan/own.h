/* own.h - outputs of earlier runs that lie among the sources.
 *
 * Where outputs lie beside their sources, from the second run on they are met as sources. One is
 * known by its name and its picture: its name is what this run's template makes of another source
 * that is there (with this or another size or format), and its picture has the size that an output
 * of that one would have. Neither is enough alone: photo-1.jpg beside photo.jpg is a photograph,
 * and is never passed over or replaced for its name. An empty file of such a name is an output that
 * failed. Beside their sources the usual names for one size and for several both count.
 *
 * Headers are read of files whose names are in question, and of those that they are named after.
 */
#ifndef PLAN_OWN_H
#define PLAN_OWN_H

#include "plan/items.h"
#include "plan/place.h"

/* Refuses them: ERROR_OWN_OUTPUT, plan_item.other is the item that it was made of, or TABLE_NONE
 * for one that this run does not have. Such are looked for on the disk, for items that were named:
 * a list may hold what is new, and not what that was made of. `hit` says which item's source has
 * the name of an output, TABLE_NONE for none; names with {width} or {height} have none. Returns 0,
 * -ENOMEM, or what ended the making of the plan. */
int own_pass_over(struct plan *plan, const struct places *places,
                  uint32_t (*hit)(const void *ctx, uint32_t item, unsigned output),
                  const void *ctx);

#endif
