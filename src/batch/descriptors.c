/* descriptors.c - see descriptors.h. */
#include "batch/descriptors.h"

#include <sys/resource.h>

#include <batchresize/executor.h>

/* What this process has open besides workers and jobs, and to spare: streams, reports, directories
 * that are read, what libraries open. */
#define OPEN_OTHERWISE 64

/* A worker's channel and its desk, and what is open while it is replaced. */
#define OPEN_PER_WORKER 4

/* An output's temporary, and its directory. */
#define OPEN_PER_OUTPUT 2

void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

unsigned descriptors_capacity(unsigned workers, unsigned outputs)
{
	const rlim_t taken = OPEN_OTHERWISE + (rlim_t)OPEN_PER_WORKER * workers;
	const rlim_t per_job = 1 + (rlim_t)OPEN_PER_OUTPUT * outputs;
	struct rlimit limit;
	rlim_t jobs;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return 0;
	jobs = limit.rlim_cur > taken ? (limit.rlim_cur - taken) / per_job : 0;
	if (jobs >= (rlim_t)BR_EXECUTOR_JOBS_PER_WORKER * workers)
		return 0;
	return jobs > 0 ? (unsigned)jobs : 1;
}
