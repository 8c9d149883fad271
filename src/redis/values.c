/* values.c - see values.h. */
#include "redis/values.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/transfer.h"
#include "redis/asking.h"

/* Bytes of a value at most: Redis's own limit, unless its proto-max-bulk-len is another. */
#define VALUE_MAX ((uint64_t)512 << 20)

/* So often a value or a key may change under our hands. */
#define CHANGES_MAX 20

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
	int fd;
	uint64_t bytes;
};

/* GETRANGE of PIECE bytes at most, into the file. *got: how many there were. */
static int take_piece(struct asking *asking, const struct reading *reading, uint64_t at,
                      uint64_t *got)
{
	redisReply *reply;
	int status = asking_take(asking->connection, REDIS_REPLY_STRING, &reply, asking->error);

	*got = 0;
	if (!status) {
		*got = reply->len;
		status = transfer_write_at(reading->fd, reply->str, reply->len, (off_t)at);
		if (status)
			status = br_error_system(asking->error, -status,
			                         "what came of it can't be kept");
	}
	redis_drop(&asking->connection->redis, reply);
	return status;
}

static void say_piece(struct asking *asking, uint64_t at)
{
	char first[24], last[24];

	(void)snprintf(first, sizeof(first), "%llu", (unsigned long long)at);
	(void)snprintf(last, sizeof(last), "%llu", (unsigned long long)(at + PIECE - 1));
	redis_say(&asking->connection->redis, "GETRANGE", asking->address.key, first, last);
}

/* Nothing came: there is no such key, or nothing in it. */
static int read_nothing(struct asking *asking)
{
	uint64_t exists;
	int status;

	redis_say(&asking->connection->redis, "EXISTS", asking->address.key);
	status = asking_take_number(asking->connection, &exists, asking->error);
	if (status)
		return status;
	if (exists)
		return br_error_set(asking->error, BR_ERROR_EMPTY, "its key has no bytes");
	return br_error_system(asking->error, ENOENT,
	                       "its server has no such key (are key and database right, has it "
	                       "expired?)");
}

static int too_large(const struct asking *asking, uint64_t bytes)
{
	return br_error_set(asking->error, BR_ERROR_TOO_LARGE,
	                    "its key has %llu bytes, and one may have %llu: raise "
	                    "--max-download, if they are wanted",
	                    (unsigned long long)bytes,
	                    (unsigned long long)asking->values->options.max_bytes);
}

/* Counts a large value that is about to come, if there is room or no other comes. */
static bool has_room(struct values *values, uint64_t bytes)
{
	bool room;

	(void)pthread_mutex_lock(&values->mutex);
	room =
	    values->coming == 0 || (values->held + values->coming < values->options.memory &&
	                            bytes < values->options.memory - values->held - values->coming);
	values->coming += room ? bytes : 0;
	(void)pthread_mutex_unlock(&values->mutex);
	return room;
}

static void leave_room(struct values *values, uint64_t bytes)
{
	(void)pthread_mutex_lock(&values->mutex);
	values->coming -= bytes;
	(void)pthread_mutex_unlock(&values->mutex);
}

/* Reads `bytes` in pieces. *changed: its key did meanwhile. */
static int read_pieces(struct asking *asking, const struct reading *reading, uint64_t bytes,
                       bool *changed)
{
	struct connection *connection = asking->connection;
	redisReply *reply;
	uint64_t at = 0, got = 0;
	int status = 0;

	for (; at < bytes && !status; at += got) {
		say_piece(asking, at);
		asking_bear(asking, &asking->connection->redis);
		status = take_piece(asking, reading, at, &got);
		if (got == 0)
			break;
	}
	if (status)
		return status;
	/* EXEC says nothing if it did since WATCH */
	redis_say(&connection->redis, "MULTI");
	redis_say(&connection->redis, "EXEC");
	status = asking_take_well(connection, asking->error);
	reply = redis_take(&connection->redis);
	if (!reply)
		status = asking_gone(connection, asking->error);
	*changed = at != bytes || (reply && reply->type == REDIS_REPLY_NIL);
	redis_drop(&connection->redis, reply);
	return status;
}

