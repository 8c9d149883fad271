/* way.h - in whose way a job of an auto executor goes: a process executor's or a hybrid's.
 *
 * In a hybrid's way a thread reads, and the input is copied to the worker, which costs by the byte;
 * in a process executor's way descriptors are handed over, which costs the same for each job, and
 * the worker waits by itself for what it reads and writes. So an input that is at hand goes a
 * process executor's way. Of others a small one goes a hybrid's, and a large one does until calls
 * have been seen not to wait. Where one has been seen to wait, what is at hand counts no more than
 * what is large, since outputs may be what has to be waited for. Some always go a hybrid's way, to
 * see whether waiting has begun.
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
	unsigned settled; /* inputs that were handed over since the last that could have been */
	bool waited;      /* a call has waited */
};

/* From here on an input is large, bytes: measured, of two machines' 40 and 90 KB the pictures were
 * as cheap to copy, of 1 to 3 MB no more. */
#define WAY_LARGE ((uint64_t)256 << 10)

/* What is known of an input: see struct br_slot. */
struct way_input {
	uint64_t bytes; /* 0: not known */
	bool at_hand;
};

/* Whether it can go either way, depending on how long calls take. */
static inline bool way_is_open(const struct way_input *input)
{
	return input->at_hand || input->bytes >= WAY_LARGE;
}

/* Whether the job goes a hybrid's way; `most`: bytes that slots can hold. */
bool way_is_hybrid(struct exec_way *way, const struct way_input *input, uint64_t most);

/* A thread has read or written: whether it had to wait for that. */
void way_note(struct exec_way *way, bool waited);

#endif
