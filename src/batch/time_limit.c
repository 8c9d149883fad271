/* time_limit.c - see time_limit.h. */
#include "batch/time_limit.h"

#include <math.h>
#include <time.h>

#include "base/base.h"

struct time_limit time_limit_start(const struct br_batch_options *options)
{
	return (struct time_limit){
	    .begin = clock_ns(), .max_ms = options->max_time_ms, .finish_by = options->finish_by};
}

bool time_limit_is_set(const struct time_limit *limit)
{
	return limit->max_ms > 0 || limit->finish_by > 0;
}

double time_limit_left(const struct time_limit *limit)
{
	double left = INFINITY;
	struct timespec now;

	if (limit->max_ms > 0)
		left = limit->max_ms / 1e3 - (double)(clock_ns() - limit->begin) / 1e9;
	if (limit->finish_by > 0 && clock_gettime(CLOCK_REALTIME, &now) == 0)
		left =
		    fmin(left, (double)(limit->finish_by - now.tv_sec) - (double)now.tv_nsec / 1e9);
	return left;
}
