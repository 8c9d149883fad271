/* asking.c - see asking.h, and the beginning of values.h. */
#include "redis/asking.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/backoff.h"
#include "base/base.h"

struct values *values_new(const struct values_options *options)
{
	struct values *values = calloc(1, sizeof(*values));

	if (!values)
		return NULL;
	values->options = *options;
	if (options->home && redis_address_read_prefix(&values->home, options->home))
		values->home = (struct redis_address){0};
	if (pthread_mutex_init(&values->mutex, NULL) != 0) {
		free(values);
		return NULL;
	}
	return values;
}

/* --- connections ------------------------------------------------------------------------------ */

static void drop_connection(struct connection *connection)
{
	redis_close(&connection->redis);
	free(connection);
}

void values_free(struct values *values)
{
	if (!values)
		return;
	for (struct connection *next; values->idle; values->idle = next) {
		next = values->idle->next;
		drop_connection(values->idle);
	}
	(void)pthread_mutex_destroy(&values->mutex);
	free(values);
}

static bool is_stopped(const struct values *values)
{
	return values->options.stopped && values->options.stopped();
}

static bool stops(void *values)
{
	return is_stopped(values);
}

static bool is_home(const struct values *values, const struct redis_address *address)
{
	return *values->home.host && redis_address_same_server(&values->home, address);
}

/* With home's user and password, if it is that and has none. */
static void complete(const struct values *values, struct redis_address *address)
{
	if (!is_home(values, address) || *address->user || *address->password)
		return;
	memcpy(address->user, values->home.user, sizeof(address->user));
	memcpy(address->password, values->home.password, sizeof(address->password));
}

static bool is_for(const struct connection *connection, const struct redis_address *address,
                   bool typed)
{
	return connection->typed == typed && connection->address.database == address->database &&
	       redis_address_same_server(&connection->address, address) &&
	       strcmp(connection->address.user, address->user) == 0 &&
	       strcmp(connection->address.password, address->password) == 0;
}

/* One that is open already, or NULL. */
static struct connection *take_idle(struct values *values, const struct redis_address *address,
                                    bool typed)
{
	struct connection **link = &values->idle, *found;

	(void)pthread_mutex_lock(&values->mutex);
	while (*link && !is_for(*link, address, typed))
		link = &(*link)->next;
	found = *link;
	if (found)
		*link = found->next;
	(void)pthread_mutex_unlock(&values->mutex);
	if (found)
		found->used = true;
	return found;
}

/* It is open still, or has broken. */
static void give_back(struct values *values, struct connection *connection)
{
	if (!redis_is_open(&connection->redis)) {
		drop_connection(connection);
		return;
	}
	(void)pthread_mutex_lock(&values->mutex);
	connection->next = values->idle;
	values->idle = connection;
	(void)pthread_mutex_unlock(&values->mutex);
}

/* --- what a server says ----------------------------------------------------------------------- */

/* It has closed the connection, or gone silent. */
int asking_gone(const struct connection *connection, struct br_error *error)
{
	(void)br_error_set(error, BR_ERROR_NETWORK,
	                   "its server has gone (%.80s): is it well? run again later",
	                   connection->redis.fault);
	return AGAIN;
}

static bool is_passing(const redisReply *reply)
{
	static const char *const words[] = {"LOADING",     "BUSY",     "MASTERDOWN",
	                                    "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (redis_is_error(reply, words[i]))
			return true;
	return false;
}

/* An answer that is an error. */
int asking_refused(const redisReply *reply, struct br_error *error)
{
	if (redis_is_error(reply, "WRONGTYPE"))
		return br_error_set(error, BR_ERROR_NOT_IMAGE,
		                    "its key holds another type of Redis than a string: is it the "
		                    "right key?");
	if (redis_is_about_login(reply->str))
		return br_error_system(error, EACCES,
		                       "its server says: %.100s (is the user right?)", reply->str);
	if (redis_is_error(reply, "OOM"))
		return br_error_system(error, ENOMEM,
		                       "its server may have no more memory (its maxmemory): free "
		                       "some there");
	if (redis_is_error(reply, "READONLY"))
		return br_error_system(error, EROFS, "its server is a replica: name the master");
	if (redis_is_error(reply, "MISCONF"))
		return br_error_set(error, BR_ERROR_NETWORK,
		                    "its server can't save to its disk and takes nothing");
	if (redis_is_error(reply, "MOVED") || redis_is_error(reply, "ASK"))
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "its server is a node of a cluster, of which another has the "
		                    "key (%.60s): name that one",
		                    reply->str);
	(void)br_error_set(error, BR_ERROR_NETWORK, "its server says: %.120s", reply->str);
	return is_passing(reply) ? AGAIN : BR_ERROR_NETWORK;
}

