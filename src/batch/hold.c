/* hold.c - see hold.h. */
#include "batch/hold.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "batch/tell.h"
#include "io/path.h"
#include "state/place.h"

/* Who has what is wanted. */
struct rival {
	char path[PATH_MAX];
	struct lock_holder holder;
};

/* --- words -------------------------------------------------------------------------------------
 */

/* "process 123 on host, since 2026-11-29 02:15:00" */
static void describe(const struct lock_holder *holder, char *text, size_t size)
{
	const time_t since = (time_t)holder->since;
	struct tm local;
	char when[32];

	if (holder->process == 0 || !localtime_r(&since, &local) ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local) == 0)
		(void)snprintf(text, size, "it does not say which");
	else
		(void)snprintf(text, size, "process %d on %s, since %s", (int)holder->process,
		               holder->host, when);
}

static int refuse(struct pump *pump, const struct rival *rival, struct br_error *error)
{
	char who[128];

	describe(&rival->holder, who, sizeof(who));
	if (pump->options->lock == BR_BATCH_LOCK_SKIP) {
		char text[192];

		(void)snprintf(text, sizeof(text), "another run writes there (%s): nothing done",
		               who);
		pump->outcome->skipped = true;
		tell_notice_of(pump, BR_BATCH_WARNING, rival->path, text);
	}
	return br_error_set(
	    error, BR_ERROR_LOCKED,
	    "'%s': another run writes there (%s): --lock=wait waits for it; off is for runs "
	    "that have other pictures",
	    path_shown_within(rival->path, 60).text, who);
}

static void tell_wait(struct pump *pump, const struct rival *rival)
{
	char who[128], text[192];

	if (pump->hold->told_wait)
		return;
	pump->hold->told_wait = true;
	describe(&rival->holder, who, sizeof(who));
	(void)snprintf(text, sizeof(text), "another run writes there (%s): waiting for its end",
	               who);
	tell_notice_of(pump, BR_BATCH_WARNING, rival->path, text);
}

static void note_lack(struct hold *hold, uint32_t root, int status)
{
	if (hold->lack != 0)
		return;
	hold->lack = status;
	hold->lack_root = root;
}

void hold_tell_lack(struct pump *pump, const struct plan *plan)
{
	const int status = pump->hold->lack;
	char path[PATH_MAX], text[192];

	if (status == 0 || pump->hold->told_lack ||
	    plan_directory(plan, pump->hold->lack_root, path, sizeof(path)) < 0)
		return;
	pump->hold->told_lack = true;
	(void)snprintf(text, sizeof(text),
	               "can't be locked, and another run there would not be noticed: %s",
	               strerrordesc_np(-status));
	tell_notice_of(pump, BR_BATCH_WARNING, path, text);
}

/* --- taking it ---------------------------------------------------------------------------------
 */

static bool is_held(const struct hold *hold, const char *output)
{
	for (unsigned i = 0; i < hold->count; i++)
		if (place_is(output, hold->lock[i].place))
			return true;
	return false;
}

/* Returns 0, or why there is no lock: -EAGAIN when another run has it. */
static int take(struct hold *hold, bool make, struct rival *rival)
{
	struct lock lock;
	int place, status;

	if (is_held(hold, rival->path))
		return 0;
	place = place_open(rival->path, false);
	const bool was_there = place >= 0;

	if (place == -ENOENT && !make)
		return 0;
	if (place == -ENOENT)
		place = place_make(rival->path, &hold->made);
	if (place < 0) /* -EAGAIN is for a lock that another run has */
		return place == -EAGAIN ? -EBUSY : place;
	status = lock_take(&lock, place, !was_there, &rival->holder);
	if (status == 0) {
		hold->lock[hold->count++] = lock;
		hold->late = hold->late || (make && was_there);
		hold->fresh = !was_there;
		return 0;
	}
	(void)close(place); /* nothing was written through it */
	if (status != -EAGAIN && !was_there)
		place_remove_empty(rival->path);
	return status;
}

/* All or none: two that each have a part of what the other one wants would wait for ever. */
static int take_all(struct pump *pump, const struct plan *plan, bool make, struct rival *rival)
{
	const uint32_t *root;
	const unsigned count = plan_roots(plan, &root);
	int status = 0;

	for (unsigned i = 0; i < count && status != -EAGAIN; i++) {
		if (plan_directory(plan, root[i], rival->path, sizeof(rival->path)) < 0)
			continue;
		status = take(pump->hold, make, rival);
		if (status != 0 && status != -EAGAIN)
			note_lack(pump->hold, root[i], status);
	}
	if (status == -EAGAIN)
		hold_end(pump->hold);
	return status == -EAGAIN ? status : 0;
}

int hold_take(struct pump *pump, const struct plan *plan, bool make, struct br_error *error)
{
	const struct br_batch_options *options = pump->options;
	const uint64_t begin = clock_ns();
	struct rival rival;

	pump->hold->late = pump->hold->fresh = false;
	pump->hold->made = 0;
	pump->hold->lack = 0;
	if (options->lock == BR_BATCH_LOCK_OFF || options->dry_run)
		return 0;
	while (take_all(pump, plan, make, &rival) != 0) {
		if (options->lock != BR_BATCH_LOCK_WAIT ||
		    (options->lock_ms > 0 && (clock_ns() - begin) / NS_PER_MS >= options->lock_ms))
			return refuse(pump, &rival, error);
		tell_wait(pump, &rival);
		(void)poll(NULL, 0, TELL_TICK_MS);
		if (signals_count() > 0)
			return br_error_set(error, BR_ERROR_CANCELLED,
			                    "stopped by SIG%s while another run was waited for: "
			                    "nothing was made",
			                    sigabbrev_np(signals_first()));
	}
	return 0;
}

void hold_end(struct hold *hold)
{
	while (hold->count > 0) {
		struct lock *lock = &hold->lock[--hold->count];
		const int place = lock->place;

		lock_release(lock);
		(void)close(place); /* nothing was written through it */
	}
}
