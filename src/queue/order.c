/* order.c - see order.h. */
#include "queue/order.h"

#include <string.h>

#include "queue/orders.h"

/* --- whether it is one ------------------------------------------------------------------------ */

/* Two numbers and a dash between them, as a stream counts. */
static bool is_id(const redisReply *id)
{
	static const char digits[] = "0123456789";
	size_t first, second;

	if (id->type != REDIS_REPLY_STRING || id->len >= ORDER_ID_MAX)
		return false;
	first = strspn(id->str, digits);
	second = id->str[first] == '-' ? strspn(id->str + first + 1, digits) : 0;
	return first > 0 && second > 0 && first + 1 + second == id->len;
}

static bool are_fields(const redisReply *fields)
{
	if (fields->type != REDIS_REPLY_ARRAY || fields->elements % 2 != 0)
		return false;
	for (size_t i = 0; i < fields->elements; i++)
		if (fields->element[i]->type != REDIS_REPLY_STRING)
			return false;
	return true;
}

static bool is_sound(const redisReply *entry)
{
	if (entry->type == REDIS_REPLY_NIL)
		return true;
	return entry->type == REDIS_REPLY_ARRAY && entry->elements == 2 &&
	       is_id(entry->element[0]) &&
	       (entry->element[1]->type == REDIS_REPLY_NIL || are_fields(entry->element[1]));
}

bool orders_are_sound(const redisReply *entries)
{
	if (entries->type != REDIS_REPLY_ARRAY)
		return false;
	for (size_t i = 0; i < entries->elements; i++)
		if (!is_sound(entries->element[i]))
			return false;
	return true;
}

bool order_is_deleted(const redisReply *entry)
{
	return entry->type == REDIS_REPLY_NIL || entry->element[1]->type == REDIS_REPLY_NIL;
}

/* --- as a line -------------------------------------------------------------------------------- */

/* A JSON string of any bytes: those that are no UTF-8 go as they are, and are refused as such. */
static void add_quoted(struct text *line, const redisReply *value)
{
	text_add(line, "\"");
	for (size_t i = 0; i < value->len; i++) {
		const unsigned char byte = (unsigned char)value->str[i];

		if (byte == '"' || byte == '\\')
			text_addf(line, "\\%c", byte);
		else if (byte < 0x20)
			text_addf(line, "\\u%04x", byte);
		else
			text_add_bytes(line, &byte, 1);
	}
	text_add(line, "\"");
}

static void add_fields(struct text *line, const redisReply *fields)
{
	text_add(line, "{");
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		text_add(line, i > 0 ? ", " : "");
		add_quoted(line, fields->element[i]);
		text_add(line, ": ");
		add_quoted(line, fields->element[i + 1]);
	}
	text_add(line, "}");
}

/* A NUL would end the line: it is no JSON outside a string nor within. */
static void add_object(struct text *line, const redisReply *object)
{
	for (size_t i = 0; i < object->len; i++)
		text_add_bytes(line, object->str[i] ? &object->str[i] : "\1", 1);
	if (object->len == 0)
		text_add(line, " "); /* a line that is empty would be passed over */
}

void order_add(struct text *line, const redisReply *fields)
{
	const bool one = fields->elements == 2;

	if (one && strcmp(fields->element[0]->str, "source") != 0)
		add_object(line, fields->element[1]);
	else
		add_fields(line, fields);
}
