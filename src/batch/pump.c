/* pump.c - see pump.h. */
#include "batch/pump.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#include "base/base.h"
#include "batch/advice.h"
#include "batch/agenda.h"
#include "batch/explain.h"
#include "batch/feed.h"
#include "batch/known.h"
#include "batch/load.h"
#include "batch/tell.h"
#include "batch/unmade.h"
#include "plugin/plugin.h"

/* A run ends when so many outputs in a row can't be written, with none written in between: a full
 * disk would fail 400,000 images one by one. */
#define UNWRITTEN_MAX 8
/* It ends too when so many sources in a row can't be read for want of a disk. */
#define UNREAD_MAX 8
/* So many in a row at a run's end mean that it could not have gone on. */
#define UNWRITTEN_AT_END 2
/* Where directories below the output directory are gone, it is looked first after so many pictures
 * in a row whether anything else is left to do; fewer pictures than these may fail one by one. */
#define GONE_LOOK 8
#define GONE_MOST 1000

/* Each keeps a piece of the plan. */
#define UNSETTLED_OF_LIST 512

void pump_begin_record(struct pump *pump, struct br_batch_record *record, uint64_t item)
{
	record_begin(record, &pump->paths, pump->plan, item, pump->options);
}

uint64_t pump_item_at(const struct pump *pump, uint64_t place)
{
	return pump->order ? pump->order[place] : place;
}

bool pump_is_refused(const struct pump *pump, uint64_t item)
{
	return plan_item(pump->plan, item)->refusal != BR_ERROR_NONE;
}

bool pump_is_idle(const struct pump *pump, uint64_t item)
{
	return !plan_is_work(pump->plan, item);
}

bool pump_is_left(const struct pump *pump, uint64_t item)
{
	return !pump_is_idle(pump, item) && !(pump->agenda && agenda_has_taken(pump->agenda, item));
}

void pump_close_record(struct pump *pump, uint64_t item)
{
	plan_done(pump->plan, item);
}

bool pump_is_stopped(const struct pump *pump)
{
	return pump->outcome->stopped || pump->outcome->gave_up || pump->lost ||
	       signals_count() > 0;
}

static void put_job(const struct pump *pump, void *job, uint64_t item)
{
	struct br_image_options image = pump->options->image;

	plan_ask(pump->plan, item, &image);
	*(struct task_job *)job =
	    (struct task_job){.item = item, .size = image.size[0], .format = image.format};
}

static bool is_ready_again(void *arg)
{
	return load_permits(arg);
}

static bool next_again(void *arg, void *job, uint64_t *tag)
{
	struct pump *pump = arg;

	if (!unsettled_next(&pump->unsettled, tag))
		return false;
	put_job(pump, job, *tag);
	return true;
}

/* Whether the machine and the time that is left let another picture begin. */
static bool is_ready(void *arg)
{
	struct pump *pump = arg;
	enum agenda_answer answer = AGENDA_NEXT;

	pump->list = -1;
	if (!load_permits(pump))
		return false;
	if (pump->streams)
		return feed_is_ready(pump);
	if (pump->agenda)
		answer = agenda_take(pump->agenda, time_limit_left(&pump->limit), clock_ns(),
		                     &pump->agenda_next);
	pump->has_next = answer == AGENDA_NEXT;
	pump->over_time = pump->over_time || answer == AGENDA_OVER;
	return answer != AGENDA_LATER;
}

static bool next_job(void *arg, void *job, uint64_t *tag)
{
	struct pump *pump = arg;

	if (pump->agenda) {
		*tag = pump->agenda_next;
		put_job(pump, job, *tag);
		return pump->has_next;
	}
	while (pump->next < pump->items && pump_is_idle(pump, pump_item_at(pump, pump->next)))
		pump->next++;
	if (pump->next >= pump->items)
		return false;
	*tag = pump_item_at(pump, pump->next++);
	put_job(pump, job, *tag);
	return true;
}

