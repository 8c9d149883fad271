/* make.c - see make.h. */
#include "plan/make.h"

#include <errno.h>
#include <stdlib.h>

#include "plan/keys.h"
#include "plan/conflict.h"
#include "plan/outputs.h"

int make_begin(struct plan **plan, const struct br_batch_options *options,
               const struct plan_observer *observer, struct br_error *error)
{
	struct plan *made = calloc(1, sizeof(*made));
	int status;

	*plan = NULL;
	if (!made)
		return br_error_system(error, ENOMEM, "no memory for a plan");
	made->path_max = 1;
	made->observer = observer;
	status = outputs_prepare(made, options, error);
	if (status == 0 && options->output && redis_address_is(options->output))
		status = keys_prepare(made, options, error);
	if (status != 0) {
		free(made->keys);
		free(made);
		return status;
	}
	*plan = made;
	return 0;
}

void make_free(struct plan *plan)
{
	if (!plan)
		return;
	conflict_free(plan->sources);
	paths_release(&plan->paths);
	if (plan->release)
		plan->release(plan->kept);
	free(plan->walked);
	free(plan->item);
	free(plan->keys);
	free(plan);
}

static void count(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->item[i].flags & ITEM_STANDS)
			plan->standing++;
		else if (plan->item[i].refusal == BR_ERROR_NONE)
			plan->bytes += plan->item[i].size;
}

/* `before`: NULL of a whole plan, and of orders, which may come again. */
static int settle(struct plan *plan, struct places *places, struct before *before)
{
	int status;

	if (before)
		before_meet(before, plan);
	status = conflict_settle(plan, places);
	if (status == 0)
		status = keys_refuse_sources(plan);
	return status == 0 && before ? before_remember(before, plan) : status;
}

static void add_root(struct plan *plan, uint32_t directory)
{
	for (unsigned i = 0; i < plan->roots; i++)
		if (plan->root[i] == directory)
			return;
	if (plan->roots < PLAN_ROOTS_MAX)
		plan->root[plan->roots++] = directory;
}

static uint32_t top_of(const struct plan *plan, uint32_t directory)
{
	while (plan->paths.directory[directory].parent != PATHS_NONE)
		directory = plan->paths.directory[directory].parent;
	return directory;
}

/* A piece of a list has those of the whole plan, which knows no others than --output. */
static void keep_output(const struct named *named)
{
	if (named->output != PATHS_NONE && !named->options->output_is_file && !named->plan->keys)
		add_root(named->plan, named->output);
}

static int keep_roots(const struct named *named)
{
	struct plan *plan = named->plan;
	const struct scan_roots *roots = &named->roots;

	keep_output(named);
	for (size_t i = 0; i < roots->count && !plan->keys; i++)
		add_root(plan, top_of(plan, roots->root[i].output));
	for (size_t i = 0; i < plan->count && !plan->keys; i++)
		if (plan->item[i].flags & ITEM_ROOTED)
			add_root(plan, top_of(plan, plan->item[i].output_directory));
	if (roots->count == 0)
		return 0;
	plan->walked = malloc(roots->count * sizeof(*plan->walked));
	if (!plan->walked)
		return -ENOMEM;
	for (size_t i = 0; i < roots->count; i++)
		plan->walked[plan->walked_count++] = roots->root[i].directory;
	return 0;
}

int make_roots(const struct named *named)
{
	const struct plan_observer *observer = named->plan->observer;
	const int status = keep_roots(named);

	if (status == 0 && observer && observer->rooted)
		observer->rooted(observer->ctx, named->plan);
	return status;
}

int make_settle(struct named *named, fold_decision *folds, struct place_answers *answers,
                struct before *before)
{
	struct plan *plan = named->plan;
	struct places places = {.folds = folds, .answers = answers};
	int status = 0;

	if (before)
		keep_output(named);
	else
		status = make_roots(named);
	if (status == 0)
		status = scan_walk(plan, &places, &named->roots, named->options, plan->observer);
	if (status == 0 && before)
		outputs_refuse_promise(plan, named->options);
	else if (status == 0 && outputs_check_promise(plan, named->options, named->error))
		status = BR_ERROR_USAGE;
	if (status == 0)
		status = settle(plan, &places, named->options->orders ? NULL : before);
	if (status < 0)
		(void)br_error_system(named->error, -status,
		                      "no plan for %zu sources: name fewer at once", plan->count);
	count(plan);
	places_release(&places);
	return status;
}
