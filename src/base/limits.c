/* limits.c - what this process may use of the machine: affinity, cgroup quotas, memory.
 *
 * A container's CPU quota does not show in the affinity mask, and its memory limit not in the
 * machine's size, so both are read from the cgroup and from every cgroup above it. Formats:
 * Linux Documentation/admin-guide/cgroup-v2.rst (cpu.max, memory.max), cgroup-v1 (cpu.cfs_quota_us,
 * cpu.cfs_period_us, memory.limit_in_bytes), proc(5) for /proc/self/cgroup.
 */
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/memory.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

/* One line of a small file of the kernel's, without its newline. */
static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got;

	if (!file)
		return false;
	got = fgets(line, (int)size, file) != NULL;
	(void)fclose(file);
	if (got)
		line[strcspn(line, "\n")] = '\0';
	return got;
}

static bool read_number(const char *directory, const char *name, long long *number)
{
	char path[PATH_MAX + 64], line[64], *end;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (!read_line(path, line, sizeof(line)))
		return false;
	*number = strtoll(line, &end, 10);
	return end != line;
}

/* CPUs of one cgroup directory's quota, rounded up; UINT_MAX without a quota. */
static unsigned quota_of(const char *directory)
{
	char path[PATH_MAX + 64], line[64];
	long long quota = -1, period = 0;

	(void)snprintf(path, sizeof(path), "%s/cpu.max", directory);
	if (read_line(path, line, sizeof(line))) {
		if (sscanf(line, "%lld %lld", &quota, &period) != 2)
			return UINT_MAX; /* "max 100000" */
	} else if (!read_number(directory, "cpu.cfs_quota_us", &quota) ||
	           !read_number(directory, "cpu.cfs_period_us", &period)) {
		return UINT_MAX;
	}
	if (quota <= 0 || period <= 0)
		return UINT_MAX;
	long long cpus = (quota + period - 1) / period;

	return cpus > UINT_MAX ? UINT_MAX : (unsigned)cpus;
}

static uint64_t memory_of(const char *directory)
{
	long long bytes;

	if (read_number(directory, "memory.max", &bytes) ||
	    read_number(directory, "memory.limit_in_bytes", &bytes))
		return bytes > 0 ? (uint64_t)bytes : UINT64_MAX;
	return UINT64_MAX;
}

/* "oom_kill 3" among other lines. */
static uint64_t kills_in(const char *directory, const char *name)
{
	char path[PATH_MAX + 64], line[64];
	unsigned long long kills = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "oom_kill %llu", &kills) == 1)
			break;
	}
	if (file)
		(void)fclose(file);
	return kills;
}

/* What is asked for: a file that need not be opened is not. */
enum ask { ASK_CPUS = 1, ASK_MEMORY = 2, ASK_KILLS = 4 };

struct cgroup_limits {
	unsigned asked; /* bits of enum ask */
	unsigned cpus;
	uint64_t memory;
	uint64_t kills; /* kills for want of memory, in the group with most of them */
};

static void limit_by(struct cgroup_limits *limits, const char *directory, unsigned asked)
{
	const unsigned cpus = asked & ASK_CPUS ? quota_of(directory) : UINT_MAX;
	const uint64_t memory = asked & ASK_MEMORY ? memory_of(directory) : UINT64_MAX;
	const uint64_t kills = asked & ASK_KILLS ? kills_in(directory, "memory.events") +
	                                               kills_in(directory, "memory.oom_control")
	                                         : 0;

	if (cpus < limits->cpus)
		limits->cpus = cpus;
	if (memory < limits->memory)
		limits->memory = memory;
	if (kills > limits->kills)
		limits->kills = kills;
}

/* A cgroup and all above it, up to the mount point. In a container the path that /proc names may
 * not exist below the mount, which then shows the container's own cgroup at its root: walking up to
 * the root covers both. */
static void limit_by_ancestors(struct cgroup_limits *limits, const char *mount, const char *group,
                               unsigned asked)
{
	const char *below = strcmp(group, "/") == 0 ? "" : group;
	char directory[PATH_MAX];

	if (snprintf(directory, sizeof(directory), "%s%s", mount, below) >= (int)sizeof(directory))
		return;
	for (;;) {
		limit_by(limits, directory, asked);
		char *slash = strrchr(directory, '/');

		if (!slash || strlen(directory) <= strlen(mount))
			break;
		*slash = '\0';
	}
}

