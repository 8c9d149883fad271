/* syncer.h - fsync(2) of directories, one for all that wait for it.
 *
 * A name is durable when its directory was synchronised after the name was given. Of several
 * threads that give names in one directory at a time, one synchronises it for all whose names were
 * there when it began; who comes later waits for the next round. So many pictures cost one commit
 * of the file system's journal, where each would take as long as a small picture's work.
 *
 * (Of the files themselves each has its own fsync: syncfs(2) for all of them would wait for
 * whatever else is being written to that file system, by anybody.)
 *
 * A call that hangs costs its caller: others wait for a moment, and then make their own.
 *
 * A directory is opened once for all who are to give names in it at a time.
 *
 * A syncer is of one run, and may be used by all its threads.
 */
#ifndef IO_SYNCER_H
#define IO_SYNCER_H

struct syncer;
struct output_place;

/* A directory that is to be synchronised, held open. */
struct synced;

/* NULL without memory. */
struct syncer *syncer_new(void);
/* What was opened has been closed by then. */
void syncer_free(struct syncer *syncer);

/* The directory of the output at `path`, which is resolved from `place` (NULL: the working
 * directory), until syncer_close(). With `syncer` NULL it is this caller's alone. Returns 0 or a
 * negative errno. */
int syncer_open(struct syncer *syncer, const struct output_place *place, const char *path,
                struct synced **opened);
void syncer_close(struct syncer *syncer, struct synced *synced);

/* Returns when the directory has been synchronised as it is now: 0, 1 if it can't be by its
 * nature, or a negative errno, the same to all whom it concerns. With `syncer` NULL it is done at
 * once, for this caller. */
int syncer_wait(struct syncer *syncer, struct synced *synced);

#endif
