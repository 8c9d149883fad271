/* base.h - what every room may use: clock, CPU and memory limits of this process, threads.
 *
 * Thread-safe, fork-safe, no state.
 */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_ns(void);

/* Milliseconds since a time of clock_ns(). */
float clock_ms_since(uint64_t start);

/* CPUs that this process may use, at least 1: the smaller of its affinity mask and the CPU quota of
 * its cgroup and those above it (v2 cpu.max, v1 cfs_quota; a quota of 1.5 CPUs counts as 2). */
unsigned cpu_count(void);

/* Bytes of memory that this process may use: the smaller of the machine's and the limit of its
 * cgroup and those above it. */
uint64_t memory_limit(void);

/* Threads of this process; 0 if /proc is not mounted. */
unsigned thread_count(void);

/* Whether the caller is the only thread. One that pthread_join() has waited for is there until the
 * kernel is done with it (it wakes who waits first, see clear_child_tid in set_tid_address(2)),
 * which on a busy machine takes a while: others have half a second to end. True if /proc is not
 * mounted. */
bool thread_is_alone(void);

#endif
