/* memory.c - see memory.h. */
#include "base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/base.h"

#define MB (UINT64_C(1) << 20)

/* A line "VmData:   1234 kB" of /proc/self/status, in bytes. */
static uint64_t status_bytes(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	const size_t length = strlen(name);
	unsigned long long kilobytes = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			kilobytes = strtoull(line + length + 1, NULL, 10);
			break;
		}
	}
	if (file)
		(void)fclose(file);
	return kilobytes * 1024;
}

uint64_t memory_private(void)
{
	return status_bytes("VmData");
}

/* Lowers *room to what a limit leaves beside what is taken. */
static void tighten(struct memory_room *room, enum memory_limit limit, rlim_t allowed,
                    const char *taken)
{
	uint64_t used, left;

	if (allowed == RLIM_INFINITY)
		return;
	used = status_bytes(taken);
	left = allowed > used ? allowed - used : 0;
	if (left < room->left)
		*room = (struct memory_room){.limit = limit, .allowed = allowed, .left = left};
}

struct memory_room memory_addresses(void)
{
	struct memory_room room = {.limit = MEMORY_UNLIMITED, .left = UINT64_MAX};
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == 0)
		tighten(&room, MEMORY_ADDRESSES, limit.rlim_cur, "VmSize");
	return room;
}

struct memory_room memory_room(void)
{
	struct memory_room room = memory_addresses();
	struct rlimit limit;

	/* the program lowers only the soft limit, a shell both */
	if (getrlimit(RLIMIT_DATA, &limit) == 0)
		tighten(&room, limit.rlim_cur < limit.rlim_max ? MEMORY_OWN : MEMORY_DATA,
		        limit.rlim_cur, "VmData");
	return room;
}

const char *memory_room_text(const struct memory_room *room, char text[MEMORY_TEXT_MAX])
{
	static const char *const names[] = {
	    [MEMORY_ADDRESSES] = "ulimit -v",
	    [MEMORY_DATA] = "ulimit -d",
	    [MEMORY_OWN] = "--max-memory, or a worker's own limit,",
	};

	if (room->limit == MEMORY_UNLIMITED)
		(void)snprintf(text, MEMORY_TEXT_MAX, "free memory, or use fewer --jobs");
	else
		(void)snprintf(text, MEMORY_TEXT_MAX, "%s allows %llu MB and leaves %llu: raise it",
		               names[room->limit], (unsigned long long)(room->allowed / MB),
		               (unsigned long long)(room->left / MB));
	return text;
}

int memory_is_blamed(const char *words)
{
	static const char *const signs[] = {
	    "out of memory",       "cannot allocate memory",
	    "memory allocation",   "creating thread",
	    "bad_alloc",           "failed to map segment",
	    "insufficient memory", "resource temporarily unavailable"};

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (strcasestr(words, signs[i]))
			return 1;
	return 0;
}
