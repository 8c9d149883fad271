/* items.c - see items.h. */
#include "plan/items.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/keys.h"
#include "plan/outputs.h"

static int reserve_items(struct plan *plan)
{
	size_t capacity = plan->capacity ? plan->capacity + plan->capacity / 2 : 64;
	struct plan_item *grown;

	if (plan->count < plan->capacity)
		return 0;
	if (capacity > SIZE_MAX / sizeof(*grown))
		return -ENOMEM;
	grown = realloc(plan->item, capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->item = grown;
	plan->capacity = capacity;
	return 0;
}

/* Refuses what the system could not open, and keeps path_max. */
static void measure(struct plan *plan, struct plan_item *item)
{
	struct outputs_extent output = outputs_extent(plan, item);
	size_t whole = plan->paths.directory[item->output_directory].length + output.path;
	size_t source =
	    plan->paths.directory[item->directory].length + strlen(item_name(plan, item));

	if (item->flags & ITEM_URL && strlen(item_url(plan, item)) > source)
		source = strlen(item_url(plan, item));
	if (item->refusal == BR_ERROR_NONE && source < PATH_MAX && !(item->flags & ITEM_URL))
		item->flags |= ITEM_EXISTS;
	if (keys_has(plan, item)) /* no part of it is a file's name */
		output.part = keys_extent(plan, item) < REDIS_KEY_MAX ? 0 : SIZE_MAX;
	if (item->refusal == BR_ERROR_NONE &&
	    (output.part > NAME_MAX || whole >= PATH_MAX || source >= PATH_MAX)) {
		item->refusal = BR_ERROR_SYSTEM;
		item->other = ENAMETOOLONG;
	}
	if (whole >= plan->path_max)
		plan->path_max = whole + 1;
	if (source >= plan->path_max)
		plan->path_max = source + 1;
}

int items_add(struct plan *plan, struct plan_item item, const char *name, size_t length)
{
	int status;

	if (plan->count >= TABLE_NONE / 2 / plan->outputs)
		return -EOVERFLOW;
	status = reserve_items(plan);
	if (status == 0)
		status = paths_text(&plan->paths, name, length, &item.name);
	if (status != 0)
		return status;
	measure(plan, &item);
	plan->item[plan->count++] = item;
	return 0;
}

/* --- the order of items ------------------------------------------------------------------------
 */

/* The path last put together on either side of a comparison: neighbours mostly share a directory.
 */
struct side {
	uint32_t directory;
	size_t length; /* of the directory's prefix */
	char *path;    /* path_max bytes */
};

struct order {
	const struct plan *plan;
	struct side side[2];
};

static const char *whole_path(const struct order *order, struct side *side,
                              const struct plan_item *item)
{
	const struct plan *plan = order->plan;

	if (side->directory != item->directory) {
		side->length =
		    paths_prefix(&plan->paths, item->directory, side->path, plan->path_max);
		side->directory = item->directory;
	}
	(void)snprintf(side->path + side->length, plan->path_max - side->length, "%s",
	               item_name(plan, item));
	return side->path;
}

static int compare_items(const void *left, const void *right, void *context)
{
	struct order *order = context;
	const struct plan_item *a = left;
	const struct plan_item *b = right;
	int result;

	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	if (a->directory == b->directory)
		result = strcmp(item_name(order->plan, a), item_name(order->plan, b));
	else
		result = strcmp(whole_path(order, &order->side[0], a),
		                whole_path(order, &order->side[1], b));
	if (result == 0 && a->flags & b->flags & ITEM_URL)
		result = strcmp(item_url(order->plan, a), item_url(order->plan, b));
	if (result != 0)
		return result;
	/* one source, two outputs: in the order in which they were named */
	return (a->output_directory > b->output_directory) -
	       (a->output_directory < b->output_directory);
}

int items_sort(struct plan *plan)
{
	struct order order = {.plan = plan};
	int status = -ENOMEM;

	if (plan->count < 2)
		return 0;
	for (int i = 0; i < 2; i++) {
		order.side[i].directory = PATHS_NONE;
		order.side[i].path = malloc(plan->path_max);
	}
	if (order.side[0].path && order.side[1].path) {
		qsort_r(plan->item, plan->count, sizeof(*plan->item), compare_items, &order);
		status = 0;
	}
	free(order.side[0].path);
	free(order.side[1].path);
	return status;
}
