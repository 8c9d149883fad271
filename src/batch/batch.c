/* batch.c - a run from its options to its outcome: ground, plan, executor, pump, end.
 *
 * Workers are made before the plan: a plan of a million files is memory that they need not carry.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "base/memory.h"
#include "batch/agenda.h"
#include "batch/descriptors.h"
#include "batch/emptied.h"
#include "batch/feed.h"
#include "batch/fetched.h"
#include "batch/hoist.h"
#include "batch/known.h"
#include "batch/made.h"
#include "batch/part.h"
#include "batch/pipe.h"
#include "batch/plug.h"
#include "batch/priority.h"
#include "batch/prune.h"
#include "batch/pump.h"
#include "batch/start.h"
#include "batch/tell.h"
#include "batch/unmade.h"
#include "plugin/plugin.h"
#include "redis/values.h"

/* From here on there is work to be brought to an end. */
static void begin(struct pump *pump)
{
	struct br_batch_progress *progress = &pump->outcome->progress;

	progress->total = pump->items - (pump->plan ? plan_standing(pump->plan) : 0);
	progress->bytes_total = pump->plan ? plan_bytes(pump->plan) : 0;
	progress->found = 0;
	progress->more = pump->streams;
	signals_work();
	pump->begin = clock_ns();
	pump->kills = memory_kills();
	tell_started(pump);
}

/* A signal came while there was nothing yet to bring to an end. */
static int stop_looking(const struct pump *pump, struct br_error *error)
{
	return br_error_set(error, BR_ERROR_CANCELLED,
	                    "stopped by SIG%s while images were looked for (%llu found so far): "
	                    "nothing was made",
	                    sigabbrev_np(signals_first()),
	                    (unsigned long long)pump->outcome->progress.found);
}

static void take_hold(void *ctx, const struct plan *plan)
{
	struct pump *pump = ctx;

	pump->hold_status = hold_take(pump, plan, false, &pump->hold_error);
	hold_tell_lack(pump, plan);
	if (pump->hold_status == 0)
		known_read(pump->known, plan);
}

static int make_plan(struct pump *pump, struct br_error *error)
{
	const struct plan_observer observer = {.ctx = pump,
	                                       .notice = tell_notice,
	                                       .malformed = tell_malformed,
	                                       .unread = tell_unread,
	                                       .look = tell_found,
	                                       .rooted = take_hold};
	int status;

	pump->looked = clock_ns();
	status = plan_make_part(pump->options, &observer, pump->filter, &pump->plan, error);
	if (pump->hold_status) {
		*error = pump->hold_error;
		return pump->hold_status;
	}
	if (signals_count() > 0)
		return stop_looking(pump, error);
	if (status == -ECANCELED && time_limit_left(&pump->limit) <= 0) {
		pump->outcome->time_up = true;
		return 0;
	}
	if (status)
		return status;
	pump->context->plan = pump->plan;
	pump->items = plan_count(pump->plan);
	pump->streams = plan_is_stream(pump->plan);
	if (known_was_killed(pump->known))
		sweeper_everywhere(pump->context->sweeper);
	if (!pump->streams)
		start_settle(pump);
	pump->context->known = pump->known;
	emptied_check(pump);
	return 0;
}

/* Pictures are not begun as they stand in the plan, unless that is not known: with a time limit
 * those that take least come first, and without one those that take long begin in time. */
static int put_in_order(struct pump *pump, struct br_error *error)
{
	const struct br_image_options *image = &pump->options->image;
	const unsigned workers = pump->outcome->workers;
	bool done;

	if (!pump->plan || pump->streams || pump->options->dry_run)
		return 0;
	if (time_limit_is_set(&pump->limit))
		done = (pump->agenda = agenda_new(pump->plan, image, workers)) != NULL;
	else
		done = hoist_plan(pump->plan, image, workers, &pump->order) == 0;
	return done ? 0 : br_error_system(error, ENOMEM, "no memory");
}

