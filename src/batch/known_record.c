/* known_record.c - what becomes of pictures, for the next run; see known.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "batch/known_parts.h"

/* Opens one for what this run is the first to remember. It is there with the lock. What has gone
 * since, or been put in its place, is not for this run. */
static void begin_state(struct known *known, struct known_root *root)
{
	if (footing_of_outputs(known->context->footing, NULL) == 0)
		known_open(known, root);
	root->failed = root->state == NULL;
}

bool known_begin_picture(struct known *known, uint64_t item, const struct task_outcome *outcome,
                         struct state_picture *picture, char paths[2][PATH_MAX],
                         char name[KNOWN_NAME_MAX])
{
	struct known_root *root = known_root(known, item);

	if (!root)
		return false;
	known_finish_beginning(known);
	if (root->failed || known->options->dry_run)
		return false;
	if (!root->state)
		begin_state(known, root);
	*picture = (struct state_picture){.directory = known_below(known, root, item, paths[0]),
	                                  .name = known_name(known, item, name),
	                                  .source = paths[1],
	                                  .file = state_file_of(&outcome->source),
	                                  .place = item + 1};
	picture->file.hash = outcome->hash;
	return !root->failed && picture->directory && known_source(known, item, paths[1]);
}

static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = '\0';
}

uint64_t known_ground_inode(const char *absolute, const struct stat *st)
{
	const uint64_t inode = st->st_ino & ~KNOWN_MOUNTED;
	char above[PATH_MAX];
	struct stat parent;

	if (snprintf(above, sizeof(above), "%s/..", absolute) >= (int)sizeof(above) ||
	    stat(above, &parent) != 0 || parent.st_dev != st->st_dev)
		return inode | KNOWN_MOUNTED;
	return inode;
}

void known_note_ground(struct known *known, struct known_root *root,
                       const struct state_picture *picture)
{
	char path[PATH_MAX], below[PATH_MAX];
	struct stat st;

	if (*picture->source != '/' && *picture->source != '\0')
		return; /* it was fetched */
	memcpy(path, picture->source, strlen(picture->source) + 1);
	memcpy(below, picture->directory, strlen(picture->directory) + 1);
	/* its outputs lie in a directory of the same path, unless all lie in one */
	while (*path != '\0' && (*below != '\0' || known->options->flat)) {
		const uint64_t key = hash_bytes(path, strlen(path), (uint64_t)(root - known->root));

		if (number_set_has(&known->noted, key) || !number_set_add(&known->noted, key))
			return;
		if (stat(path, &st) == 0)
			(void)state_note_inode(root->state, path, known_ground_inode(path, &st));
		if (known->options->flat)
			return;
		cut_last(path);
		cut_last(below);
	}
}

static void record(struct known *known, uint64_t item, const struct state_picture *picture)
{
	struct known_root *root = known_root(known, item);
	struct br_error error;

	/* first what keeps --prune from its outputs when the disk of its source goes */
	known_note_ground(known, root, picture);
	if (state_record(root->state, picture) == 0)
		return;
	state_error(root->state, &error);
	known_drop(known, root, &error);
}

/* Whether that size was made; of what was there already, whether it was there. */
static bool has_output(const struct task_outcome *outcome, unsigned number, bool made)
{
	return made ? outcome->image.output[number].size > 0 : outcome->present >> number & 1;
}

static bool add_outputs(const struct known *known, uint64_t item,
                        const struct task_outcome *outcome, bool made,
                        struct state_picture *picture, char (*path)[PATH_MAX])
{
	for (unsigned i = 0; i < plan_outputs(known->plan); i++) {
		const struct br_image_output *output = &outcome->image.output[i];
		const struct task_left *left = &outcome->left[i];
		const uint64_t hash = made ? outcome->output_hash[i] : 0;

		if (!has_output(outcome, i, made))
			continue;
		/* a link, or gone already */
		if (left->inode == 0 ||
		    plan_output_below(known->plan, item, i, outcome->looked ? output : NULL,
		                      path[picture->outputs], PATH_MAX) < 0)
			return false;
		picture->output[picture->outputs] =
		    (struct state_output){.path = path[picture->outputs],
		                          .file = {.size = left->size,
		                                   .inode = left->inode,
		                                   .modified = left->modified,
		                                   .changed = hash ? left->changed : 0,
		                                   .hash = hash},
		                          .width = outcome->looked ? output->width : 0,
		                          .height = outcome->looked ? output->height : 0};
		picture->outputs++;
	}
	return picture->outputs > 0;
}

