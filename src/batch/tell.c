/* tell.c - see tell.h. */
#include "batch/tell.h"

#include <errno.h>

#include "base/base.h"
#include "batch/prune.h"

void tell_count_time(struct pump *pump)
{
	pump->outcome->progress.elapsed = (double)(clock_ns() - pump->begin) / 1e9;
}

/* Of a stream nobody knows how many there will be: a part of those that have ended, or of as many
 * as this while there are fewer. */
#define STREAM_LEAST 100

/* All images, as far as is known. */
static uint64_t all_of(const struct br_batch_progress *progress)
{
	if (!progress->more)
		return progress->total;
	return progress->done > STREAM_LEAST ? progress->done : STREAM_LEAST;
}

/* Whether more have failed than may. */
static bool is_too_much(const struct br_batch_share *most, const struct br_batch_progress *progress)
{
	switch (most->kind) {
	case BR_BATCH_SHARE_COUNT:
		return progress->failed > most->amount;
	case BR_BATCH_SHARE_PERCENT:
		return (double)progress->failed * 1e5 >
		       (double)most->amount * (double)all_of(progress);
	default:
		return false;
	}
}

void tell_finished(struct pump *pump, const struct br_batch_record *record, uint64_t bytes)
{
	const struct br_batch_observer *observer = pump->observer;
	struct br_batch_progress *progress = &pump->outcome->progress;
	int verdict = 0;

	progress_count(progress, record, bytes);
	pump->outcome->gave_up =
	    pump->outcome->gave_up || is_too_much(&pump->options->max_failures, progress);
	tell_count_time(pump);
	if (observer->finished)
		verdict = observer->finished(observer->ctx, record, progress);
	if (verdict && !pump->outcome->stopped)
		pump->outcome->stopped = verdict;
	signals_progress();
}

void tell_notice_of(struct pump *pump, enum br_batch_weight weight, const char *path,
                    const char *text)
{
	pump->outcome->notices += weight == BR_BATCH_SERIOUS;
	if (pump->observer->notice)
		pump->observer->notice(pump->observer->ctx, weight, path, text);
}

void tell_notice(void *ctx, bool serious, const char *path, const char *text)
{
	tell_notice_of(ctx, serious ? BR_BATCH_SERIOUS : BR_BATCH_REMARK, path, text);
}

void tell_malformed(void *ctx, uint64_t entry, const char *text)
{
	struct pump *pump = ctx;

	if (pump->observer->malformed)
		pump->observer->malformed(pump->observer->ctx, entry, text);
}

void tell_unread(void *ctx, const char *path, size_t root, int sys_errno, const char *text)
{
	struct pump *pump = ctx;
	struct br_batch_record record = {.source = path,
	                                 .root = root,
	                                 .output = "",
	                                 .status = BR_BATCH_FAILED,
	                                 .mode = pump->options->mode};

	(void)br_error_set(&record.error, br_error_code_of(-sys_errno), "%s", text);
	record.error.sys_errno = sys_errno;
	prune_note_unread(pump, path);
	tell_unread_of(pump, &record);
}

void tell_unread_of(const struct pump *pump, const struct br_batch_record *record)
{
	if (pump->observer->unread)
		pump->observer->unread(pump->observer->ctx, record);
}

void tell_pruned(struct pump *pump, const struct br_batch_record *record)
{
	pump->outcome->pruned += record->error.code == BR_ERROR_PRUNED;
	if (pump->observer->pruned)
		pump->observer->pruned(pump->observer->ctx, record);
}

void tell_state(void *ctx, const char *path, const char *text)
{
	tell_notice_of(ctx, BR_BATCH_WARNING, path, text);
}

void tell_temporary(void *ctx, bool left, const char *path, const char *text)
{
	tell_notice_of(ctx, left ? BR_BATCH_WARNING : BR_BATCH_REMARK, path, text);
}

/* Whether it is time for a tick. */
static bool is_time(struct pump *pump, uint64_t now)
{
	if (now - pump->ticked < TELL_TICK_MS * NS_PER_MS)
		return false;
	pump->ticked = now;
	return true;
}

static void tell_hung_up(const struct pump *pump)
{
	if (signals_hung_up() && pump->observer->hung_up)
		pump->observer->hung_up(pump->observer->ctx);
}

int tell_found(void *ctx, size_t found)
{
	struct pump *pump = ctx;
	const struct br_batch_observer *observer = pump->observer;
	struct br_batch_progress *progress = &pump->outcome->progress;
	const uint64_t now = clock_ns();
	const bool asked = signals_asked(), ticks = is_time(pump, now);

	progress->found = found;
	tell_hung_up(pump);
	if (asked || ticks)
		progress->elapsed = (double)(now - pump->looked) / 1e9;
	if (ticks && observer->tick)
		observer->tick(observer->ctx, progress);
	if (asked && observer->asked)
		observer->asked(observer->ctx, progress);
	return pump->hold_status || signals_count() > 0 || time_limit_left(&pump->limit) <= 0
	           ? -ECANCELED
	           : 0;
}

void tell_count_attempts(struct pump *pump)
{
	if (pump->executor) {
		struct br_executor_stats stats = br_executor_stats(pump->executor);

		pump->outcome->progress.crashes = stats.crashes;
		pump->outcome->progress.timeouts = stats.timeouts;
	}
}

void tell_tick(struct pump *pump)
{
	const struct br_batch_observer *observer = pump->observer;
	const uint64_t now = clock_ns();
	const bool asked = signals_asked();

	tell_hung_up(pump);
	if (!is_time(pump, now) && !asked)
		return;
	tell_count_attempts(pump);
	tell_count_time(pump);
	if (observer->tick)
		observer->tick(observer->ctx, &pump->outcome->progress);
	if (asked && observer->asked)
		observer->asked(observer->ctx, &pump->outcome->progress);
}

void tell_started(struct pump *pump)
{
	const struct br_batch_observer *observer = pump->observer;

	if (observer->started)
		observer->started(observer->ctx, pump->options, &pump->outcome->progress);
}
