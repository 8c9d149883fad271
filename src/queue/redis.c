/* redis.c - see redis.h. */
#include "queue/redis.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Keeps why. */
static void fail(struct redis *redis, const char *why)
{
	(void)snprintf(redis->fault, sizeof(redis->fault), "%s", why);
	redis_close(redis);
}

static struct timeval wait_of(const struct redis *redis)
{
	const unsigned ms = redis->wait_ms ? redis->wait_ms : REDIS_WAIT_S * 1000;

	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000};
}

/* The same for what the library found. */
static void fail_there(struct redis *redis)
{
	/* what a socket says whose time is up */
	const bool is_late = redis->context->err == REDIS_ERR_IO && errno == EAGAIN;
	const struct timeval wait = wait_of(redis);
	char late[64];

	(void)snprintf(late, sizeof(late), "no answer for %.3g s",
	               (double)wait.tv_sec + (double)wait.tv_usec / 1e6);
	fail(redis, is_late ? late : redis->context->errstr);
}

void redis_close(struct redis *redis)
{
	if (redis->context)
		redis->library.redisFree(redis->context);
	redis->context = NULL;
}

void redis_bear(struct redis *redis, unsigned wait_ms)
{
	redis->wait_ms = wait_ms > 0 ? wait_ms : 1;
	if (redis->context)
		(void)redis->library.redisSetTimeout(redis->context, wait_of(redis));
}

void redis_send(struct redis *redis, const char *const *words, unsigned count)
{
	const char *argument[REDIS_WORDS_MAX];
	size_t length[REDIS_WORDS_MAX];

	if (!redis->context || count > REDIS_WORDS_MAX)
		return;
	for (unsigned i = 0; i < count; i++) {
		argument[i] = words[i];
		length[i] = strlen(words[i]);
	}
	if (redis->library.redisAppendCommandArgv(redis->context, (int)count, argument, length) !=
	    REDIS_OK)
		fail(redis, "no memory for a command");
}

redisReply *redis_take(struct redis *redis)
{
	void *reply = NULL;

	if (!redis->context)
		return NULL;
	if (redis->library.redisGetReply(redis->context, &reply) == REDIS_OK && reply)
		return reply;
	fail_there(redis);
	return NULL;
}

void redis_drop(struct redis *redis, redisReply *reply)
{
	if (reply)
		redis->library.freeReplyObject(reply);
}

bool redis_is_error(const redisReply *reply, const char *word)
{
	return reply && reply->type == REDIS_REPLY_ERROR &&
	       strncmp(reply->str, word, strlen(word)) == 0;
}

/* An answer that has to be no error. */
static bool is_good(struct redis *redis, redisReply *reply)
{
	const bool good = reply && reply->type != REDIS_REPLY_ERROR;

	if (reply && !good)
		fail(redis, reply->str);
	redis_drop(redis, reply);
	return good;
}

static bool log_in(struct redis *redis)
{
	const struct redis_address *address = redis->address;
	char database[16];

	if (*address->password && *address->user &&
	    !is_good(redis, redis_ask(redis, "AUTH", address->user, address->password)))
		return false;
	if (*address->password && !*address->user &&
	    !is_good(redis, redis_ask(redis, "AUTH", address->password)))
		return false;
	(void)snprintf(database, sizeof(database), "%u", address->database);
	return is_good(redis, redis_ask(redis, "SELECT", database));
}

int redis_open(struct redis *redis, const struct redis_address *address, struct br_error *error)
{
	const struct timeval wait = wait_of(redis);

	redis_close(redis);
	redis->address = address;
	if (!redis->loaded && !libhiredis_load(&redis->library))
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "Redis takes the library hiredis, which is not installed: "
		                    "install libhiredis (the package that this system has of it)");
	redis->loaded = true;
	redis->context = redis->library.redisConnectWithTimeout(address->host, address->port, wait);
	if (!redis->context)
		return br_error_system(error, ENOMEM, "no memory for a connection to Redis");
	if (redis->context->err) {
		fail(redis, redis->context->errstr);
	} else {
		(void)redis->library.redisSetTimeout(redis->context, wait);
		(void)redis->library.redisEnableKeepAlive(redis->context);
		if (log_in(redis))
			return 0;
	}
	return br_error_system(error, ENOTCONN, "%s:%d does not answer as Redis (%s)",
	                       address->host, address->port, redis->fault);
}
