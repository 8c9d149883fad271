/* run_clock.h - time in which this program ran, as far as it can tell.
 *
 * SIGSTOP, Ctrl-Z, `docker pause`, a frozen control group and a paused virtual machine stop a
 * program without notice, while CLOCK_MONOTONIC goes on (it stands still only while the machine
 * sleeps). A program that looks at the clock often sees this as a gap between two looks. Of such a
 * gap, at most the time counts by which the looks were meant to be apart, or the processor time
 * that this process used in it, whichever is more: a program that computes for ten seconds without
 * a look did run, and one that is late again and again still comes to the end of its time.
 *
 * Plain data; one thread at a time.
 */
#ifndef RUN_CLOCK_H
#define RUN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: at 0, and not looked at yet. All in nanoseconds. */
struct run_clock {
	uint64_t ran;
	uint64_t looked;   /* clock_ns() at the last look, 0: none */
	uint64_t measured; /* and when `worked` was, at most 0.1 s before that: it costs a system
	                    * call, and a look mostly does not */
	uint64_t worked;   /* of the processor by then */
};

/* The time now. `apart`: this look was to come at most so long after the last one, as after a wait
 * with a timeout. */
uint64_t run_clock_look(struct run_clock *clock, uint64_t apart);

/* A time limit for one thread, which asks now and then whether it is over. Zeroed: none. */
struct run_limit {
	struct run_clock clock;
	uint64_t limit;
};

struct run_limit run_limit_in(unsigned milliseconds); /* 0: none */
bool run_limit_over(struct run_limit *limit);

#endif
