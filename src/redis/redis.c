/* redis.c - see redis.h. */
#include "redis/redis.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "redis/reach.h"

/* Keeps why. */
static void fail(struct redis *redis, const char *why)
{
	(void)snprintf(redis->fault, sizeof(redis->fault), "%s", why);
	redis_close(redis);
}

static unsigned wait_of(const struct redis *redis)
{
	return redis->wait_ms ? redis->wait_ms : REDIS_WAIT_S * 1000;
}

void redis_close(struct redis *redis)
{
	if (redis->context)
		redis->library.redisFree(redis->context);
	redis->context = NULL;
}

void redis_bear(struct redis *redis, unsigned wait_ms, uint64_t until)
{
	redis->wait_ms = wait_ms > 0 ? wait_ms : 1;
	redis->until = until;
}

/* Whether there is any time left. False: there is none, and the connection is closed. */
static bool goes_on(void *arg)
{
	struct redis *redis = arg;

	if (redis->stopped && redis->stopped(redis->stopped_ctx)) {
		fail(redis, "the run was stopped first");
		return false;
	}
	if (redis->until == 0 || clock_ns() <= redis->until)
		return true;
	fail(redis, "it was not done in time");
	return false;
}

/* Until something has come, or can be sent, in short turns between which the run may end. False:
 * the connection is closed. */
static bool await(struct redis *redis, short events)
{
	const uint64_t until = clock_ns() + wait_of(redis) * NS_PER_MS;
	struct pollfd socket = {.fd = redis->context->fd, .events = events};
	char late[64];

	do {
		if (!goes_on(redis))
			return false;
		if (clock_ns() > until) {
			(void)snprintf(late, sizeof(late), "no answer for %.3g s",
			               wait_of(redis) / 1e3);
			fail(redis, late);
			return false;
		}
	} while (poll(&socket, 1, REACH_LOOK_MS) <= 0);
	return true;
}

void redis_send_bytes(struct redis *redis, const char *const *words, const size_t *lengths,
                      unsigned count)
{
	if (!redis->context || count > REDIS_WORDS_MAX)
		return;
	if (redis->library.redisAppendCommandArgv(redis->context, (int)count, (const char **)words,
	                                          lengths) != REDIS_OK)
		fail(redis, "no memory for a command");
}

void redis_send(struct redis *redis, const char *const *words, unsigned count)
{
	size_t length[REDIS_WORDS_MAX];

	for (unsigned i = 0; i < count && i < REDIS_WORDS_MAX; i++)
		length[i] = strlen(words[i]);
	redis_send_bytes(redis, words, length, count);
}

/* Sends what there is to be sent. */
static bool flush(struct redis *redis)
{
	int done = 0;

	for (;;) {
		if (redis->library.redisBufferWrite(redis->context, &done) != REDIS_OK) {
			fail(redis, redis->context->errstr);
			return false;
		}
		if (done)
			return true;
		if (!await(redis, POLLOUT))
			return false;
	}
}

/* Bytes that have come and are part of no answer yet. */
static size_t unread(const struct redis *redis)
{
	return redis->context->reader->len - redis->context->reader->pos;
}

/* Takes what has come, and counts it. */
static bool receive(struct redis *redis, size_t *received)
{
	const size_t before = unread(redis);

	if (redis->library.redisBufferRead(redis->context) != REDIS_OK) {
		fail(redis, redis->context->errstr);
		return false;
	}
	*received += unread(redis) - before;
	if (redis->most == 0 || *received <= redis->most)
		return true;
	redis->flooded = true;
	fail(redis, "it sends more than was asked for");
	return false;
}

redisReply *redis_take(struct redis *redis)
{
	const struct libhiredis *library = &redis->library;
	size_t received = 0;
	void *reply = NULL;

	if (!redis->context)
		return NULL;
	if (library->redisGetReplyFromReader(redis->context, &reply) == REDIS_OK && reply)
		return reply;
	if (!flush(redis))
		return NULL;
	while (!reply) {
		if (!await(redis, POLLIN) || !receive(redis, &received))
			return NULL;
		if (library->redisGetReplyFromReader(redis->context, &reply) != REDIS_OK) {
			fail(redis, redis->context->errstr);
			return NULL;
		}
	}
	return reply;
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

	if (!*address->password)
		return true;
	return *address->user
	           ? is_good(redis, redis_ask(redis, "AUTH", address->user, address->password))
	           : is_good(redis, redis_ask(redis, "AUTH", address->password));
}

