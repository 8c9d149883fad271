/* events.c - see events.h.
 *
 * The kernel counts watches upwards, so that a new place mostly goes to the end of the sorted
 * array.
 */
#include "watch/events.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is made is told of too: of one that was linked to its name there is nothing else. */
#define WANTED                                                                       \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

int events_open(struct events *events)
{
	*events = (struct events){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	return events->fd < 0 ? -errno : 0;
}

void events_release(struct events *events)
{
	for (size_t i = 0; i < events->count; i++)
		free(events->place[i].path);
	free(events->place);
	if (events->fd >= 0)
		(void)close(events->fd);
	*events = (struct events){.fd = -1};
}

/* The first place of a watch, or where it would be. */
static size_t first_of(const struct events *events, int watch)
{
	size_t low = 0, high = events->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (events->place[middle].watch < watch)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void forget(struct events *events, size_t at)
{
	free(events->place[at].path);
	events->place[at].path = NULL;
	events->living--;
}

/* Takes out those without a path. */
static void tidy(struct events *events)
{
	size_t kept = 0;

	for (size_t i = 0; i < events->count; i++) {
		if (events->place[i].path)
			events->place[kept++] = events->place[i];
	}
	events->count = kept;
}

static bool insert(struct events *events, int watch, const char *path)
{
	size_t at;
	char *copy;

	if (events->count > 64 && events->living < events->count / 2)
		tidy(events);
	if (events->count == events->allocated) {
		const size_t allocated = events->allocated ? events->allocated * 2 : 64;
		struct events_place *grown = realloc(events->place, allocated * sizeof(*grown));

		if (!grown)
			return false;
		events->place = grown;
		events->allocated = allocated;
	}
	copy = strdup(path);
	if (!copy)
		return false;
	at = first_of(events, watch);
	memmove(&events->place[at + 1], &events->place[at],
	        (events->count - at) * sizeof(*events->place));
	events->place[at] = (struct events_place){.watch = watch, .path = copy};
	events->count++;
	events->living++;
	return true;
}

static const char *path_of(const char *directory)
{
	return *directory ? directory : ".";
}

/* Whether a path still leads to the directory that `fd` is of. */
static bool leads_to(const char *directory, int fd)
{
	struct stat there, own;

	return stat(path_of(directory), &there) == 0 && fstat(fd, &own) == 0 &&
	       there.st_dev == own.st_dev && there.st_ino == own.st_ino;
}

int events_add(struct events *events, const char *directory, int fd)
{
	int watch;

	if (events->fd < 0)
		return 0;
	watch = inotify_add_watch(events->fd, path_of(directory), WANTED);
	if (watch < 0)
		return -errno;
	for (size_t i = first_of(events, watch);
	     i < events->count && events->place[i].watch == watch; i++) {
		if (!events->place[i].path)
			continue;
		if (strcmp(events->place[i].path, directory) == 0)
			return 0;
		/* renamed, or by another way */
		if (!leads_to(events->place[i].path, fd))
			forget(events, i);
	}
	return insert(events, watch, directory) ? 0 : -ENOMEM;
}

/* Ends the kernel's watch, if no other path needs it. */
static void end_watch(struct events *events, int watch)
{
	for (size_t i = first_of(events, watch);
	     i < events->count && events->place[i].watch == watch; i++) {
		if (events->place[i].path)
			return;
	}
	(void)inotify_rm_watch(events->fd, watch); /* or the directory has gone, and it with it */
}

void events_drop_below(struct events *events, const char *directory)
{
	const size_t length = strlen(directory);

	for (size_t i = 0; i < events->count; i++) {
		if (!events->place[i].path ||
		    strncmp(events->place[i].path, directory, length) != 0)
			continue;
		forget(events, i);
		end_watch(events, events->place[i].watch);
	}
}

void events_drop_all(struct events *events)
{
	events_drop_below(events, "");
}

/* The kernel has ended a watch. */
static void drop_watch(struct events *events, int watch)
{
	for (size_t i = first_of(events, watch);
	     i < events->count && events->place[i].watch == watch; i++) {
		if (events->place[i].path)
			forget(events, i);
	}
}

static void deliver(struct events *events, const struct inotify_event *event,
                    void (*tell)(void *ctx, const char *directory, uint32_t bits, const char *name),
                    void *ctx)
{
	if (event->mask & IN_Q_OVERFLOW)
		tell(ctx, "", event->mask, "");
	/* Who is told may forget places, and adds none. */
	for (size_t i = first_of(events, event->wd);
	     i < events->count && events->place[i].watch == event->wd; i++) {
		if (events->place[i].path)
			tell(ctx, events->place[i].path, event->mask,
			     event->len > 0 ? event->name : "");
	}
	if (event->mask & IN_IGNORED)
		drop_watch(events, event->wd);
}

size_t events_read(struct events *events,
                   void (*tell)(void *ctx, const char *directory, uint32_t bits, const char *name),
                   void *ctx)
{
	_Alignas(struct inotify_event) char buffer[64 * 1024];
	size_t count = 0;
	ssize_t got = 0;

	while (events->fd >= 0 && (got = read(events->fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < got; count++) {
			const struct inotify_event *event = (const void *)(buffer + at);

			deliver(events, event, tell, ctx);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	return count;
}
