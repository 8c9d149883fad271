/* prune_find.c - what is left over of what a state remembers; see prune.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "batch/fingerprint.h"
#include "batch/prune_parts.h"
#include "plan/fold.h"

/* While a state is gone through. */
struct finding {
	struct prune *prune;
	struct known_root *root;
	struct number_set sources; /* pictures that are asked for */
	struct number_set current; /* of them, those of which this run remembers what it made */
	struct number_set mine;    /* the outputs of those, with the picture */
	struct number_set claimed; /* outputs that are to stay: by path, and by what they are */
	size_t first;              /* of its leftovers */
	int output;                /* a descriptor of the output directory */
	uint64_t names;            /* asked about last: whether they stay; 0: none */
	bool stays;
	bool folds; /* whose file system takes a.jpg and A.jpg for one name */
};

/* --- keys --------------------------------------------------------------------------------------
 */

static uint64_t picture_key(const struct state_picture *picture)
{
	return state_key(state_key_path(picture->directory), picture->name, strlen(picture->name));
}

/* Folded, since a picture that is called A.jpg now has taken the place of what was made of a.jpg.
 */
static uint64_t path_key(const struct finding *finding, const char *path)
{
	char folded[PATH_MAX + FOLD_MAX];

	if (!finding->folds)
		return hash_bytes(path, strlen(path), 0);
	return hash_bytes(folded, fold_name(path, folded, sizeof(folded)), 0);
}

static uint64_t file_key(const struct state_file *file)
{
	const uint64_t words[] = {file->size, (uint64_t)file->modified, file->inode};

	return hash_bytes(words, sizeof(words), 1);
}

static uint64_t output_key(uint64_t picture, const char *path)
{
	return hash_bytes(path, strlen(path), picture);
}

static void add(struct finding *finding, struct number_set *numbers, uint64_t number)
{
	if (!number_set_add(numbers, number))
		finding->prune->failed = true;
}

/* An output's path below the output directory. */
static const char *whole(const struct state_picture *picture, unsigned output, char path[PATH_MAX])
{
	/* one that is too long is of no file */
	(void)prune_join(path, "", picture->directory, picture->output[output].path);
	return path;
}

static void claim(struct finding *finding, const struct state_picture *picture)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < picture->outputs; i++) {
		add(finding, &finding->claimed, path_key(finding, whole(picture, i, path)));
		add(finding, &finding->claimed, file_key(&picture->output[i].file));
	}
}

/* --- what is asked for -------------------------------------------------------------------------
 */

/* `made`: as if they were. */
static void claim_planned(struct finding *finding, uint64_t item, const char *below, uint64_t key,
                          bool made)
{
	const struct plan *plan = finding->prune->pump->plan;
	char path[PATH_MAX], output[PATH_MAX];

	if (plan_names_sides(plan))
		return; /* nobody knows yet */
	for (unsigned i = 0; i < plan_outputs(plan); i++) {
		if (plan_output_below(plan, item, i, NULL, output, sizeof(output)) < 0 ||
		    !prune_join(path, "", below, output))
			continue;
		add(finding, &finding->claimed, path_key(finding, path));
		if (made)
			add(finding, &finding->mine, output_key(key, path));
	}
}

static void take_plan(struct finding *finding)
{
	const struct known *known = finding->prune->known;
	char path[PATH_MAX], buffer[KNOWN_NAME_MAX];

	for (size_t i = 0; i < plan_count(known->plan); i++) {
		const uint32_t refusal = plan_item(known->plan, i)->refusal;
		const bool made = known->options->dry_run &&
		                  (refusal == BR_ERROR_NONE || refusal == BR_ERROR_SKIPPED);
		const char *below = known_root(known, i) == finding->root
		                        ? known_below(known, finding->root, i, path)
		                        : NULL;
		const char *name = known_name(known, i, buffer);
		uint64_t key;

		if (!below)
			continue;
		key = state_key(state_key_path(below), name, strlen(name));
		add(finding, &finding->sources, key);
		if (made)
			add(finding, &finding->current, key);
		claim_planned(finding, i, below, key, made);
	}
}