/* Whether that is what a server says of a number, and not, say, that it has too many clients. */
static bool is_about_database(const redisReply *reply)
{
	static const char *const words[] = {"ERR DB index", "ERR invalid DB index",
	                                    "ERR SELECT is not allowed"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (redis_is_error(reply, words[i]))
			return true;
	return false;
}

/* Also without a number: it shows that who answers is Redis, and lets us in. Returns 0,
 * BR_ERROR_USAGE or -ENOTCONN, with redis->fault. */
static int choose_database(struct redis *redis, struct br_error *error)
{
	const struct redis_address *address = redis->address;
	char database[16];
	redisReply *reply;
	int status;

	(void)snprintf(database, sizeof(database), "%u", address->database);
	reply = redis_ask(redis, "SELECT", database);
	if (address->database == 0 || !is_about_database(reply))
		return is_good(redis, reply) ? 0 : -ENOTCONN;
	status = br_error_set(error, BR_ERROR_USAGE,
	                      "%s:%d has no database %u (%.80s): a key that begins with a number "
	                      "and a slash is written /0/%u/...",
	                      address->host, address->port, address->database, reply->str,
	                      address->database);
	redis_drop(redis, reply);
	redis_close(redis);
	return status;
}

/* --- connecting ------------------------------------------------------------------------------- */

/* Leaves redis->context NULL where nobody answers. */
static int connect_server(struct redis *redis, struct br_error *error)
{
	struct reach reach = {.host = redis->address->host,
	                      .port = redis->address->port,
	                      .wait_ms = wait_of(redis),
	                      .may_ask = redis->may_ask,
	                      .ctx = redis->ctx,
	                      .goes_on = goes_on,
	                      .arg = redis};
	const int fd = reach_connect(&reach, redis->fault, sizeof(redis->fault));

	if (reach.barred)
		return br_error_set(error, BR_ERROR_PRIVATE_ADDRESS,
		                    "its server is this host or of a private network, which no "
		                    "list may name: say --allow-private if it is meant");
	if (fd < 0)
		return 0;
	redis->context = redis->library.redisConnectFd(fd);
	if (!redis->context) {
		(void)close(fd);
		return br_error_system(error, ENOMEM, "no memory for a connection");
	}
	redis->context->flags &= ~REDIS_BLOCK;
	(void)redis->library.redisEnableKeepAlive(redis->context);
	return 0;
}

bool redis_is_about_login(const char *fault)
{
	static const char *const words[] = {"NOAUTH", "WRONGPASS", "NOPERM"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strncmp(fault, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static int unanswered(const struct redis *redis, struct br_error *error)
{
	static const char words[] = "%s:%d does not answer as Redis (%s)";
	const struct redis_address *address = redis->address;
	const char *fault = *redis->fault ? redis->fault : "no connection";

	if (redis_is_about_login(fault))
		return br_error_system(error, EACCES, words, address->host, address->port, fault);
	/* the system's words for the number would put another reason behind the true one */
	(void)br_error_set(error, BR_ERROR_SYSTEM, words, address->host, address->port, fault);
	error->sys_errno = ENOTCONN;
	return -ENOTCONN;
}

int redis_open(struct redis *redis, const struct redis_address *address, struct br_error *error)
{
	int status;

	redis_close(redis);
	redis->address = address;
	if (!redis->loaded && !libhiredis_load(&redis->library))
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "Redis takes the library hiredis, which is not installed: "
		                    "install libhiredis (the package that this system has of it)");
	redis->loaded = true;
	redis->fault[0] = '\0';
	redis->flooded = false;
	status = connect_server(redis, error);
	if (status)
		return status;
	if (redis->context && log_in(redis)) {
		status = choose_database(redis, error);
		if (status != -ENOTCONN)
			return status;
	}
	return unanswered(redis, error);
}
