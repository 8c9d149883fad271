/* feed.h - a run whose plan is made in pieces, as the list of its sources comes in.
 *
 * Pieces are taken when the executor has room: a pipe's writer is slowed down by what is behind it.
 */
#ifndef BATCH_FEED_H
#define BATCH_FEED_H

#include "batch/pump.h"

/* br_executor_loop.ready: whether there is an item to be submitted, or will never be one again. If
 * neither, pump->list is what to wait for. Makes pieces of the plan; what they refuse is recorded.
 */
bool feed_is_ready(void *arg);

/* A dry run: records what each item would become, until the list ends. */
void feed_planned(struct pump *pump);

#endif
