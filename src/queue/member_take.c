/* member_take.c - orders that come from the server: new ones, and those that others have let go
 * cold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "queue/member.h"
#include "queue/order.h"

/* How long the server is asked to wait for an entry. */
#define BLOCK_TEXT "50"

/* An entry [ID, [NAME, VALUE...]]. False: it was deleted, and only its number is left. */
static bool take_entry(struct queue_member *member, const redisReply *entry, bool claimed)
{
	struct text line = TEXT_EMPTY;
	char *kept;

	if (order_is_deleted(entry))
		return false;
	order_add(&line, entry->element[1]);
	text_add_bytes(&line, "", 1);
	kept = line.status ? NULL : strdup((const char *)line.bytes.data);
	/* without memory it stays pending, and is taken over later */
	if (kept && orders_take(&member->orders, entry->element[0]->str, kept, claimed))
		text_add_bytes(&member->lines, line.bytes.data, line.bytes.size);
	text_release(&line);
	return true;
}

/* Of a server that is none, or has been taken over. */
static const char doubtful[] = "it answers otherwise than Redis does";

/* [[STREAM, [ENTRY...]]]. Returns how many came, or -1 for an answer that makes no sense. */
static int take_entries(struct queue_member *member, const redisReply *reply)
{
	const bool one = reply->elements == 1 && reply->element[0]->elements == 2;
	const redisReply *entries = one ? reply->element[0]->element[1] : NULL;

	if (!entries || !orders_are_sound(entries)) {
		member_trouble(member, doubtful);
		return -1;
	}
	for (size_t i = 0; i < entries->elements; i++)
		(void)take_entry(member, entries->element[i], false);
	return (int)entries->elements;
}

/* How many entries to ask for. */
static const char *count_of(const struct queue_member *member, unsigned room, char text[16])
{
	(void)snprintf(text, 16, "%u", member->careful ? 1 : room);
	return text;
}

/* After an answer or for want of one. What together is more than an answer may have comes one by
 * one for a while, so that only what is too much by itself stays. */
static void note_answer(struct queue_member *member, const redisReply *reply)
{
	if (!reply && member->redis.flooded)
		member->careful = 2 * ORDERS_MAX;
	else if (reply && member->careful)
		member->careful--;
}

int member_read(struct queue_member *member, unsigned room, bool waits)
{
	const char *group = member->options->group, *stream = member->address.key;
	char count[16];
	redisReply *reply;
	int found = 0;

	(void)count_of(member, room, count);
	if (waits)
		reply = redis_ask(&member->redis, "XREADGROUP", "GROUP", group, member->name,
		                  "COUNT", count, "BLOCK", BLOCK_TEXT, "STREAMS", stream, ">");
	else
		reply = redis_ask(&member->redis, "XREADGROUP", "GROUP", group, member->name,
		                  "COUNT", count, "STREAMS", stream, ">");
	note_answer(member, reply);
	if (redis_is_error(reply, "NOGROUP")) {
		struct br_error error;

		(void)member_make_group(member, &error);
	} else if (!reply || reply->type == REDIS_REPLY_ERROR) {
		member_trouble(member, reply ? reply->str : member->redis.fault);
		found = -1;
	} else if (reply->type != REDIS_REPLY_NIL) {
		found = take_entries(member, reply);
	}
	redis_drop(&member->redis, reply);
	return found;
}

/* --- taking over ------------------------------------------------------------------------------ */

/* An order that was taken over too often: whoever works on it dies, or can't do it. */
static void give_up(struct queue_member *member, const redisReply *entry)
{
	struct order_verdict *verdict = calloc(1, sizeof(*verdict));
	struct text line = TEXT_EMPTY;

	if (!verdict)
		return;
	order_add(&line, entry->element[1]);
	text_add_bytes(&line, "", 1);
	verdict->kind = VERDICT_DEAD;
	verdict->status = "failed";
	verdict->code = "poison";
	(void)snprintf(verdict->order.id, sizeof(verdict->order.id), "%s", entry->element[0]->str);
	verdict->order.line = line.status ? NULL : strdup((const char *)line.bytes.data);
	verdict->reason =
	    strdup("it was taken over too often and never finished: whoever works on it "
	           "dies, or has no disk or memory for it");
	text_release(&line);
	orders_tell(&member->orders, verdict);
}

/* How often it has been taken over, with this time. 0: unknown. */
static long long count_try(struct queue_member *member, const char *id)
{
	redisReply *reply = redis_ask(&member->redis, "HINCRBY", member->tries, id, "1");
	const long long count = reply && reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;

	redis_drop(&member->redis, reply);
	return count;
}

static void take_over_entry(struct queue_member *member, const redisReply *entry)
{
	if (entry->type == REDIS_REPLY_NIL)
		return;
	if (!order_is_deleted(entry) && count_try(member, entry->element[0]->str) > ORDER_TRIES_MAX)
		give_up(member, entry);
	else if (!take_entry(member, entry, true)) /* deleted: nobody can ever do it */
		redis_drop(&member->redis,
		           redis_ask(&member->redis, "XACK", member->address.key,
		                     member->options->group, entry->element[0]->str));
}

/* [CURSOR, [ENTRY...]...]. Returns what is wrong with it; or NULL, also if the group is gone, which
 * is made anew by who reads. */
static const char *take_claimed(struct queue_member *member, const redisReply *reply)
{
	if (!reply)
		return member->redis.fault;
	if (reply->type == REDIS_REPLY_ERROR)
		return redis_is_error(reply, "NOGROUP") ? NULL : reply->str;
	if (reply->elements < 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
	    !orders_are_sound(reply->element[1]))
		return doubtful;
	(void)snprintf(member->cursor, sizeof(member->cursor), "%s", reply->element[0]->str);
	for (size_t i = 0; i < reply->element[1]->elements; i++)
		take_over_entry(member, reply->element[1]->element[i]);
	return NULL;
}

void member_take_over(struct queue_member *member, unsigned room)
{
	const uint64_t now = clock_ns();
	char idle[16], count[16];
	const char *trouble;
	redisReply *reply;

	if (strcmp(member->cursor, "0-0") == 0 && member->claimed_at &&
	    now - member->claimed_at < member->options->claim_ms * NS_PER_MS / 4)
		return;
	member->claimed_at = now;
	(void)snprintf(idle, sizeof(idle), "%u", member->options->claim_ms);
	reply =
	    redis_ask(&member->redis, "XAUTOCLAIM", member->address.key, member->options->group,
	              member->name, idle, member->cursor, "COUNT", count_of(member, room, count));
	note_answer(member, reply);
	(void)snprintf(member->cursor, sizeof(member->cursor), "0-0");
	trouble = take_claimed(member, reply);
	member->unclaimed = trouble != NULL;
	if (trouble)
		member_trouble(member, trouble);
	redis_drop(&member->redis, reply);
}
