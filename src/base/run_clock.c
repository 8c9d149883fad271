/* run_clock.c - see run_clock.h. */
#include "base/run_clock.h"

#include <time.h>

#include "base/base.h"

/* A wait that ends late by no more than this is taken for a busy machine. */
#define LATE_NS (100 * NS_PER_MS)
/* How long those who work between their looks may take for it. */
#define LIMIT_APART_NS (250 * NS_PER_MS)

/* Processor time of all threads of this process. */
static uint64_t worked_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Processor time of all threads since this was last asked. */
static uint64_t work_since(struct run_clock *clock, uint64_t now)
{
	const uint64_t before = clock->worked;

	clock->measured = now;
	clock->worked = worked_ns();
	return clock->worked - before;
}

uint64_t run_clock_look(struct run_clock *clock, uint64_t apart)
{
	const uint64_t now = clock_ns(), gap = clock->looked ? now - clock->looked : 0;

	if (gap > LATE_NS && gap - LATE_NS > apart) {
		const uint64_t work = work_since(clock, now), least = apart > work ? apart : work;

		clock->ran += gap - LATE_NS > least ? least : gap;
	} else {
		clock->ran += gap;
		if (!clock->measured || now - clock->measured > LATE_NS)
			(void)work_since(clock, now);
	}
	clock->looked = now;
	return clock->ran;
}

struct run_limit run_limit_in(unsigned milliseconds)
{
	struct run_limit limit = {.limit = milliseconds * NS_PER_MS};

	if (limit.limit)
		(void)run_clock_look(&limit.clock, 0);
	return limit;
}

bool run_limit_over(struct run_limit *limit)
{
	return limit->limit && run_clock_look(&limit->clock, LIMIT_APART_NS) > limit->limit;
}
