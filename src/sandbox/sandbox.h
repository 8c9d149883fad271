/* sandbox.h - walls around a worker process, so that bytes which take it over reach nothing but the
 * job that it was at.
 *
 * A worker opens nothing: descriptors are handed to it, and libraries are loaded before. So it can
 * do without the rest of the system, and every wall is put up before it sees the first byte of a
 * job: privileges(7) are gone, Landlock refuses every file, and a filter of system calls (seccomp)
 * refuses what is no memory, thread, clock or descriptor. None of them can be taken down again.
 *
 * Made once, in the process that workers are forked from; entered in each of them, while it has one
 * thread. Under AddressSanitizer and ThreadSanitizer, whose runtimes need what the walls refuse,
 * there are none: nothing is on, and all is missing.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>

#include <batchresize/executor.h>

struct sandbox;

/* What stands, and what does not although it was asked for: bits of enum br_executor_wall. */
struct sandbox_state {
	unsigned on;
	unsigned missing;
	int error; /* what the system said of the first that is missing: a positive errno, or 0 */
};

/* Without the walls of `without`. `calls`: names of system calls that are allowed beside, spaces
 * between them; NULL: none. `kills`: what the filter forbids ends the process by SIGSYS instead of
 * failing. NULL without memory. */
struct sandbox *sandbox_new(unsigned without, const char *calls, bool kills);
void sandbox_free(struct sandbox *sandbox);

/* Whether every one of them is the name of a system call; true if this build does not know any. */
bool sandbox_knows(const char *calls);

/* Puts up the walls around the calling process, for good. */
struct sandbox_state sandbox_enter(const struct sandbox *sandbox);

/* All bits of enum br_executor_wall. */
#define SANDBOX_WALLS 31U

#endif
