/* hoist.c - see hoist.h. */
#include "batch/hoist.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "batch/price.h"

/* A run may last longer by this part of it. */
#define ALLOWED_SHARE (1.0 / 200)

/* --- jobs that wait for their place ----------------------------------------------------------- */

struct waiting {
	double cost;
	uint32_t job;
};

/* A heap: the cheapest is the first, of equal ones the last in the list. */
struct heap {
	struct waiting *entry;
	size_t count, capacity;
};

static bool comes_before(const struct waiting *a, const struct waiting *b)
{
	return a->cost < b->cost || (a->cost == b->cost && a->job > b->job);
}

static int heap_add(struct heap *heap, struct waiting added)
{
	size_t place = heap->count;

	if (heap->count == heap->capacity) {
		const size_t capacity = heap->capacity * 2 + 64;
		struct waiting *larger = realloc(heap->entry, capacity * sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		heap->entry = larger;
		heap->capacity = capacity;
	}
	for (; place > 0 && comes_before(&added, &heap->entry[(place - 1) / 2]);
	     place = (place - 1) / 2)
		heap->entry[place] = heap->entry[(place - 1) / 2];
	heap->entry[place] = added;
	heap->count++;
	return 0;
}

static struct waiting heap_take(struct heap *heap)
{
	const struct waiting first = heap->entry[0], last = heap->entry[--heap->count];
	size_t place = 0, below;

	while ((below = 2 * place + 1) < heap->count) {
		if (below + 1 < heap->count &&
		    comes_before(&heap->entry[below + 1], &heap->entry[below]))
			below++;
		if (!comes_before(&heap->entry[below], &last))
			break;
		heap->entry[place] = heap->entry[below];
		place = below;
	}
	heap->entry[place] = last;
	return first;
}

/* --- the list, from its end ------------------------------------------------------------------- */

struct hoist {
	size_t place;    /* those from here on are taken */
	uint32_t *order; /* NULL as long as all stand where they stood */
	double rest;     /* what is at these places costs */
	double others;   /* workers but one */
	double allowed;  /* how much longer a run may last */
	struct heap waiting;
};

static bool may_stand(const struct hoist *hoist, double cost)
{
	return hoist->rest >= hoist->others * (cost - hoist->allowed);
}

static void put(struct hoist *hoist, struct waiting job)
{
	hoist->place--;
	hoist->rest += job.cost;
	if (hoist->order)
		hoist->order[hoist->place] = job.job;
}

static void put_waiting(struct hoist *hoist)
{
	while (hoist->waiting.count > 0 && may_stand(hoist, hoist->waiting.entry[0].cost))
		put(hoist, heap_take(&hoist->waiting));
}

static int put_off(struct hoist *hoist, size_t count, struct waiting job)
{
	if (!hoist->order) {
		hoist->order = malloc(count * sizeof(*hoist->order));
		if (!hoist->order)
			return -ENOMEM;
		for (size_t i = hoist->place; i < count; i++)
			hoist->order[i] = (uint32_t)i;
	}
	return heap_add(&hoist->waiting, job);
}

static int fill(struct hoist *hoist, size_t count, hoist_cost *cost, const void *ctx)
{
	int status = 0;

	for (size_t i = count; i-- > 0 && status == 0;) {
		const struct waiting job = {.cost = cost(ctx, i), .job = (uint32_t)i};

		put_waiting(hoist);
		if (may_stand(hoist, job.cost))
			put(hoist, job);
		else
			status = put_off(hoist, count, job);
	}
	while (status == 0 && hoist->waiting.count > 0)
		put(hoist, heap_take(&hoist->waiting));
	return status;
}

int hoist(size_t count, unsigned workers, hoist_cost *cost, const void *ctx, uint32_t **order)
{
	struct hoist list = {.place = count, .others = workers > 1 ? workers - 1 : 0};
	double total = 0, least = INFINITY, before = INFINITY;
	bool falls = true;
	int status = 0;

	*order = NULL;
	for (size_t i = 0; i < count; i++) {
		const double one = cost(ctx, i);

		if (!(one > 0))
			continue;
		total += one;
		falls = falls && one <= before;
		before = one;
		least = fmin(least, one);
	}
	if (falls || workers < 2)
		return 0;
	list.allowed = fmax(least, total / workers * ALLOWED_SHARE);
	status = fill(&list, count, cost, ctx);
	free(list.waiting.entry);
	if (status != 0) {
		free(list.order);
		return status;
	}
	*order = list.order;
	return 0;
}

/* --- a plan ----------------------------------------------------------------------------------- */

struct bill {
	const struct plan *plan;
	const struct br_image_options *image;
	struct price price[BR_IMAGE_FORMATS]; /* of those that ask for nothing of their own */
};

static double cost_of_item(const void *ctx, size_t index)
{
	const struct bill *bill = ctx;
	const struct plan_item *item = plan_item(bill->plan, index);
	struct br_image_options image;
	struct price price;

	if (!plan_is_work(bill->plan, index))
		return 0;
	const enum br_image_format format = plan_promised(bill->plan, index);

	if (!plan_asks(bill->plan, index))
		return price_seconds(&bill->price[format], item->size);
	image = *bill->image;
	plan_ask(bill->plan, index, &image);
	price = price_of(format, &image);
	return price_seconds(&price, item->size);
}

int hoist_plan(const struct plan *plan, const struct br_image_options *image, unsigned workers,
               uint32_t **order)
{
	struct bill bill = {.plan = plan, .image = image};

	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++)
		bill.price[i] = price_of((enum br_image_format)i, image);
	return hoist(plan_count(plan), workers, cost_of_item, &bill, order);
}
