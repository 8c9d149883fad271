/* prune_run.c - when something is removed, how much, and what is told of it; see prune.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/prune_parts.h"
#include "batch/tell.h"
#include "io/path.h"

/* Paths that could not be read and are remembered, and places that are told of: with more a run has
 * other troubles. */
#define UNREAD_MAX 1024
#define TOLD_MAX   5

/* So many outputs are no loss, whatever part of all they are. */
#define FEW 100

static bool is_asked(const struct br_batch_options *options)
{
	return options->prune || options->prune_all;
}

/* --- what could not be read --------------------------------------------------------------------
 */

void prune_note_unread(struct pump *pump, const char *path)
{
	struct prune_unread *unread = &pump->unread_paths;
	char **grown;

	if (!is_asked(pump->options) || unread->all)
		return;
	grown = unread->count < UNREAD_MAX
	            ? realloc(unread->path, (unread->count + 1) * sizeof(char *))
	            : NULL;
	if (grown) {
		unread->path = grown;
		grown[unread->count] = strdup(path);
		unread->count += grown[unread->count] != NULL;
	}
	unread->all = !grown || !grown[unread->count - 1];
}

void prune_free_unread(struct prune_unread *unread)
{
	for (size_t i = 0; i < unread->count; i++)
		free(unread->path[i]);
	free(unread->path);
}

/* --- the ground --------------------------------------------------------------------------------
 */

static bool find_grounds(struct prune *prune)
{
	const struct plan *plan = prune->pump->plan;
	const uint32_t *walked;
	const unsigned count = plan_walked(plan, &walked);

	prune->ground = calloc(count + (size_t)1, sizeof(*prune->ground));
	if (!prune->ground)
		return false;
	for (unsigned i = 0; i < count; i++) {
		struct prune_ground *ground = &prune->ground[i];
		char path[PATH_MAX];
		struct stat st;

		if (plan_directory(plan, walked[i], path, sizeof(path)) < 0)
			continue;
		/* names of the working directory stand alone, as in a report */
		if (strcmp(path, ".") != 0)
			known_prefix(path, ground->path);
		ground->there = known_absolute(prune->known, path, ground->absolute) &&
		                stat(path, &st) == 0 && S_ISDIR(st.st_mode);
		ground->device = ground->there ? st.st_dev : 0;
		ground->inode = ground->there ? st.st_ino : 0;
	}
	prune->grounds = count;
	return true;
}

static bool find_inhabited(struct prune *prune)
{
	uint32_t count;
	struct plan_ground *ground = plan_grounds(prune->pump->plan, &count);
	bool complete = ground != NULL;

	for (uint32_t i = 0; complete && i < count; i++)
		if (ground[i].inhabited && ground[i].walked != PLAN_NOT_WALKED)
			complete = number_set_add(&prune->inhabited,
			                          prune_place(ground[i].walked, ground[i].key));
	free(ground);
	return complete;
}

/* --- telling -----------------------------------------------------------------------------------
 */

static void tell(const struct prune *prune, enum br_batch_weight weight, const char *path,
                 const char *text)
{
	tell_notice_of(prune->pump, weight, path, text);
}

static const char *output_name(const struct prune *prune)
{
	const char *output = prune->pump->options->output;

	return output || prune->known->roots == 0 ? (output ? output : "--prune")
	                                          : prune->known->root[0].output;
}

static void tell_held(const struct prune *prune)
{
	char text[192];

	for (size_t i = 0; i < prune->holds && i < TOLD_MAX; i++) {
		(void)snprintf(text, sizeof(text),
		               "has no picture any more: what was made of them is kept (%" PRIu64
		               " outputs), for a disk that is not mounted looks the same; "
		               "--force-empty removes it",
		               prune->held[i].outputs);
		tell(prune, BR_BATCH_WARNING, prune->held[i].path, text);
	}
	if (prune->holds <= TOLD_MAX)
		return;
	(void)snprintf(text, sizeof(text), "and %zu other directories are like that",
	               prune->holds - TOLD_MAX);
	tell(prune, BR_BATCH_WARNING, prune->held[TOLD_MAX].path, text);
}

static void tell_kept(const struct prune *prune)
{
	char text[192];

	if (prune->changed > 0) {
		(void)snprintf(text, sizeof(text),
		               "%" PRIu64 " left over are kept: not as they were left",
		               prune->changed);
		tell(prune, BR_BATCH_REMARK, output_name(prune), text);
	}
	if (prune->others > 0) {
		(void)snprintf(text, sizeof(text),
		               "%" PRIu64 " that runs with other options made are kept: "
		               "--prune-all takes them for left over",
		               prune->others);
		tell(prune, BR_BATCH_REMARK, output_name(prune), text);
	}
}

