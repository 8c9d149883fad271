/* judge.h - whether the outputs of a picture are as they were left: for all at once (jury.h), and
 * for one (ask.c). Private to this room.
 */
#ifndef STATE_JUDGE_H
#define STATE_JUDGE_H

#include "state/internal.h"

struct judging {
	const struct state *state;
	size_t prefix; /* bytes of `path` up to where an output's begins */
	bool below;    /* it is a path below the output directory */
	int directory; /* descriptor of what `path` begins with, or -1 */
	char path[PATH_MAX];
};

/* One that has entered nothing yet. */
#define JUDGING(of) ((struct judging){.state = (of), .directory = -1})

/* What follows lies in this directory, below the output directory. */
void judge_enter(struct judging *judging, const char *directory);

/* The same where many outputs follow: it is looked up once for all of them. */
void judge_open(struct judging *judging, const char *directory);

/* After the last one. */
void judge_leave(struct judging *judging);

/* Outputs as they stand in a row of a picture whose setup is current: STATE_SAME, MOVED, GONE or
 * TOUCHED. */
enum state_verdict judge_outputs(struct judging *judging, const unsigned char *bytes, size_t size);

#endif
