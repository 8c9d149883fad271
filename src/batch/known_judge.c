/* known_judge.c - what has changed of the pictures of a plan; see known.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/known_parts.h"

/* Files that a run makes may be older than its beginning by their file system's clock, which runs
 * in steps, ns. */
#define CLOCK_STEP INT64_C(2000000000)

/* Of part->judged[]. */
#define JUDGEMENT_BITS 4
#define JUDGEMENT_MASK 0xF
_Static_assert(KNOWN_SUSPECT <= JUDGEMENT_MASK && STATE_OUTPUTS_MAX <= 1 << (8 - JUDGEMENT_BITS),
               "more judgements or outputs than find room");

/* --- paths -------------------------------------------------------------------------------------
 */

const char *known_below(const struct known *known, const struct known_root *root, uint64_t item,
                        char path[PATH_MAX])
{
	const char *rest;

	if (plan_output_directory(known->plan, item, path, PATH_MAX) < 0)
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

void known_prefix(const char *directory, char prefix[PATH_MAX])
{
	const size_t length = strlen(directory);

	(void)snprintf(prefix, PATH_MAX, "%s%s", directory,
	               length > 0 && directory[length - 1] == '/' ? "" : "/");
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

bool known_absolute(const struct known *known, const char *path, char absolute[PATH_MAX])
{
	absolute[0] = '\0';
	if (*path != '/' &&
	    (*known->directory == '\0' || !append_parts(absolute, known->directory)))
		return false;
	return append_parts(absolute, path);
}

bool known_source(const struct known *known, uint64_t item, char absolute[PATH_MAX])
{
	char path[PATH_MAX];
	bool typed;

	if (plan_url(known->plan, item, &typed))
		return plan_source_directory(known->plan, item, absolute, PATH_MAX) >= 0;
	return plan_source_directory(known->plan, item, path, sizeof(path)) >= 0 &&
	       known_absolute(known, path, absolute);
}

struct known_part *known_part_of(const struct known *known, uint64_t *item)
{
	return known && known->plan ? plan_kept(known->plan, item) : NULL;
}

struct known_root *known_root(const struct known *known, uint64_t item)
{
	uint64_t index = item;
	const struct known_part *part = known_part_of(known, &index);
	uint32_t root = PLAN_ROOTS_MAX;

	if (part)
		root = part->below[plan_item(known->plan, item)->output_directory].root;
	return root < PLAN_ROOTS_MAX ? (struct known_root *)&known->root[root] : NULL;
}

uint64_t known_directory_key(const struct known *known, uint64_t item)
{
	const uint32_t directory = plan_item(known->plan, item)->output_directory;
	const struct known_part *part = known_part_of(known, &item);

	return part ? part->below[directory].key : 0;
}

/* --- judging -----------------------------------------------------------------------------------
 */

void known_refresh(struct known *known, struct known_root *root, uint64_t item,
                   struct state_picture *picture, const struct state_file *source)
{
	char path[PATH_MAX], absolute[PATH_MAX];
	struct stat st;

	if (known->options->dry_run || !known_source(known, item, absolute))
		return;
	picture->source = absolute;
	picture->file.inode = source->inode;
	picture->file.modified = source->modified;
	picture->file.changed = source->changed;
	for (unsigned i = 0; i < picture->outputs; i++) {
		struct state_file *file = &picture->output[i].file;
		const uint64_t hash = file->hash;
		struct state_file now;
		bool moved;

		if (plan_below(known->plan, item, picture->output[i].path, path, sizeof(path)) <
		        0 ||
		    lstat(path, &st) != 0)
			return;
		now = state_file_of(&st);
		if (!state_is_as_left(file, &now, path, NULL, &moved))
			return; /* it has been changed since it was looked at */
		*file = now;
		file->hash = hash;
		if (hash == 0)
			file->changed = 0;
	}
	known_note_ground(known, root, picture);
	(void)state_record(root->state, picture); /* what is wrong is seen by who asks next */
}

bool known_note_hash(struct known *known, uint64_t item, uint64_t hash)
{
	struct known_part *part = known_part_of(known, &item);

	if (!part->hash)
		part->hash = calloc(part->count, sizeof(*part->hash));
	if (part->hash)
		part->hash[item] = hash;
	return part->hash != NULL && hash != 0;
}

/* Whether a source of another time may have the bytes that it had, which alone can tell: somebody
 * has copied it without its times. Outputs that are to have its time are made anew. */
static bool may_be_touched(const struct known *known, const struct state_file *was,
                           const struct state_file *now)
{
	return now->size == was->size && !(known->options->preserve & BR_BATCH_PRESERVE_TIMES);
}

/* Its source has another identity than it had, or lies elsewhere, or its outputs have: a closer
 * look. */
static enum known_judgement look_closer(struct known *known, struct known_root *root, uint64_t item)
{
	struct state_picture picture;
	struct state_file now;
	char path[PATH_MAX], source[PATH_MAX], name[KNOWN_NAME_MAX];
	struct stat st;
	const char *below;
	bool typed;

	if (plan_url(known->plan, item, &typed))
		return known_judge_fetched(known, root, item);
	below = known_below(known, root, item, path);
	if (!below || plan_source(known->plan, item, source, sizeof(source)) < 0 ||
	    stat(source, &st) != 0 ||
	    state_look(root->state, below, known_name(known, item, name), &picture) != 0)
		return KNOWN_SOURCE;
	now = state_file_of(&st);
	switch (state_compare(&picture.file, &now, source)) {
	case STATE_ALIKE:
		known_refresh(known, root, item, &picture, &now);
		return KNOWN_SAME;
	case STATE_DOUBTFUL:
		return known_note_hash(known, item, picture.file.hash) ? KNOWN_DOUBTFUL
		                                                       : KNOWN_NOTHING;
	default:
		return may_be_touched(known, &picture.file, &now) &&
		               known_note_hash(known, item, picture.file.hash)
		           ? KNOWN_DOUBTFUL
		           : KNOWN_SOURCE;
	}
}

/* Which output is not as it was left, and how. */
static uint8_t look_at_outputs(struct known *known, struct known_root *root, uint64_t item,
                               enum known_judgement judgement)
{
	struct state_picture picture;
	char path[PATH_MAX], name[KNOWN_NAME_MAX];
	const char *below = known_below(known, root, item, path);
	struct stat st;

	if (!below || state_look(root->state, below, known_name(known, item, name), &picture) != 0)
		return (uint8_t)judgement;
	for (unsigned i = 0; i < picture.outputs; i++) {
		const struct state_file *left = &picture.output[i].file;
		struct state_file now;
		const unsigned number = i << JUDGEMENT_BITS;
		bool moved;

		if (plan_below(known->plan, item, picture.output[i].path, path, sizeof(path)) < 0 ||
		    lstat(path, &st) != 0)
			return (uint8_t)(KNOWN_GONE | number);
		now = state_file_of(&st);
		if (!S_ISREG(st.st_mode) || !state_is_as_left(left, &now, path, NULL, &moved)) {
			if (known_is_others(known, item, &picture, i))
				return (uint8_t)(KNOWN_OTHERS | number);
			return (uint8_t)((now.size < left->size ? KNOWN_CUT : KNOWN_TOUCHED) |
			                 number);
		}
	}
	return (uint8_t)judgement;
}

/* An item's identity, with where it lies. Those of a directory come together. */
static uint64_t identity_of(struct known *known, const struct known_root *root, uint64_t item)
{
	const struct plan_item *source = plan_item(known->plan, item);
	struct known_where *where = &known->where;
	char absolute[PATH_MAX];

	if (where->root != root || where->directory != source->directory)
		*where = (struct known_where){
		    .root = root,
		    .directory = source->directory,
		    .number = known_source(known, item, absolute)
		                  ? state_where(root->state, absolute)
		                  : 0,
		};
	return source->identity ^ where->number;
}

static enum state_verdict find(struct known *known, const struct known_root *root, uint64_t item,
                               const char *name)
{
	return state_find(root->state, known_directory_key(known, item), name,
	                  identity_of(known, root, item));
}

/* The same if nothing has been read ahead. */
static enum state_verdict ask(struct known *known, struct known_root *root, uint64_t item,
                              const char *name)
{
	enum state_verdict verdict = STATE_UNKNOWN;
	char path[PATH_MAX];
	const char *below = known_below(known, root, item, path);

	if (!below ||
	    state_ask(root->state, below, name, identity_of(known, root, item), &verdict) == 0)
		return verdict;
	state_error(root->state, &root->error);
	known_drop(known, root, &root->error);
	return STATE_UNKNOWN;
}

static enum known_judgement judge_outputs(struct known *known, struct known_root *root,
                                          uint64_t item)
{
	char buffer[KNOWN_NAME_MAX];
	const char *name = known_name(known, item, buffer);

	if (known->options->existing != BR_BATCH_EXISTING_UPDATE)
		return KNOWN_NOTHING;
	switch (plan_is_stream(known->plan) ? ask(known, root, item, name)
	                                    : find(known, root, item, name)) {
	case STATE_SAME:
		return KNOWN_SAME;
	case STATE_MOVED:
	case STATE_SOURCE:
		return look_closer(known, root, item);
	case STATE_SETUP:
		return KNOWN_SETUP;
	case STATE_OTHERS:
		return known_tells_way(known, root, item) ? KNOWN_NOTHING : KNOWN_SETUP;
	case STATE_GONE:
		return KNOWN_GONE;
	case STATE_TOUCHED:
		return known_share(known, root, item) ? KNOWN_SAME : KNOWN_TOUCHED;
	default:
		return KNOWN_NOTHING;
	}
}

/* Of a state that could not be read any further nothing is believed from there on. */
static bool still_serves(struct known *known, struct known_root *root)
{
	if (!root->state) /* dropped already */
		return false;
	state_error(root->state, &root->error);
	if (root->error.code == BR_ERROR_NONE)
		return true;
	known_drop(known, root, &root->error);
	return false;
}

static enum known_judgement judge(struct known *known, uint64_t item)
{
	struct known_root *root = known_root(known, item);
	enum known_judgement judgement;

	if (!root || !root->state || plan_item(known->plan, item)->refusal != BR_ERROR_NONE)
		return KNOWN_NOTHING;
	judgement = judge_outputs(known, root, item);
	if (judgement != KNOWN_SAME && !still_serves(known, root))
		return KNOWN_NOTHING;
	return judgement != KNOWN_SAME ? known_judge_poison(known, root, item, judgement)
	                               : judgement;
}

static void free_part(void *kept)
{
	struct known_part *part = kept;

	free(part->below);
	free(part->hash);
	known_free_validators(part);
	free(part);
}

/* Lets the plan, or the piece that begins with `first`, keep what is known of it. */
static struct known_part *make_part(struct plan *plan, uint64_t first, size_t count)
{
	struct known_part *part = calloc(1, sizeof(*part) + count + 1);

	if (!part)
		return NULL;
	part->count = count;
	part->below = plan_below_roots(plan, first);
	if (!part->below) {
		free_part(part);
		return NULL;
	}
	plan_keep(plan, first, part, free_part);
	return part;
}

static void settle(struct known *known, struct plan *plan, uint64_t first, size_t count,
                   int (*look)(void *ctx))
{
	struct known_part *part = make_part(plan, first, count);
	bool any = false;

	for (unsigned i = 0; i < known->roots; i++)
		any |=
		    known->root[i].state && (known->options->existing == BR_BATCH_EXISTING_UPDATE ||
		                             known->root[i].poisons > 0);
	if (!part || !any)
		return;
	known->where.root = NULL; /* a piece has numbers of its own for directories */
	for (size_t i = 0; i < count; i++) {
		const enum known_judgement judgement = judge(known, first + i);

		part->judged[i] = (uint8_t)judgement;
		if (known->options->explain &&
		    (judgement == KNOWN_GONE || judgement == KNOWN_TOUCHED))
			part->judged[i] = look_at_outputs(known, known_root(known, first + i),
			                                  first + i, judgement);
		if (judgement == KNOWN_SAME)
			plan_pass(plan, first + i, BR_ERROR_SKIPPED);
		else if (judgement == KNOWN_POISON)
			plan_pass(plan, first + i, BR_ERROR_POISON);
		if (i % 4096 == 0 && look && look(known->ctx))
			break;
	}
}

void known_settle(struct known *known, struct plan *plan, int (*look)(void *ctx))
{
	if (!known)
		return;
	known_finish_reading(known, look);
	known->plan = plan;
	settle(known, plan, 0, plan_count(plan), look);
}

void known_settle_piece(struct known *known, struct plan *plan, const struct plan_piece *piece)
{
	if (!known || piece->count == 0)
		return;
	if (!known->plan) /* threads that have an earlier piece look at it */
		known->plan = plan;
	settle(known, plan, piece->first, piece->count, NULL);
}

/* --- asking ------------------------------------------------------------------------------------
 */

enum known_judgement known_judgement(const struct known *known, uint64_t item)
{
	const struct known_part *part = known_part_of(known, &item);

	return part ? (enum known_judgement)(part->judged[item] & JUDGEMENT_MASK) : KNOWN_NOTHING;
}

unsigned known_harmed(const struct known *known, uint64_t item)
{
	const struct known_part *part = known_part_of(known, &item);

	return part ? part->judged[item] >> JUDGEMENT_BITS : 0;
}

uint64_t known_hash(const struct known *known, uint64_t item)
{
	const struct known_part *part = known_part_of(known, &item);

	if (!part || !part->hash)
		return 0;
	return part->judged[item] == KNOWN_DOUBTFUL || part->judged[item] == KNOWN_SUSPECT
	           ? part->hash[item]
	           : 0;
}

bool known_has_place(const struct known *known, uint64_t item)
{
	return known_root(known, item) != NULL;
}

bool known_doubts_all(const struct known *known, uint64_t item)
{
	const struct known_root *root = known_root(known, item);
	char asked[1]; /* what it is does not matter */

	return root && !known->options->by_times &&
	       (__atomic_load_n(&root->new, __ATOMIC_RELAXED) ||
	        plan_asked(known->plan, item, asked, sizeof(asked)));
}

enum br_batch_reason known_doubt(const struct known *known, uint64_t item,
                                 const struct stat *output)
{
	const struct known_root *root = known_root(known, item);
	const struct state_file file = state_file_of(output);

	if (!root)
		return BR_BATCH_REASON_NONE;
	if (known_doubts_all(known, item))
		return BR_BATCH_REASON_UNKNOWN;
	if (root->since != INT64_MAX && file.changed >= root->since - CLOCK_STEP)
		return BR_BATCH_REASON_UNKNOWN;
	return known_doubt_way(known, root, item, &file);
}

uint64_t known_held(struct known *known, const char *path)
{
	char absolute[PATH_MAX];
	uint64_t all = 0, count;

	if (!known_absolute(known, path, absolute))
		return 0;
	for (unsigned i = 0; i < known->roots; i++)
		if (known->root[i].state &&
		    state_count_sources(known->root[i].state, absolute, &count) == 0)
			all += count;
	return all;
}

/* While pictures are gone through for one whose source is still there. */
struct seeking {
	const char *directory;
	size_t length;
};

/* Returns 1 for one that is there, or of which nobody can tell. */
static int seek_source(void *ctx, const struct state_picture *picture, uint64_t names)
{
	const struct seeking *seeking = ctx;
	const char *below = picture->source + seeking->length;
	char path[PATH_MAX];
	struct stat st;

	(void)names;
	if (strncmp(picture->source, seeking->directory, seeking->length) != 0 ||
	    (*below != '/' && *below != '\0') ||
	    snprintf(path, sizeof(path), "%s/%s", picture->source, picture->name) >=
	        (int)sizeof(path))
		return 0;
	return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool known_has_source(struct known *known, const char *path)
{
	char absolute[PATH_MAX];
	struct seeking seeking = {.directory = absolute};

	if (!known_absolute(known, path, absolute))
		return false;
	seeking.length = strlen(absolute);
	for (unsigned i = 0; i < known->roots; i++)
		if (known->root[i].state &&
		    state_each_picture(known->root[i].state, seek_source, &seeking) == 1)
			return true;
	return false;
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
	struct known_root *root = known_root(known, item);
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
