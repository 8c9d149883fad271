/* order.h - an entry of a stream as an entry of a list (see plan/asked.h).
 *
 * An entry says what is to be made either by fields of the stream's own, named as those of the list
 * (source, output, size, format), or by a single field of any other name, whose value is the JSON
 * object.
 */
#ifndef QUEUE_ORDER_H
#define QUEUE_ORDER_H

#include <stdbool.h>

#include <hiredis/hiredis.h>

#include "text/text.h"

/* Whether an answer is an array of entries [ID, [NAME, VALUE...]], of which those that were deleted
 * have nothing, or are nothing themselves. A server may say anything: nothing else is looked into.
 */
bool orders_are_sound(const redisReply *entries);

/* Of such an entry. */
bool order_is_deleted(const redisReply *entry);

/* Appends the object, which has no NUL in it; what is none of an order stays to be refused by who
 * reads the list. `fields` is the array of names and values of a sound entry. */
void order_add(struct text *line, const redisReply *fields);

#endif
