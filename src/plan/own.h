/* own.h - outputs of earlier runs that lie among the sources.
 *
 * Where outputs lie beside their sources, from the second run on they are met as sources. One is
 * known by its name, which is what this run's template makes of another source (with this or
 * another size or format), and by what the file says of itself:
 *
 *   JPEG, PNG, TIFF, GIF  by the mark that the program puts into them (see br_image_find_mark()),
 *       whether the source is still there or not; a size that the name tells has to be the
 *       picture's. Without a mark it is a photograph. A name that any file might have, of a stem
 *       and an extension, needs the source and the size as below, or has to be the name of its own
 *       output.
 *   others  by the source, which has to be there, and the size, which has to be that of an output
 *       of it.
 *
 * A name alone is never enough: photo-1.jpg beside photo.jpg is a photograph, and is not passed
 * over or replaced for its name. Nor is the mark: outputs that were carried elsewhere are sources
 * there. An empty file of such a name, beside the source, is an output that failed. Beside their
 * sources the usual names for one size and for several both count.
 *
 * Headers are read of files whose names are in question, and of those that they are named after.
 */
#ifndef PLAN_OWN_H
#define PLAN_OWN_H

#include "plan/items.h"
#include "plan/place.h"

/* Refuses them: BR_ERROR_OWN_OUTPUT, plan_item.other is the item that it was made of, or TABLE_NONE
 * for one that this run does not have. Such are looked for on the disk, for items that were named:
 * a list may hold new files without those that they were made of. `hit` says which item's source
 * has the name of an output, TABLE_NONE for none; names with {width} or {height} have none. Returns
 * 0, -ENOMEM, or what ended the making of the plan. */
int own_pass_over(struct plan *plan, const struct places *places,
                  uint32_t (*hit)(const void *ctx, uint32_t item, unsigned output),
                  const void *ctx);

#endif
