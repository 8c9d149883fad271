/* clock.c - the one clock that everything is timed with. */
#include <time.h>

#include "base/base.h"

uint64_t clock_ns(void)
{
	struct timespec now;

	/* Can't fail: the clock exists on every Linux and the pointer is good. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

float clock_ms_since(uint64_t start)
{
	return (float)((double)(clock_ns() - start) / 1e6);
}