/* --- leftovers ---------------------------------------------------------------------------------
 */

static void hold(struct prune *prune, const char *where, unsigned outputs)
{
	struct prune_held *last = prune->holds > 0 ? &prune->held[prune->holds - 1] : NULL;
	struct prune_held *grown;

	/* what lies in one directory comes together */
	if (last && strcmp(last->path, where) == 0) {
		last->outputs += outputs;
		return;
	}
	grown = realloc(prune->held, (prune->holds + 1) * sizeof(*grown));
	if (!grown)
		return; /* it stays all the same */
	prune->held = grown;
	grown[prune->holds] = (struct prune_held){.path = strdup(where), .outputs = outputs};
	prune->holds += grown[prune->holds].path != NULL;
}

static bool keep_leftover(struct prune *prune, struct leftover *leftover)
{
	struct leftover **grown;

	if (!leftover->directory || !leftover->name || !leftover->source)
		return false;
	if ((prune->count & (prune->count + 1)) == 0) {
		grown =
		    realloc(prune->leftover, (prune->count * 2 + 1) * sizeof(struct leftover *));
		if (!grown)
			return false;
		prune->leftover = grown;
	}
	prune->leftover[prune->count++] = leftover;
	return true;
}

void prune_free_leftover(struct leftover *leftover)
{
	for (unsigned i = 0; i < leftover->outputs; i++)
		free(leftover->output[i].path);
	free(leftover->directory);
	free(leftover->name);
	free(leftover->source);
	free(leftover);
}

/* Of a picture whose source, if that is gone, is shown as `source`; all its outputs but those that
 * its picture has still. */
static void add_leftover(struct finding *finding, const struct state_picture *picture,
                         uint64_t names, const char *source, size_t source_root)
{
	const uint64_t key = picture_key(picture);
	struct leftover *leftover =
	    calloc(1, sizeof(*leftover) + picture->outputs * sizeof(leftover->output[0]));
	char path[PATH_MAX];
	bool complete = leftover != NULL;

	for (unsigned i = 0; i < picture->outputs && complete; i++) {
		struct leftover_output *output = &leftover->output[leftover->outputs];

		if (number_set_has(&finding->mine, output_key(key, whole(picture, i, path))))
			continue;
		output->path = strdup(path);
		output->file = picture->output[i].file;
		complete = output->path != NULL;
		leftover->outputs += complete;
	}
	if (leftover) {
		leftover->root = finding->root;
		leftover->directory = strdup(picture->directory);
		leftover->name = strdup(picture->name);
		leftover->names = names;
		leftover->source = strdup(source);
		leftover->source_root = source_root;
	}
	if (complete && keep_leftover(finding->prune, leftover))
		return;
	if (leftover)
		prune_free_leftover(leftover);
	finding->prune->failed = true;
}

/* The picture is not asked for: its outputs are left over if its source is gone. */
static void judge_unasked(struct finding *finding, const struct state_picture *picture,
                          uint64_t names, const struct prune_ground *ground, const char *below)
{
	char where[PATH_MAX];

	switch (prune_look(finding->prune, finding->root, ground, picture, below, where)) {
	case PRUNE_GONE:
		if (!prune_join(where, ground->path, below, picture->name))
			break;
		add_leftover(finding, picture, names, where, strlen(ground->path));
		return;
	case PRUNE_HELD:
		hold(finding->prune, *where ? where : ".", picture->outputs);
		break;
	case PRUNE_THERE:
		break;
	}
	claim(finding, picture);
}

/* --- rows --------------------------------------------------------------------------------------
 */

/* Below which of the directories that were walked its source lies, if it is a picture that a run
 * has made of a source below a directory; else NULL. */
