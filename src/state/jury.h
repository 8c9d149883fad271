/* jury.h - threads that look at the outputs of many pictures (judge.h) while one reads their rows.
 * Private to this room.
 *
 * Used by one thread, the reader, which also judges what the others can't keep up with, and all if
 * no thread can be started. The threads begin when there is enough for one.
 */
#ifndef STATE_JURY_H
#define STATE_JURY_H

#include "state/internal.h"

struct jury;

/* A picture of a row. */
struct jury_row {
	uint64_t key, identity;
	enum state_verdict verdict; /* STATE_SAME: its outputs decide */
};

/* Called back by the reader's thread for each row, in the order in which they were added. Returns 0
 * or a negative errno. */
typedef int jury_take(void *ctx, const struct jury_row *row);

/* NULL: no memory. */
struct jury *jury_new(const struct state *state, jury_take *take, void *ctx);

/* The rows that follow are of this directory of outputs, of less than PATH_MAX bytes. */
void jury_enter(struct jury *jury, const char *directory);

/* Adds a row with its outputs, which are copied. Returns 0, -ENOMEM, -ECANCELED (state_stop()), or
 * what take() said. */
int jury_add(struct jury *jury, const struct jury_row *row, const unsigned char *outputs,
             size_t size);

/* Waits for all rows. Returns 0, -ECANCELED, or what take() said; more may be added after 0. */
int jury_finish(struct jury *jury);

/* Without waiting for verdicts. */
void jury_free(struct jury *jury);

#endif
