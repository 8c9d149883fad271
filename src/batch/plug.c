/* plug.c - see plug.h. */
#include "batch/plug.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "batch/pump.h"
#include "plan/template.h"
#include "plugin/plugin.h"

/* As long as a worker without a plugin has: see br_executor_options.start_ms. */
#define START_MS_LEAST 10000

struct plug_worker {
	struct plugin_instance *plugin; /* or NULL */
	unsigned spare;                 /* image workers that no picture has */
	struct br_image_worker *image[BR_EXECUTOR_TOGETHER_MAX];
};

int plug_begin(struct pump *pump, struct br_error *error)
{
	const struct br_batch_options *options = pump->options;
	const bool apart =
	    options->mode != BR_EXECUTOR_THREAD && options->mode != BR_EXECUTOR_SERIAL;

	if (!options->plugin)
		return 0;
	return plugin_new(&pump->context->plugin, options->plugin, apart, error);
}

int plug_worker_new(const struct task_context *context, struct plug_worker **out)
{
	struct plug_worker *worker = calloc(1, sizeof(*worker));
	int status = 0;

	if (!worker)
		return -ENOMEM;
	worker->image[0] = br_image_worker_new();
	worker->spare = worker->image[0] != NULL;
	if (!worker->spare)
		status = -ENOMEM;
	if (!status && context->plugin)
		status = plugin_instance_new(context->plugin, &worker->plugin);
	if (status)
		plug_worker_free(worker);
	else
		*out = worker;
	return status;
}

void plug_worker_free(struct plug_worker *worker)
{
	plugin_instance_free(worker->plugin);
	while (worker->spare)
		br_image_worker_free(worker->image[--worker->spare]);
	free(worker);
}

struct br_image_worker *plug_take_image_worker(const struct br_slot *slot)
{
	struct plug_worker *worker = slot->state;

	return worker->spare ? worker->image[--worker->spare] : br_image_worker_new();
}

void plug_return_image_worker(const struct br_slot *slot, struct br_image_worker *image)
{
	struct plug_worker *worker = slot->state;

	worker->image[worker->spare++] = image;
}

unsigned plug_start_ms(const struct br_batch_options *options)
{
	if (!options->plugin)
		return 0;
	if (options->timeout_ms == 0)
		return UINT_MAX;
	return options->timeout_ms > START_MS_LEAST ? options->timeout_ms : START_MS_LEAST;
}

size_t plug_result_size(const struct task_context *context)
{
	return context->plugin ? sizeof(struct task_outcome) : offsetof(struct task_outcome, told);
}

void plug_name(const struct task_context *context, uint64_t item, struct task_outcome *outcome)
{
	char path[PATH_MAX] = "-";
	size_t length;

	if (!context->plugin)
		return;
	if (!task_is_pipe(context) && plan_source(context->plan, item, path, sizeof(path)) < 0)
		path[0] = '\0';
	length = strlen(path);
	if (length >= sizeof(outcome->told.source))
		memmove(path, path + length - (sizeof(outcome->told.source) - 1),
		        sizeof(outcome->told.source));
	memcpy(outcome->told.source, path, strlen(path) + 1);
}

/* What the worker is at, for the case that it dies of it. */
static void note(const struct br_slot *slot, uint64_t stage)
{
	if (slot->notes)
		__atomic_store_n(&slot->notes[TASK_NOTE_STAGE], stage, __ATOMIC_RELAXED);
}

static int show(void *arg, const struct br_image_view *view, struct br_error *error)
{
	const struct plug *plug = arg;
	const struct plug_worker *worker = plug->slot->state;
	const struct br_image_options *image = &plug->context->options->image;
	const uint64_t before = plug->slot->notes ? plug->slot->notes[TASK_NOTE_STAGE] : 0;
	struct task_told *told = &plug->outcome->told;
	char size[TEMPLATE_SIZE_MAX];
	const struct plugin_subject subject = {
	    .source = told->source, .size = size, .sizes = image->sizes};
	int status;

	(void)template_size(view->size == 0 ? &plug->size : &image->size[view->size], size);
	note(plug->slot, BR_BATCH_STAGE_PLUGIN);
	status = plugin_show(worker->plugin, plug->slot, &subject, view, &told->fields, error);
	note(plug->slot, before);
	return status;
}

void plug_in(struct plug *plug, struct br_image_options *options)
{
	if (!plug->context->plugin)
		return;
	plug->outcome->told.fields = (struct plugin_fields){{0}};
	options->show = show;
	options->show_arg = plug;
}

bool plug_is_sound(const struct task_context *context, const struct task_outcome *got)
{
	const bool spoke =
	    got->error.code == BR_ERROR_DROPPED || got->error.code == BR_ERROR_PLUGIN;

	return context->plugin ? fields_are_valid(&got->told.fields) : !spoke;
}