static const struct prune_ground *ground_of(struct prune *prune,
                                            const struct state_picture *picture, const char **below)
{
	/* a line of a list, that says more than a name */
	if (picture->adopted || strchr(picture->name, '/'))
		return NULL;
	return prune_find_ground(prune, picture, below);
}

/* Those of this run, and of others that call their outputs the same. */
static int take_own(void *ctx, const struct state_picture *picture, uint64_t names)
{
	struct finding *finding = ctx;
	const struct prune_ground *ground;
	const uint64_t key = picture_key(picture);
	const char *below;
	char path[PATH_MAX];

	if (names != state_names(finding->root->state))
		return 0;
	ground = ground_of(finding->prune, picture, &below);
	if (!ground) {
		claim(finding, picture);
		return 0;
	}
	finding->prune->outputs += picture->outputs;
	if (!number_set_has(&finding->sources, key)) {
		judge_unasked(finding, picture, names, ground, below);
		return 0;
	}
	claim(finding, picture);
	if (finding->prune->pump->options->dry_run)
		return 0;
	add(finding, &finding->current, key);
	for (unsigned i = 0; i < picture->outputs; i++)
		add(finding, &finding->mine, output_key(key, whole(picture, i, path)));
	return 0;
}

/* Whether this run has put other outputs in a picture's place: one of them at least has the name of
 * one that it had. */
static bool is_replaced(const struct finding *finding, const struct state_picture *picture,
                        uint64_t key)
{
	char path[PATH_MAX];

	for (unsigned i = 0; i < picture->outputs; i++)
		if (number_set_has(&finding->mine, output_key(key, whole(picture, i, path))))
			return true;
	return false;
}

/* Whether something is there that was made of a picture which is asked for: not if it can't be made
 * any more, and what was has been removed. */
static bool is_there(const struct finding *finding, const struct state_picture *picture)
{
	struct state_picture own;
	char path[PATH_MAX];
	bool there;

	if (finding->prune->pump->options->dry_run)
		return true; /* it will be made */
	there = state_look(finding->root->state, picture->directory, picture->name, &own) == 0;
	for (unsigned i = 0; there && i < own.outputs; i++) {
		struct leftover_output output = {.path = path, .file = own.output[i].file};

		(void)whole(&own, i, path);
		there = prune_compare(finding->output, finding->root->output, &output) != -ENOENT;
	}
	return there;
}

/* Whether runs that call their outputs so come back, whatever this one has put in their place. */
static bool stays(struct finding *finding, uint64_t names)
{
	if (finding->names != names) {
		finding->names = names;
		finding->stays = state_stays(finding->root->state, names);
	}
	return finding->stays;
}

/* Whether this run stands in the place of the one that has made a picture, though no name is the
 * same: --size=100 after --size=100,200, say. */
static bool is_followed(struct finding *finding, const struct state_picture *picture)
{
	const char *text =
	    known_text(finding->prune->known, (enum br_image_format)picture->setup.output);

	return text && fingerprint_follows(picture->setup.options, text);
}

static int take_other(void *ctx, const struct state_picture *picture, uint64_t names)
{
	struct finding *finding = ctx;
	const bool all = finding->prune->pump->options->prune_all;
	const struct prune_ground *ground;
	const uint64_t key = picture_key(picture);
	const char *below;
	bool asked, followed, replaced;

	if (names == state_names(finding->root->state))
		return 0;
	ground = ground_of(finding->prune, picture, &below);
	asked = number_set_has(&finding->sources, key);
	followed = ground && !stays(finding, names) && is_followed(finding, picture);
	replaced = ground && asked &&
	           (followed || (!stays(finding, names) && is_replaced(finding, picture, key)));
	if (!ground || (!all && !followed && !replaced)) {
		finding->prune->others += ground ? picture->outputs : 0;
		claim(finding, picture);
		return 0;
	}
	finding->prune->outputs += picture->outputs;
	if (!asked)
		judge_unasked(finding, picture, names, ground, below);
	else if ((replaced || number_set_has(&finding->current, key)) && is_there(finding, picture))
		add_leftover(finding, picture, names, "", 0);
	else
		claim(finding, picture);
	return 0;
}

