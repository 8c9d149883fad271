/* footing.h - the directories that a run stands on: those that it was told to read, those that it
 * writes below (its roots), and each that it has written into. One may be unmounted, renamed or
 * removed meanwhile, or replaced by a link: then a run that went on would find no source, and make
 * the output directory anew, on the disk below the mount, say.
 *
 * A root that is gone ends the run; another directory costs what is to be written below it, and is
 * not made anew either. What counts as the same directory is told in io/directories.h. Where that
 * is looked at, another may be there the moment after: so outputs are made in what is held open.
 * Thread-safe once it is made.
 */
#ifndef BATCH_FOOTING_H
#define BATCH_FOOTING_H

#include <limits.h>

#include "io/directories.h"
#include "plan/plan.h"

struct footing;

/* Remembers those of the plan that are there, and holds those that are written below open: with
 * `make` they are made if need be. `endless`: as directories_new() has it. NULL when memory is
 * short: then all seems to hold, and so it does with all of these functions. */
struct footing *footing_new(const struct plan *plan, bool make, bool endless);
void footing_free(struct footing *footing);

/* Whether all directories that the plan writes below were there. */
bool footing_has_outputs(const struct footing *footing, const struct plan *plan);

/* The root, held open, that an output lies below by its path; NULL: it is none of these. It lives
 * as long as the footing. */
const struct output_place *footing_root(const struct footing *footing, const char *output);

/* The directory of an output, made if it is missing, and held until footing_leave(): as
 * directories_take(), and *error says why in any case. *taken is NULL where there is no footing. */
int footing_take(struct footing *footing, const char *output, size_t *made,
                 const struct output_directory **taken, struct br_error *error);
void footing_leave(struct footing *footing, const struct output_directory *taken);

/* Whether the directory of an output is what it was, and the root that it lies below, as far as the
 * run has seen them. Returns 0, or -ESTALE with *error (may be NULL). Mostly a system call. */
int footing_of_output(struct footing *footing, const char *output, struct br_error *error);
/* The same of one that is held. */
int footing_of_taken(struct footing *footing, const struct output_directory *taken,
                     struct br_error *error);

/* Writes the path of the highest directory below a root that is above the output and is not what it
 * was, with a slash. Returns whether there is one. */
bool footing_lost(struct footing *footing, const char *output, char path[PATH_MAX]);

/* Whether the roots are what they were; those that are read too. Returns 0, or -ESTALE with *error
 * (may be NULL). A system call for each. */
int footing_of_outputs(const struct footing *footing, struct br_error *error);
int footing_of_all(const struct footing *footing, struct br_error *error);

#endif