/* A value of several pieces, if it may be so large. */
static int read_large(struct asking *asking, struct reading *reading, bool *changed)
{
	struct connection *connection = asking->connection;
	uint64_t bytes;
	int status, watched;

	redis_say(&connection->redis, "WATCH", asking->address.key);
	redis_say(&connection->redis, "STRLEN", asking->address.key);
	watched = asking_take_well(connection, asking->error);
	status = asking_take_number(connection, &bytes, asking->error);
	if (watched || status)
		return watched ? watched : status;
	if (bytes == 0)
		return read_nothing(asking); /* now */
	if (bytes > asking->values->options.max_bytes)
		return too_large(asking, bytes);
	while (!has_room(asking->values, bytes)) {
		(void)br_error_set(asking->error, BR_ERROR_NETWORK,
		                   "there was no room in time for the %llu bytes of its key: "
		                   "raise --timeout or --max-memory",
		                   (unsigned long long)bytes);
		status = asking_rest(asking, LOOK_MS);
		if (status)
			return status;
	}
	status = read_pieces(asking, reading, bytes, changed);
	leave_room(asking->values, bytes);
	reading->bytes = bytes;
	return status;
}

static int read_value(struct asking *asking, void *arg)
{
	struct reading *reading = arg;
	bool changed = false;
	int status;

	say_piece(asking, 0);
	status = take_piece(asking, reading, 0, &reading->bytes);
	if (status)
		return status;
	if (reading->bytes == 0)
		return read_nothing(asking);
	if (reading->bytes < PIECE)
		return reading->bytes > asking->values->options.max_bytes
		           ? too_large(asking, reading->bytes)
		           : 0;
	for (unsigned i = 0; i < CHANGES_MAX; i++) {
		status = read_large(asking, reading, &changed);
		if (status || !changed)
			break;
	}
	if (!status && changed)
		status = br_error_set(asking->error, BR_ERROR_CHANGED,
		                      "its key changes all the time while it is read");
	if (status) /* and is watched no more */
		redis_close(&asking->connection->redis);
	return status;
}

int values_get(struct values *values, const struct values_question *question, int fd,
               uint64_t *bytes, struct br_error *error)
{
	struct reading reading = {.fd = fd};
	int status = asking_run(values, question, read_value, &reading, error);

	*bytes = reading.bytes;
	if (!status && ftruncate(fd, (off_t)reading.bytes) != 0) /* an attempt may have had more */
		status = br_error_system(error, errno, "what came of it can't be kept");
	if (status)
		return status;
	(void)pthread_mutex_lock(&values->mutex);
	values->held += reading.bytes;
	(void)pthread_mutex_unlock(&values->mutex);
	return 0;
}

void values_done(struct values *values, uint64_t bytes)
{
	(void)pthread_mutex_lock(&values->mutex);
	values->held -= bytes < values->held ? bytes : values->held;
	(void)pthread_mutex_unlock(&values->mutex);
}

/* --- looking and writing ---------------------------------------------------------------------- */

struct look {
	uint64_t bytes;
	bool exists;
};

static int look(struct asking *asking, void *arg)
{
	struct look *look = arg;
	struct connection *connection = asking->connection;
	struct br_error ignored;
	uint64_t exists;
	int status, other;

	redis_say(&connection->redis, "EXISTS", asking->address.key);
	redis_say(&connection->redis, "STRLEN", asking->address.key);
	status = asking_take_number(connection, &exists, asking->error);
	other = asking_take_number(connection, &look->bytes, status ? &ignored : asking->error);
	look->exists = exists > 0;
	return status ? status : other;
}

int values_look(struct values *values, const struct values_question *question, uint64_t *bytes,
                bool *exists, struct br_error *error)
{
	struct look found = {0};
	const int status = asking_run(values, question, look, &found, error);

	*bytes = found.bytes;
	*exists = found.exists;
	return status;
}

struct writing {
	const void *bytes;
	size_t size;
	bool replace;
};

static void say_set(struct asking *asking, const struct writing *writing, bool anew)
{
	const char *const words[] = {"SET", asking->address.key, writing->bytes, "NX"};
	const size_t lengths[] = {3, strlen(words[1]), writing->size, 2};

	redis_send_bytes(&asking->connection->redis, words, lengths, anew ? 4 : 3);
}

