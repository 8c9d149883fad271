/* list_poison.c - br_batch_list_poison(): what is remembered, told without a run. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/known_parts.h"
#include "batch/part.h"
#include "state/place.h"

struct listing {
	int (*take)(void *ctx, const struct br_batch_poison *poison);
	void *ctx;
	const char *output;
	char *root[PLAN_ROOTS_MAX]; /* output directories */
	unsigned roots;
	bool rooted; /* they are all there are */
};

/* --- one directory -----------------------------------------------------------------------------
 */

/* Bytes of a source's directory that its outputs' directory does not mirror, with the slash. */
static size_t root_of(const char *source, const char *directory)
{
	const size_t all = strlen(source), below = strlen(directory);

	if (below == 0)
		return all + 1;
	return all > below && source[all - below - 1] == '/' &&
	               strcmp(source + all - below, directory) == 0
	           ? all - below
	           : 0;
}

/* A name is that of a file, and behind a slash what a line of a list has asked for. */
static int tell_row(void *ctx, const struct state_poison *row)
{
	const struct listing *listing = ctx;
	const bool late = row->code == BR_ERROR_TIMEOUT;
	char path[2 * PATH_MAX];

	if (row->stage >= BR_BATCH_STAGES || row->code >= BR_ERROR_CODES ||
	    row->code == BR_ERROR_DROPPED)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/%.*s", row->source, (int)strcspn(row->name, "/"),
	               row->name);
	return listing->take(listing->ctx, &(struct br_batch_poison){
					       .output = listing->output,
					       .source = path,
					       .root = root_of(row->source, row->directory),
					       .status = late ? BR_BATCH_TIMEOUT : BR_BATCH_CRASHED,
					       .code = (enum br_error_code)row->code,
					       .signal = row->signal,
					       .stage = (enum br_batch_stage)row->stage,
					       .worker_rss = row->memory,
					       .worker_ms = row->ms,
					       .time = row->time,
					   });
}

static int fail(const char *output, int status, const struct br_error *why, struct br_error *error)
{
	if (status == -EBUSY)
		return br_error_set(error, BR_ERROR_LOCKED,
		                    "%.120s/" PLACE_NAME "/state.db is in use by another run: ask "
		                    "again when that has ended",
		                    output);
	*error = (struct br_error){.code = why->code, .sys_errno = why->sys_errno};
	(void)snprintf(error->msg, sizeof(error->msg), "%.120s/" PLACE_NAME "/state.db %.80s",
	               output, why->msg);
	return status;
}

static int list_root(struct listing *listing, const char *output, struct br_error *error)
{
	const int place = place_open(output, false);
	struct br_error why = {0}, ignored;
	struct state *state;
	int status;

	if (place < 0)
		return place == -ENOENT
		           ? 0
		           : br_error_system(error, -place, "%.120s/" PLACE_NAME " can't be read",
		                             output);
	(void)close(place); /* nothing was written through it */
	status = state_open(output, false, 0, &state, &why);
	if (status == -ENOENT)
		return 0;
	if (status != 0)
		return fail(output, status, &why, error);
	listing->output = output;
	status = state_each_poison(state, tell_row, listing);
	state_error(state, &why);
	(void)state_close(state, false, &ignored); /* nothing was written */
	return why.code != BR_ERROR_NONE ? fail(output, status, &why, error) : status;
}

/* --- all of a run's ----------------------------------------------------------------------------
 */

static void take_roots(void *ctx, const struct plan *plan)
{
	struct listing *listing = ctx;
	const uint32_t *directory;
	const unsigned count = plan_roots(plan, &directory);
	char path[PATH_MAX];

	listing->rooted = true;
	for (unsigned i = 0; i < count; i++)
		if (plan_directory(plan, directory[i], path, sizeof(path)) >= 0 &&
		    (listing->root[listing->roots] = strdup(path)))
			listing->roots++;
}

/* What is below the sources is of no interest. */
static int stop_looking(void *ctx, size_t found)
{
	const struct listing *listing = ctx;

	(void)found;
	return listing->rooted ? -ECANCELED : 0;
}

static int find_roots(const struct br_batch_options *options, struct listing *listing,
                      struct br_error *error)
{
	const struct plan_observer observer = {
	    .ctx = listing, .look = stop_looking, .rooted = take_roots};
	struct plan *plan;
	int status;

	if (options->output) {
		listing->root[0] = strdup(options->output);
		listing->roots = listing->root[0] != NULL;
		return listing->roots ? 0 : br_error_system(error, ENOMEM, "no memory");
	}
	status = plan_make_part(options, &observer, NULL, &plan, error);
	plan_free(plan);
	return status == -ECANCELED ? 0 : status;
}

int br_batch_list_poison(const struct br_batch_options *options,
                         int (*take)(void *ctx, const struct br_batch_poison *poison), void *ctx,
                         struct br_error *error)
{
	struct listing listing = {.take = take, .ctx = ctx};
	int status = find_roots(options, &listing, error);

	for (unsigned i = 0; i < listing.roots; i++) {
		if (status == 0)
			status = list_root(&listing, listing.root[i], error);
		free(listing.root[i]);
	}
	return status;
}
