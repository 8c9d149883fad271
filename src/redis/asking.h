/* asking.h - one question about a key, through all its attempts. Private to asking.c and values.c.
 */
#ifndef REDIS_ASKING_H
#define REDIS_ASKING_H

#include <errno.h>
#include <pthread.h>

#include "redis/redis.h"
#include "redis/values.h"

/* How often it is looked whether there is room, or the run is to end, ms. */
#define LOOK_MS 20

/* Bytes of a value that are asked for at once: what is shorter comes by one command. */
#define PIECE ((uint64_t)4 << 20)

/* Bytes of an answer at most: a piece, and what is around it. */
#define ANSWER_MAX (PIECE + (64 << 10))

/* What an attempt returns that may go well the next time. */
#define AGAIN (-EAGAIN)

struct connection {
	struct connection *next;
	struct redis redis;
	struct redis_address address;
	bool typed; /* asked without looking at where it leads */
	bool used;  /* before: the server may have closed it since */
};

struct values {
	struct values_options options;
	struct redis_address home; /* without a host: none */
	pthread_mutex_t mutex;     /* of what follows */
	struct connection *idle;
	uint64_t held;   /* bytes that were read, and are not done with */
	uint64_t coming; /* and of large ones that are being read */
};

struct asking {
	struct values *values;
	const struct values_question *question;
	struct redis_address address; /* with user and password */
	bool typed;                   /* or home */
	uint64_t deadline;            /* clock_ns(); UINT64_MAX: none */
	struct connection *connection;
	struct br_error *error;
};

/* All attempts. `act` returns what the functions of values.h do, or AGAIN with an error set; it
 * leaves no answer untaken on a connection that is open. */
int asking_run(struct values *values, const struct values_question *question,
               int (*act)(struct asking *, void *), void *arg, struct br_error *error);

/* No answer is waited for beyond the deadline. */
void asking_bear(const struct asking *asking, struct redis *redis);

/* Sleeps. Returns 0, BR_ERROR_CANCELLED, or AGAIN when it would be too late. */
int asking_rest(const struct asking *asking, uint64_t ms);

/* The server has closed the connection, or gone silent. Returns AGAIN. */
int asking_gone(const struct connection *connection, struct br_error *error);

/* An answer that is an error. */
int asking_refused(const redisReply *reply, struct br_error *error);

/* An answer, which has to be of that type: *reply is to be dropped. Returns 0, or what is wrong. */
int asking_take(struct connection *connection, int type, redisReply **reply,
                struct br_error *error);

/* The same for a number, and for "OK" or "QUEUED". */
int asking_take_number(struct connection *connection, uint64_t *number, struct br_error *error);
int asking_take_well(struct connection *connection, struct br_error *error);

#endif
