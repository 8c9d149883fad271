/* backoff.h - pauses between attempts, each twice as long as the one before it.
 *
 * Pure; thread-safe.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

/* Of attempts at a server, ms: the first pause, and the longest. */
#define BACKOFF_FIRST_MS UINT64_C(500)
#define BACKOFF_LAST_MS  UINT64_C(8000)

/* `first`, doubled `times` times, but at most `last`. */
static inline uint64_t backoff_doubled(uint64_t first, uint64_t last, unsigned times)
{
	while (times-- > 0 && first < last)
		first *= 2;
	return first < last ? first : last;
}

/* Milliseconds to wait for a server after `failures` attempts, at least 1, have failed. Up to a
 * quarter longer, by `now` (clock_ns()), so that those who failed together do not come together
 * again. */
static inline uint64_t backoff_ms(unsigned failures, uint64_t now)
{
	const uint64_t ms = backoff_doubled(BACKOFF_FIRST_MS, BACKOFF_LAST_MS, failures - 1);

	return ms + ms / 4 * (now / 1000 % 256) / 256;
}

#endif