static int run_pipe(struct pump *pump, struct br_error *error)
{
	struct task_context *context = pump->context;
	uint64_t bytes;
	int status =
	    pipe_slurp(STDIN_FILENO, TASK_SOURCE_MAX, &context->pipe_source, &bytes, error);

	if (!status)
		status = plan_pipe(pump->options, bytes, &pump->plan, error);
	if (status)
		return status;
	context->plan = pump->plan;
	pump->items = plan_count(pump->plan);
	signals_end_gently(&pump->signals);
	begin(pump);
	return pump_run(pump, error);
}

/* Whether a part of the sources turned out to be none. */
static bool is_idle(const struct pump *pump)
{
	return pump->filter && !pump->streams && pump->items == plan_standing(pump->plan);
}

/* Whether anything may be made: a run of sources that are none leaves no directory behind. */
static bool has_work(const struct pump *pump)
{
	const size_t count = pump->plan ? plan_count(pump->plan) : 0;

	for (size_t i = 0; i < count; i++)
		if (plan_is_work(pump->plan, i))
			return true;
	return false;
}

static int run_plan(struct pump *pump, struct br_error *error)
{
	int status;

	signals_end_gently(&pump->signals);
	status = make_plan(pump, error);
	if (!status && is_idle(pump)) {
		begin(pump);
		return 0;
	}
	if (!status && pump->plan && !pump->options->dry_run && !pump->streams)
		status = start_ground(pump, has_work(pump), error);
	if (!status && !pump->options->dry_run && !pump->executor)
		status = start_executor(pump, error);
	if (!status)
		status = put_in_order(pump, error);
	if (status)
		return status;
	if (!pump->options->dry_run && !pump->streams && has_work(pump))
		known_begin(pump->known);
	begin(pump);
	unmade_refused(pump);
	if (!pump->options->dry_run) {
		status = pump_run(pump, error);
		if (!status)
			prune(pump);
		return status;
	}
	unmade_planned(pump);
	feed_planned(pump);
	if (!pump->list_status)
		prune(pump);
	if (pump->list_status)
		*error = pump->list_error;
	return pump->list_status;
}

static void clear_ground(struct pump *pump)
{
	sweeper_free(pump->context->sweeper);
	syncer_free(pump->context->syncer);
	footing_free(pump->context->footing);
	made_free(pump->context->made);
	known_free(pump->known);
	plan_free(pump->plan);
	unsettled_free(&pump->unsettled);
	prune_free_unread(&pump->unread_paths);
	plugin_free(pump->context->plugin);
	if (pump->context->pipe_source >= 0)
		(void)close(pump->context->pipe_source);
	fetch_free(pump->context->fetch);
	values_free(pump->context->values);
	free(pump->ground);
}

static void finish(struct pump *pump)
{
	struct br_batch_outcome *outcome = pump->outcome;

	if (pump->executor)
		outcome->stats = br_executor_stats(pump->executor);
	tell_count_attempts(pump);
	outcome->left_behind = br_executor_free(pump->executor);
	known_take_made(pump->known, pump->context->made);
	known_close(pump->known);
	outcome->left_behind += known_has_left_behind(pump->known);
	sweeper_end(pump->context->sweeper);
	sweeper_tell(pump->context->sweeper, pump, tell_temporary);
	if (outcome->left_behind == 0) {
		hold_end(&pump->own_hold);
		clear_ground(pump);
	}
	if (pump->begin)
		tell_count_time(pump);
	agenda_free(pump->agenda);
	free(pump->order);
	signals_end(&pump->signals);
	outcome->signal = signals_first();
}

/* What the image room has to know of the mode. A process that is late is killed, and its image
 * tried again; in the other modes an image can only be asked to stop. Threads share one image
 * library, whose message may be about another image. */
static void complete_options(struct br_batch_options *own)
{
	bool killable = task_in_processes(own);

	own->image.timeout_ms = killable ? 0 : own->timeout_ms;
	own->image.alone = own->mode != BR_EXECUTOR_THREAD;
	if (own->orders) {
		own->list = BR_BATCH_LIST_NDJSON;
		own->null_separated = true;
		own->lock = BR_BATCH_LOCK_OFF;
		own->settle_ms = 0;
		if (own->existing == BR_BATCH_EXISTING_UPDATE)
			own->existing = BR_BATCH_EXISTING_OVERWRITE;
	}
	if (own->output && redis_address_is(own->output)) { /* where nothing can be remembered */
		own->lock = BR_BATCH_LOCK_OFF;
		if (own->existing == BR_BATCH_EXISTING_UPDATE)
			own->existing = BR_BATCH_EXISTING_OVERWRITE;
	}
	if (!br_batch_is_pipe(own))
		return;
	/* nothing is to be looked at under a name that stands for no file */
	own->existing = BR_BATCH_EXISTING_OVERWRITE;
	own->tell_existing = own->explain = false;
	own->settle_ms = 0;
}

