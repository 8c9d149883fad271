/* unsettled.h - sources that somebody is still writing, by all appearances: they are tried again at
 * the run's end, when they may be whole.
 *
 * A source is one when it changed while it was read, when what was read is empty, cut short or
 * damaged and the file is another by now, or when it was changed less than br_batch_options
 * .settle_ms ago. Who is still writing is known to nobody: leases and locks are held by few
 * programs, and across a network by none.
 */
#ifndef BATCH_UNSETTLED_H
#define BATCH_UNSETTLED_H

#include "batch/task.h"

/* The most that a run waits at its end for them, ms: nobody is to be kept by a long --settle. */
#define UNSETTLED_WAIT_MS 2000

/* All zero is empty. */
struct unsettled {
	uint64_t *item;
	size_t count, room;
	size_t next;   /* to be tried again next */
	uint64_t last; /* when the last was put off: clock_ns() */
	bool again;    /* they are being tried again */
};

/* Whether a failed job is one. Looks at its source once more, which may hang. */
bool unsettled_is(const struct task_context *context, uint64_t item,
                  const struct task_outcome *outcome);

/* Puts an item off to the run's end. False when that has come, or there is no memory. */
bool unsettled_put_off(struct unsettled *unsettled, uint64_t item);

/* How long they are still to be left in peace, ms. */
unsigned unsettled_rest(const struct unsettled *unsettled, unsigned settle_ms);

/* The next one to be tried again; false at the end. */
bool unsettled_next(struct unsettled *unsettled, uint64_t *item);

/* Says that it is one. Returns BR_ERROR_UNSETTLED. */
int unsettled_explain(struct br_error *error);

void unsettled_free(struct unsettled *unsettled);

#endif
