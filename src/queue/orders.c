/* orders.c - see orders.h. */
#include "queue/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void orders_init(struct orders *orders)
{
	pthread_condattr_t clock;

	memset(orders, 0, sizeof(*orders));
	orders->end = &orders->first;
	(void)pthread_mutex_init(&orders->lock, NULL);
	(void)pthread_condattr_init(&clock);
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&orders->given, &clock);
	(void)pthread_condattr_destroy(&clock);
}

void verdict_free(struct order_verdict *verdict)
{
	free(verdict->order.line);
	free(verdict->reason);
	free(verdict->report);
	free(verdict);
}

void orders_release(struct orders *orders)
{
	struct order_verdict *verdict = orders->first;

	while (verdict) {
		struct order_verdict *next = verdict->next;

		verdict_free(verdict);
		verdict = next;
	}
	for (unsigned i = 0; i < ORDERS_MAX; i++)
		free(orders->order[i].line);
	(void)pthread_cond_destroy(&orders->given);
	(void)pthread_mutex_destroy(&orders->lock);
}

static bool is_held(const struct orders *orders, const char *id)
{
	for (unsigned i = 0; i < ORDERS_MAX; i++)
		if (orders->order[i].entry && strcmp(orders->order[i].id, id) == 0)
			return true;
	return false;
}

static struct queue_order *find(struct orders *orders, uint64_t entry)
{
	for (unsigned i = 0; i < ORDERS_MAX; i++)
		if (orders->order[i].entry == entry)
			return &orders->order[i];
	return NULL;
}

uint64_t orders_take(struct orders *orders, const char *id, char *line, bool claimed)
{
	struct queue_order *order;
	uint64_t entry = 0;

	(void)pthread_mutex_lock(&orders->lock);
	order = is_held(orders, id) ? NULL : find(orders, 0);
	if (order) {
		entry = ++orders->taken;
		*order = (struct queue_order){.entry = entry, .line = line, .claimed = claimed};
		(void)snprintf(order->id, sizeof(order->id), "%s", id);
		orders->count++;
	}
	(void)pthread_mutex_unlock(&orders->lock);
	if (!order)
		free(line);
	return entry;
}

/* With the lock. */
static void add(struct orders *orders, struct order_verdict *verdict)
{
	verdict->next = NULL;
	*orders->end = verdict;
	orders->end = &verdict->next;
	orders->verdicts++;
	orders->answered++;
	(void)pthread_cond_signal(&orders->given);
}

/* The same for an order that is held, which ends it. */
static void give(struct orders *orders, struct queue_order *order, struct order_verdict *verdict)
{
	verdict->order = *order;
	*order = (struct queue_order){0};
	orders->count--;
	add(orders, verdict);
}

void orders_tell(struct orders *orders, struct order_verdict *verdict)
{
	(void)pthread_mutex_lock(&orders->lock);
	add(orders, verdict);
	(void)pthread_mutex_unlock(&orders->lock);
}

void orders_judge(struct orders *orders, uint64_t entry, struct order_verdict *verdict)
{
	struct queue_order *order;

	(void)pthread_mutex_lock(&orders->lock);
	order = entry ? find(orders, entry) : NULL;
	if (order)
		give(orders, order, verdict);
	(void)pthread_mutex_unlock(&orders->lock);
	if (!order)
		verdict_free(verdict);
}

void orders_id(struct orders *orders, uint64_t entry, char id[ORDER_ID_MAX])
{
	const struct queue_order *order;

	(void)pthread_mutex_lock(&orders->lock);
	order = entry ? find(orders, entry) : NULL;
	(void)snprintf(id, ORDER_ID_MAX, "%s", order ? order->id : "");
	(void)pthread_mutex_unlock(&orders->lock);
}

void orders_give_back(struct orders *orders)
{
	(void)pthread_mutex_lock(&orders->lock);
	for (unsigned i = 0; i < ORDERS_MAX; i++) {
		struct order_verdict *verdict =
		    orders->order[i].entry ? calloc(1, sizeof(*verdict)) : NULL;

		if (!verdict)
			continue; /* it is found by others when it has lain long enough */
		verdict->kind = VERDICT_BACK;
		give(orders, &orders->order[i], verdict);
	}
	(void)pthread_mutex_unlock(&orders->lock);
}

struct order_verdict *orders_verdicts(struct orders *orders)
{
	struct order_verdict *first;

	(void)pthread_mutex_lock(&orders->lock);
	first = orders->first;
	orders->first = NULL;
	orders->end = &orders->first;
	orders->verdicts = 0;
	(void)pthread_mutex_unlock(&orders->lock);
	return first;
}

void orders_keep(struct orders *orders, struct order_verdict *verdicts)
{
	struct order_verdict **end = &verdicts;
	unsigned count = 0;

	for (; *end; end = &(*end)->next)
		count++;
	if (count == 0)
		return;
	(void)pthread_mutex_lock(&orders->lock);
	*end = orders->first;
	if (!orders->first)
		orders->end = end;
	orders->first = verdicts;
	orders->verdicts += count;
	(void)pthread_mutex_unlock(&orders->lock);
}

void orders_wait(struct orders *orders, unsigned ms)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	(void)pthread_mutex_lock(&orders->lock);
	if (!orders->first && !orders->hurried)
		(void)pthread_cond_timedwait(&orders->given, &orders->lock, &until);
	(void)pthread_mutex_unlock(&orders->lock);
}

void orders_hurry(struct orders *orders)
{
	(void)pthread_mutex_lock(&orders->lock);
	orders->hurried = true;
	(void)pthread_cond_signal(&orders->given);
	(void)pthread_mutex_unlock(&orders->lock);
}

/* Reads a number that the other thread may change. */
static unsigned look(struct orders *orders, const unsigned *at)
{
	unsigned number;

	(void)pthread_mutex_lock(&orders->lock);
	number = *at;
	(void)pthread_mutex_unlock(&orders->lock);
	return number;
}

unsigned orders_held(struct orders *orders)
{
	return look(orders, &orders->count);
}

unsigned orders_untold(struct orders *orders)
{
	return look(orders, &orders->verdicts);
}

uint64_t orders_answered(struct orders *orders)
{
	uint64_t number;

	(void)pthread_mutex_lock(&orders->lock);
	number = orders->answered;
	(void)pthread_mutex_unlock(&orders->lock);
	return number;
}

unsigned orders_ids(struct orders *orders, char id[ORDERS_MAX][ORDER_ID_MAX])
{
	unsigned count = 0;

	(void)pthread_mutex_lock(&orders->lock);
	for (unsigned i = 0; i < ORDERS_MAX; i++)
		if (orders->order[i].entry)
			memcpy(id[count++], orders->order[i].id, ORDER_ID_MAX);
	(void)pthread_mutex_unlock(&orders->lock);
	return count;
}
