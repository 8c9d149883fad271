/* way.h - in whose way a job of an auto executor goes: a process executor's or a hybrid's.
 *
 * In a hybrid's way a thread reads, and the input is copied to the worker, which costs by the byte;
 * in a process executor's way descriptors are handed over, which costs the same for each job, and
 * the worker waits by itself for what it reads and writes. So a small input goes a hybrid's way,
 * and so does a large one where reading or writing has been seen to wait; some of the large ones
 * always do, to see whether it has begun to.
 *
 * Pure: what it knows is what it was told. Zeroed is the beginning, where nothing is known yet.
 */
#ifndef EXEC_WAY_H
#define EXEC_WAY_H

#include <stdbool.h>
#include <stdint.h>

struct exec_way {
	unsigned quick;   /* calls in a row that did not wait */
	unsigned wanted;  /* so many are to be, before large inputs are handed over; 0: the least */
	unsigned settled; /* large inputs that were handed over since the last that was not */
};

/* From here on an input is large, bytes: measured, of two machines' 40 and 90 KB the pictures were
 * still cheaper to copy, of 1 to 3 MB no more. */
#define WAY_LARGE ((uint64_t)256 << 10)

/* Whether the job goes a hybrid's way; `bytes`: what it is going to read, 0 for not known; `most`:
 * what slots can hold. */
bool way_is_hybrid(struct exec_way *way, uint64_t bytes, uint64_t most);

/* A thread has read or written: whether it had to wait for that. */
void way_note(struct exec_way *way, bool waited);

#endif