/* What a hierarchy of v1 can tell of what is asked for. */
static unsigned asked_of(const char *controllers, unsigned asked)
{
	unsigned told = 0;

	for (const char *at = controllers; *at != '\0'; at += *at == ',') {
		const size_t length = strcspn(at, ",");

		if (length == 3 && memcmp(at, "cpu", length) == 0)
			told |= ASK_CPUS;
		if (length == 6 && memcmp(at, "memory", length) == 0)
			told |= ASK_MEMORY | ASK_KILLS;
		at += length;
	}
	return told & asked;
}

/* A line of /proc/self/cgroup: "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1). */
static void limit_by_line(struct cgroup_limits *limits, char *line)
{
	char *controllers = strchr(line, ':');
	char *group = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!group)
		return;
	*group++ = '\0';
	controllers++;
	if (!*controllers) {
		limit_by_ancestors(limits, CGROUP_ROOT, group, limits->asked);
		limit_by_ancestors(limits, CGROUP_ROOT "/unified", group, limits->asked);
	} else if (asked_of(controllers, limits->asked) != 0) {
		char mount[PATH_MAX];

		(void)snprintf(mount, sizeof(mount), CGROUP_ROOT "/%s", controllers);
		limit_by_ancestors(limits, mount, group, asked_of(controllers, limits->asked));
	}
}

static struct cgroup_limits cgroup_limits(enum ask asked)
{
	struct cgroup_limits limits = {.asked = asked, .cpus = UINT_MAX, .memory = UINT64_MAX};
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 256];

	if (!file)
		return limits;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		limit_by_line(&limits, line);
	}
	(void)fclose(file);
	return limits;
}

static unsigned affinity_count(void)
{
	/* Machines with more CPUs than a cpu_set_t holds need a larger set. */
	for (size_t cpus = CPU_SETSIZE; cpus <= (1U << 18); cpus *= 2) {
		cpu_set_t *set = CPU_ALLOC(cpus);
		size_t size = CPU_ALLOC_SIZE(cpus);

		if (!set)
			break;
		bool got = sched_getaffinity(0, size, set) == 0;
		int count = got ? CPU_COUNT_S(size, set) : 0;

		CPU_FREE(set);
		if (got && count > 0)
			return (unsigned)count;
	}
	return 1;
}

unsigned cpu_count(void)
{
	unsigned affinity = affinity_count();
	unsigned quota = cgroup_limits(ASK_CPUS).cpus;

	return affinity < quota ? affinity : quota;
}

uint64_t memory_limit(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	uint64_t machine = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
	uint64_t group = cgroup_limits(ASK_MEMORY).memory;

	return machine < group ? machine : group;
}

uint64_t memory_kills(void)
{
	return cgroup_limits(ASK_KILLS).kills;
}

/* Threads that are not the program's: ThreadSanitizer runs one of its own. */
#if defined(__SANITIZE_THREAD__)
#define FOREIGN_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FOREIGN_THREADS 1
#endif
#endif
#ifndef FOREIGN_THREADS
#define FOREIGN_THREADS 0
#endif

unsigned thread_count(void)
{
	struct stat st;

	unsigned threads;

	/* One directory a thread, plus "." and "..". */
	if (stat("/proc/self/task", &st) == 0)
		threads = st.st_nlink > 2 ? (unsigned)st.st_nlink - 2 : 0;
	else
		threads = memory_threads();
	return threads > FOREIGN_THREADS ? threads - FOREIGN_THREADS : 0;
}

/* Threads that are about to end are looked at so often, and so many times. */
#define ENDING_LOOK_NS 1000000
#define ENDING_LOOKS   500

bool thread_is_alone(void)
{
	const struct timespec moment = {.tv_nsec = ENDING_LOOK_NS};

	for (unsigned looks = 0; thread_count() > 1; looks++) {
		if (looks == ENDING_LOOKS)
			return false;
		(void)nanosleep(&moment, NULL);
	}
	return true;
}