/* What a picture took says what others of its kind will, if it was made. */
static void count_cost(struct pump *pump, const struct br_batch_record *record, uint64_t item)
{
	const struct br_image_result *image = record->image;
	double seconds = -1;

	if (record->status == BR_BATCH_OK && image)
		seconds = (record->read_ms + record->publish_ms + (double)image->decode_ms +
		           (double)image->resize_ms + (double)image->encode_ms) /
		          1e3;
	const double expected = agenda_finish(pump->agenda, item, seconds, clock_ns());

	if (record->status == BR_BATCH_CANCELLED)
		pump->outcome->left_seconds += expected;
}

/* What a disk says that fails, and a mount whose server has gone, whatever file is asked for. */
static bool is_disk(int sys_errno)
{
	switch (sys_errno) {
	case EIO:
	case ENXIO:
	case ENODEV:
	case ESTALE:
	case ENOTCONN:
	case ESHUTDOWN:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ECONNABORTED:
	case EREMOTEIO:
		return true;
	default:
		return false;
	}
}

/* Whether a picture that was under way failed of what another has told of already. */
static bool is_of_lost(const struct pump *pump, const struct br_batch_record *record,
                       const struct task_outcome *outcome)
{
	return pump->lost && record->status == BR_BATCH_FAILED &&
	       (outcome->lost || outcome->gone ||
	        (!outcome->refused && is_disk(record->error.sys_errno)));
}

/* Whether all pictures that are left, and they are many, lie below a directory that is gone, as the
 * item does. */
static bool is_all_gone(const struct pump *pump, uint64_t item)
{
	char lost[PATH_MAX], path[PATH_MAX];
	uint64_t left = 0;

	if (plan_is_stream(pump->plan) ||
	    plan_output(pump->plan, item, 0, NULL, path, sizeof(path)) < 0 ||
	    !footing_lost(pump->context->footing, path, lost))
		return false;
	for (uint64_t place = pump->next; place < pump->items; place++) {
		const uint64_t other = pump_item_at(pump, place);

		if (!pump_is_left(pump, other))
			continue;
		if (plan_output(pump->plan, other, 0, NULL, path, sizeof(path)) < 0 ||
		    strncmp(path, lost, strlen(lost)) != 0)
			return false;
		left++;
	}
	return left >= GONE_MOST;
}

/* One directory that is gone costs what lies below it, unless nothing else is left. */
static void watch_gone(struct pump *pump, const struct br_batch_record *record,
                       const struct task_outcome *outcome, uint64_t item)
{
	if (record->status == BR_BATCH_OK)
		pump->gone = 0;
	if (pump->lost || record->status != BR_BATCH_FAILED || !outcome->gone)
		return;
	pump->gone++;
	/* at 8, 16, 32, ... */
	if (pump->gone < GONE_LOOK || (pump->gone & (pump->gone - 1)) != 0 ||
	    !is_all_gone(pump, item))
		return;
	pump->lost = true;
	pump->lost_error = record->error;
}

/* A disk that has died would fail every image that is left, one by one. */
static void watch_ground(struct pump *pump, const struct br_batch_record *record,
                         const struct task_outcome *outcome)
{
	const bool failed = record->status == BR_BATCH_FAILED;

	if (record->status == BR_BATCH_OK)
		pump->unread = 0;
	else if (failed && !outcome->refused && !outcome->gone && is_disk(record->error.sys_errno))
		pump->unread++;
	if (pump->lost || !(failed && (outcome->lost || pump->unread >= UNREAD_MAX)))
		return;
	pump->lost = true;
	pump->lost_error = record->error;
	if (!outcome->lost)
		(void)br_error_system(&pump->lost_error, record->error.sys_errno,
		                      "%d sources in a row can't be read, and the run ends (is the "
		                      "disk or mount healthy?)",
		                      UNREAD_MAX);
}

