/* instance.c - a plugin at work: its state, and the pictures that it is shown. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/arena.h"
#include "plugin/entry.h"
#include "plugin/plugin.h"
#include "plugin/plugin_parts.h"

/* More than this is not kept for the next pictures, by all arenas together. */
#define KEPT ((size_t)32 << 20)

/* The pixels of a picture under way. */
struct pixels_place {
	struct arena arena;
	bool taken;
};

struct plugin_instance {
	const struct br_plugin *entry;
	void *state;
	unsigned together;
	struct pixels_place place[BR_PLUGIN_TOGETHER_MAX]; /* `together` of them, at least one */
	struct br_plugin_picture *pictures[BR_PLUGIN_TOGETHER_MAX]; /* for batch() */
	int answers[BR_PLUGIN_TOGETHER_MAX];
};

/* A picture under way. */
struct call {
	struct br_plugin_picture picture; /* as the plugin has it */
	const struct br_image_view *view;
	struct arena *arena;
	struct plugin_fields *fields;
	uint16_t *deep; /* all pixels of 16 bits, once they were asked for; or NULL */
	bool changes;   /* the plugin means to write */
	bool short_of_memory;
	int answer;
	char why[BR_PLUGIN_WHY_MAX];
};

/* --- beginning ------------------------------------------------------------------------- */

static void tell(struct plugin_board *board, const char *text)
{
	if (!atomic_flag_test_and_set(&board->told))
		(void)snprintf(board->text, sizeof(board->text), "%s", text);
}

static int begin(const struct plugin *plugin, struct plugin_instance *instance)
{
	char why[BR_PLUGIN_WHY_MAX] = "";
	int status;

	if (!instance->entry->init)
		return 0;
	atomic_fetch_add(&plugin->board->entered, 1);
	status = instance->entry->init(plugin->args, &instance->state, why);
	atomic_fetch_add(&plugin->board->left, 1);
	why[sizeof(why) - 1] = '\0';
	if (status)
		tell(plugin->board, *why ? why : "its init() failed, and does not say why");
	return status ? -ECANCELED : 0;
}

int plugin_instance_new(struct plugin *plugin, struct plugin_instance **out)
{
	struct plugin_instance *instance = calloc(1, sizeof(*instance));
	struct br_error error;
	int status = -ENOMEM;

	*out = NULL;
	if (!instance)
		return status;
	if (entry_load(plugin->path, &instance->entry, &error)) {
		tell(plugin->board, error.msg);
		status = -ENOEXEC;
	} else {
		status = begin(plugin, instance);
	}
	if (status) {
		free(instance);
		return status;
	}
	instance->together = instance->entry->batch ? instance->entry->together : 1;
	*out = instance;
	return 0;
}

void plugin_instance_free(struct plugin_instance *instance)
{
	if (!instance)
		return;
	if (instance->entry->free)
		instance->entry->free(instance->state);
	for (unsigned i = 0; i < instance->together; i++)
		arena_release(&instance->place[i].arena);
	free(instance);
}

/* --- what it may call -------------------------------------------------------------------- */

/* The nearest of 8 bits: v / 257, rounded. */
static uint8_t shallow(uint16_t sample)
{
	return (uint8_t)((sample * 255U + 32895U) >> 16);
}

static size_t samples_of(const struct call *call)
{
	return (size_t)call->picture.stride * call->view->height;
}

static bool read_deep(struct call *call, uint8_t *pixels)
{
	const size_t samples = samples_of(call);

	call->deep = malloc(samples * sizeof(*call->deep));
	if (!call->deep || call->view->read(call->view, call->deep))
		return false;
	for (size_t i = 0; i < samples; i++)
		pixels[i] = shallow(call->deep[i]);
	return true;
}

static uint8_t *pixels_of(struct call *call)
{
	uint8_t *pixels = call->arena->pixels;

	if (pixels || call->short_of_memory)
		return pixels;
	pixels = arena_take(call->arena, samples_of(call));
	if (pixels && (call->view->bits == 16 ? read_deep(call, pixels)
	                                      : call->view->read(call->view, pixels) == 0))
		return pixels;
	arena_clear(call->arena, 0);
	call->short_of_memory = true;
	return NULL;
}

static const uint8_t *look(struct br_plugin_picture *picture)
{
	return pixels_of(picture->own);
}

static uint8_t *change(struct br_plugin_picture *picture)
{
	struct call *call = picture->own;

	call->changes = true;
	return pixels_of(call);
}

static int tell_text(struct br_plugin_picture *picture, const char *name, const char *text)
{
	const struct call *call = picture->own;

	return fields_set_text(call->fields, name, text);
}

