/* watch.c - br_batch_watch(): run, wait, run again. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/base.h"
#include "batch/signals.h"
#include "plan/name.h"
#include "watch/news.h"
#include "watch/wave.h"

/* How often who observes is told that the program still waits. */
#define TELL_NS UINT64_C(500000000)

/* What comes within so short a time of the last event belongs to one run, for at most so long. */
#define GATHER_NS     UINT64_C(20000000)
#define GATHER_MAX_NS UINT64_C(500000000)

void watcher_tell(struct watcher *watcher, enum br_batch_weight weight, const char *path,
                  const char *text)
{
	const size_t length = strlen(path);
	const bool known = notes_find(&watcher->told, path, length) != NULL;

	if (known && !watcher->first)
		return;
	/* Of what can't be remembered only what matters may be told again and again. */
	if (!known &&
	    (watcher->told.count >= CHANGES_MAX || !notes_add(&watcher->told, path, length)) &&
	    !watcher->first && weight == BR_BATCH_REMARK)
		return;
	watcher->outcome->notices += weight == BR_BATCH_SERIOUS;
	if (watcher->observer->notice)
		watcher->observer->notice(watcher->observer->ctx, weight, path, text);
}

/* --- the directories that were named ------------------------------------------------------------
 */

static int take_root(struct watcher_root *root, const char *path, struct br_error *error)
{
	const size_t length = name_trimmed_length(path);
	struct stat st;

	if (stat(path, &st) != 0)
		return br_error_system(error, errno, "cannot watch '%.200s'", path);
	if (!S_ISDIR(st.st_mode))
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "--watch: '%.200s' is no directory: name the one that it is in, "
		    "and choose by --include",
		    path);
	*root = (struct watcher_root){.path = path, .device = st.st_dev, .inode = st.st_ino};
	if (asprintf(&root->directory, "%.*s%s", (int)length, path,
	             length > 0 && path[length - 1] == '/' ? "" : "/") < 0) {
		root->directory = NULL;
		return br_error_system(error, ENOMEM, "no memory to watch '%.200s'", path);
	}
	return 0;
}

static int take_roots(struct watcher *watcher, struct br_error *error)
{
	const struct br_batch_options *options = watcher->options;
	int status = 0;

	watcher->root = calloc(options->path_count, sizeof(*watcher->root));
	if (!watcher->root)
		return br_error_system(error, ENOMEM, "no memory for %zu directories",
		                       options->path_count);
	while (status == 0 && watcher->root_count < options->path_count) {
		status = take_root(&watcher->root[watcher->root_count],
		                   options->paths[watcher->root_count], error);
		if (status == 0)
			watcher->root_count++;
	}
	return status;
}

static bool is_same(const struct watcher_root *root)
{
	struct stat st;

	return stat(root->path, &st) == 0 && st.st_dev == root->device && st.st_ino == root->inode;
}

/* Whether a run ended since one of them went meanwhile, which is waited for. */
static bool has_lost_root(const struct watcher *watcher, int status)
{
	bool lost = false;

	for (size_t i = 0; i < watcher->root_count; i++)
		lost = lost || !is_same(&watcher->root[i]);
	return status == -ESTALE && lost;
}

/* Looks at one again. Returns whether it is there; if it is another than it was, all is looked
 * through. */
