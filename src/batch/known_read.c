/* known_read.c - opening, reading and closing states; see known.h. */
#include "batch/known_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/threads.h"
#include "batch/fingerprint.h"
#include "plugin/plugin.h"
#include "state/place.h"

/* How often who waits for the reading looks around, ns. */
#define LOOK_NS 50000000

/* How long after its beginning pictures wait for a state to be opened, ns: no local disk takes as
 * long, and what is told of them is safe soon. */
#define GRACE_NS UINT64_C(50000000)

/* How long a state may take to be opened, ns: a disk that never answers must not hold the run. */
#define OPEN_NS UINT64_C(10000000000)

bool known_is_wanted(const struct br_batch_options *options)
{
	if (options->path_count == 1 && strcmp(options->paths[0], "-") == 0)
		return false;
	return !options->output_is_file && !options->orders;
}

struct known *known_new(const struct task_context *context,
                        void (*notice)(void *ctx, const char *path, const char *text), void *ctx)
{
	struct known *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->context = context;
	known->options = context->options;
	known->notice = notice;
	known->ctx = ctx;
	if (!getcwd(known->directory, sizeof(known->directory)))
		known->directory[0] = '\0';
	return known;
}

const char *known_text(struct known *known, enum br_image_format format)
{
	if ((unsigned)format >= BR_IMAGE_FORMATS)
		return NULL;
	if (!known->text[format])
		known->text[format] = fingerprint_text(
		    known->options, plugin_identity(known->context->plugin), format);
	return known->text[format];
}

static void tell_fault(const struct known *known, const struct known_root *root,
                       const struct br_error *error)
{
	char path[PATH_MAX + 32], text[BR_ERROR_TEXT_MAX + 128];

	(void)snprintf(path, sizeof(path), "%s/" PLACE_NAME "/state.db", root->output);
	(void)snprintf(text, sizeof(text), "%s%s: what has changed is judged by sizes and times",
	               error->msg,
	               error->code == BR_ERROR_CORRUPT && !known->options->dry_run
	                   ? ", and set aside as state.db.damaged"
	                   : "");
	known->notice(known->ctx, path, text);
}

void known_drop(struct known *known, struct known_root *root, const struct br_error *error)
{
	struct br_error ignored;

	(void)state_close(root->state, false, &ignored);
	root->state = NULL;
	tell_fault(known, root, error);
	if (root->may_write && root->ways.since == 0)
		__atomic_store_n(&root->new, true, __ATOMIC_RELAXED);
	if (error->code == BR_ERROR_CORRUPT && !known->options->dry_run && !root->replaced) {
		state_set_aside(root->output);
		root->replaced = true;
	} else {
		root->failed = true;
	}
}

/* --- reading -----------------------------------------------------------------------------------
 */

struct finding {
	struct known *known;
	struct known_root *root;
};

static void find_current(void *ctx, int64_t id, const struct state_setup *setup)
{
	const struct finding *finding = ctx;
	struct known_root *root = finding->root;
	const char *text = known_text(finding->known, (enum br_image_format)setup->output);
	int64_t *grown;

	if (!text || strcmp(text, setup->options) != 0 ||
	    setup->versions != br_image_versions((enum br_image_format)setup->source,
	                                         (enum br_image_format)setup->output,
	                                         setup->library))
		return;
	grown = realloc(root->current, (root->currents + 1) * sizeof(*grown));
	if (!grown)
		return; /* what was made so is made again */
	root->current = grown;
	root->current[root->currents++] = id;
}

static bool is_current(void *ctx, int64_t id)
{
	const struct known_root *root = ctx;

	for (size_t i = 0; i < root->currents; i++)
		if (root->current[i] == id)
			return true;
	return false;
}

static bool has_state(struct known *known, struct known_root *root)
{
	struct stat st;
	int place = place_open(root->output, false);
	bool has;

	root->new = place < 0 && place != -EACCES; /* another user's, who alone may read it */
	known_read_ways(known, root);
	if (place < 0)
		return false;
	has = fstatat(place, "state.db", &st, AT_SYMLINK_NOFOLLOW) == 0;
	root->may_write = faccessat(place, ".", W_OK, AT_EACCESS) == 0;
	root->new = !has && root->ways.since == 0 && root->may_write;
	(void)close(place); /* nothing was written through it */
	return has;
}

/* From any thread: touches nothing of the root's but its path. */
static void open_state(const struct br_batch_options *options, struct known_opening *opening)
{
	const char *output = opening->root->output;
	const int place = opening->make ? place_open(output, true) : -1;

	if (place >= 0)
		(void)close(place); /* nothing was written through it */
	opening->since = INT64_MAX;
	opening->status = state_open(output, !options->dry_run, fingerprint_names(options),
	                             &opening->state, &opening->error);
	if (opening->status == 0 && options->fsync)
		state_outlive_power(opening->state);
	if (opening->status == 0 && opening->text) {
		opening->status =
		    state_begin(opening->state, opening->text, &opening->since, &opening->killed);
		if (opening->status != 0)
			state_error(opening->state, &opening->error);
	}
}

