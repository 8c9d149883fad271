/* fuzz_order.c - what a server says where orders are asked for, of any shape: what is taken for
 * orders has each as a line of a list, in which the order's fields are what they were.
 *
 * An input is an answer: a type, and then a length and as many bytes, or how many answers it
 * consists of, and these.
 */
#include <string.h>

#include "fuzz.h"
#include "plan/asked.h"
#include "queue/order.h"
#include "queue/orders.h"
#include "redis/asking.h"

#define ELEMENTS_MAX 8
#define DEPTH_MAX    6

/* --- an answer, as hiredis makes it ----------------------------------------------------------- */

/* Of later releases as well, which the headers of older ones do not name. */
enum later {
	LATER_DOUBLE = 7,
	LATER_MAP = 9,
	LATER_SET,
	LATER_ATTR,
	LATER_PUSH,
	LATER_BIGNUM,
	LATER_VERB
};

static bool has_elements(int type)
{
	return type == REDIS_REPLY_ARRAY || (type >= LATER_MAP && type <= LATER_PUSH);
}

static bool has_text(int type)
{
	return type == REDIS_REPLY_STRING || type == REDIS_REPLY_STATUS ||
	       type == REDIS_REPLY_ERROR || type == LATER_DOUBLE || type >= LATER_BIGNUM;
}

static void *zeros(size_t size)
{
	void *bytes = calloc(1, size);

	if (!bytes)
		abort();
	return bytes;
}

static void read_text(struct input *input, redisReply *reply)
{
	const size_t length = input_byte(input);

	reply->len = length < input->size ? length : input->size;
	reply->str = zeros(reply->len + 1);
	if (reply->len == 0)
		return;
	memcpy(reply->str, input->data, reply->len);
	input->data += reply->len;
	input->size -= reply->len;
}

static redisReply *make_reply(struct input *input, unsigned depth)
{
	redisReply *reply = zeros(sizeof(*reply));

	/* from that of a string on */
	reply->type = 1 + input_byte(input) % LATER_VERB;
	if (has_text(reply->type))
		read_text(input, reply);
	if (!has_elements(reply->type) || depth == DEPTH_MAX)
		return reply;
	reply->elements = input_byte(input) % ELEMENTS_MAX;
	if (reply->elements == 0)
		return reply;
	reply->element = zeros(reply->elements * sizeof(void *));
	for (size_t i = 0; i < reply->elements; i++)
		reply->element[i] = make_reply(input, depth + 1);
	return reply;
}

static void free_reply(redisReply *reply)
{
	for (size_t i = 0; i < reply->elements; i++)
		free_reply(reply->element[i]);
	free(reply->element);
	free(reply->str);
	free(reply);
}

/* --- what is made of it ----------------------------------------------------------------------- */

/* A text that a list can have as a string. */
static bool is_plain(const redisReply *value)
{
	return strlen(value->str) == value->len && text_is_utf8(value->str);
}

/* Of an order whose fields are the stream's own: the value of that name, which is there once. */
static const redisReply *value_of(const redisReply *fields, const char *name)
{
	const redisReply *found = NULL;

	for (size_t i = 0; i < fields->elements; i += 2) {
		if (fields->element[i]->len != strlen(name) ||
		    memcmp(fields->element[i]->str, name, fields->element[i]->len) != 0)
			continue;
		if (found)
			return NULL;
		found = fields->element[i + 1];
	}
	return found;
}

static void check_same(const redisReply *fields, const char *name, const char *read)
{
	const redisReply *value = value_of(fields, name);

	check(value && strcmp(value->str, read) == 0);
}

static void check_line(const redisReply *fields, char *line)
{
	const bool one = fields->elements == 2;
	const redisReply *source = value_of(fields, "source");
	struct asked asked;
	const char *problem = asked_read(line, &asked);

	check(!problem || *problem != '\0');
	if (one && source && is_plain(source) && source->len > 0)
		check(!problem);
	/* the object of a single field says what it likes */
	if (problem || (one && !source))
		return;
	check_same(fields, "source", asked.source);
	if (asked.output)
		check_same(fields, "output", asked.output);
}

static void check_order(const redisReply *entry)
{
	struct text line = TEXT_EMPTY;

	if (order_is_deleted(entry))
		return;
	check(strlen(entry->element[0]->str) < ORDER_ID_MAX);
	order_add(&line, entry->element[1]);
	check(line.status == 0 && line.bytes.size > 0);
	check(memchr(line.bytes.data, '\0', line.bytes.size) == NULL);
	text_add_bytes(&line, "", 1);
	check(line.status == 0);
	check_line(entry->element[1], (char *)line.bytes.data);
	text_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	redisReply *reply = make_reply(&input, 0);
	struct br_error error = {0};

	if (reply->type == REDIS_REPLY_ERROR) {
		check(asking_refused(reply, &error) != 0);
		check(error.msg[0] != '\0');
	}
	if (orders_are_sound(reply))
		for (size_t i = 0; i < reply->elements; i++)
			check_order(reply->element[i]);
	free_reply(reply);
	return 0;
}
