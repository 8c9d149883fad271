/* known_judge.c - what has changed of the pictures of a plan; see known.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/known_parts.h"

/* Files that a run makes may be older than its beginning by their file system's clock, which runs
 * in steps, ns. */
#define CLOCK_STEP INT64_C(2000000000)

/* --- paths -------------------------------------------------------------------------------------
 */

const char *known_below(const struct known *known, const struct known_root *root, uint64_t item,
                        char path[PATH_MAX])
{
	const char *rest;

	if (plan_directory(known->plan, plan_item(known->plan, item)->output_directory, path,
	                   PATH_MAX) < 0)
		return NULL;
	rest = path + strlen(root->output);
	return rest + strspn(rest, "/");
}

const char *known_name(const struct known *known, uint64_t item, char name[KNOWN_NAME_MAX])
{
	const char *source = plan_name(known->plan, item);
	char asked[NAME_MAX + 62];

	if (!plan_asked(known->plan, item, asked, sizeof(asked)))
		return source;
	(void)snprintf(name, KNOWN_NAME_MAX, "%s/%s", source, asked);
	return name;
}

/* Appends the parts of a path to one that is absolute, by the text alone. */
static bool append_parts(char absolute[PATH_MAX], const char *path)
{
	size_t used = strlen(absolute);

	while (*path != '\0') {
		const size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.') {
			while (used > 0 && absolute[--used] != '/')
				;
			absolute[used] = '\0';
		} else if (length > 0 && !(length == 1 && *path == '.')) {
			if (used + 1 + length >= PATH_MAX)
				return false;
			absolute[used++] = '/';
			memcpy(absolute + used, path, length);
			used += length;
			absolute[used] = '\0';
		}
		path += length + (path[length] == '/');
	}
	return true;
}

bool known_source(const struct known *known, uint64_t item, char absolute[PATH_MAX])
{
	char path[PATH_MAX];

	absolute[0] = '\0';
	if (plan_directory(known->plan, plan_item(known->plan, item)->directory, path,
	                   sizeof(path)) < 0)
		return false;
	if (*path != '/' &&
	    (*known->directory == '\0' || !append_parts(absolute, known->directory)))
		return false;
	return append_parts(absolute, path);
}

struct known_root *known_root(const struct known *known, uint64_t item)
{
	const uint32_t directory = plan_item(known->plan, item)->output_directory;
	const uint32_t root = known->below ? known->below[directory].root : PLAN_ROOTS_MAX;

	return root < known->roots ? (struct known_root *)&known->root[root] : NULL;
}

/* --- judging -----------------------------------------------------------------------------------
 */

void known_refresh(const struct known *known, struct known_root *root, uint64_t item,
                   struct state_picture *picture, const struct state_file *source)
{
	char path[PATH_MAX];
	struct stat st;

	if (known->options->dry_run)
		return;
	picture->file.inode = source->inode;
	picture->file.modified = source->modified;
	picture->file.changed = source->changed;
	for (unsigned i = 0; i < picture->outputs; i++) {
		struct state_file *file = &picture->output[i].file;
		const uint64_t hash = file->hash;

		if (plan_below(known->plan, item, picture->output[i].path, path, sizeof(path)) <
		        0 ||
		    lstat(path, &st) != 0)
			return;
		*file = state_file_of(&st);
		file->hash = hash;
	}
	(void)state_record(root->state, picture);
}

static bool note_hash(struct known *known, uint64_t item, uint64_t hash)
{
	if (!known->hash)
		known->hash = calloc(plan_count(known->plan), sizeof(*known->hash));
	if (known->hash)
		known->hash[item] = hash;
	return known->hash != NULL && hash != 0;
}

/* Its source has another identity than it had, or its outputs have: a closer look. */
static enum known_judgement look_closer(struct known *known, struct known_root *root, uint64_t item)
{
	struct state_picture picture;
	struct state_file now;
	char path[PATH_MAX], source[PATH_MAX], name[KNOWN_NAME_MAX];
	struct stat st;
	const char *below = known_below(known, root, item, path);

	if (!below || plan_source(known->plan, item, source, sizeof(source)) < 0 ||
	    stat(source, &st) != 0 ||
	    state_look(root->state, below, known_name(known, item, name), &picture) != 0)
		return KNOWN_SOURCE;
	now = state_file_of(&st);
	switch (state_compare(&picture.file, &now, source, true)) {
	case STATE_ALIKE:
		known_refresh(known, root, item, &picture, &now);
		return KNOWN_SAME;
	case STATE_DOUBTFUL:
		return note_hash(known, item, picture.file.hash) ? KNOWN_DOUBTFUL : KNOWN_NOTHING;
	default:
		return KNOWN_SOURCE;
	}
}

