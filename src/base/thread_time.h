/* thread_time.h - for how long a thread waits, and for what: an answer, or only a CPU. */
#ifndef BASE_THREAD_TIME_H
#define BASE_THREAD_TIME_H

#include <stdint.h>

/* Of the calling thread, ns. */
struct thread_time {
	uint64_t wall;
	uint64_t run;    /* on a CPU */
	uint64_t queued; /* ready, with others on the CPUs; 0 where the kernel does not tell */
};

/* Takes some microseconds. */
struct thread_time thread_time_now(void);

/* How long this thread has neither run nor been ready to since then, ns: so long a call waited for
 * a disk or a server. */
uint64_t thread_time_blocked(const struct thread_time *since);

#endif