static void watch_unwritten(struct pump *pump, const struct br_batch_record *record,
                            const struct task_outcome *outcome)
{
	if (record->status == BR_BATCH_OK) {
		pump->wrote = true;
		/* what was under way when the run was given up does not take that back */
		if (pump->unwritten < UNWRITTEN_MAX)
			pump->unwritten = 0;
	} else if (record->status == BR_BATCH_FAILED && outcome->refused) {
		pump->unwritten++;
		pump->unwritten_error = record->error;
	}
}

/* Whether a thread may still hang in a call for the job. */
static bool is_left_behind(const struct pump *pump, const struct br_executor_result *result)
{
	const bool processes = task_in_processes(pump->options);

	return result->status == BR_EXECUTOR_CANCELLED ||
	       (result->status == BR_EXECUTOR_TIMEOUT &&
	        (!processes || result->error == -ETIMEDOUT));
}

/* Of a list without an end so many may wait for it. */
static bool may_put_off(const struct pump *pump)
{
	return !pump->streams || pump->unsettled.count < UNSETTLED_OF_LIST;
}

/* Whether a worker has had to do with the picture itself, and lives. */
static bool has_tried(const struct br_batch_record *record)
{
	return record->status != BR_BATCH_CANCELLED && record->error.code != BR_ERROR_SYSTEM &&
	       record->error.code != BR_ERROR_SKIPPED && record->error.code != BR_ERROR_EXISTS &&
	       record->error.code != BR_ERROR_POISON && record->error.code != BR_ERROR_DROPPED;
}

static void remember(struct pump *pump, const struct br_batch_record *record,
                     const struct br_executor_result *result)
{
	const struct task_outcome *outcome = result->result;

	if (record->status == BR_BATCH_CRASHED || record->status == BR_BATCH_TIMEOUT)
		known_poisonous(pump->known, result->tag, record, result);
	else if (record->error.code == BR_ERROR_DROPPED && outcome->looked)
		known_dropped(pump->known, result->tag, record, result);
	else if (has_tried(record))
		known_harmless(pump->known, result->tag);
	if (record->status == BR_BATCH_OK)
		known_made(pump->known, result->tag, result->result);
	else if (record->status == BR_BATCH_SKIPPED && record->error.code == BR_ERROR_SKIPPED)
		known_found(pump->known, result->tag, result->result);
	known_take_made(pump->known, pump->context->made); /* or a kill would lose them for good */
}

static int take_result(void *arg, const struct br_executor_result *result)
{
	struct pump *pump = arg;
	const struct task_outcome *outcome = result->result;
	struct br_batch_record record;
	uint64_t bytes;

	if (result->status == BR_EXECUTOR_FAILED && outcome->unsettled && may_put_off(pump) &&
	    unsettled_put_off(&pump->unsettled, result->tag)) {
		if (pump->agenda)
			(void)agenda_finish(pump->agenda, result->tag, -1, clock_ns());
		return 0;
	}
	pump_begin_record(pump, &record, result->tag);
	record_from_result(&record, result, pump->options, pump->kills);
	record.attempt += pump->unsettled.again;
	if (!pump->options->strict && plan_is_stray(pump->plan, result->tag))
		record_pass_over(&record);
	if (record.status == BR_BATCH_OK)
		record_made_outputs(&record, &pump->paths, pump->plan, result->tag);
	else
		record_there(&record, &pump->paths, pump->context, result->tag, outcome);
	bytes = plan_item(pump->plan, result->tag)->size;
	if (result->attempt == 0)
		record.bytes_in = bytes;
	watch_unwritten(pump, &record, outcome);
	if (is_of_lost(pump, &record, outcome))
		record.status = BR_BATCH_CANCELLED;
	watch_ground(pump, &record, outcome);
	watch_gone(pump, &record, outcome, result->tag);
	if (pump->agenda)
		count_cost(pump, &record, result->tag);
	if (record.status == BR_BATCH_CANCELLED)
		unmade_explain(pump, &record, result->tag);
	if (record.error.code == BR_ERROR_POISON)
		known_explain_poison(pump->known, result->tag, &record);
	/* Whoever closed standard output wants no more of it. */
	if (task_is_pipe(pump->context) && record.error.sys_errno == EPIPE)
		pump->outcome->stopped = -EPIPE;
	explain_record(pump, &record, result->tag, outcome);
	remember(pump, &record, result);
	tell_finished(pump, &record, bytes);
	if (!is_left_behind(pump, result))
		pump_close_record(pump, result->tag);
	return 0;
}