static bool start_thread(struct known *known, void *(*work)(void *))
{
	return threads_start(&known->thread, NULL, work, known) == 0;
}

static struct known_opening opening_of(struct known *known, struct known_root *root)
{
	const struct br_batch_options *options = known->options;

	return (struct known_opening){.root = root,
	                              .text = known_text(known, BR_IMAGE_FORMAT_UNKNOWN),
	                              .state = root->state,
	                              .since = root->since,
	                              .killed = root->killed,
	                              .make =
	                                  options->lock == BR_BATCH_LOCK_OFF && !options->dry_run};
}

static void take_opened(struct known *known, const struct known_opening *opening)
{
	struct known_root *root = opening->root;

	root->state = opening->state;
	root->since = opening->since;
	root->killed = opening->killed;
	if (opening->status == -ENOENT)
		return;
	if (opening->status != 0)
		known_drop(known, root, &opening->error);
	else if (opening->error.code == BR_ERROR_CORRUPT)
		tell_fault(known, root, &opening->error);
}

/* Whether the thread has ended, after so many ns (a second at most) in which it may. */
static bool has_ended(struct known *known, uint64_t ns)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)ns;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_timedjoin_np(known->thread, NULL, &until) != ETIMEDOUT;
}

static void *open_states(void *arg)
{
	struct known *known = arg;

	for (unsigned i = 0; i < known->openings; i++) {
		struct known_opening *opening = &known->opening[i];

		if (!opening->state)
			open_state(known->options, opening);
		if (opening->early && opening->status == 0)
			state_get_ready(opening->state);
	}
	return NULL;
}

/* The thread is left to itself, with all that it looks at. */
static void give_up(struct known *known)
{
	struct br_error error;

	known->left_behind = true;
	(void)pthread_detach(known->thread);
	(void)br_error_set(&error, BR_ERROR_TIMEOUT, "does not answer");
	for (unsigned i = 0; i < known->openings; i++) {
		known->opening[i].root->state = NULL; /* which it may look at for ever */
		tell_fault(known, known->opening[i].root, &error);
	}
	for (unsigned i = 0; i < known->roots; i++)
		known->root[i].failed = known->root[i].state == NULL;
}

/* What has been begun has ended, or will not. */
static void end_beginning(struct known *known, bool ended)
{
	if (!ended)
		give_up(known);
	for (unsigned i = 0; ended && i < known->openings; i++)
		take_opened(known, &known->opening[i]);
	known->beginning = false;
	known->openings = 0;
	known_tell_late(known);
}

static bool is_over_time(const struct known *known)
{
	return clock_ns() - known->began >= OPEN_NS;
}

bool known_still_begins(struct known *known, bool patient)
{
	uint64_t since;
	bool ended;

	if (!known->beginning)
		return false; /* as for nearly every picture: not even the clock is asked */
	since = clock_ns() - known->began;
	ended = has_ended(known, patient && since < GRACE_NS ? GRACE_NS - since : 0);
	if (ended || is_over_time(known))
		end_beginning(known, ended);
	return known->beginning;
}

void known_finish_beginning(struct known *known)
{
	bool ended = false;

	if (!known->beginning)
		return;
	while (!ended && !is_over_time(known))
		ended = has_ended(known, LOOK_NS);
	end_beginning(known, ended);
}

void known_catch_up(struct known *known)
{
	if (known)
		known_finish_beginning(known);
}

void known_open(struct known *known, struct known_root *root)
{
	if (known->left_behind) {
		root->failed = true;
		return;
	}
	known->opening[0] = opening_of(known, root);
	known->openings = 1;
	known->began = clock_ns();
	known->beginning = start_thread(known, open_states);
	if (!known->beginning) {
		(void)open_states(known);
		take_opened(known, &known->opening[0]);
		known->openings = 0;
	}
	known_finish_beginning(known);
}

bool known_has_left_behind(const struct known *known)
{
	return known && known->left_behind;
}

static void *read_states(void *arg)
{
	struct known *known = arg;

	for (unsigned i = 0; i < known->roots; i++) {
		struct known_root *root = &known->root[i];

		if (root->state)
			root->status = state_load(root->state, is_current, root, &root->error);
	}
	return NULL;
}

static void start_reading(struct known *known)
{
	known->reading = start_thread(known, read_states);
	if (!known->reading)
		(void)read_states(known);
}

