/* together.c - see together.h. */
#include "exec/together.h"

/* How much slower than the slowest so far is still no hang. */
#define SLOWER 10

void together_step(struct together_step *step, unsigned jobs, uint64_t now, uint64_t *slowest)
{
	const uint64_t ns = step->began && step->jobs ? (now - step->began) / step->jobs : 0;

	if (ns > *slowest)
		*slowest = ns;
	*step = (struct together_step){.began = now, .jobs = jobs};
}

uint64_t together_limit(uint64_t all, uint64_t longest, unsigned jobs, uint64_t slowest)
{
	const uint64_t usual =
	    slowest > UINT64_MAX / SLOWER / jobs ? UINT64_MAX : slowest * SLOWER * jobs;
	const uint64_t limit = usual > longest ? usual : longest;

	return limit < all ? limit : all;
}
