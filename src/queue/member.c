/* member.c - see member.h. */
#include "queue/member.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "base/threads.h"

/* How often it is tried again. */
#define AGAIN_MS 500
/* How often it is looked for new entries, after none was found, while orders are under way: whoever
 * waits with the server can't tell it anything meanwhile. */
#define LOOK_MS 20
/* Microseconds in which more comes that is told together: while there are many orders yet to be
 * done, and while there are few. */
#define GATHER_US     8000
#define GATHER_FEW_US 2000
/* How long it is tried to tell what is left when the run is over. */
#define LAST_MS 5000
/* When the run is over: how long an answer is waited for that may bring orders. */
#define GRACE_MS 1000
/* Orders held at most, but for those that are taken over. */
#define WINDOW_MAX (ORDERS_MAX / 4 * 3)
/* Bytes of an answer at most: orders are short, and ORDERS_MAX come at once. */
#define ANSWER_MAX ((size_t)64 << 20)

/* --- news of the server ----------------------------------------------------------------------- */

static void set_news(struct queue_member *member, bool troubled, const char *text)
{
	(void)pthread_mutex_lock(&member->lock);
	if (troubled != member->troubled)
		(void)snprintf(member->news, sizeof(member->news), "%s", text);
	member->troubled = troubled;
	(void)pthread_mutex_unlock(&member->lock);
}

void member_trouble(struct queue_member *member, const char *what)
{
	char text[BR_ERROR_TEXT_MAX];

	(void)snprintf(text, sizeof(text),
	               "the server does not take what it is told (%.150s): it is tried again",
	               what);
	set_news(member, true, text);
}

bool member_news(struct queue_member *member, char text[BR_ERROR_TEXT_MAX])
{
	bool any;

	(void)pthread_mutex_lock(&member->lock);
	any = member->news[0] != '\0';
	memcpy(text, member->news, sizeof(member->news));
	member->news[0] = '\0';
	(void)pthread_mutex_unlock(&member->lock);
	return any;
}

/* --- the server ------------------------------------------------------------------------------- */

/* An answer's text if it is an error other than `but`. */
static bool is_refused(struct queue_member *member, redisReply *reply, const char *but,
                       struct br_error *error)
{
	const bool refused =
	    !reply || (reply->type == REDIS_REPLY_ERROR && !redis_is_error(reply, but));

	if (refused)
		(void)br_error_system(error, ENOTCONN, "%s: the server says: %.120s",
		                      member->address.shown,
		                      reply ? reply->str : member->redis.fault);
	redis_drop(&member->redis, reply);
	return refused;
}

int member_make_group(struct queue_member *member, struct br_error *error)
{
	redisReply *reply = redis_ask(&member->redis, "XGROUP", "CREATE", member->address.key,
	                              member->options->group, "0", "MKSTREAM");

	return is_refused(member, reply, "BUSYGROUP", error) ? -ENOTCONN : 0;
}

/* What is to be written to is a stream, or nothing yet. */
static int check_stream(struct queue_member *member, const char *key, struct br_error *error)
{
	redisReply *reply = redis_ask(&member->redis, "TYPE", key);
	int status = 0;

	if (reply && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "none") != 0 &&
	    strcmp(reply->str, "stream") != 0)
		status = br_error_set(error, BR_ERROR_USAGE,
		                      "%s: the key '%.100s' is no stream but a %.20s: name another",
		                      member->address.shown, key, reply->str);
	redis_drop(&member->redis, reply);
	return status;
}

/* Sends, without effect, what the member will have to say later on, when it could but wait until it
 * is allowed. Returns how many answers are to be taken. */
