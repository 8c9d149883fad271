/* time_limit.h - until when a run may begin pictures: --max-time and --finish-by.
 *
 * The one counts from the run's beginning by a clock that nobody sets, the other by the clock on
 * the wall: when that is set while the run goes on, the end moves with it.
 */
#ifndef BATCH_TIME_LIMIT_H
#define BATCH_TIME_LIMIT_H

#include <batchresize/batch.h>

struct time_limit {
	uint64_t begin;    /* clock_ns() */
	unsigned max_ms;   /* from then; 0: none */
	int64_t finish_by; /* seconds since 1970; 0: none */
};

/* Begins now. */
struct time_limit time_limit_start(const struct br_batch_options *options);

/* Whether there is one. */
bool time_limit_is_set(const struct time_limit *limit);

/* Seconds that are left, not above 0 when time is up; infinite without a limit. */
double time_limit_left(const struct time_limit *limit);

#endif
