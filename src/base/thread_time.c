/* thread_time.c - see thread_time.h. */
#include "base/thread_time.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

/* The second number of schedstat: see the kernel's sched-stats(7) and CONFIG_SCHED_INFO. */
static uint64_t queued_ns(void)
{
	const int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	char text[128] = "";
	uint64_t run, queued = 0;

	if (fd < 0)
		return 0;
	const ssize_t got = read(fd, text, sizeof(text) - 1);

	(void)close(fd);
	if (got <= 0 || sscanf(text, "%" SCNu64 " %" SCNu64, &run, &queued) != 2)
		return 0;
	return queued;
}

struct thread_time thread_time_now(void)
{
	struct timespec run = {0};

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &run);
	return (struct thread_time){.wall = clock_ns(),
	                            .run = (uint64_t)run.tv_sec * NS_PER_S + (uint64_t)run.tv_nsec,
	                            .queued = queued_ns()};
}

uint64_t thread_time_blocked(const struct thread_time *since)
{
	const struct thread_time now = thread_time_now();
	const uint64_t wall = now.wall - since->wall;
	const uint64_t busy = now.run - since->run + (now.queued - since->queued);

	return wall > busy ? wall - busy : 0;
}