static int tell_number(struct br_plugin_picture *picture, const char *name, double number)
{
	const struct call *call = picture->own;

	return fields_set_number(call->fields, name, number);
}

static void explain(struct br_plugin_picture *picture, const char *why)
{
	struct call *call = picture->own;

	(void)snprintf(call->why, sizeof(call->why), "%s", why);
}

/* --- a picture ------------------------------------------------------------------------- */

static struct br_plugin_picture picture_of(const struct plugin_subject *subject,
                                           const struct br_image_view *view)
{
	return (struct br_plugin_picture){
	    .struct_size = sizeof(struct br_plugin_picture),
	    .source = subject->source,
	    .size = subject->size,
	    .format = br_image_format_name(view->format),
	    .number = view->size,
	    .sizes = subject->sizes,
	    .frame = view->frame,
	    .frames = view->frames,
	    .width = view->width,
	    .height = view->height,
	    .bands = view->bands,
	    .stride = view->width * view->bands,
	    .look = look,
	    .change = change,
	    .tell_text = tell_text,
	    .tell_number = tell_number,
	    .explain = explain,
	};
}

/* What was not changed keeps all of its bits. */
static int take_back(struct call *call)
{
	const uint8_t *pixels = call->arena->pixels;
	const size_t samples = samples_of(call);

	if (!call->deep)
		return call->view->write(call->view, pixels);
	for (size_t i = 0; i < samples; i++)
		if (pixels[i] != shallow(call->deep[i]))
			call->deep[i] = (uint16_t)(pixels[i] * 257U);
	return call->view->write(call->view, call->deep);
}

static int judge(struct call *call, const struct br_plugin_picture *before, struct br_error *error)
{
	const char *why = call->why;
	const int answer = call->answer;

	if (call->short_of_memory)
		return BR_ERROR_MEMORY;
	if (!arena_is_whole(call->arena))
		return br_error_set(error, BR_ERROR_PLUGIN,
		                    "the plugin wrote beside the picture's pixels: mend it");
	if (memcmp(before, &call->picture, sizeof(*before)) != 0)
		return br_error_set(error, BR_ERROR_PLUGIN,
		                    "the plugin changed the size of the picture, or what else it "
		                    "was told of it, which it may not: mend it");
	if (answer == BR_PLUGIN_DROP)
		return br_error_set(error, BR_ERROR_DROPPED, "the plugin dropped it%s%s",
		                    *why ? ": " : "", why);
	if (answer != BR_PLUGIN_KEEP)
		return br_error_set(error, BR_ERROR_PLUGIN, "the plugin failed%s%s",
		                    *why ? ": " : "", why);
	return call->changes ? take_back(call) : 0;
}

/* Several pictures, each of a call. */
static void run_together(void *arg, void *const *pieces, unsigned count)
{
	struct plugin_instance *instance = arg;

	for (unsigned i = 0; i < count; i++) {
		instance->pictures[i] = &((struct call *)pieces[i])->picture;
		instance->answers[i] = BR_PLUGIN_KEEP;
	}
	instance->entry->batch(instance->state, instance->pictures, count, instance->answers);
	for (unsigned i = 0; i < count; i++)
		((struct call *)pieces[i])->answer = instance->answers[i];
}

static void run(struct plugin_instance *instance, struct br_slot *slot, struct call *call)
{
	void *piece = call;

	if (!instance->entry->batch)
		call->answer = instance->entry->pixels(instance->state, &call->picture);
	else if (call->view->alone)
		run_together(instance, &piece, 1);
	else
		br_executor_gather(slot, call, run_together, instance);
}

static struct pixels_place *take_place(struct plugin_instance *instance)
{
	struct pixels_place *place = instance->place;

	/* no more jobs are under way than pictures are wanted */
	while (place->taken)
		place++;
	place->taken = true;
	return place;
}

int plugin_show(struct plugin_instance *instance, struct br_slot *slot,
                const struct plugin_subject *subject, const struct br_image_view *view,
                struct plugin_fields *fields, struct br_error *error)
{
	struct pixels_place *place = take_place(instance);
	struct call call = {.picture = picture_of(subject, view),
	                    .view = view,
	                    .arena = &place->arena,
	                    .fields = fields};
	struct br_plugin_picture before;
	int status;

	call.picture.own = &call;
	before = call.picture;
	run(instance, slot, &call);
	status = judge(&call, &before, error);
	free(call.deep);
	arena_clear(&place->arena, KEPT / instance->together);
	place->taken = false;
	return status;
}