static enum known_judgement judge(struct known *known, uint64_t item)
{
	const struct plan_item *found = plan_item(known->plan, item);
	char buffer[KNOWN_NAME_MAX];
	const char *name = known_name(known, item, buffer);
	struct known_root *root = known_root(known, item);
	uint64_t directory;

	if (!root || !root->state || found->refusal != BR_ERROR_NONE)
		return KNOWN_NOTHING;
	directory = known->below[found->output_directory].key;
	switch (state_find(root->state, directory, name, found->identity)) {
	case STATE_SAME:
		return KNOWN_SAME;
	case STATE_MOVED:
	case STATE_SOURCE:
		return look_closer(known, root, item);
	case STATE_SETUP:
		return KNOWN_SETUP;
	case STATE_GONE:
		return KNOWN_GONE;
	case STATE_TOUCHED:
		return KNOWN_TOUCHED;
	default:
		return KNOWN_NOTHING;
	}
}

void known_settle(struct known *known, struct plan *plan, int (*look)(void *ctx))
{
	const size_t count = plan_count(plan);
	bool any = false;

	if (!known)
		return;
	known_finish_reading(known, look);
	known->plan = plan;
	known->below = plan_below_roots(plan);
	for (unsigned i = 0; i < known->roots; i++)
		any |= known->root[i].state != NULL;
	if (!any || known->options->existing != BR_BATCH_EXISTING_UPDATE)
		return;
	known->judged = calloc(count + 1, sizeof(*known->judged));
	for (size_t i = 0; known->judged && i < count; i++) {
		const enum known_judgement judgement = judge(known, i);

		known->judged[i] = (uint8_t)judgement;
		if (judgement == KNOWN_SAME)
			plan_pass(plan, i, BR_ERROR_SKIPPED);
		if (i % 4096 == 0 && look && look(known->ctx))
			break;
	}
}

/* --- asking ------------------------------------------------------------------------------------
 */

enum known_judgement known_judgement(const struct known *known, uint64_t item)
{
	/* those of a list that is still being read were never judged */
	return known && known->judged && item < plan_count(known->plan)
	           ? (enum known_judgement)known->judged[item]
	           : KNOWN_NOTHING;
}

uint64_t known_hash(const struct known *known, uint64_t item)
{
	return known && known->hash && known_judgement(known, item) == KNOWN_DOUBTFUL
	           ? known->hash[item]
	           : 0;
}

bool known_has_place(const struct known *known, uint64_t item)
{
	return known && known->plan && item != TASK_PIPE && known_root(known, item) != NULL;
}

bool known_is_doubtful(const struct known *known, uint64_t item, const struct stat *output)
{
	const struct known_root *root =
	    known && known->plan && item != TASK_PIPE ? known_root(known, item) : NULL;
	char asked[1]; /* what it is does not matter */

	if (!root)
		return false;
	if ((root->new || plan_asked(known->plan, item, asked, sizeof(asked))) &&
	    !known->options->by_times)
		return true;
	return root->since != INT64_MAX &&
	       state_file_of(output).changed >= root->since - CLOCK_STEP;
}

/* Which of the item's sizes an output is, by its path and its own size. */
static unsigned size_of(const struct known *known, uint64_t item, const struct state_output *output,
                        const struct br_image_result *list)
{
	const struct br_image_output made = {.width = output->width, .height = output->height};
	char path[PATH_MAX];
	unsigned i;

	for (i = 0; i < list->outputs; i++)
		if (list->output[i].size == 0 &&
		    plan_output_below(known->plan, item, i, made.width > 0 ? &made : NULL, path,
		                      sizeof(path)) >= 0 &&
		    strcmp(path, output->path) == 0)
			break;
	return i;
}

bool known_list(struct known *known, uint64_t item, struct br_image_result *list)
{
	struct known_root *root = known && known->below ? known_root(known, item) : NULL;
	struct state_picture picture;
	char path[PATH_MAX], name[KNOWN_NAME_MAX];
	const char *below = root && root->state ? known_below(known, root, item, path) : NULL;

	*list = (struct br_image_result){0};
	if (!below)
		return false;
	list->outputs = plan_outputs(known->plan);
	if (state_look(root->state, below, known_name(known, item, name), &picture) != 0)
		return false;
	list->out_format = (enum br_image_format)picture.setup.output;
	for (unsigned i = 0; i < picture.outputs; i++) {
		const struct state_output *output = &picture.output[i];
		const unsigned number = size_of(known, item, output, list);

		if (output->width == 0 || number == list->outputs)
			return false;
		list->output[number] = (struct br_image_output){
		    .size = output->file.size, .width = output->width, .height = output->height};
	}
	return true;
}
