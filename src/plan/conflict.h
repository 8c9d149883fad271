/* conflict.h - outputs that would do harm: found before the first is written.
 *
 * Outputs are compared by where they really are (see place.h), so that a link, a bind mount or
 * another way to write a path hides nothing. Publishing replaces a name and never writes through
 * it: an output whose name is a hard or symbolic link to a source does the source no harm and is no
 * conflict. An output with a source's own name is one, and so is, if the source is a symbolic link,
 * one with the name to which that leads.
 *
 * Every output of every item counts, and one that would do harm has its whole item refused. A
 * {width} or {height} in a name may become any number, so two names that differ only in those are a
 * collision; whether such a name is a source's can only be said when the numbers are known.
 *
 * A source that is itself the output of another, from an earlier run, is passed over and may be
 * replaced by it: see own.h.
 */
#ifndef PLAN_CONFLICT_H
#define PLAN_CONFLICT_H

#include "plan/items.h"
#include "plan/place.h"

/* Sorts the items, drops those named twice (one source, one output), and refuses those that
 * are outputs of an earlier run (BR_ERROR_OWN_OUTPUT), those whose output is a source
 * (BR_ERROR_IS_SOURCE), and those whose output is that of another (BR_ERROR_COLLISION). `places`
 * holds what the scan learnt, and is empty afterwards. Returns 0, or a negative errno. */
int conflict_settle(struct plan *plan, struct places *places);

/* For names with {width} or {height}, when an output is made: the item whose source it would
 * replace, or TABLE_NONE. Thread-safe. */
uint32_t conflict_replaced(const struct plan *plan, const struct plan_item *item, unsigned output,
                           const struct br_image_output *made);

/* Frees what conflict_settle() kept for that; NULL is allowed. */
void conflict_free(struct conflict *conflict);

#endif
