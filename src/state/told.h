/* told.h - pictures and directories of which the database knows, but not for good: its transaction
 * is still open, or they wait for it (gather.h). They are also in a file beside it,
 * ".batchresize/told", so that a run that is killed loses none; that is a few microseconds for
 * each, where a transaction takes some tens.
 *
 * There is no such file but while a run is under way, or after one was killed. It is for the same
 * machine, or one like it, and awaits no disk: after a power cut its end may be missing.
 */
#ifndef STATE_TOLD_H
#define STATE_TOLD_H

#include "state/internal.h"

/* What the file has of a picture. */
struct told;

/* Made of the picture, freed by the caller; NULL: no memory. */
struct told *told_make(const struct state *state, const struct state_picture *picture);

/* The picture again, whose strings are in the entry, and those of its outputs in `path`, of
 * STATE_OUTPUTS_MAX. False if it makes no sense. */
bool told_read(const struct told *entry, struct state_picture *picture, char (*path)[PATH_MAX]);

/* Returns 0, or a negative errno: then it is not in the file. */
int told_write(struct state *state, const struct told *entry);

/* The same of a picture. */
int told_add(struct state *state, const struct state_picture *picture);

/* The same of a directory's inode. */
int told_add_inode(struct state *state, const char *path, uint64_t inode);

/* The transaction has ended: empties the file. */
void told_clear(struct state *state);

/* Closes the file, and removes it if all that is in it is in the database. */
void told_close(struct state *state);

/* Whether there is such a file, and anything in it. */
bool told_exists(const struct state *state);

/* Tells the state again what a run that was killed has left, and removes the file unless it is to
 * be kept. What makes no sense ends it. Returns 0 or what was wrong with the database. */
int told_again(struct state *state, bool keep);

#endif
