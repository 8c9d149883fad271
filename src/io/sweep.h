/* sweep.h - temporaries that runs left behind which were killed, where a file system knows no
 * nameless files (NFS, SMB, FUSE, exFAT).
 *
 * A temporary is living while the process that its name tells is, if that is a process of this
 * machine and container; elsewhere, and this machine's own disk aside, nobody can tell, and it is
 * living for twelve hours. On a disk of this machine's own, runs in other containers are known by
 * the lock that a living one holds on its temporaries.
 *
 * A sweeper is of one run, and may be used by all its threads. Nothing is looked at where outputs
 * are nameless; elsewhere each directory once a run, when the first output is opened in it, or the
 * first is found there that need not be made.
 */
#ifndef IO_SWEEP_H
#define IO_SWEEP_H

#include "io/io.h"

struct sweeper;

/* NULL without memory, with which all of these do nothing. */
struct sweeper *sweeper_new(void);
void sweeper_free(struct sweeper *sweeper);

/* An output was opened for `path`. Where it is a named temporary it is locked for as long as it is
 * open, and its directory is swept unless it has been. The output stays where it is until
 * sweeper_discard(). */
void sweeper_watch(struct sweeper *sweeper, const struct output *output, const char *path);

/* The output at `path` is there, and is not made again: its directory is swept unless it has been.
 * Mostly a few instructions; a file system is asked whether it knows nameless files, and what is
 * listed is read where it does not. */
void sweeper_visit(struct sweeper *sweeper, const char *path);

/* As output_discard(), for one that was published as well; remembers what could not be removed. */
void sweeper_discard(struct sweeper *sweeper, struct output *output, const char *path);

/* At the run's end: removes the temporaries that nobody has discarded (a thread that hangs has
 * them), so that they can't be published any more. */
void sweeper_end(struct sweeper *sweeper);

/* What has been removed (`left` false), some of many; and what this run leaves, because it could
 * not be removed (`left` true): one sentence for all. Path and a sentence, valid until the call
 * returns.
 */
void sweeper_tell(struct sweeper *sweeper, void *ctx,
                  void (*tell)(void *ctx, bool left, const char *path, const char *text));

#endif
