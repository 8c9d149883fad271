/* judge.h - whether the outputs of a picture are as they were left: for all at once (load.c), and
 * for one (ask.c). Private to this room.
 */
#ifndef STATE_JUDGE_H
#define STATE_JUDGE_H

#include "state/internal.h"

struct judging {
	struct state *state;
	bool (*is_current)(void *ctx, int64_t setup);
	void *ctx;
	size_t prefix; /* bytes of `path` up to where an output's begins */
	bool below;    /* it is a path below the output directory */
	int64_t setup; /* what is_current() was asked last; INT64_MIN: nothing yet */
	bool current;
	char path[PATH_MAX];
};

/* What follows lies in this directory, below the output directory. */
void judge_enter(struct judging *judging, const char *directory);

/* How a picture was made, and its outputs as they stand in a row: STATE_SAME, MOVED, SETUP, GONE or
 * TOUCHED. */
enum state_verdict judge_row(struct judging *judging, int64_t setup, const unsigned char *outputs,
                             size_t size);

#endif
