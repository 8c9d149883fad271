/* run_clock.c - see run_clock.h. */
#include "base/run_clock.h"

#include <time.h>

#include "base/base.h"

/* A wait that ends this much too late is still a machine that is busy. */
#define LATE_NS 100000000U
/* How far apart those who do something else between their looks may ask. */
#define LIMIT_APART_NS 250000000U

/* What all threads of this process took of the processor. */
static uint64_t worked_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

uint64_t run_clock_look(struct run_clock *clock, uint64_t apart)
{
	const uint64_t now = clock_ns(), worked = worked_ns();

	if (clock->looked) {
		const uint64_t gap = now - clock->looked, work = worked - clock->worked;
		const uint64_t least = apart > work ? apart : work;
		const bool stood = gap > LATE_NS && gap - LATE_NS > least;

		clock->ran += stood ? least : gap;
	}
	clock->looked = now;
	clock->worked = worked;
	return clock->ran;
}

struct run_limit run_limit_in(unsigned milliseconds)
{
	struct run_limit limit = {.limit = (uint64_t)milliseconds * 1000000U};

	if (limit.limit)
		(void)run_clock_look(&limit.clock, 0);
	return limit;
}

bool run_limit_over(struct run_limit *limit)
{
	return limit->limit && run_clock_look(&limit->clock, LIMIT_APART_NS) > limit->limit;
}
