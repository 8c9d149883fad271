/* named.h - what the user named: paths on the command line, and those in a list.
 *
 * A file becomes an item; what does not exist or is no file becomes one too, and is refused. A
 * directory becomes a root to be walked.
 */
#ifndef PLAN_NAMED_H
#define PLAN_NAMED_H

#include "plan/items.h"
#include "plan/scan.h"

/* Bytes of one path in a list: more is no path, and the list must end its paths otherwise. */
#define NAMED_PATH_MAX 16384

/* Reads them all, the command line's first. Returns 0, BR_ERROR_USAGE, or a negative errno. */
int named_read(struct plan *plan, struct scan_roots *roots, const struct br_batch_options *options,
               struct br_error *error);
void named_release(struct scan_roots *roots);

#endif