/* The first reason to stop cancels what has not begun, a second signal kills what runs. */
static void obey(struct pump *pump)
{
	const bool over = time_limit_left(&pump->limit) <= 0;

	if (!pump->cancelled &&
	    (over || pump_is_stopped(pump) || pump->unwritten >= UNWRITTEN_MAX)) {
		pump->over_time = pump->over_time || over;
		pump->cancelled = true;
		br_executor_cancel(pump->executor, false);
	}
	if (!pump->killed && signals_count() > 1) {
		pump->killed = true;
		br_executor_cancel(pump->executor, true);
	}
}

static int look_around(void *arg)
{
	struct pump *pump = arg;

	obey(pump);
	known_take_made(pump->known, pump->context->made);
	known_tick(pump->known);
	tell_tick(pump);
	return 0;
}

/* --- sources whose writer may not be done ------------------------------------------------------
 */

/* They are given the time in which a writer would have gone on. */
static void wait_for_writers(struct pump *pump)
{
	const unsigned settle_ms = pump->options->settle_ms;
	unsigned rest;

	while (!pump->cancelled && !pump_is_stopped(pump) &&
	       (rest = unsettled_rest(&pump->unsettled, settle_ms)) > 0) {
		(void)poll(NULL, 0, rest < TELL_TICK_MS ? (int)rest : TELL_TICK_MS);
		(void)look_around(pump);
	}
}

/* Those that are not tried again, since the run was stopped first. */
static void record_unsettled(struct pump *pump)
{
	struct br_batch_record record;
	uint64_t item;

	while (unsettled_next(&pump->unsettled, &item)) {
		pump_begin_record(pump, &record, item);
		record.status = BR_BATCH_FAILED;
		record.attempt = 1;
		record.bytes_in = plan_item(pump->plan, item)->size;
		(void)unsettled_explain(&record.error);
		tell_finished(pump, &record, record.bytes_in);
		pump_close_record(pump, item);
	}
}

static int try_again(struct pump *pump, const struct br_executor_loop *loop)
{
	struct br_executor_loop again = *loop;

	again.next_job = next_again;
	again.ready = is_ready_again;
	wait_for_writers(pump);
	pump->unsettled.again = true;
	return pump_is_stopped(pump) ? 0 : br_executor_map(pump->executor, &again);
}

int pump_run(struct pump *pump, struct br_error *error)
{
	const struct br_executor_loop loop = {.next_job = next_job,
	                                      .ready = is_ready,
	                                      .wake = &pump->list,
	                                      .finished = take_result,
	                                      .look = look_around,
	                                      .look_ms = TELL_TICK_MS,
	                                      .arg = pump};
	int status;

	(void)look_around(pump); /* what the plan refused may be enough */
	status = br_executor_map(pump->executor, &loop);
	if (!status && pump->unsettled.count > 0)
		status = try_again(pump, &loop);
	record_unsettled(pump);
	known_catch_up(pump->known);
	unmade_rest(pump);
	if (pump->over_time && pump->streams)
		pump->outcome->time_up = true;
	if (pump->list_status) {
		*error = pump->list_error;
		return pump->list_status;
	}
	if (status && !pump->cancelled && plugin_blame(pump->context->plugin, pump->reason, error))
		return (int)error->code;
	if (status && !pump->cancelled)
		return advice_end(error, br_executor_stats(pump->executor).error, pump->reason);
	if (pump->lost) {
		*error = pump->lost_error;
		return -error->sys_errno;
	}
	if (pump->unwritten >= UNWRITTEN_AT_END || (pump->unwritten > 0 && !pump->wrote)) {
		*error = pump->unwritten_error;
		return error->sys_errno ? -error->sys_errno : (int)error->code;
	}
	return 0;
}
