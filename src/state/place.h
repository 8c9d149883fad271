/* place.h - the directory in which runs keep what the next one has to know: ".batchresize", below
 * the directory that outputs are written to.
 *
 * It is made if a run has an output directory: that of --output, or the one that is made for a
 * directory of sources ("resized_photos"). Outputs that lie beside their sources, and an --output
 * that is a file, have none: folders of photographs are not littered. Scans pass over it, whatever
 * it holds.
 *
 * It belongs to whoever can write into the output directory. Nothing in it is worth more than work
 * done again.
 */
#ifndef STATE_PLACE_H
#define STATE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define PLACE_NAME ".batchresize"

/* Opens the place below the directory `output`: a descriptor for openat(2) and the like, closed by
 * the caller, or a negative errno. Nothing is followed at its name.
 *
 * With `make` what is missing is made (0777 less the umask), `output` and those above it as well.
 * Without: -ENOENT.
 *
 * -ENOTDIR: something else has the name, a symbolic link too. -EPERM: in a directory in which
 * anybody may make what he likes (/tmp) it is another user's. -EACCES, -EROFS, -ENOSPC, ...: it
 * can't be made or opened. After all of them a run can go on without. Whether files can be made in
 * it, is seen when one is.
 *
 * No state; from any thread. */
int place_open(const char *output, bool make);

/* The same with `make`; *made (may be NULL): bytes of `output` up to the highest directory that was
 * made above the place, 0 if all were there. No state; from any thread. */
int place_make(const char *output, size_t *made);

/* Takes a place away in which nothing is. */
void place_remove_empty(const char *output);

/* Whether that is the place, open, which would be found there now. Costs no open(2). */
bool place_is(const char *output, int place);

/* Makes a file in an open place that holds these bytes before it has its name: whoever is killed
 * meanwhile leaves none that is empty. (Only where the file system knows no nameless files, it is
 * empty for a moment.) Mode 0666 less the umask. Returns a descriptor to read and write, with the
 * flags of open(2) that are added, closed by the caller; or a negative errno, -EEXIST if there is
 * one. No state; from any thread. */
int place_make_file(int place, const char *name, int flags, const void *bytes, size_t size);

#endif
