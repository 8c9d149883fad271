/* known_fetched.c - what is known of sources that are fetched: what their servers said of them. */
#include <stdlib.h>
#include <string.h>

#include "batch/known_parts.h"

_Static_assert(STATE_FETCHED_MAX == FETCH_VALIDATOR_MAX, "as much is remembered as is kept");

/* --- judging -----------------------------------------------------------------------------------
 */

/* Without memory for them the server is asked for all of it. */
static void note_validators(struct known *known, struct known_root *root, uint64_t item,
                            const char *below, const char *name)
{
	char url[PATH_MAX];
	uint64_t index = item;
	struct known_part *part = known_part_of(known, &index);
	struct fetch_validators *noted = calloc(1, sizeof(*noted));

	if (!part->validators)
		part->validators = calloc(part->count, sizeof(struct fetch_validators *));
	if (!noted || !part->validators || plan_source(known->plan, item, url, sizeof(url)) < 0 ||
	    !state_fetched(root->state, below, name, url, noted->etag, noted->modified)) {
		free(noted);
		return;
	}
	part->validators[index] = noted;
}

/* Only the server, or the bytes themselves, can tell whether it has changed. */
enum known_judgement known_judge_fetched(struct known *known, struct known_root *root,
                                         uint64_t item)
{
	struct state_picture picture;
	char path[PATH_MAX], buffer[KNOWN_NAME_MAX];
	const char *below = known_below(known, root, item, path);
	const char *name = known_name(known, item, buffer);

	if (!below || state_look(root->state, below, name, &picture) != 0 ||
	    !known_note_hash(known, item, picture.file.hash))
		return KNOWN_SOURCE;
	note_validators(known, root, item, below, name);
	return KNOWN_DOUBTFUL;
}

void known_free_validators(struct known_part *part)
{
	for (size_t i = 0; part->validators && i < part->count; i++)
		free(part->validators[i]);
	free(part->validators);
}

bool known_validators(const struct known *known, uint64_t item, struct fetch_validators *validators)
{
	const struct known_part *part = known_part_of(known, &item);

	if (!part || !part->validators || !part->validators[item])
		return false;
	*validators = *part->validators[item];
	return true;
}

/* --- telling -----------------------------------------------------------------------------------
 */

void known_note_fetched(struct known *known, uint64_t item, const struct task_outcome *outcome)
{
	struct known_root *root = known_root(known, item);
	char path[PATH_MAX], name[KNOWN_NAME_MAX], url[PATH_MAX];
	const struct state_fetched fetched = {
	    .url = url, .etag = outcome->validators.etag, .modified = outcome->validators.modified};
	const char *below;
	bool typed;

	if (!root || !root->state || known->options->dry_run ||
	    !plan_url(known->plan, item, &typed) || (!*fetched.etag && !*fetched.modified) ||
	    plan_source(known->plan, item, url, sizeof(url)) < 0)
		return;
	below = known_below(known, root, item, path);
	if (below)
		(void)state_note_fetched(root->state, below, known_name(known, item, name),
		                         &fetched);
}
