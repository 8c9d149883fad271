/* news.c - see news.h. */
#include "watch/news.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "plan/select.h"
#include "watch/ground.h"
#include "watch/writer.h"

/* --- what can't be watched ---------------------------------------------------------------------
 */

static void tell_silent(struct watcher *watcher, const char *directory, const char *name)
{
	char text[160];

	(void)snprintf(text, sizeof(text),
	               "%s does not tell of every change: all is looked through every %g s as well",
	               name, (double)watcher->interval / 1e9);
	watcher_tell(watcher, BR_BATCH_WARNING, *directory ? directory : ".", text);
	watcher->scans = true;
}

static void tell_unwatched(struct watcher *watcher, const char *directory, int status)
{
	char text[320];

	if (status == -ENOENT || status == -ENOTDIR)
		return; /* gone since: its parent tells */
	(void)snprintf(
	    text, sizeof(text), "can't be watched (%s): all is looked through every %g s instead%s",
	    status == -ENOSPC ? "no inotify watch is left for this user" : strerrordesc_np(-status),
	    (double)watcher->interval / 1e9,
	    status == -ENOSPC ? "; raise fs.inotify.max_user_watches by sysctl (in a container "
				"user.max_inotify_watches), and start again"
			      : "");
	if (!watcher->scans)
		watcher_tell(watcher, BR_BATCH_WARNING, *directory ? directory : ".", text);
	watcher->scans = true;
}

void news_watch(struct watcher *watcher, const char *directory, int fd)
{
	struct stat st;
	const char *silent;
	int status;

	if (fstat(fd, &st) == 0 && st.st_dev != watcher->device) {
		watcher->device = st.st_dev;
		silent = ground_is_silent(fd);
		if (silent)
			tell_silent(watcher, directory, silent);
	}
	status = events_add(&watcher->events, directory, fd);
	if (status)
		tell_unwatched(watcher, directory, status);
}

/* --- files that may not be complete ------------------------------------------------------------
 */

void news_defer(struct watcher *watcher, const char *path, const struct stat *st)
{
	const uint64_t due = clock_ns() + WATCHER_SETTLE_NS;
	struct note *note = NULL;

	if (watcher->unsettled.count < CHANGES_MAX)
		note = notes_add(&watcher->unsettled, path, strlen(path));
	if (!note) {
		watcher->settles = due;
		return;
	}
	note->mark = mark_of(st);
	note->due = due;
}

static void split(const char *path, char directory[PATH_MAX + NAME_MAX + 1], const char **name)
{
	const char *slash = strrchr(path, '/');
	const size_t length = slash ? (size_t)(slash - path) + 1 : 0;

	(void)snprintf(directory, PATH_MAX + NAME_MAX + 1, "%.*s", (int)length, path);
	*name = path + length;
}

/* Where names could collide with those below another of the user's directories, that is read too.
 */
static void add_neighbours(struct watcher *watcher, const char *directory)
{
	char other[PATH_MAX + NAME_MAX + 1];

	for (size_t i = 0; i < watcher->root_count; i++) {
		const size_t length = strlen(watcher->root[i].directory);

		if (strncmp(directory, watcher->root[i].directory, length) != 0)
			continue;
		for (size_t j = 0; j < watcher->root_count; j++) {
			if (j == i ||
			    snprintf(other, sizeof(other), "%s%s", watcher->root[j].directory,
			             directory + length) >= (int)sizeof(other))
				continue;
			changes_add_neighbour(&watcher->next, other);
		}
	}
}

static void add_file(struct watcher *watcher, const char *directory, const char *name)
{
	changes_add_file(&watcher->next, directory, name);
	if (watcher->root_count > 1 && watcher->options->output)
		add_neighbours(watcher, directory);
}

/* Whether a note's time has come and nothing more is to be waited for. An empty file is one whose
 * writer has only begun: that will be told of. */
static bool is_over(struct note *note, void *ctx)
{
	struct watcher *watcher = ctx;
	char directory[PATH_MAX + NAME_MAX + 1];
	const char *name;
	struct stat st;
	struct mark mark;

	if (note->due > clock_ns())
		return false;
	if (stat(note->path, &st) != 0 || st.st_size == 0)
		return true;
	mark = mark_of(&st);
	if (!mark_equals(&mark, &note->mark) || writer_of(note->path) == WRITER_SOME) {
		note->mark = mark;
		note->due = clock_ns() + WATCHER_SETTLE_NS;
		return false;
	}
	split(note->path, directory, &name);
	add_file(watcher, directory, name);
	return true;
}

void news_settle(struct watcher *watcher)
{
	notes_drop_where(&watcher->unsettled, is_over, watcher);
	if (watcher->settles && watcher->settles <= clock_ns()) {
		watcher->settles = 0;
		watcher->next.everything = true;
	}
}

uint64_t news_due(const struct watcher *watcher)
{
	const struct note *note;
	uint64_t due = watcher->settles;
	size_t at = 0;

	while ((note = notes_next(&watcher->unsettled, &at)) != NULL) {
		if (due == 0 || note->due < due)
			due = note->due;
	}
	return due;
}

/* --- events ------------------------------------------------------------------------------------
 */

static bool is_root(const struct watcher *watcher, const char *directory)
{
	for (size_t i = 0; i < watcher->root_count; i++) {
		if (strcmp(watcher->root[i].directory, directory) == 0)
			return true;
	}
	return false;
}

/* A directory below the one that the event is of. */
static void take_directory(struct watcher *watcher, const char *path, uint32_t bits)
{
	char directory[PATH_MAX + NAME_MAX + 2];

	(void)snprintf(directory, sizeof(directory), "%s/", path);
	if (bits & IN_MOVED_FROM)
		events_drop_below(&watcher->events, directory);
	if (bits & (IN_CREATE | IN_MOVED_TO))
		changes_add_tree(&watcher->next, directory);
}

/* A name that was made. If it is a file's that is being written, another event follows; if it was
 * linked, none. */
static void take_new_name(struct watcher *watcher, const char *directory, const char *name,
                          const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode)) /* by a symbolic link */
		take_directory(watcher, path, IN_CREATE);
	else if (S_ISREG(st.st_mode) && st.st_size > 0 && writer_of(path) == WRITER_NONE)
		add_file(watcher, directory, name);
	else if (S_ISREG(st.st_mode))
		news_defer(watcher, path, &st);
}

static void take_event(void *ctx, const char *directory, uint32_t bits, const char *name)
{
	struct watcher *watcher = ctx;
	char path[PATH_MAX + NAME_MAX + 1];

	if (bits & IN_Q_OVERFLOW) {
		watcher->next.everything = true;
		return;
	}
	if (bits & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT) && is_root(watcher, directory))
		watcher->roots_moved = true;
	if (!*name || select_passes_over(watcher->options, name) ||
	    snprintf(path, sizeof(path), "%s%s", directory, name) >= (int)sizeof(path))
		return;
	if (bits & IN_ISDIR) {
		take_directory(watcher, path, bits);
	} else if (bits & (IN_CLOSE_WRITE | IN_MOVED_TO)) {
		notes_drop(&watcher->unsettled, path, strlen(path));
		add_file(watcher, directory, name);
	} else if (bits & IN_CREATE) {
		take_new_name(watcher, directory, name, path);
	}
}

bool news_read(struct watcher *watcher)
{
	return events_read(&watcher->events, take_event, watcher) > 0;
}