/* Of a list without an end nobody knows how little of what is known it asks for. */
static void prepare(struct known *known)
{
	for (unsigned i = 0; i < known->roots; i++) {
		struct known_root *root = &known->root[i];

		if (root->state && state_prepare(root->state, is_current, root, &root->error) != 0)
			known_drop(known, root, &root->error);
	}
}

void known_read(struct known *known, const struct plan *plan)
{
	const uint32_t *directory;
	bool any = false;
	unsigned count;

	if (!known)
		return;
	known->begin = clock_ns(); /* by now nobody else works there */
	count = plan_roots(plan, &directory);
	for (unsigned i = 0; i < count; i++) {
		struct known_root *root = &known->root[known->roots++];
		char path[PATH_MAX];

		root->since = INT64_MAX;
		root->failed = true;
		if (plan_directory(plan, directory[i], path, sizeof(path)) < 0)
			continue;
		root->output = strdup(path);
		if (!root->output)
			continue;
		root->failed = false;
		if (!has_state(known, root))
			continue;
		known_open(known, root);
		if (root->state && (state_each_setup(root->state, find_current,
		                                     &(struct finding){known, root}) != 0 ||
		                    known_read_poison(known, root) != 0)) {
			state_error(root->state, &root->error);
			known_drop(known, root, &root->error);
		}
		any |= root->state != NULL;
	}
	if (!any || known->options->existing != BR_BATCH_EXISTING_UPDATE)
		return;
	if (plan_is_stream(plan))
		prepare(known);
	else
		start_reading(known);
}

bool known_was_killed(const struct known *known)
{
	for (unsigned i = 0; known && i < known->roots; i++)
		if (known->root[i].killed)
			return true;
	return false;
}

static void wait_for_reading(struct known *known, int (*look)(void *ctx))
{
	while (known->reading) {
		known->reading = !has_ended(known, LOOK_NS);
		for (unsigned i = 0; i < known->roots && (!look || look(known->ctx)); i++)
			if (known->root[i].state)
				state_stop(known->root[i].state);
	}
}

/* What was damaged makes room for a new one; of one that could not be read to its end nothing is
 * believed. */
static void check_reading(struct known *known)
{
	for (unsigned i = 0; i < known->roots; i++) {
		struct known_root *root = &known->root[i];

		if (root->status != 0 && root->status != -ECANCELED && root->state)
			known_drop(known, root, &root->error);
	}
}

void known_finish_reading(struct known *known, int (*look)(void *ctx))
{
	wait_for_reading(known, look);
	check_reading(known);
}

/* --- beginning ---------------------------------------------------------------------------------
 */

void known_begin(struct known *known)
{
	if (!known || known->reading || known->left_behind ||
	    footing_of_outputs(known->context->footing, NULL) != 0)
		return;
	for (unsigned i = 0; i < known->roots; i++) {
		struct known_root *root = &known->root[i];

		/* one that was there is made ready alone; until then nobody writes to it */
		if (root->failed)
			continue;
		known->opening[known->openings] = opening_of(known, root);
		known->opening[known->openings].early = true;
		known->openings++;
	}
	known->began = clock_ns();
	if (known->openings > 0)
		known->beginning = start_thread(known, open_states);
	if (!known->beginning)
		known->openings = 0;
}

/* --- closing -----------------------------------------------------------------------------------
 */

void known_close(struct known *known)
{
	struct br_error error;

	if (!known)
		return;
	if (known->reading) {
		for (unsigned i = 0; i < known->roots; i++)
			if (known->root[i].state)
				state_stop(known->root[i].state);
		(void)pthread_join(known->thread, NULL);
		known->reading = false;
	}
	known_finish_beginning(known);
	for (unsigned i = 0; i < known->roots; i++) {
		struct known_root *root = &known->root[i];
		struct state *state = root->state;

		known_write_ways(known, root, true);

		root->state = NULL;
		if (state_close(state, true, &error) != 0)
			known_drop(known, root, &error);
		root->failed = true;
	}
}

static void forget_roots(struct known *known)
{
	for (unsigned i = 0; i < known->roots; i++) {
		free(known->root[i].output);
		free(known->root[i].current);
		free(known->root[i].poison);
		ways_free(&known->root[i].ways);
		ways_free(&known->root[i].fresh);
		known->root[i] = (struct known_root){0};
	}
	known->roots = 0;
}

void known_read_again(struct known *known, const struct plan *plan)
{
	/* what hangs there looks at the roots */
	if (!known || known->left_behind)
		return;
	known_close(known);
	forget_roots(known);
	known_read(known, plan);
}

void known_free(struct known *known)
{
	if (!known)
		return;
	forget_roots(known);
	known_forget_late(known);
	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++)
		free(known->text[i]);
	for (unsigned i = 0; i < 2; i++)
		free(known->poison_text[i]);
	number_set_free(&known->noted);
	free(known);
}
