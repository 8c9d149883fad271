/* watcher.h - what the trades of br_batch_watch() share: watch.c waits, wave.c runs, news.c takes
 * in what the kernel tells.
 *
 * Paths are of changes.h's form. One thread.
 */
#ifndef WATCH_WATCHER_H
#define WATCH_WATCHER_H

#include <batchresize/batch.h>

#include "batch/hold.h"
#include "watch/changes.h"
#include "watch/events.h"
#include "watch/notes.h"

/* A file of which nobody says that it is complete, since it was there before its directory was
 * watched, or was linked to its name, is taken when it has not changed for so long and nobody is
 * known to write it; or at once if the system can tell that nobody does. */
#define WATCHER_SETTLE_NS UINT64_C(2000000000)

/* A directory that the user named. */
struct watcher_root {
	const char *path;
	char *directory; /* what stands before a name in it */
	dev_t device;
	ino_t inode;
	bool missing;
};

struct watcher {
	const struct br_batch_options *options;
	const struct br_batch_observer *observer;
	uint64_t interval; /* ns between two scans, if events don't tell of all */
	struct watcher_root *root;
	size_t root_count;

	struct hold hold; /* over all runs */
	struct events events;
	struct changes next;    /* what the next run is to deal with */
	struct changes now;     /* what the one under way deals with */
	struct notes unsettled; /* files that are taken when they are complete: mark, due */
	struct notes failed;    /* those that no run can make until they change: mark */
	struct notes told;      /* paths of which something was told */
	uint64_t settles;       /* when more files than can be noted are complete; 0: none */
	bool scans;             /* all is to be looked through from time to time */
	uint64_t scanned;       /* when that was last done */
	bool roots_moved;       /* one of them may not be what it was */
	dev_t device;           /* of the directory that was looked at last */

	/* the run under way */
	bool first;
	enum changes_part part; /* of the directory that is read */
	struct timespec begun;
	/* records that were not passed on: skipped, and failed since the source has gone */
	uint64_t hidden, gone;

	struct br_batch_outcome *outcome; /* of all runs so far */
	uint64_t start;
};

/* Says something once of a path. */
void watcher_tell(struct watcher *watcher, enum br_batch_weight weight, const char *path,
                  const char *text);

#endif
