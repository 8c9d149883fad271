/* lock.h - one run at a time: the lock on a place (see place.h).
 *
 * It is a lock of an open file description (fcntl(2), F_OFD_SETLK) on the file "lock" in there: the
 * kernel ends it with the process, however that ends, so that there can be no stale one. What the
 * file says is for people only.
 *
 * A child that is forked meanwhile holds it too until it closes the descriptor, as the workers of
 * an executor do before all else. Not thread-safe.
 */
#ifndef STATE_LOCK_H
#define STATE_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct lock {
	int file;
	int place; /* borrowed */
};

#define LOCK_NONE ((struct lock){.file = -1, .place = -1})

/* Who has it, by his own words. */
struct lock_holder {
	pid_t process; /* 0: not known */
	char host[65];
	int64_t since; /* seconds of CLOCK_REALTIME */
};

/* Takes the lock on the place of that descriptor, which must stay open as long as the lock is held.
 * Never waits for whoever has it. Returns 0; -EAGAIN when another run has it, and *holder says who;
 * or another negative errno when there can be no lock: the file system knows none, or the file
 * can't be opened. In a place that is `fresh`, made a moment ago, no file is looked for before one
 * is made: each call may ask a server. Who may only read the file excludes all who may write it,
 * and is excluded by them, but not another such. */
int lock_take(struct lock *lock, int place, bool fresh, struct lock_holder *holder);

/* Harmless for none. */
void lock_release(struct lock *lock);

#endif
