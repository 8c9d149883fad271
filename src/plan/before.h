/* before.h - what has come before in a list that is planned in pieces: which sources there were,
 * and which outputs.
 *
 * A whole plan finds the two images that would be written to one file and refuses both. Of a list
 * without an end only fingerprints of names are kept, of 64 bits: three an image (with one output).
 * What would take more than some 16 MB goes to a file (see state/prints.h). One in a million of ten
 * million images is refused for a name that it does not share. The first of two is made then, and
 * the second refused; a source that was named before, with the same output, is passed over in
 * silence.
 *
 * Names are compared by the path that realpath(3) makes of their directory, folded where it folds,
 * whether it exists yet or not. A directory that is bound (mount --bind) to two places counts as
 * two.
 */
#ifndef PLAN_BEFORE_H
#define PLAN_BEFORE_H

#include "plan/fold.h"
#include "plan/items.h"

struct before;

/* NULL: no memory. */
struct before *before_new(fold_decision *folds);
void before_free(struct before *before);

/* Drops the items that have come before, and refuses those that would harm what has (ITEM_BEFORE):
 * before the plan, a piece, is settled. */
void before_meet(struct before *before, struct plan *plan);

/* Keeps what the settled plan says. Returns 0 or -ENOMEM. */
int before_remember(struct before *before, const struct plan *plan);

/* Whether an output, whose name is only now known, would replace a source. Thread-safe. */
bool before_is_source(struct before *before, const struct plan *plan, const struct plan_item *item,
                      unsigned output, const struct br_image_output *made);

#endif