static unsigned say_all(struct queue_member *member)
{
	/* of a server that can tell (Redis 7): whether a line may be added to streams, too */
	static const char script[] =
	    "for k = 3, #KEYS do\n"
	    "  if redis.acl_check_cmd and not redis.acl_check_cmd('XADD', KEYS[k], '*', 'a', 'b') "
	    "then\n"
	    "    return redis.error_reply('NOPERM XADD')\n"
	    "  end\n"
	    "end\n"
	    "return 1\n";
	struct redis *redis = &member->redis;
	const char *stream = member->address.key, *group = member->options->group;
	const char *results = member->options->results;

	redis_say(redis, "XACK", stream, group, "0-0");
	redis_say(redis, "XCLAIM", stream, group, member->name, "0", "0-0", "JUSTID");
	redis_say(redis, "XPENDING", stream, group);
	redis_say(redis, "HDEL", member->tries, "0-0");
	redis_say(redis, "EVAL", script, results ? "4" : "3", stream, member->tries, member->dead,
	          results ? results : "");
	return 5;
}

static int check_rights(struct queue_member *member, struct br_error *error)
{
	int status = 0;

	for (unsigned count = say_all(member); count > 0; count--) {
		redisReply *reply = redis_take(&member->redis);

		if (!status && (redis_is_error(reply, "NOPERM") ||
		                redis_is_error(reply, "ERR unknown command")))
			status = br_error_system(error, EACCES,
			                         "%s: the server does not let us do what a queue "
			                         "takes (%.100s; see QUEUES in the manual)",
			                         member->address.shown, reply->str);
		redis_drop(&member->redis, reply);
	}
	return status;
}

/* When the run is over no connection is made any more, and what was asked is waited for a little
 * longer: it may bring orders, which are to be given back. */
static bool stops(void *arg)
{
	struct queue_member *member = arg;

	if (!atomic_load(&member->over) || member->last)
		return false;
	if (member->over_since == 0)
		member->over_since = clock_ns();
	return !redis_is_open(&member->redis) ||
	       clock_ns() - member->over_since > GRACE_MS * NS_PER_MS;
}

static int open_server(struct queue_member *member, struct br_error *error)
{
	int status = redis_open(&member->redis, &member->address, error);

	return status ? status : member_make_group(member, error);
}

/* Connects if need be, now and then. */
static bool has_server(struct queue_member *member)
{
	struct br_error error;

	if (redis_is_open(&member->redis))
		return true;
	if (member->tried_at && clock_ns() - member->tried_at < AGAIN_MS * NS_PER_MS)
		return false;
	member->tried_at = clock_ns();
	if (open_server(member, &error) == 0)
		return true;
	redis_close(&member->redis);
	member_trouble(member, error.msg);
	return false;
}

/* --- what is held
 * ----------------------------------------------------------------------------------- */

/* Writes what the pipe takes. Returns whether that is all. */
static bool write_lines(struct queue_member *member)
{
	const struct br_buffer *bytes = &member->lines.bytes;

	while (member->written < bytes->size) {
		ssize_t wrote = write(member->list[1], bytes->data + member->written,
		                      bytes->size - member->written);

		if (wrote < 0)
			return false;
		member->written += (size_t)wrote;
	}
	text_clear(&member->lines);
	member->written = 0;
	return true;
}

/* How many orders there may be at once. It grows as soon as a few are done, or quick workers would
 * wait for orders meanwhile; and to its double at most, since a few may be quicker than the rest.
 */
static void measure(struct queue_member *member)
{
	const uint64_t now = clock_ns(), answered = orders_answered(&member->orders);
	const double seconds = (double)(now - member->measured_at) / 1e9;
	const unsigned most = 2 * member->window < WINDOW_MAX ? 2 * member->window : WINDOW_MAX;

	if (seconds < 0.1 && answered - member->measured < member->few)
		return;
	const double many = (double)(answered - member->measured) / seconds / 2;

	member->window = (unsigned)(many < member->few ? member->few : many > most ? most : many);
	member->measured_at = now;
	member->measured = answered;
}

