/* descriptors.c - see descriptors.h. */
#include "batch/descriptors.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <batchresize/executor.h>

/* What this process has open besides workers and jobs, and to spare: streams, reports, directories
 * that are read, what libraries open. */
#define OPEN_OTHERWISE 64

/* A worker's channel and its desk, and what is open while it is replaced. */
#define OPEN_PER_WORKER 4

/* At least: with fewer in all for each than above, pictures wait for each other. */
#define LEAST_OTHERWISE  16
#define LEAST_PER_WORKER 2

/* Directories that nobody uses at the moment: this part of all, and at most so many. */
#define HELD_PART 16
#define HELD_MOST 1024

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

/* Of those that are open the lowest free number tells, but for gaps. */
static rlim_t count_open(void)
{
	const int next = open("/", O_PATH | O_CLOEXEC);

	if (next >= 0)
		(void)close(next); /* nothing was written */
	return next < 0 ? 0 : (rlim_t)next;
}

unsigned descriptors_workers(unsigned workers)
{
	const rlim_t taken = LEAST_OTHERWISE + count_open();
	struct rlimit limit;
	rlim_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return workers;
	most = limit.rlim_cur > taken ? (limit.rlim_cur - taken) / LEAST_PER_WORKER : 0;
	if (most >= workers)
		return workers;
	return most > 0 ? (unsigned)most : 1;
}

unsigned descriptors_of_directories(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= (rlim_t)HELD_PART * HELD_MOST)
		return HELD_MOST;
	return (unsigned)(limit.rlim_cur / HELD_PART);
}

unsigned descriptors_capacity(unsigned workers, unsigned together, unsigned outputs)
{
	const rlim_t taken =
	    OPEN_OTHERWISE + descriptors_of_directories() + (rlim_t)OPEN_PER_WORKER * workers;
	const rlim_t per_job = 1 + (rlim_t)OPEN_PER_OUTPUT * outputs;
	struct rlimit limit;
	rlim_t jobs;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return 0;
	jobs = limit.rlim_cur > taken ? (limit.rlim_cur - taken) / per_job : 0;
	if (jobs >= (rlim_t)BR_EXECUTOR_JOBS_PER_WORKER * workers &&
	    jobs >= (rlim_t)2 * together * workers)
		return 0;
	return jobs > 0 ? (unsigned)jobs : 1;
}
