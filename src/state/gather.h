/* gather.h - pictures that a state has been told of, and that wait to be put into the database, one
 * after another. Private to this room.
 *
 * To make a picture takes other code and data: a row alone takes longer than one of many (13 us of
 * CPU time where it took 22, in thread mode). Meanwhile they are in the file of told.h, so that a
 * kill loses none. Whoever asks the database has them put first.
 *
 * For the thread that has the state.
 */
#ifndef STATE_GATHER_H
#define STATE_GATHER_H

#include "state/internal.h"

struct gathered;

/* NULL: no memory. */
struct gathered *gather_new(void);

/* With all that wait, which are forgotten. */
void gather_free(struct gathered *gathered);

/* Has a picture wait, and writes it to the file. Returns 0, or a negative errno: then it is not in
 * the file. Without memory for it, it is in the database at once. */
int gather_add(struct state *state, const struct state_picture *picture);

/* Whether as many wait as may. */
bool gather_is_full(const struct state *state);

/* Puts all into the database, as state_tell() does. Returns 0 or the fault, with which the rest is
 * forgotten: the file has it. */
int gather_put(struct state *state);

#endif