static void remember(struct known *known, uint64_t item, const struct task_outcome *outcome,
                     bool made, const struct state_setup *setup)
{
	struct state_picture picture;
	char paths[2][PATH_MAX], name[KNOWN_NAME_MAX];
	char(*outputs)[PATH_MAX];

	if (!setup->options || !known_begin_picture(known, item, outcome, &picture, paths, name))
		return;
	picture.setup = *setup;
	picture.adopted = !made;
	outputs = malloc(plan_outputs(known->plan) * sizeof(*outputs));
	if (outputs && add_outputs(known, item, outcome, made, &picture, outputs))
		record(known, item, &picture);
	free(outputs);
}

void known_made(struct known *known, uint64_t item, const struct task_outcome *outcome)
{
	const struct br_image_result *image = &outcome->image;
	struct known_root *root = known_root(known, item);
	struct state_setup setup;

	if (!root || known_put_off(known, item, outcome, true))
		return;
	setup = (struct state_setup){.options = known_text(known, image->out_format),
	                             .source = image->info.format,
	                             .output = image->out_format,
	                             .library = image->library,
	                             .versions = outcome->versions};
	if (!setup.options)
		return;
	known_note_way(known, root, item, &setup);
	if (image->notes & BR_IMAGE_NOTE_SOURCE_CHANGED)
		return;
	remember(known, item, outcome, true, &setup);
	known_note_fetched(known, item, outcome);
}

enum br_image_format known_promised(const struct known *known, uint64_t item)
{
	const enum br_image_format asked = known->options->image.format;

	return asked != BR_IMAGE_FORMAT_UNKNOWN ? asked : plan_promised(known->plan, item);
}

void known_found(struct known *known, uint64_t item, const struct task_outcome *outcome)
{
	struct known_root *root = known_root(known, item);
	char path[PATH_MAX], name[KNOWN_NAME_MAX];
	struct state_picture picture;
	enum known_judgement judgement;
	enum br_image_format format;
	const char *below;
	bool typed;

	if (!root || known->options->existing != BR_BATCH_EXISTING_UPDATE ||
	    known_put_off(known, item, outcome, false))
		return;
	judgement = known_judgement(known, item);
	if ((judgement == KNOWN_DOUBTFUL || judgement == KNOWN_SUSPECT) &&
	    plan_url(known->plan, item, &typed)) {
		known_note_fetched(known, item, outcome);
		return;
	}
	if (judgement == KNOWN_DOUBTFUL) {
		const struct state_file source = state_file_of(&outcome->source);

		below = root->state ? known_below(known, root, item, path) : NULL;
		if (below &&
		    state_look(root->state, below, known_name(known, item, name), &picture) == 0)
			known_refresh(known, root, item, &picture, &source);
		return;
	}
	format = known_promised(known, item);
	remember(known, item, outcome, false,
	         &(struct state_setup){
		     .options = known_text(known, format),
		     .output = format,
		     .versions = br_image_versions(BR_IMAGE_FORMAT_UNKNOWN, format, false)});
}

/* Of the directories of an output, those that were made below that one. Whether it lies there. */
static bool note_made(struct known_root *root, const struct made_path *made)
{
	char prefix[PATH_MAX], path[PATH_MAX];
	struct stat st;
	size_t above;

	if (!root->output)
		return false;
	known_prefix(root->output, prefix);
	above = strlen(prefix);
	if (strncmp(made->path, prefix, above) != 0)
		return false;
	memcpy(path, made->path, strlen(made->path) + 1);
	for (cut_last(path); strlen(path) >= made->highest && strlen(path) > above; cut_last(path))
		if (root->state && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			(void)state_note_inode(root->state, path + above, st.st_ino);
	return true;
}

void known_take_made(struct known *known, struct made *made)
{
	struct made_path *path;

	if (!known || !made || known_still_begins(known, false))
		return;
	for (size_t i = made_take(made, &path); i-- > 0; free(path[i].path)) {
		unsigned root = 0;

		while (root < known->roots && !note_made(&known->root[root], &path[i]))
			root++;
		/* it gets one with the first picture */
		if (root < known->roots && !known->root[root].state && !known->root[root].failed)
			made_add(made, path[i].path, path[i].highest);
	}
	free(path);
}

void known_tick(struct known *known)
{
	if (!known || known_still_begins(known, false))
		return;
	for (unsigned i = 0; i < known->roots; i++) {
		if (known->root[i].state)
			(void)state_commit(known->root[i].state, false);
		known_write_ways(known, &known->root[i], false);
	}
}
