/* feed.c - see feed.h. */
#include "batch/feed.h"

#include <errno.h>
#include <poll.h>

#include "batch/hold.h"
#include "batch/known.h"
#include "batch/start.h"
#include "batch/tell.h"
#include "batch/unmade.h"

/* So many pieces in which nothing is to be done are taken at once: results wait meanwhile. */
#define PIECES_AT_ONCE 16

static int look(void *ctx, size_t found)
{
	struct pump *pump = ctx;

	(void)found;
	tell_tick(pump);
	return signals_count() > 0 ? -ECANCELED : 0;
}

/* There will be no more pieces. */
static void end(struct pump *pump, int status)
{
	pump->streams = false;
	pump->list = -1;
	pump->outcome->progress.more = false;
	if (status != -ENODATA && status != -ECANCELED)
		pump->list_status = status;
}

/* Every piece has images that hang in calls to the file system, and nothing else is under way. */
static bool is_stuck(const struct pump *pump)
{
	return pump->executor && br_executor_stats(pump->executor).under_way == 0;
}

static void begin_piece(struct pump *pump, const struct plan_piece *piece)
{
	struct br_batch_progress *progress = &pump->outcome->progress;

	pump->piece = *piece;
	start_settle(pump);
	pump->next = piece->first;
	pump->items = piece->first + piece->count;
	progress->total += piece->count;
	if (piece->count > 0)
		progress->bytes_total += plan_bytes_of_piece(pump->plan, piece->first);
	unmade_refused(pump);
}

static bool has_work(struct pump *pump)
{
	while (pump->next < pump->items && pump_is_refused(pump, pump->next))
		pump->next++;
	return pump->next < pump->items;
}

/* Takes the next piece. False: there is none, for now or for ever. */
static bool take_piece(struct pump *pump)
{
	const struct plan_observer observer = {
	    .ctx = pump, .notice = tell_notice, .malformed = tell_malformed, .look = look};
	struct plan_piece piece;
	int status = plan_go_on(pump->plan, &observer, &piece, &pump->list_error);

	pump->list = -1;
	if (status == 1) {
		begin_piece(pump, &piece);
		return true;
	}
	if (status == 0)
		pump->list = plan_list(pump->plan);
	else if (status != -EBUSY)
		end(pump, status);
	else if (is_stuck(pump))
		end(pump, br_error_system(&pump->list_error, ETIMEDOUT,
		                          "too many images hang: is the server of a mount gone?"));
	return false;
}

/* Before the first output: a directory that can't be written to is one error, not one an image; and
 * one that had no place for a lock until now is locked. */
static void try_output(struct pump *pump)
{
	int status;

	if (pump->tried || !has_work(pump))
		return;
	pump->tried = true;
	status = start_ground(pump, true, &pump->list_error);
	if (status) {
		unmade_rest(pump);
		end(pump, status);
	}
}

bool feed_is_ready(void *arg)
{
	struct pump *pump = arg;

	for (unsigned i = 0; i < PIECES_AT_ONCE; i++) {
		if (has_work(pump) || !pump->streams)
			return true;
		if (pump_is_stopped(pump) || !take_piece(pump))
			break;
		try_output(pump);
	}
	return has_work(pump) || !pump->streams;
}

void feed_planned(struct pump *pump)
{
	while (pump->streams && !pump_is_stopped(pump)) {
		struct pollfd list;

		if (take_piece(pump)) {
			unmade_planned(pump);
			continue;
		}
		list = (struct pollfd){.fd = pump->list, .events = POLLIN};
		if (pump->streams)
			(void)poll(&list, 1, TELL_TICK_MS);
		tell_tick(pump);
	}
}
