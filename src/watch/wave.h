/* wave.h - one run of a watcher, over what has changed. */
#ifndef WATCH_WAVE_H
#define WATCH_WAVE_H

#include "watch/watcher.h"

/* Runs over watcher->next, and adds to watcher->outcome what came of it. What changes meanwhile is
 * for the next. Returns as br_batch_run(). */
int wave_run(struct watcher *watcher, struct br_error *error);

#endif
