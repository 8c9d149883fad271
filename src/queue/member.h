/* member.h - a member of a group that shares a stream: a thread that takes orders from the server,
 * writes them into a pipe as a list, and tells the server what became of them.
 *
 * As many orders are taken at once as are done in half a second, and a few for each worker.
 */
#ifndef QUEUE_MEMBER_H
#define QUEUE_MEMBER_H

#include <stdatomic.h>

#include "queue/options.h"
#include "queue/orders.h"
#include "redis/redis.h"
#include "text/text.h"

/* Times that an order may be taken over. */
#define ORDER_TRIES_MAX 10

struct queue_member {
	const struct queue_options *options;
	struct redis_address address;
	char dead[REDIS_KEY_MAX + 8], tries[REDIS_KEY_MAX + 8];
	char name[ADDRESS_PART_MAX]; /* of the member, in the group */
	struct orders orders;
	int list[2]; /* the pipe */
	bool running;
	pthread_t thread;
	atomic_bool over; /* no more is taken */
	/* the thread's */
	struct redis redis;
	unsigned few; /* orders that are taken at least */
	unsigned window;
	uint64_t measured_at, measured; /* when, and orders_answered() then */
	struct text lines;              /* to be written into the pipe */
	size_t written;
	char cursor[ORDER_ID_MAX]; /* of XAUTOCLAIM */
	uint64_t claimed_at, warmed_at, tried_at;
	uint64_t empty_at;   /* when the last reading found nothing; 0: it found something */
	bool waits;          /* and the member had nothing to do then */
	bool unclaimed;      /* XAUTOCLAIM was refused the last time */
	unsigned careful;    /* so many entries are asked for one by one */
	uint64_t over_since; /* as the thread has seen it; 0: it is not */
	bool last;           /* it tells what is left, and how long is said */
	/* what is to be told of the server */
	pthread_mutex_t lock;
	char news[BR_ERROR_TEXT_MAX];
	bool troubled;
};

/* Connects, makes the group if there is none, and looks at the other streams. No thread is left.
 * Returns 0 or what queue_run() does. */
int member_init(struct queue_member *member, const struct queue_options *options, unsigned workers,
                struct br_error *error);

/* The thread begins, or ends: what is held by then is given back, and told if the server answers
 * within a few seconds. Returns false if there is no thread to be had. */
bool member_start(struct queue_member *member);
void member_end(struct queue_member *member);
void member_release(struct queue_member *member);

/* Whether there is something to be told of the server, and what. */
bool member_news(struct queue_member *member, char text[BR_ERROR_TEXT_MAX]);

/* Private to the room. Makes the group if there is none: from the stream's beginning, since what
 * was there before the first member counts too. Returns 0 or -ENOTCONN. */
int member_make_group(struct queue_member *member, struct br_error *error);

/* member_take.c: takes entries that nobody has had, `room` at most; the server waits for one, if
 * it is to. Returns how many came, or -1 if the server would not. */
int member_read(struct queue_member *member, unsigned room, bool waits);
/* Looks for what others have let go cold: one piece of what is pending at a time, all of it at
 * intervals. */
void member_take_over(struct queue_member *member, unsigned room);

/* member_tell.c. Tells the server all verdicts. False: it could not. */
bool member_tell(struct queue_member *member);
/* What went wrong, told once until it is well again. */
void member_trouble(struct queue_member *member, const char *what);

#endif
