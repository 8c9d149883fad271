/* desk.h - the memory that one worker process shares with the supervisor, and with nobody else: a
 * file without a name, made for that worker alone and gone with it, whose descriptor it gets when
 * it is forked. Neither another worker nor the zygote ever maps it.
 *
 * At its head lies the worker's mark, by which it says without a message which job it has begun. In
 * a hybrid, places follow: of a job that the worker has, or is to have next, the input lies there
 * and the output is made there. The supervisor copies: in what was read into a slot, and out what
 * was made, before any of it is looked at, so that nothing changes any more while it is. It maps
 * nothing: what a worker does with the file can't reach it, and no store of its own can fail.
 *
 * The supervisor's functions are for one thread at a time; the worker's for a process with one.
 */
#ifndef EXEC_DESK_H
#define EXEC_DESK_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/executor.h>

/* Jobs that a worker may have: at least, and at most. */
#define DESK_PLACES     4
#define DESK_PLACES_MAX BR_EXECUTOR_TOGETHER_MAX

/* In place of a place's number, for a job that works with descriptors: in a process executor's way.
 */
#define DESK_NO_PLACE UINT32_MAX

/* What all desks of an executor are like. A place has a region for input and one for output, both
 * as large in addresses as a job's largest, and as large as needed in memory. */
struct desk_shape {
	size_t region;   /* bytes; 0: no places, only the mark */
	unsigned places; /* if there are any */
};

/* The supervisor's side of one. */
struct desk {
	int fd;                       /* -1: there is none */
	uint64_t taken;               /* bits of the places */
	size_t held[DESK_PLACES_MAX]; /* bytes of memory for output */
};

#define DESK_NONE ((struct desk){.fd = -1})

/* So many places for inputs and outputs of up to `largest` bytes. 0, -ENOMEM when RLIMIT_AS leaves
 * no room for them, or -EFBIG when RLIMIT_FSIZE, which bounds such a file as well, leaves none. */
int desk_choose(struct desk_shape *shape, unsigned places, size_t largest);

/* Makes one for a new worker. 0 or a negative errno. */
int desk_new(struct desk *desk, const struct desk_shape *shape);
/* Closes it; there is none any more. */
void desk_free(struct desk *desk);

/* Copies a slot's input to a free place. Returns its number, -ENOMEM or -ENOSPC for want of memory,
 * -EFBIG for an input that is larger than any may be, -EAGAIN without a free place. */
int desk_put(struct desk *desk, const struct desk_shape *shape, const struct br_slot *slot);

/* Whether a worker can have made `size` bytes in that place, and have memory for `capacity`. */
bool desk_can_hold(const struct desk *desk, const struct desk_shape *shape, unsigned place,
                   uint64_t size, uint64_t capacity);

/* Copies `size` bytes of output from a place; `bytes` has room for them. 0 or a negative errno. */
int desk_take(const struct desk *desk, const struct desk_shape *shape, unsigned place, void *bytes,
              size_t size);

/* The place is free. `capacity`: what the worker says that it has taken there. Memory beyond what
 * usual jobs need goes back to the system, whatever it says. */
void desk_clear(struct desk *desk, const struct desk_shape *shape, unsigned place, size_t capacity);

/* Whether the worker has begun the job of that number, and what it has left in its notes; otherwise
 * zeros. `before` is the number of the one that it has answered last, or 0: a mark that is neither
 * says that it has been written over, and so that something was begun. The worker's word, which may
 * be anything. */
bool desk_read_mark(const struct desk *desk, uint32_t serial, uint32_t before,
                    uint64_t note[BR_EXECUTOR_NOTES]);

/* What a worker with several jobs under way says that it is at. */
struct desk_step {
	uint32_t begun;  /* the number of the last job that it has begun */
	uint32_t active; /* of the job that it works at; 0: at what is done for several together */
	uint32_t number; /* of the step, from 1; 0: there was none */
};

/* Reads it, and the notes of what it is at. False where it can't be read; all is zero then. The
 * worker's word as well. */
bool desk_read_step(const struct desk *desk, struct desk_step *step,
                    uint64_t note[BR_EXECUTOR_NOTES]);

/* --- in the worker ---------------------------------------------------------------------------- */

struct desk_view;

/* The view of the desk behind `fd`, which stays the caller's and open; -1: of one that nobody looks
 * at, without places. 0 or a negative errno. */
int desk_attach(struct desk_view **out, const struct desk_shape *shape, int fd);

/* The job of that number begins, without notes. */
void desk_begin(struct desk_view *view, uint32_t serial);
/* Of several that have begun, that one goes on; 0: something is done for them together. */
void desk_go_on(struct desk_view *view, uint32_t serial);
/* BR_EXECUTOR_NOTES numbers. */
uint64_t *desk_notes(struct desk_view *view);

/* The slot of a place, ready for a job whose input has `size` bytes; there is memory for `capacity`
 * bytes of output. NULL for what can't be. */
struct br_slot *desk_slot(struct desk_view *view, unsigned place, uint64_t size, uint64_t capacity);

#endif