/* What is held is not cold, however long it takes. */
static void keep_warm(struct queue_member *member)
{
	const uint64_t now = clock_ns();
	char id[ORDERS_MAX][ORDER_ID_MAX];
	const char *words[ORDERS_MAX + 8] = {"XCLAIM", member->address.key, member->options->group,
	                                     member->name, "0"};
	unsigned count;

	if (now - member->warmed_at < member->options->claim_ms * NS_PER_MS / 3)
		return;
	member->warmed_at = now;
	count = orders_ids(&member->orders, id);
	for (unsigned i = 0; i < count; i++)
		words[5 + i] = id[i];
	words[5 + count] = "JUSTID";
	if (count == 0)
		return;
	redis_send(&member->redis, words, count + 6);
	redis_drop(&member->redis, redis_take(&member->redis));
}

/* --- the thread ------------------------------------------------------------------------------- */

/* Entries that some member has not ended; -1: unknown. */
static long long count_pending(struct queue_member *member)
{
	redisReply *reply =
	    redis_ask(&member->redis, "XPENDING", member->address.key, member->options->group);
	const bool known = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
	                   reply->element[0]->type == REDIS_REPLY_INTEGER;
	const long long count = known ? reply->element[0]->integer : -1;

	redis_drop(&member->redis, reply);
	return count;
}

/* Whether the member has nothing to do: it holds no order, and has told of all. */
static bool is_idle(struct queue_member *member)
{
	return orders_held(&member->orders) == 0 && orders_untold(&member->orders) == 0;
}

/* Whether there is nothing left to be done, by anybody: `found` none by the last reading. */
static bool is_drained(struct queue_member *member, int found)
{
	return member->options->drain && found == 0 && is_idle(member) &&
	       count_pending(member) == 0;
}

static void close_list(struct queue_member *member)
{
	if (member->list[1] >= 0)
		(void)close(member->list[1]); /* a pipe: nothing is lost that is not given back */
	member->list[1] = -1;
}

/* Waits for verdicts, of which several are told at once; the last one waits for no other. */
static void gather(struct queue_member *member)
{
	unsigned held;

	orders_wait(&member->orders, LOOK_MS / 2);
	held = orders_held(&member->orders);
	if (held > 0)
		(void)usleep(held > member->few ? GATHER_US : GATHER_FEW_US);
}

/* Whether it is no time yet to read again: there was nothing just now, and orders are under way. */
static bool has_looked(struct queue_member *member)
{
	return member->empty_at > 0 && orders_held(&member->orders) > 0 &&
	       clock_ns() - member->empty_at < LOOK_MS * NS_PER_MS;
}

/* Reads, and takes what there is. */
static void read_on(struct queue_member *member)
{
	const unsigned held = orders_held(&member->orders);
	const unsigned room = held < member->window ? member->window - held : 1;
	const int found = member_read(member, room, member->waits && is_idle(member));

	member->empty_at = found == 0 ? clock_ns() : 0;
	member->waits = found == 0 && is_idle(member);
	if (found >= 0 && !member->unclaimed)
		set_news(member, false, "the server is well again");
	if (found < 0)
		(void)usleep(100 * 1000);
	if (is_drained(member, found))
		close_list(member);
}

/* One turn. Waits where there is nothing to do. */
static void turn(struct queue_member *member)
{
	unsigned held, room;

	if (!has_server(member) || !member_tell(member)) {
		(void)write_lines(member);
		orders_wait(&member->orders, 100);
		/* what can't be told ends no waiting */
		if (orders_untold(&member->orders) > 0)
			(void)usleep((redis_is_open(&member->redis) ? AGAIN_MS : 50) * 1000);
		return;
	}
	keep_warm(member);
	measure(member);
	held = orders_held(&member->orders);
	room = held < member->window ? member->window - held : 0;
	if (!write_lines(member) || room < member->window / 4 + 1 || has_looked(member)) {
		gather(member);
		return;
	}
	member_take_over(member, room);
	read_on(member);
	(void)write_lines(member);
}

/* Nobody of that name comes again. */
static void leave_group(struct queue_member *member)
{
	redisReply *reply = redis_ask(&member->redis, "XPENDING", member->address.key,
	                              member->options->group, "-", "+", "1", member->name);
	const bool empty = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 0;

	redis_drop(&member->redis, reply);
	if (empty)
		redis_drop(&member->redis,
		           redis_ask(&member->redis, "XGROUP", "DELCONSUMER", member->address.key,
		                     member->options->group, member->name));
}

