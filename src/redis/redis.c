/* redis.c - see redis.h. */
#include "redis/redis.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

/* How often it is looked whether to wait no more, ms. */
#define LOOK_MS 100

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

	while (!done)
		if (redis->library.redisBufferWrite(redis->context, &done) != REDIS_OK) {
			fail_there(redis);
			return false;
		}
	return true;
}

/* Until something has come. False: it has not, and the connection is closed. */
static bool await(struct redis *redis)
{
	const struct timeval wait = wait_of(redis);
	const uint64_t until =
	    clock_ns() + (uint64_t)wait.tv_sec * NS_PER_S + (uint64_t)wait.tv_usec * 1000;
	struct pollfd socket = {.fd = redis->context->fd, .events = POLLIN};

	while (poll(&socket, 1, LOOK_MS) <= 0) {
		if (redis->stopped()) {
			fail(redis, "the run was stopped first");
			return false;
		}
		if (clock_ns() > until) {
			redis->context->err = REDIS_ERR_IO;
			errno = EAGAIN;
			fail_there(redis);
			return false;
		}
	}
	return true;
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
		fail_there(redis);
		return false;
	}
	*received += unread(redis) - before;
	if (redis->most == 0 || *received <= redis->most)
		return true;
	fail(redis, "it sends more than was asked for");
	return false;
}

/* The next answer in short turns, between which the run may end. */
static redisReply *take_in_turns(struct redis *redis)
{
	const struct libhiredis *library = &redis->library;
	size_t received = 0;
	void *reply = NULL;

	if (library->redisGetReplyFromReader(redis->context, &reply) == REDIS_OK && reply)
		return reply;
	if (!flush(redis))
		return NULL;
	while (!reply) {
		if (!await(redis) || !receive(redis, &received))
			return NULL;
		if (library->redisGetReplyFromReader(redis->context, &reply) != REDIS_OK) {
			fail_there(redis);
			return NULL;
		}
	}
	return reply;
}

redisReply *redis_take(struct redis *redis)
{
	void *reply = NULL;

	if (!redis->context)
		return NULL;
	if (redis->stopped)
		return take_in_turns(redis);
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

/* --- connecting ------------------------------------------------------------------------------- */

static void connect_to(struct redis *redis, const char *host, int port)
{
	redis->context = redis->library.redisConnectWithTimeout(host, port, wait_of(redis));
	if (redis->context && redis->context->err)
		fail(redis, redis->context->errstr);
}

/* To the first of the host's addresses that may be asked and answers: by its number, so that it is
 * the one that was looked at. */
static int connect_if_allowed(struct redis *redis, struct br_error *error)
{
	const struct redis_address *address = redis->address;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	char number[NI_MAXHOST];
	bool any = false;
	const int status = getaddrinfo(address->host, NULL, &hints, &found);

	(void)snprintf(redis->fault, sizeof(redis->fault), "%s",
	               status ? gai_strerror(status) : "");
	if (status)
		return 0;
	for (const struct addrinfo *at = found; at && !redis->context; at = at->ai_next) {
		if (!redis->may_ask(redis->ctx, at->ai_addr))
			continue;
		any = true;
		if (getnameinfo(at->ai_addr, at->ai_addrlen, number, sizeof(number), NULL, 0,
		                NI_NUMERICHOST) == 0)
			connect_to(redis, number, address->port);
	}
	freeaddrinfo(found);
	return any ? 0
	           : br_error_set(error, BR_ERROR_PRIVATE_ADDRESS,
	                          "its server is this host or of a private network, which no "
	                          "list may name: say --allow-private if it is meant");
}

static int connect_any(struct redis *redis, struct br_error *error)
{
	if (redis->may_ask)
		return connect_if_allowed(redis, error);
	connect_to(redis, redis->address->host, redis->address->port);
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
	status = connect_any(redis, error);
	if (status)
		return status;
	if (redis->context) {
		(void)redis->library.redisSetTimeout(redis->context, wait_of(redis));
		(void)redis->library.redisEnableKeepAlive(redis->context);
		if (log_in(redis))
			return 0;
	}
	return br_error_system(error, redis_is_about_login(redis->fault) ? EACCES : ENOTCONN,
	                       "%s:%d does not answer as Redis (%s)", address->host, address->port,
	                       *redis->fault ? redis->fault : "no connection");
}
