/* put.h - where a picture goes that is told of. Private to this room.
 *
 * Pictures mostly end in the order of their plan, which is that of their table: such a one goes to
 * its place at once, on the page that its neighbour has just changed. One that comes out of order
 * waits in the journal until many are sorted (state_order()), so that each page is written once for
 * all of its rows. What the journal has of a picture is newer than what the table has.
 */
#ifndef STATE_PUT_H
#define STATE_PUT_H

#include "state/internal.h"

struct put;

/* `journal`: there are pictures in it already, of a run that was killed. NULL: no memory. */
struct put *put_new(bool journal);
void put_free(struct put *put);

/* Within a transaction; `id` has the numbers of the directories of outputs and of the source, and
 * of the setup. Returns 0 or the fault. */
int put_picture(struct state *state, const struct state_picture *picture, const int64_t id[3]);

/* The journal is empty. */
void put_ordered(struct state *state);

#endif
