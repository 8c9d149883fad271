/* redis.h - a connection to a Redis server: commands are sent many at a time, and their answers
 * taken in the same order.
 *
 * One thread at a time. A server that is silent for REDIS_WAIT_S, or as long as was said last with
 * redis_bear(), has gone; one that sends its answers drop by drop has by the time that was said
 * there.
 */
#ifndef REDIS_REDIS_H
#define REDIS_REDIS_H

#include <stdint.h>
#include <sys/socket.h>

#include "redis/address.h"
#include "redis/libhiredis.h"

#define REDIS_WAIT_S 10

/* Words of a command. */
#define REDIS_WORDS_MAX 1024

/* All zero is closed. */
struct redis {
	struct libhiredis library;
	bool loaded;
	redisContext *context; /* NULL: not connected */
	const struct redis_address *address;
	char fault[BR_ERROR_TEXT_MAX]; /* why it is not connected any more */
	unsigned wait_ms;              /* 0: REDIS_WAIT_S */
	uint64_t until;                /* of clock_ns(), for all; 0: any time */
	/* Whether an address of the network may be asked; NULL: any may. */
	bool (*may_ask)(void *ctx, const struct sockaddr *address);
	void *ctx;
	/* Whether to wait no more: looked at some times a second. NULL: never. */
	bool (*stopped)(void *stopped_ctx);
	void *stopped_ctx;
	/* Bytes that an answer may have, about; the connection to a server that sends more is
	 * closed. 0: any number. */
	size_t most;
	bool flooded; /* that was why the last connection was closed */
};

/* Connects and says who asks. The address outlives the connection. Returns 0, BR_ERROR_UNSUPPORTED
 * (no hiredis), BR_ERROR_PRIVATE_ADDRESS (may_ask() allows none of the host's), BR_ERROR_USAGE (the
 * server has no database of that number) or a negative errno: -EACCES if the server does not let us
 * in; *error says why. */
int redis_open(struct redis *redis, const struct redis_address *address, struct br_error *error);
void redis_close(struct redis *redis);

/* From now on a server may be silent for so long, and nothing lasts beyond `until`, of clock_ns();
 * 0 or UINT64_MAX: there is no such time. */
void redis_bear(struct redis *redis, unsigned wait_ms, uint64_t until);

static inline bool redis_is_open(const struct redis *redis)
{
	return redis->context != NULL;
}

/* Prepares a command of `count` words, at most REDIS_WORDS_MAX. What can't be sent shows at the
 * next redis_take(). */
void redis_send(struct redis *redis, const char *const *words, unsigned count);

/* The same for words of any bytes. Copies them. */
void redis_send_bytes(struct redis *redis, const char *const *words, const size_t *lengths,
                      unsigned count);

/* The same for words that end with NULL. */
#define redis_say(redis, ...)                                   \
	redis_send((redis), (const char *const[]){__VA_ARGS__}, \
	           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* The next answer, to be given to redis_drop(). NULL: the connection has broken, and is closed. */
redisReply *redis_take(struct redis *redis);
void redis_drop(struct redis *redis, redisReply *reply);

/* Sends a command and takes its answer; there is no other on its way. */
#define redis_ask(redis, ...) (redis_say(redis, __VA_ARGS__), redis_take(redis))

/* Whether the answer is an error whose first word is that. */
bool redis_is_error(const redisReply *reply, const char *word);

/* Whether an error's text says that the user is not let in, or may not do that. */
bool redis_is_about_login(const char *fault);

#endif
