/* sweep.h - removes temporaries that killed runs left behind: on file systems without nameless
 * files (NFS, SMB, FUSE, exFAT), and where an output was just being replaced or synchronised, for
 * which a nameless file gets a temporary's name first.
 *
 * A temporary is alive as long as the process named in it, if that is a process of this machine and
 * container. On a disk of this machine's own, a run in another container holds a lock on its
 * temporaries as long as it lives. Of all others nobody can tell, and a temporary counts as alive
 * for twelve hours.
 *
 * A sweeper is of one run, and may be used by all its threads. Where outputs are nameless, nothing
 * is looked at, unless a run is known to have been killed. Elsewhere each directory is, once a run:
 * when the first output in it is opened, or found there and need not be made.
 */
#ifndef IO_SWEEP_H
#define IO_SWEEP_H

#include "io/io.h"

struct sweeper;

/* NULL when memory is short; with NULL all of these do nothing. */
struct sweeper *sweeper_new(void);
void sweeper_free(struct sweeper *sweeper);

/* A run that wrote there was killed, or may have been by a power cut: directories are swept
 * whatever their file systems know. Before other threads use it. */
void sweeper_everywhere(struct sweeper *sweeper);

/* The same for the directory of one file that is synchronised when it gets its name. */
void sweeper_visit_after_power_cut(struct sweeper *sweeper, const char *path);

/* An output was opened for `path`. If it is a named temporary, it is locked for as long as it is
 * open, and its directory is swept unless it has been. The output stays where it is until
 * sweeper_discard(). */
void sweeper_watch(struct sweeper *sweeper, const struct output *output, const char *path);

/* The output at `path` is there, and is not made again: its directory is swept unless it has been.
 * Mostly a few instructions: the file system is asked whether it knows nameless files, and the
 * directory is read only if it does not. */
void sweeper_visit(struct sweeper *sweeper, const char *path);

/* output_discard(), also for an output that was published; remembers what could not be removed. */
void sweeper_discard(struct sweeper *sweeper, struct output *output, const char *path);

/* At the run's end: removes the temporaries that were not discarded, since a thread that hangs has
 * them, so that they can't be published any more. */
void sweeper_end(struct sweeper *sweeper);

/* Called with a path and a sentence, valid until it returns: for some of the temporaries that have
 * been removed (`left` is false), and once for those that this run leaves because they could not be
 * removed (`left` is true).
 */
void sweeper_tell(struct sweeper *sweeper, void *ctx,
                  void (*tell)(void *ctx, bool left, const char *path, const char *text));

#endif
