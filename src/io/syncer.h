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
 * A syncer is of one run, and may be used by all its threads.
 */
#ifndef IO_SYNCER_H
#define IO_SYNCER_H

struct syncer;

/* NULL without memory. */
struct syncer *syncer_new(void);
/* Nobody may be in syncer_wait() any more. */
void syncer_free(struct syncer *syncer);

/* Returns when the directory has been synchronised as it is now: 0, 1 if it can't be by its
 * nature, or a negative errno, the same to all whom it concerns. `directory` is opened for reading.
 * With `syncer` NULL it is done at once, for this caller. */
int syncer_wait(struct syncer *syncer, int directory);

#endif
