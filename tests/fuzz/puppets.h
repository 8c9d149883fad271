/* puppets.h - workers and zygotes that are none: ends of channels, through which a test says to a
 * supervisor what they would say, and a clock that goes as it is told.
 *
 * A program is linked so that the supervisor's zygote_...() and clock_ns() are those of puppets.c
 * (--wrap of ld(1)). One troupe at a time, one thread.
 */
#ifndef PUPPETS_H
#define PUPPETS_H

#include <sys/types.h>

#include "exec/channel.h"

#define PUPPETS_MAX 3
#define ZYGOTES     2 /* one, and its spare */
/* Jobs that a puppet can have read. */
#define HELD_MAX 8
/* Bytes of a result: a one, and zeros. */
#define PUPPET_RESULT_SIZE 16

/* A worker, as far as a supervisor can tell. */
struct puppet {
	int channel, desk; /* -1: none */
	unsigned zygote;   /* where it came from */
	uint32_t generation;
	bool ready;
	struct channel_message held[HELD_MAX]; /* jobs that it has read */
	unsigned holds;
};

struct troupe {
	unsigned workers;
	struct puppet puppets[PUPPETS_MAX];
	int control[ZYGOTES]; /* the ends of zygotes; -1: none */
	pid_t pid[ZYGOTES];
	pid_t pids; /* given away */
};

/* What clock_ns() says. */
extern uint64_t troupe_clock;

/* Nobody is there yet. The clock begins. */
void troupe_begin(struct troupe *troupe, unsigned workers);
void troupe_end(struct troupe *troupe);

/* The zygotes carry out their orders. */
void troupe_obey(struct troupe *troupe);
/* The same, and each worker does the next thing that it should. */
void troupe_behave(struct troupe *troupe);
/* Its workers die with it, and nobody tells of that. */
void troupe_end_zygote(struct troupe *troupe, unsigned which);

/* It dies, and its zygote says how. */
void puppet_end(struct troupe *troupe, unsigned index, int status);
/* Its channel is closed. */
void puppet_close(struct puppet *puppet);
void puppet_ready(struct puppet *puppet);
/* Reads what the supervisor has sent to it. */
void puppet_listen(struct puppet *puppet);
/* Its first job is done, without output. */
void puppet_answer(struct puppet *puppet);
/* Says anything, by any end; what there is no room for is lost. */
void puppet_tell(int end, struct channel_message message, const void *body, size_t size);

#endif