static bool is_there(struct watcher *watcher, struct watcher_root *root)
{
	struct stat st;

	if (stat(root->path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		if (!root->missing && watcher->observer->notice)
			watcher->observer->notice(watcher->observer->ctx, BR_BATCH_WARNING,
			                          root->path,
			                          "has gone: what is to be watched is waited for");
		root->missing = true;
		return false;
	}
	if (root->missing || st.st_dev != root->device || st.st_ino != root->inode) {
		events_drop_below(&watcher->events, root->directory);
		root->device = st.st_dev;
		root->inode = st.st_ino;
		watcher->next.everything = true;
	}
	root->missing = false;
	return true;
}

static bool are_there(struct watcher *watcher)
{
	bool all = true;

	watcher->roots_moved = false;
	for (size_t i = 0; i < watcher->root_count; i++)
		all = is_there(watcher, &watcher->root[i]) && all;
	watcher->roots_moved = !all;
	return all;
}

/* --- waiting
 * ---------------------------------------------------------------------------------------- */

static uint64_t sooner(uint64_t one, uint64_t other)
{
	return one == 0 || (other != 0 && other < one) ? other : one;
}

/* Sleeps until there is something to read, a signal, or that time (0: for ever). */
static void sleep_until(const struct watcher *watcher, uint64_t due)
{
	struct pollfd poll = {.fd = watcher->events.fd, .events = POLLIN};
	struct timespec left = {0};
	sigset_t all, before;

	/* A signal between the look and the sleep would be slept over. */
	signals_all(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	if (signals_count() == 0 && !signals_are_asking()) {
		const uint64_t now = clock_ns();

		if (due > now)
			left = (struct timespec){.tv_sec = (time_t)((due - now) / 1000000000U),
			                         .tv_nsec = (long)((due - now) % 1000000000U)};
		(void)ppoll(&poll, 1, due ? &left : NULL, &before);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

/* What belongs together mostly comes together. */
static void gather(struct watcher *watcher)
{
	const uint64_t end = clock_ns() + GATHER_MAX_NS;

	do {
		sleep_until(watcher, clock_ns() + GATHER_NS);
	} while (news_read(watcher) && clock_ns() < end && signals_count() == 0);
}

static void answer(const struct watcher *watcher)
{
	const struct br_batch_observer *observer = watcher->observer;

	if (signals_asked() && observer->asked)
		observer->asked(observer->ctx, &watcher->outcome->progress);
	if (signals_hung_up() && observer->hung_up)
		observer->hung_up(observer->ctx);
}

static void tell_waiting(const struct watcher *watcher)
{
	if (watcher->observer->waiting)
		watcher->observer->waiting(watcher->observer->ctx, watcher->events.living,
		                           &watcher->outcome->progress);
}

/* Until it is time to look again whether they are there. Events meanwhile, from wherever they went,
 * are read and mean nothing: all is looked through when they are back. */
static void wait_for_roots(struct watcher *watcher)
{
	const uint64_t due = clock_ns() + watcher->interval;

	while (signals_count() == 0 && clock_ns() < due) {
		(void)news_read(watcher);
		answer(watcher);
		sleep_until(watcher, sooner(due, clock_ns() + TELL_NS));
		if (signals_count() == 0)
			tell_waiting(watcher);
	}
}

/* Until there is something to do, or the end. */
static void wait_for_news(struct watcher *watcher)
{
	while (signals_count() == 0) {
		const uint64_t scan = watcher->scanned + watcher->interval;
		const bool regular = watcher->scans || watcher->roots_moved;

		if (news_read(watcher))
			gather(watcher);
		news_settle(watcher);
		if (regular && scan <= clock_ns()) {
			watcher->scanned = clock_ns();
			watcher->next.everything = true;
		}
		answer(watcher);
		if (!changes_are_none(&watcher->next) || watcher->roots_moved)
			return;
		sleep_until(watcher, sooner(clock_ns() + TELL_NS,
		                            sooner(news_due(watcher), regular ? scan : 0)));
		if (signals_count() == 0)
			tell_waiting(watcher);
	}
}

/* --- from beginning to end
 * --------------------------------------------------------------------------- */

static int watch(struct watcher *watcher, struct br_error *error)
{
	int status = 0;

	while (status == 0 && signals_count() == 0 && !watcher->outcome->stopped) {
		if (!watcher->first && !are_there(watcher)) {
			wait_for_roots(watcher);
			continue;
		}
		if (!changes_are_none(&watcher->next)) {
			status = wave_run(watcher, error);
			if (has_lost_root(watcher, status)) {
				watcher->roots_moved = true;
				status = 0;
				continue;
			}
			if (status == 0 && watcher->outcome->left_behind > 0)
				status =
				    br_error_set(error, BR_ERROR_SYSTEM,
				                 "a thread hangs in the file system: start again");
			if (status == 0 && signals_count() == 0)
				tell_waiting(watcher);
		}
		if (status == 0)
			wait_for_news(watcher);
	}
	return status;
}

static void release(struct watcher *watcher)
{
	for (size_t i = 0; i < watcher->root_count; i++)
		free(watcher->root[i].directory);
	free(watcher->root);
	if (watcher->outcome->left_behind == 0)
		hold_end(&watcher->hold);
	events_release(&watcher->events);
	changes_release(&watcher->next);
	notes_release(&watcher->unsettled);
	notes_release(&watcher->failed);
	notes_release(&watcher->told);
}

static void open_events(struct watcher *watcher)
{
	const int status = events_open(&watcher->events);
	char text[200];

	if (status == 0)
		return;
	(void)snprintf(text, sizeof(text),
	               "can't be watched (%s): all is looked through every %g s instead%s",
	               strerrordesc_np(-status), (double)watcher->interval / 1e9,
	               status == -EMFILE ? "; raise fs.inotify.max_user_instances by sysctl" : "");
	watcher_tell(watcher, BR_BATCH_WARNING, watcher->root[0].path, text);
	watcher->scans = true;
}

int br_batch_watch(const struct br_batch_options *options, unsigned interval_ms,
                   const struct br_batch_observer *observer, struct br_batch_outcome *outcome,
                   struct br_error *error)
{
	struct watcher watcher = {.options = options,
	                          .observer = observer,
	                          .outcome = outcome,
	                          .interval = (uint64_t)interval_ms * 1000000U,
	                          .events = {.fd = -1},
	                          .next = {.everything = true},
	                          .first = true,
	                          .start = clock_ns()};
	struct signals signals;
	int status;

	memset(outcome, 0, sizeof(*outcome));
	status = take_roots(&watcher, error);
	if (status == 0) {
		open_events(&watcher);
		signals_watch(&signals, observer->hung_up != NULL);
		signals_end_gently(&signals);
		status = watch(&watcher, error);
		signals_end(&signals);
		outcome->signal = signals_first();
	}
	release(&watcher);
	return status;
}
