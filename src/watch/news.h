/* news.h - what there is to do, from the kernel's events and from files that are complete now. */
#ifndef WATCH_NEWS_H
#define WATCH_NEWS_H

#include "watch/watcher.h"

/* Takes in all events that wait. Returns whether there were any. */
bool news_read(struct watcher *watcher);

/* Watches a directory that is about to be read; what can't be watched is scanned from now on. */
void news_watch(struct watcher *watcher, const char *directory, int fd);

/* Notes a file that may not be complete. */
void news_defer(struct watcher *watcher, const char *path, const struct stat *st);

/* Moves files that have not changed for long enough to what the next run is to deal with. */
void news_settle(struct watcher *watcher);

/* When news_settle() has something to do, 0: never. */
uint64_t news_due(const struct watcher *watcher);

#endif