/* --- the brake ---------------------------------------------------------------------------------
 */

static bool is_too_much(const struct prune *prune)
{
	const struct br_batch_share *most = &prune->pump->options->max_delete;

	switch (most->kind) {
	case BR_BATCH_SHARE_COUNT:
		return prune->going > most->amount;
	case BR_BATCH_SHARE_PERCENT:
		return (double)prune->going * 1e5 > (double)most->amount * (double)prune->outputs;
	default:
		return prune->going > FEW && prune->going > prune->outputs / 2;
	}
}

static void refuse(const struct prune *prune)
{
	struct br_batch_record record = {.source = output_name(prune),
	                                 .output = "",
	                                 .status = BR_BATCH_FAILED,
	                                 .mode = prune->pump->options->mode,
	                                 .sizes = 1};

	(void)br_error_set(&record.error, BR_ERROR_MAX_DELETE,
	                   "%" PRIu64 " of %" PRIu64 " outputs would be removed, more than "
	                   "--max-delete allows: none is (if it is right, raise that)",
	                   prune->going, prune->outputs);
	tell_pruned(prune->pump, &record);
	tell(prune, BR_BATCH_SERIOUS, record.source, record.error.msg);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static bool is_stopped(const struct pump *pump)
{
	return signals_count() > 0 || pump->outcome->stopped || time_limit_left(&pump->limit) <= 0;
}

/* Those of a state lie together. */
static void remove_all(struct prune *prune)
{
	const struct known_root *last = NULL;
	int root = -1;

	for (size_t i = 0; i < prune->count && !is_stopped(prune->pump); i++) {
		struct leftover *leftover = prune->leftover[i];

		if (leftover->root != last) {
			last = leftover->root;
			if (root >= 0)
				(void)close(root); /* nothing was written through it */
			root = prune_open_root(prune, last);
		}
		if (root >= 0 && last->state)
			prune_remove(prune, root, leftover);
		tell_tick(prune->pump);
	}
	if (root >= 0)
		(void)close(root); /* the same */
}

static void find_all(struct prune *prune)
{
	prune->failed = !find_grounds(prune) || !find_inhabited(prune);
	for (unsigned i = 0; i < prune->known->roots && !prune->failed; i++)
		if (prune->known->root[i].state)
			prune_find(prune, &prune->known->root[i]);
}

/* Why nothing is known, or NULL. */
static const char *lack(const struct pump *pump)
{
	if (pump->options->files_from)
		return "removes nothing of a list, which does not say what is gone";
	if (!pump->known || pump->known->roots == 0)
		return "removes nothing here: of outputs beside their sources nothing is "
		       "remembered";
	for (unsigned i = 0; i < pump->known->roots; i++)
		if (pump->known->root[i].failed)
			return "removes nothing where the state is not to be had";
	return NULL;
}

static bool is_ended(const struct pump *pump)
{
	return !pump->plan || pump->over_time || pump->outcome->time_up || pump->outcome->gave_up ||
	       pump->lost || is_stopped(pump);
}

void prune(struct pump *pump)
{
	struct prune prune = {.pump = pump, .known = pump->known};
	const char *why;

	if (!is_asked(pump->options))
		return;
	if (is_ended(pump)) {
		tell(&prune, BR_BATCH_REMARK, "--prune",
		     "removes nothing after a run that was ended");
		return;
	}
	why = lack(pump);
	if (why)
		tell(&prune, BR_BATCH_WARNING, "--prune", why);
	if (pump->options->files_from || !pump->known ||
	    footing_of_all(pump->context->footing, NULL) != 0)
		return;
	find_all(&prune);
	tell_held(&prune);
	if (prune.failed)
		tell(&prune, BR_BATCH_SERIOUS, output_name(&prune),
		     "what is left over can't be found out, and stays (is there memory, and can "
		     "the directory be read?)");
	else if (is_too_much(&prune))
		refuse(&prune);
	else
		remove_all(&prune);
	tell_kept(&prune);
	for (size_t i = 0; i < prune.count; i++)
		prune_free_leftover(prune.leftover[i]);
	for (size_t i = 0; i < prune.holds; i++)
		free(prune.held[i].path);
	free(prune.held);
	free(prune.leftover);
	free(prune.ground);
	number_set_free(&prune.inhabited);
}