static void tell_last(struct queue_member *member)
{
	const uint64_t until = clock_ns() + LAST_MS * NS_PER_MS;

	member->last = true;
	orders_give_back(&member->orders);
	for (uint64_t now; orders_untold(&member->orders) > 0 && (now = clock_ns()) < until;) {
		/* a server that has stopped answering is not waited for all over again */
		redis_bear(&member->redis, (unsigned)((until - now) / NS_PER_MS), until);
		if (!has_server(member) || !member_tell(member))
			(void)usleep(50 * 1000);
	}
	redis_bear(&member->redis, LAST_MS, clock_ns() + LAST_MS * NS_PER_MS);
	if (orders_untold(&member->orders) == 0 && has_server(member))
		leave_group(member);
}

static void *work(void *arg)
{
	struct queue_member *member = arg;

	while (!atomic_load(&member->over) && member->list[1] >= 0)
		turn(member);
	close_list(member);
	/* what came last is told when the run is over */
	while (!atomic_load(&member->over))
		orders_wait(&member->orders, 100);
	tell_last(member);
	redis_close(&member->redis);
	return NULL;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void name_member(struct queue_member *member)
{
	char host[128] = "";

	(void)gethostname(host, sizeof(host) - 1);
	(void)snprintf(member->name, sizeof(member->name), "%s-%d-%llx", host, (int)getpid(),
	               (unsigned long long)clock_ns());
}

int member_init(struct queue_member *member, const struct queue_options *options, unsigned workers,
                struct br_error *error)
{
	int status;

	memset(member, 0, sizeof(*member));
	member->options = options;
	member->list[0] = member->list[1] = -1;
	member->lines = TEXT_EMPTY;
	member->few = member->window = 4 + 2 * workers < 128 ? 4 + 2 * workers : 128;
	(void)snprintf(member->cursor, sizeof(member->cursor), "0-0");
	orders_init(&member->orders);
	(void)pthread_mutex_init(&member->lock, NULL);
	status = redis_address_parse(&member->address, options->url, error);
	if (status)
		return status;
	(void)snprintf(member->dead, sizeof(member->dead), "%.*s", REDIS_KEY_MAX,
	               options->dead_letters ? options->dead_letters : "");
	if (!options->dead_letters)
		(void)snprintf(member->dead, sizeof(member->dead), "%s:dead", member->address.key);
	(void)snprintf(member->tries, sizeof(member->tries), "%s:tries", member->address.key);
	name_member(member);
	member->redis.stopped = stops;
	member->redis.stopped_ctx = member;
	member->redis.most = ANSWER_MAX;
	status = open_server(member, error);
	if (!status)
		status = check_rights(member, error);
	if (!status && options->results)
		status = check_stream(member, options->results, error);
	if (!status)
		status = check_stream(member, member->dead, error);
	redis_close(&member->redis);
	if (!status && pipe2(member->list, O_CLOEXEC) != 0)
		status = br_error_system(error, errno, "no pipe for the queue");
	if (!status && fcntl(member->list[1], F_SETFL, O_NONBLOCK) != 0)
		status = br_error_system(error, errno, "no pipe for the queue");
	return status;
}

bool member_start(struct queue_member *member)
{
	member->running = threads_start(&member->thread, NULL, work, member) == 0;
	if (!member->running)
		close_list(member);
	return member->running;
}

void member_end(struct queue_member *member)
{
	atomic_store(&member->over, true);
	orders_hurry(&member->orders);
	if (member->running)
		(void)pthread_join(member->thread, NULL);
	member->running = false;
}

void member_release(struct queue_member *member)
{
	close_list(member);
	if (member->list[0] >= 0)
		(void)close(member->list[0]);
	orders_release(&member->orders);
	text_release(&member->lines);
	(void)pthread_mutex_destroy(&member->lock);
}
