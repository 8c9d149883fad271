/* conflict.h - outputs that would hurt something: found before the first is written.
 *
 * An output is compared by where it really is (see place.h), so that a link, a bind mount or
 * another way to write a path hides nothing. Publishing replaces a name and never writes through
 * it: an output whose name is a hard link to a source, or a symbolic link to one, does the source
 * no harm and is no conflict; one that has the name under which a source lies, or the name to which
 * a source that is a symbolic link leads, is.
 */
#ifndef PLAN_CONFLICT_H
#define PLAN_CONFLICT_H

#include "plan/items.h"
#include "plan/place.h"

/* Sorts the items, drops those named twice (one source, one output), and refuses those whose output
 * is a source (ERROR_IS_SOURCE) or that of another (ERROR_COLLISION). `places` holds what the scan
 * learnt. Returns 0, or a negative errno. */
int conflict_settle(struct plan *plan, struct places *places);

#endif
