/* together.h - how long what is done for several jobs of a worker may take.
 *
 * It has the time of all of them one after the other, but no more than that of one, or ten times
 * what jobs have taken so far, if that is more: a hang among 64 is noticed after one job's time.
 * What is taken for a hang and is none costs no job, only time, and that once: its jobs are begun
 * again in parts, each of which has the time of one, and what these take is known then.
 *
 * For one after the other.
 */
#ifndef EXEC_TOGETHER_H
#define EXEC_TOGETHER_H

#include <stdint.h>

/* A piece of work: of one job, or for several. */
struct together_step {
	uint64_t began; /* 0: there is none, or it was interrupted by a wait */
	unsigned jobs;
};

/* A piece of work for so many jobs begins at `now`; what was before it has ended, and is taken
 * notice of in *slowest, the longest time for a job so far, ns. */
void together_step(struct together_step *step, unsigned jobs, uint64_t now, uint64_t *slowest);

/* ns: of so many jobs, which have that long in all, and one of them that long at most. */
uint64_t together_limit(uint64_t all, uint64_t longest, unsigned jobs, uint64_t slowest);

#endif