static int take_orphan(void *ctx, const struct state_picture *picture, uint64_t names)
{
	struct finding *finding = ctx;
	struct prune *prune = finding->prune;
	const struct prune_ground *ground;
	const char *below;

	if (names != state_names(finding->root->state) && !prune->pump->options->prune_all)
		return 0;
	ground = prune_find_ground(prune, picture, &below);
	if (!ground ||
	    (!prune->pump->options->force_empty &&
	     !number_set_has(&prune->inhabited,
	                     prune_place((unsigned)(ground - prune->ground), STATE_KEY_ROOT))))
		return 0;
	prune->outputs++;
	add_leftover(finding, picture, names, "", 0);
	if (!prune->failed)
		prune->leftover[prune->count - 1]->kind = LEFTOVER_ORPHAN;
	return 0;
}

/* What ended its worker, and has no outputs of its own: it is forgotten with its source. */
static int take_poison(void *ctx, const struct state_poison *poison)
{
	struct finding *finding = ctx;
	struct prune *prune = finding->prune;
	const struct state_picture picture = {
	    .directory = poison->directory, .name = poison->name, .source = poison->source};
	const struct prune_ground *ground;
	const char *below;
	char where[PATH_MAX];

	if (poison->names != state_names(finding->root->state) && !prune->pump->options->prune_all)
		return 0;
	ground = ground_of(prune, &picture, &below);
	if (!ground || number_set_has(&finding->sources, picture_key(&picture)) ||
	    prune_look(prune, finding->root, ground, &picture, below, where) != PRUNE_GONE)
		return 0;
	add_leftover(finding, &picture, poison->names, "", 0);
	if (!prune->failed)
		prune->leftover[prune->count - 1]->kind = LEFTOVER_POISON;
	return 0;
}

/* --- what of them goes -------------------------------------------------------------------------
 */

static void judge_output(struct finding *finding, int root, struct leftover *leftover,
                         struct leftover_output *output)
{
	const int status = prune_compare(root, finding->root->output, output);
	const bool claimed = number_set_has(&finding->claimed, path_key(finding, output->path)) ||
	                     number_set_has(&finding->claimed, file_key(&output->file));

	if (status == -ENOENT)
		return;
	/* what somebody has changed remains known as such, unless it is another picture's */
	leftover->keep |= status == 0 ? claimed : !claimed && leftover->kind != LEFTOVER_ORPHAN;
	output->goes = status == 0 && !claimed;
	finding->prune->changed += status != 0 && !claimed;
	finding->prune->going += output->goes;
}

static void judge_leftovers(struct finding *finding)
{
	struct prune *prune = finding->prune;

	for (size_t i = finding->first; i < prune->count; i++)
		for (unsigned k = 0; k < prune->leftover[i]->outputs; k++)
			judge_output(finding, finding->output, prune->leftover[i],
			             &prune->leftover[i]->output[k]);
}

void prune_find(struct prune *prune, struct known_root *root)
{
	struct finding finding = {.prune = prune,
	                          .root = root,
	                          .first = prune->count,
	                          .output = prune_open_root(prune, root),
	                          .folds = fold_asked(root->output)};
	int status;

	if (finding.output < 0) {
		prune->failed = true;
		return;
	}
	take_plan(&finding);
	status = state_each_picture(root->state, take_own, &finding);
	if (status == 0)
		status = state_each_picture(root->state, take_other, &finding);
	if (status == 0)
		status = state_each_orphan(root->state, take_orphan, &finding);
	if (status == 0)
		status = state_each_poison(root->state, take_poison, &finding);
	if (status != 0)
		prune->failed = true;
	else
		judge_leftovers(&finding);
	(void)close(finding.output); /* nothing was written through it */
	number_set_free(&finding.sources);
	number_set_free(&finding.current);
	number_set_free(&finding.mine);
	number_set_free(&finding.claimed);
}
