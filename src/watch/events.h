/* events.h - the kernel's events of directories that are watched: inotify(7), and which directory
 * an event is of.
 *
 * Directories are named as in changes.h. One that two paths lead to (by a symbolic link, say) is
 * watched once, and its events are those of both. Not thread-safe.
 */
#ifndef WATCH_EVENTS_H
#define WATCH_EVENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/inotify.h>

struct events_place {
	int watch;  /* the descriptor that the kernel gave */
	char *path; /* NULL: not watched any more */
};

struct events {
	int fd;                     /* -1: there are none to be had */
	struct events_place *place; /* sorted by watch */
	size_t count, allocated;
	size_t living; /* with a path */
};

/* Returns 0 or a negative errno: -EMFILE if the user has no inotify instance left. The events
 * are to be released in both cases. */
int events_open(struct events *events);
void events_release(struct events *events);

/* Watches a directory, of which `fd` is a descriptor; twice is as once. Returns 0, or a negative
 * errno: -ENOSPC if the user has no watch left, -ENOENT if the directory has gone. */
int events_add(struct events *events, const char *directory, int fd);

/* Forgets a directory and those below it, which are not where they were. */
void events_drop_below(struct events *events, const char *directory);
/* Forgets all. */
void events_drop_all(struct events *events);

/* Calls `tell` for each event that waits, as inotify(7) has it: the directory that it is of (""
 * with IN_Q_OVERFLOW), bits, and the name in it ("" if it is of the directory itself). Returns
 * how many there were. */
size_t events_read(struct events *events,
                   void (*tell)(void *ctx, const char *directory, uint32_t bits, const char *name),
                   void *ctx);

#endif