static int lay_ground(struct pump *pump, const struct br_batch_options *options,
                      struct br_error *error)
{
	struct ground *ground = malloc(sizeof(*ground));

	if (!ground)
		return br_error_system(error, ENOMEM, "no memory");
	ground->options = *options;
	start_choose(pump, &ground->options);
	complete_options(&ground->options);
	ground->context = (struct task_context){
	    .options = &ground->options,
	    .asks_at_hand = pump->choice.local && ground->options.mode == BR_EXECUTOR_AUTO,
	    .pipe_source = -1,
	    .pipe_output = STDOUT_FILENO};
	pump->ground = ground;
	pump->options = &ground->options;
	pump->context = &ground->context;
	pump->context->fetch = fetched_new(pump->options);
	pump->context->values = fetched_values_new(pump->options);
	return pump->context->fetch && pump->context->values
	           ? 0
	           : br_error_system(error, ENOMEM, "no memory");
}

/* If the format asked for can't be written, every image would fail: say so now. The image library
 * starts no thread here, so that workers can still be forked. */
static int check_format(const struct br_batch_options *options, struct br_error *error)
{
	int status = 0;

	if (!options->dry_run || options->image.format != BR_IMAGE_FORMAT_UNKNOWN)
		status = br_image_init(error);
	if (!status && options->image.format != BR_IMAGE_FORMAT_UNKNOWN)
		status = br_image_check_write(options->image.format, error);
	return status;
}

/* Workers are forked before the plan makes this process large, unless more are asked for than there
 * are CPUs, or a part of the sources: only the plan says then how many have something to do. */
static bool starts_late(const struct pump *pump)
{
	const unsigned jobs = pump->options->jobs;

	return (pump->filter || (jobs > 1 && jobs > cpu_count())) &&
	       !br_batch_is_pipe(pump->options);
}

int batch_run_part(const struct br_batch_options *options, const struct plan_filter *filter,
                   struct hold *hold, const struct br_batch_observer *observer,
                   struct br_batch_outcome *outcome, struct br_error *error)
{
	struct pump pump = {.filter = filter, .observer = observer, .outcome = outcome, .list = -1};
	int status;

	pump.hold = hold ? hold : &pump.own_hold;
	memset(outcome, 0, sizeof(*outcome));
	status = br_batch_check(options, error);
	if (!status)
		status = lay_ground(&pump, options, error);
	if (status)
		return status;
	pump.limit = time_limit_start(options);
	signals_watch(&pump.signals, observer->hung_up != NULL);
	priority_lower(&pump);
	descriptors_raise();
	pump.context->sweeper = options->dry_run ? NULL : sweeper_new();
	pump.context->syncer = options->fsync ? syncer_new() : NULL;
	/* What tells of a run that lost its power may be lost with it, and nothing tells of a
	 * queue's other members, one of which may be killed at any time. */
	if (options->fsync || options->orders)
		sweeper_everywhere(pump.context->sweeper);
	if (known_is_wanted(options)) {
		pump.known = known_new(pump.context, tell_state, &pump);
		pump.context->remembers = pump.known != NULL;
		pump.context->made = pump.known && !options->dry_run ? made_new() : NULL;
	}
	status = check_format(options, error);
	if (!status)
		status = plug_begin(&pump, error);
	if (!status && !options->dry_run && !starts_late(&pump))
		status = start_executor(&pump, error);
	if (!status)
		status =
		    br_batch_is_pipe(options) ? run_pipe(&pump, error) : run_plan(&pump, error);
	finish(&pump);
	return status;
}

int br_batch_run(const struct br_batch_options *options, const struct br_batch_observer *observer,
                 struct br_batch_outcome *outcome, struct br_error *error)
{
	return batch_run_part(options, NULL, NULL, observer, outcome, error);
}