/* An answer, which has to be of that type: *reply is to be dropped. */
int asking_take(struct connection *connection, int type, redisReply **reply, struct br_error *error)
{
	*reply = redis_take(&connection->redis);
	if (!*reply)
		return asking_gone(connection, error);
	if ((*reply)->type == REDIS_REPLY_ERROR)
		return asking_refused(*reply, error);
	if ((*reply)->type == type)
		return 0;
	return br_error_set(error, BR_ERROR_NETWORK,
	                    "what answers does not speak as Redis does: are host and port right?");
}

/* A number. */
int asking_take_number(struct connection *connection, uint64_t *number, struct br_error *error)
{
	redisReply *reply;
	const int status = asking_take(connection, REDIS_REPLY_INTEGER, &reply, error);

	*number = !status && reply->integer > 0 ? (uint64_t)reply->integer : 0;
	redis_drop(&connection->redis, reply);
	return status;
}

/* "OK", or "QUEUED". */
int asking_take_well(struct connection *connection, struct br_error *error)
{
	redisReply *reply;
	const int status = asking_take(connection, REDIS_REPLY_STATUS, &reply, error);

	redis_drop(&connection->redis, reply);
	return status;
}

/* --- attempts --------------------------------------------------------------------------------- */

/* Nothing is waited for beyond the deadline. */
void asking_bear(const struct asking *asking, struct redis *redis)
{
	const uint64_t now = clock_ns();
	const uint64_t most = (uint64_t)REDIS_WAIT_S * 1000;
	const uint64_t left = asking->deadline > now ? (asking->deadline - now) / NS_PER_MS : 0;

	redis_bear(redis, (unsigned)(left < most ? left : most), asking->deadline);
}

static int connect_anew(struct asking *asking)
{
	const struct values_options *options = &asking->values->options;
	struct connection *made = calloc(1, sizeof(*made));
	int status;

	if (!made)
		return br_error_system(asking->error, ENOMEM, "no memory for a connection");
	made->address = asking->address;
	made->typed = asking->typed;
	made->redis.stopped = stops;
	made->redis.stopped_ctx = asking->values;
	made->redis.most = ANSWER_MAX;
	if (!asking->typed) {
		made->redis.may_ask = options->may_ask;
		made->redis.ctx = options->ctx;
	}
	asking_bear(asking, &made->redis);
	status = redis_open(&made->redis, &made->address, asking->error);
	asking->connection = made;
	if (status)
		drop_connection(made);
	if (status != -ENOTCONN)
		return status;
	asking->error->code = BR_ERROR_NETWORK;
	asking->error->sys_errno = 0;
	return AGAIN;
}

static int cancelled(struct br_error *error)
{
	return br_error_set(error, BR_ERROR_CANCELLED, "the run was stopped first: start it again");
}

/* Sleeps. Returns 0, BR_ERROR_CANCELLED, or AGAIN when it would be too late. */
int asking_rest(const struct asking *asking, uint64_t ms)
{
	const uint64_t until = clock_ns() + ms * NS_PER_MS;
	const struct timespec turn = {.tv_nsec = LOOK_MS * (long)NS_PER_MS};

	if (until >= asking->deadline)
		return AGAIN;
	while (clock_ns() < until) {
		if (is_stopped(asking->values))
			return cancelled(asking->error);
		(void)nanosleep(&turn, NULL);
	}
	return 0;
}

/* One attempt of `act`, by a connection that is open if there is one. */
static int attempt(struct asking *asking, int (*act)(struct asking *, void *), void *arg)
{
	struct values *values = asking->values;
	int status = 0;
	bool used;

	do {
		asking->connection = take_idle(values, &asking->address, asking->typed);
		if (!asking->connection)
			status = connect_anew(asking);
		if (status)
			return status;
		asking_bear(asking, &asking->connection->redis);
		used = asking->connection->used;
		status = act(asking, arg);
		used = used && !redis_is_open(&asking->connection->redis);
		give_back(values, asking->connection);
	} while (status == AGAIN && used && !is_stopped(values)); /* it was closed long ago */
	return status;
}

/* All attempts. `act` returns what the functions of values.h do, or AGAIN; it leaves no answer
 * untaken on a connection that is open. */
int asking_run(struct values *values, const struct values_question *question,
               int (*act)(struct asking *, void *), void *arg, struct br_error *error)
{
	struct asking asking = {.values = values,
	                        .question = question,
	                        .address = *question->address,
	                        .typed = question->typed || is_home(values, question->address),
	                        .deadline = UINT64_MAX,
	                        .error = error};
	int status;

	complete(values, &asking.address);
	if (question->timeout_ms)
		asking.deadline = clock_ns() + question->timeout_ms * NS_PER_MS;
	status = attempt(&asking, act, arg);
	for (unsigned i = 1; status == AGAIN && i <= values->options.retries; i++) {
		status = asking_rest(&asking, backoff_ms(i, clock_ns()));
		if (status)
			break;
		status = attempt(&asking, act, arg);
	}
	if (status == AGAIN && is_stopped(values))
		return cancelled(error);
	return status == AGAIN ? BR_ERROR_NETWORK : status;
}
