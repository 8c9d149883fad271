/* plan.c - making a plan, and asking it; see plan.h. */
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/conflict.h"
#include "plan/fold.h"
#include "plan/items.h"
#include "plan/named.h"
#include "plan/outputs.h"
#include "plan/scan.h"
#include "plan/select.h"

static void count(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->item[i].flags & ITEM_STANDS)
			plan->standing++;
		else if (plan->item[i].refusal == BR_ERROR_NONE)
			plan->bytes += plan->item[i].size;
}

/* Fills an empty plan. */
static int fill(struct plan *plan, const struct br_batch_options *options,
                const struct plan_observer *observer, fold_decision *folds, struct br_error *error)
{
	struct places places = {.folds = folds};
	struct scan_roots roots = {0};
	int status = named_read(plan, &roots, options, error);

	if (status != 0)
		goto out;
	status = scan_walk(plan, &places, &roots, options, observer);
	if (status == 0) {
		status = outputs_check_promise(plan, options, error);
		if (status != 0)
			goto out;
		status = conflict_settle(plan, &places);
	}
	if (status != 0)
		(void)br_error_system(error, -status, "no plan for %zu sources: name fewer at once",
		                      plan->count);
	count(plan);
out:
	named_release(&roots);
	places_release(&places);
	return status;
}

static int make(const struct br_batch_options *options, const struct plan_observer *observer,
                const struct plan_filter *filter, fold_decision *folds, struct plan **plan,
                struct br_error *error)
{
	struct plan *made = calloc(1, sizeof(*made));
	int status;

	*plan = NULL;
	if (!made)
		return br_error_system(error, ENOMEM, "no memory for a plan");
	made->path_max = 1;
	made->observer = observer;
	made->filter = filter;
	status = outputs_prepare(made, options, error);
	if (status == 0)
		status = fill(made, options, observer, folds, error);
	if (status != 0) {
		plan_free(made);
		return status;
	}
	made->observer = NULL;
	made->filter = NULL;
	*plan = made;
	return 0;
}

int plan_make_folding(const struct br_batch_options *options, const struct plan_observer *observer,
                      bool (*folds)(const char *directory), struct plan **plan,
                      struct br_error *error)
{
	return make(options, observer, NULL, folds, plan, error);
}

int plan_make_part(const struct br_batch_options *options, const struct plan_observer *observer,
                   const struct plan_filter *filter, struct plan **plan, struct br_error *error)
{
	return make(options, observer, filter, fold_asked, plan, error);
}

int plan_make(const struct br_batch_options *options, const struct plan_observer *observer,
              struct plan **plan, struct br_error *error)
{
	return plan_make_part(options, observer, NULL, plan, error);
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	conflict_free(plan->sources);
	paths_release(&plan->paths);
	free(plan->item);
	free(plan);
}

size_t plan_count(const struct plan *plan)
{
	return plan->count;
}

uint64_t plan_bytes(const struct plan *plan)
{
	return plan->bytes;
}

bool plan_stands(const struct plan *plan, size_t index)
{
	return plan->item[index].flags & ITEM_STANDS;
}

size_t plan_standing(const struct plan *plan)
{
	return plan->standing;
}

const struct plan_item *plan_item(const struct plan *plan, size_t index)
{
	return &plan->item[index];
}

bool plan_is_passed_over(const struct plan *plan, size_t index)
{
	return plan->item[index].refusal == BR_ERROR_OWN_OUTPUT ||
	       plan->item[index].flags & ITEM_PASSED_OVER;
}

enum br_image_format plan_kind(const struct plan *plan, size_t index)
{
	switch (plan->item[index].refusal) {
	case BR_ERROR_UNSUPPORTED:
		return (enum br_image_format)plan->item[index].other;
	case BR_ERROR_RAW_THUMBNAIL:
		return BR_IMAGE_FORMAT_RAW;
	default:
		return BR_IMAGE_FORMAT_UNKNOWN;
	}
}

enum br_image_format plan_promised(const struct plan *plan, size_t index)
{
	return select_promised(item_name(plan, &plan->item[index]));
}

bool plan_is_stray(const struct plan *plan, size_t index)
{
	const struct plan_item *item = &plan->item[index];

	return !(item->flags & ITEM_EXPLICIT) &&
	       !br_image_format_is_read(plan_promised(plan, index));
}

int plan_source(const struct plan *plan, size_t index, char *buffer, size_t size)
{
	const struct plan_item *item = &plan->item[index];
	const char *name = item_name(plan, item);
	size_t before = paths_prefix(&plan->paths, item->directory, buffer, size);
	size_t length = before + strlen(name);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(buffer + before, name, length - before + 1);
	return (int)length;
}

size_t plan_root(const struct plan *plan, size_t index)
{
	const struct plan_item *item = &plan->item[index];

	return item->flags & ITEM_EXPLICIT && !(item->flags & ITEM_ROOTED)
	           ? 0
	           : paths_root_length(&plan->paths, item->directory);
}

unsigned plan_outputs(const struct plan *plan)
{
	return plan->outputs;
}

bool plan_names_sides(const struct plan *plan)
{
	return plan->template.sides;
}

int plan_output(const struct plan *plan, size_t index, unsigned output,
                const struct br_image_output *made, char *buffer, size_t size)
{
	const struct plan_item *item = &plan->item[index];
	size_t before = paths_prefix(&plan->paths, item->output_directory, buffer, size);
	size_t length;

	if (before >= size)
		return -ENAMETOOLONG;
	length = before + outputs_path(plan, item, output, made, buffer + before, size - before);
	return length < size ? (int)length : -ENAMETOOLONG;
}

int plan_check(const struct plan *plan, size_t index, unsigned output,
               const struct br_image_output *made, struct br_error *error)
{
	uint32_t source = conflict_replaced(plan, &plan->item[index], output, made);

	return source == TABLE_NONE ? 0 : refusal_is_source(plan, index, source, error);
}
