/* memory.c - see memory.h. */
#include "base/memory.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/base.h"

#define MB (UINT64_C(1) << 20)

/* /proc/self/status, for as long as the process lives; -1: it is opened each time. */
static int kept = -1;

/* With all lines that are looked for here in it, which stand in front of what grows with the
 * machine. */
#define STATUS_BYTES 8192

static int open_status(void)
{
	return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
}

void memory_keep_open(void)
{
	kept = open_status();
}

static void read_status(char text[STATUS_BYTES])
{
	const int fd = kept >= 0 ? kept : open_status();
	const ssize_t got = fd < 0 ? -1 : pread(fd, text, STATUS_BYTES - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	if (fd >= 0 && fd != kept)
		(void)close(fd);
}

/* Of a line "VmData:   1234 kB" of /proc/self/status the number; 0 without one. */
static uint64_t status_number(const char *name)
{
	const size_t length = strlen(name);
	char text[STATUS_BYTES] = "";

	read_status(text);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10);
	}
	return 0;
}

static uint64_t status_bytes(const char *name)
{
	return status_number(name) * 1024;
}

unsigned memory_threads(void)
{
	return (unsigned)status_number("Threads");
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
