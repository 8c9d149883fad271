/* memory.h - which limit on this process's memory is the tightest, and what it leaves.
 *
 * Thread-safe. Reads /proc/self (proc(5)); if that is not mounted, nothing is known to be limited.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum memory_limit {
	MEMORY_UNLIMITED,
	MEMORY_ADDRESSES, /* RLIMIT_AS, a shell's `ulimit -v`: all that is mapped, memory or not */
	MEMORY_DATA,      /* RLIMIT_DATA, a shell's `ulimit -d`: private memory */
	MEMORY_OWN        /* RLIMIT_DATA as the program itself has lowered it, for a worker */
};

struct memory_room {
	enum memory_limit limit;
	uint64_t allowed; /* bytes */
	uint64_t left;    /* bytes that may still be taken; UINT64_MAX when unlimited */
};

/* Of the limits, the one that leaves least. */
struct memory_room memory_room(void);

/* The limit of addresses alone, for callers that ask often: reads no file if there is none. */
struct memory_room memory_addresses(void);

/* Long enough for memory_room_text(). */
#define MEMORY_TEXT_MAX 96

/* What limits, and what to do: "ulimit -v allows 140 MB and leaves 12: raise it". */
const char *memory_room_text(const struct memory_room *room, char text[MEMORY_TEXT_MAX]);

/* Bytes of private memory that this process has: what RLIMIT_DATA counts. */
uint64_t memory_private(void);

/* Its threads; 0 if that is not known. */
unsigned memory_threads(void);

/* For a process that can't open files any more from now on: keeps open what is read here. A process
 * that is forked from it would read of its parent. While it has one thread. */
void memory_keep_open(void);

/* Processes of this control group that the kernel has killed so far because the group's limit was
 * reached (memory.events of cgroup v2, memory.oom_control of v1); 0 if the kernel does not tell. */
uint64_t memory_kills(void);

/* Whether a library's message says that memory, or a thread, could not be had. */
int memory_is_blamed(const char *words);

#endif
