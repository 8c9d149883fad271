/* footing.h - the directories that a run stands on: those that it was told to read, and those that
 * it writes below. One may be unmounted, renamed or removed meanwhile, or replaced by a link: then
 * a run that went on would find no source, and make the output directory anew, on the disk below
 * the mount, say.
 *
 * A directory is the same as long as its path leads to the same device and inode. Where that is
 * looked at, another may be there the moment after: so outputs are made below what is held open.
 * Thread-safe once it is made.
 */
#ifndef BATCH_FOOTING_H
#define BATCH_FOOTING_H

#include "io/io.h"
#include "plan/plan.h"

struct footing;

/* Remembers those of the plan that are there, and holds those that are written below open: with
 * `make` they are made if need be. NULL when memory is short: then all seems to hold. */
struct footing *footing_new(const struct plan *plan, bool make);
void footing_free(struct footing *footing);

/* The directory, held open, that an output lies below by its path; NULL: it is none of these. It
 * lives as long as the footing, of which NULL is allowed. */
const struct output_root *footing_root(const struct footing *footing, const char *output);

/* Whether the directories that are written below are what they were; those that are read too. NULL
 * is allowed. Returns 0, or -ESTALE with *error (may be NULL). A system call for each. */
int footing_of_outputs(const struct footing *footing, struct br_error *error);
int footing_of_all(const struct footing *footing, struct br_error *error);

#endif
