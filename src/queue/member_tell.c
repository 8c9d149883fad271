/* member_tell.c - what became of orders, told to the server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/member.h"

/* Who has what was given back, until somebody takes it over. */
#define NOBODY "returned"

/* Milliseconds for which it counts as not looked at, so that it is taken over at once. */
#define LONG_IDLE "86400000"

/* Adds lines to streams (KEYS[3] and on) and ends an entry, once: only as long as it is pending.
 * Each line is the number of its words, and these. All that can fail comes before the end. */
static const char end_script[] =
    "if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1) == 1 then\n"
    "  local at = 3\n"
    "  for k = 3, #KEYS do\n"
    "    local count = tonumber(ARGV[at])\n"
    "    redis.call('XADD', KEYS[k], '*', unpack(ARGV, at + 1, at + count))\n"
    "    at = at + count + 1\n"
    "  end\n"
    "  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])\n"
    "end\n"
    "redis.call('HDEL', KEYS[2], ARGV[2])\n"
    "return 1\n";

/* The words of an EVAL in the making. */
struct words {
	const char *word[40];
	unsigned count;
};

static void add(struct words *words, const char *word)
{
	words->word[words->count++] = word;
}

static void add_pair(struct words *words, const char *name, const char *value)
{
	add(words, name);
	add(words, value);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void add_result(struct words *words, const struct order_verdict *verdict)
{
	add(words, "6");
	add_pair(words, "entry", verdict->order.id);
	add_pair(words, "status", verdict->status);
	add_pair(words, "report", or_empty(verdict->report));
}

static void add_dead_letter(struct words *words, const struct order_verdict *verdict)
{
	add(words, "10");
	add_pair(words, "entry", verdict->order.id);
	add_pair(words, "order", or_empty(verdict->order.line));
	add_pair(words, "status", verdict->status);
	add_pair(words, "code", verdict->code);
	add_pair(words, "reason", or_empty(verdict->reason));
}

static void send_end(struct queue_member *member, const struct order_verdict *verdict)
{
	const char *results = member->options->results;
	const bool dead = verdict->kind == VERDICT_DEAD;
	struct words words = {0};

	add(&words, "EVAL");
	add(&words, end_script);
	add(&words, results && dead ? "4" : "3");
	add(&words, member->address.key);
	add(&words, member->tries);
	if (results)
		add(&words, results);
	if (dead)
		add(&words, member->dead);
	add(&words, member->options->group);
	add(&words, verdict->order.id);
	if (results)
		add_result(&words, verdict);
	if (dead)
		add_dead_letter(&words, verdict);
	redis_send(&member->redis, words.word, words.count);
}

/* Sends the commands for one. Returns how many; the first one's answer counts. */
static unsigned send_verdict(struct queue_member *member, const struct order_verdict *verdict)
{
	const char *stream = member->address.key, *group = member->options->group;
	const char *id = verdict->order.id;

	switch (verdict->kind) {
	case VERDICT_LATER:
		redis_say(&member->redis, "XCLAIM", stream, group, NOBODY, "0", id, "JUSTID");
		return 1;
	case VERDICT_BACK:
		redis_say(&member->redis, "XCLAIM", stream, group, NOBODY, "0", id, "IDLE",
		          LONG_IDLE, "JUSTID");
		redis_say(&member->redis, "HINCRBY", member->tries, id, "-1");
		return 2;
	case VERDICT_DONE:
		if (member->options->results)
			break;
		redis_say(&member->redis, "XACK", stream, group, id);
		if (!verdict->order.claimed)
			return 1;
		redis_say(&member->redis, "HDEL", member->tries, id);
		return 2;
	case VERDICT_DEAD:
		break;
	}
	send_end(member, verdict);
	return 1;
}

/* Takes the answers for one. Returns whether it is told: a group that is gone holds nothing. */
static bool take_answers(struct queue_member *member, unsigned count)
{
	redisReply *first = redis_take(&member->redis);
	const bool told =
	    first && (first->type != REDIS_REPLY_ERROR || redis_is_error(first, "NOGROUP"));

	if (!told)
		member_trouble(member, first ? first->str : member->redis.fault);
	redis_drop(&member->redis, first);
	for (unsigned i = 1; i < count; i++)
		redis_drop(&member->redis, redis_take(&member->redis));
	return told;
}

/* So many are sent before answers are taken. */
#define AT_ONCE 64

/* Sends the first of the list, and takes their answers; what is told goes. Returns the rest, with
 * all that could not be told. */
static struct order_verdict *tell_some(struct queue_member *member, struct order_verdict *verdicts,
                                       bool *well)
{
	unsigned answers[AT_ONCE], count = 0;
	struct order_verdict **at = &verdicts;

	for (struct order_verdict *next = verdicts; next && count < AT_ONCE; next = next->next)
		answers[count++] = send_verdict(member, next);
	for (unsigned i = 0; i < count; i++) {
		struct order_verdict *verdict = *at;

		if (take_answers(member, answers[i])) {
			*at = verdict->next;
			verdict_free(verdict);
		} else {
			at = &verdict->next;
			*well = false;
		}
	}
	return verdicts;
}

bool member_tell(struct queue_member *member)
{
	struct order_verdict *verdicts = orders_verdicts(&member->orders);
	bool well = redis_is_open(&member->redis);

	while (verdicts && well)
		verdicts = tell_some(member, verdicts, &well);
	orders_keep(&member->orders, verdicts);
	return well;
}
