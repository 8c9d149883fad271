/* wave.c - see wave.h: the filter of a plan, and the observer between the run's and the user's. */
#include "watch/wave.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/base.h"
#include "batch/part.h"
#include "batch/signals.h"
#include "watch/news.h"
#include "watch/writer.h"

/* No upload pauses for longer: of files that have not changed for so long, the system is not asked
 * whether they are being written. */
#define RECENT_SECONDS 600

/* --- which files --------------------------------------------------------------------------------
 */

static bool wants(void *ctx, const char *directory)
{
	const struct watcher *watcher = ctx;

	return watcher->options->flat || changes_part_of(&watcher->now, directory) != CHANGES_NONE;
}

static void entered(void *ctx, const char *directory, int fd)
{
	struct watcher *watcher = ctx;

	news_watch(watcher, directory, fd);
	watcher->part = changes_part_of(&watcher->now, directory);
}

/* Whether somebody may be writing a file that has been found: of one that has changed just now it
 * is to be known that nobody does, of one that changed not long ago that somebody does. */
static bool is_fresh(const struct watcher *watcher, const char *path, const struct stat *st)
{
	const time_t settle = (time_t)(WATCHER_SETTLE_NS / 1000000000U);
	const time_t age = watcher->begun.tv_sec - st->st_mtim.tv_sec;

	if (age < -settle || age > RECENT_SECONDS)
		return false;
	if (age <= settle)
		return st->st_size == 0 || writer_of(path) != WRITER_NONE;
	return writer_of(path) == WRITER_SOME;
}

static bool has_failed(const struct watcher *watcher, const char *path, const struct stat *st)
{
	const struct note *note = notes_find(&watcher->failed, path, strlen(path));
	const struct mark mark = mark_of(st);

	return note && mark_equals(&note->mark, &mark);
}

static enum plan_part file(void *ctx, const char *path, const struct stat *st)
{
	struct watcher *watcher = ctx;

	if (watcher->part >= CHANGES_SOME && changes_has_file(&watcher->now, path)) {
		notes_drop(&watcher->unsettled, path, strlen(path));
		return PLAN_TAKE;
	}
	if (watcher->part != CHANGES_ALL)
		return watcher->part == CHANGES_SOME || watcher->options->flat ? PLAN_STAND
		                                                               : PLAN_LEAVE_OUT;
	if (has_failed(watcher, path, st))
		return PLAN_STAND;
	if (is_fresh(watcher, path, st)) {
		news_defer(watcher, path, st);
		return PLAN_STAND;
	}
	return PLAN_TAKE;
}

/* --- who is told ---------------------------------------------------------------------------------
 */

/* The progress of all runs: `more` of the one under way. */
static struct br_batch_progress sum(const struct watcher *watcher,
                                    const struct br_batch_progress *more)
{
	struct br_batch_progress all = watcher->outcome->progress;

	const uint64_t untold = watcher->hidden + watcher->gone;

	all.found += more->found;
	all.total += more->total - (more->total > 0 ? untold : 0);
	all.done += more->done - untold;
	all.ok += more->ok;
	all.skipped += more->skipped - watcher->hidden;
	all.failed += more->failed - watcher->gone;
	all.cancelled += more->cancelled;
	if (watcher->first) {
		memcpy(all.skipped_by, more->skipped_by, sizeof(all.skipped_by));
		memcpy(all.passed_over, more->passed_over, sizeof(all.passed_over));
	}
	all.bytes_made += more->bytes_made;
	all.bytes_total += more->bytes_total;
	all.bytes_done += more->bytes_done;
	all.bytes_out += more->bytes_out;
	all.crashes += more->crashes;
	all.timeouts += more->timeouts;
	all.elapsed = (double)(clock_ns() - watcher->start) / 1e9;
	return all;
}

static void on_started(void *ctx, const struct br_batch_options *options,
                       const struct br_batch_progress *progress)
{
	struct watcher *watcher = ctx;
	const struct br_batch_progress all = sum(watcher, progress);

	if (watcher->first && watcher->observer->started)
		watcher->observer->started(watcher->observer->ctx, options, &all);
}

/* What no run can make is not tried again by the next scan, unless it has changed since this run
 * began, and so perhaps since it was read. A directory that went while it was written into
 * (ESTALE) may be there again. */