/* Whether the connection is there, before anything is at stake. */
static int greet(struct asking *asking)
{
	redisReply *reply = redis_ask(&asking->connection->redis, "PING");
	const int status = reply ? 0 : asking_gone(asking->connection, asking->error);

	redis_drop(&asking->connection->redis, reply);
	return status;
}

/* A key that is not there. An answer that is lost leaves open whether it was written: it is not
 * tried again, which would find it there. */
static int write_new(struct asking *asking, const struct writing *writing)
{
	struct connection *connection = asking->connection;
	redisReply *reply;
	int status = greet(asking);

	if (status)
		return status;
	say_set(asking, writing, true);
	reply = redis_take(&connection->redis);
	if (!reply)
		return br_error_set(asking->error, BR_ERROR_NETWORK,
		                    "its server has gone (%.80s): it is not known whether the "
		                    "output is there",
		                    connection->redis.fault);
	if (reply->type == REDIS_REPLY_NIL)
		status = br_error_set(asking->error, BR_ERROR_EXISTS,
		                      "the output's key exists (--existing error): remove it, or "
		                      "choose --existing overwrite");
	else if (reply->type == REDIS_REPLY_ERROR)
		status = asking_refused(reply, asking->error);
	redis_drop(&connection->redis, reply);
	return status;
}

/* What a key of that type is when it may not be replaced. */
static int check_type(struct asking *asking)
{
	redisReply *reply;
	int status = asking_take(asking->connection, REDIS_REPLY_STATUS, &reply, asking->error);

	if (!status && strcmp(reply->str, "none") != 0 && strcmp(reply->str, "string") != 0)
		status = br_error_set(asking->error, BR_ERROR_NOT_IMAGE,
		                      "the output's key holds a %.20s, which is not replaced: name "
		                      "another key, or remove it",
		                      reply->str);
	redis_drop(&asking->connection->redis, reply);
	return status;
}

/* In place of a string or of nothing. *changed: the key did between our look and our writing. */
static int write_over(struct asking *asking, const struct writing *writing, bool *changed)
{
	struct connection *connection = asking->connection;
	struct br_error ignored;
	redisReply *reply;
	int status, type;

	redis_say(&connection->redis, "WATCH", asking->address.key);
	redis_say(&connection->redis, "TYPE", asking->address.key);
	status = asking_take_well(connection, asking->error);
	type = check_type(asking);
	if (status || type)
		return status ? status : type;
	redis_say(&connection->redis, "MULTI");
	say_set(asking, writing, false);
	redis_say(&connection->redis, "EXEC");
	status = asking_take_well(connection, asking->error);
	type = asking_take_well(connection, status ? &ignored : asking->error);
	reply = redis_take(&connection->redis);
	if (!reply && !status && !type)
		status = asking_gone(connection, asking->error);
	else if (reply && !status && !type && reply->type == REDIS_REPLY_ERROR)
		status = asking_refused(reply, asking->error);
	*changed = reply && reply->type == REDIS_REPLY_NIL;
	redis_drop(&connection->redis, reply);
	return status ? status : type;
}

static int write_value(struct asking *asking, void *arg)
{
	const struct writing *writing = arg;
	bool changed = false;
	int status = 0;

	if (!writing->replace)
		return write_new(asking, writing);
	for (unsigned i = 0; i < CHANGES_MAX; i++) {
		changed = false;
		status = write_over(asking, writing, &changed);
		if (status || !changed)
			break;
	}
	if (!status && changed)
		status = br_error_set(asking->error, BR_ERROR_CHANGED,
		                      "others write to the output's key all the time");
	if (status) /* and is watched no more */
		redis_close(&asking->connection->redis);
	return status;
}

int values_put(struct values *values, const struct values_question *question, const void *bytes,
               uint64_t size, bool replace, struct br_error *error)
{
	struct writing writing = {.bytes = bytes, .size = size, .replace = replace};

	if (size > VALUE_MAX)
		return br_error_set(error, BR_ERROR_TOO_LARGE,
		                    "the output has %llu bytes, and a value of Redis %llu at most",
		                    (unsigned long long)size, (unsigned long long)VALUE_MAX);
	return asking_run(values, question, write_value, &writing, error);
}