static void note_failure(struct watcher *watcher, const struct br_batch_record *record)
{
	const size_t length = strlen(record->source);
	struct note *note;
	struct stat st;

	if (record->status == BR_BATCH_OK) {
		notes_drop(&watcher->failed, record->source, length);
	} else if (record->status != BR_BATCH_CANCELLED && record->error.sys_errno != ESTALE &&
	           stat(record->source, &st) == 0 && st.st_mtim.tv_sec < watcher->begun.tv_sec) {
		note = watcher->failed.count < CHANGES_MAX
		           ? notes_add(&watcher->failed, record->source, length)
		           : notes_find(&watcher->failed, record->source, length);
		if (note)
			note->mark = mark_of(&st);
	}
}

/* Among those who come and go a file that was found, and is not there any more when its turn comes,
 * is no failure. */
static bool has_gone(const struct br_batch_record *record)
{
	const int why = record->error.sys_errno;
	struct stat st;

	return record->status == BR_BATCH_FAILED &&
	       (why == ENOENT || why == ENOTDIR || why == ESTALE) &&
	       stat(record->source, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* Whether a record is not passed on: later runs tell only what they have made, and what failed. */
static bool hide(struct watcher *watcher, const struct br_batch_record *record)
{
	const bool skipped = record->status == BR_BATCH_SKIPPED && !watcher->first;
	const bool gone = has_gone(record);

	watcher->hidden += skipped;
	watcher->gone += gone;
	return skipped || gone;
}

static int on_finished(void *ctx, const struct br_batch_record *record,
                       const struct br_batch_progress *progress)
{
	struct watcher *watcher = ctx;
	struct br_batch_progress all;

	if (hide(watcher, record))
		return 0;
	if (record->status != BR_BATCH_SKIPPED)
		note_failure(watcher, record);
	all = sum(watcher, progress);
	return watcher->observer->finished
	           ? watcher->observer->finished(watcher->observer->ctx, record, &all)
	           : 0;
}

static void on_tick(void *ctx, const struct br_batch_progress *progress)
{
	struct watcher *watcher = ctx;
	const struct br_batch_progress all = sum(watcher, progress);

	/* before the kernel's queue is full */
	(void)news_read(watcher);
	if (watcher->observer->tick)
		watcher->observer->tick(watcher->observer->ctx, &all);
}

static void on_notice(void *ctx, enum br_batch_weight weight, const char *path, const char *text)
{
	watcher_tell(ctx, weight, path, text);
}

static void on_asked(void *ctx, const struct br_batch_progress *progress)
{
	struct watcher *watcher = ctx;
	const struct br_batch_progress all = sum(watcher, progress);

	if (watcher->observer->asked)
		watcher->observer->asked(watcher->observer->ctx, &all);
}

static void on_hung_up(void *ctx)
{
	const struct watcher *watcher = ctx;

	watcher->observer->hung_up(watcher->observer->ctx);
}

/* --- the run
 * --------------------------------------------------------------------------------------- */

static void add_outcome(struct watcher *watcher, const struct br_batch_outcome *run)
{
	struct br_batch_outcome *all = watcher->outcome;

	all->progress = sum(watcher, &run->progress);
	all->signal = run->signal;
	all->stopped = run->stopped;
	if (run->workers > all->workers)
		all->workers = run->workers;
	all->left_behind = run->left_behind;
	all->skipped = run->skipped;
	all->stats.workers_started += run->stats.workers_started;
	all->stats.crashes += run->stats.crashes;
	all->stats.timeouts += run->stats.timeouts;
	if (run->stats.peak_worker_rss > all->stats.peak_worker_rss)
		all->stats.peak_worker_rss = run->stats.peak_worker_rss;
	all->stats.error = run->stats.error;
}

int wave_run(struct watcher *watcher, struct br_error *error)
{
	const struct plan_filter filter = {
	    .ctx = watcher, .wants = wants, .entered = entered, .file = file};
	const struct br_batch_observer observer = {
	    .ctx = watcher,
	    .started = on_started,
	    .finished = on_finished,
	    .tick = on_tick,
	    .notice = on_notice,
	    .asked = on_asked,
	    .hung_up = watcher->observer->hung_up ? on_hung_up : NULL};
	struct br_batch_outcome run = {0};
	int status;

	watcher->now = watcher->next;
	watcher->next = (struct changes){0};
	if (watcher->now.everything)
		watcher->scanned = clock_ns();
	watcher->hidden = 0;
	watcher->gone = 0;
	(void)clock_gettime(CLOCK_REALTIME, &watcher->begun);
	status = batch_run_part(watcher->options, &filter, &watcher->hold, &observer, &run, error);
	add_outcome(watcher, &run);
	changes_release(&watcher->now);
	/* what had been found so far is nothing that anybody waits for */
	if (status == BR_ERROR_CANCELLED && !watcher->first && signals_count() > 0)
		status = 0;
	watcher->first = false;
	return status;
}
