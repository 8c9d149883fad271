/* desk.h - the memory that one worker process shares with the supervisor, and with nobody else: a
 * file without a name, made for that worker alone and gone with it, whose descriptor it gets when
 * it is forked. Neither another worker nor the zygote ever maps it.
 *
 * At its head lies the worker's mark, by which it says without a message which job it has begun. In
 * a hybrid, two regions follow: in one lie the inputs of the jobs that the worker has, or is to
 * have next, in the other are made the outputs. The supervisor copies: in what was read into a
 * slot, and out what was made, before any of it is looked at, so that nothing changes any more
 * while it is. It maps nothing: what a worker does with the file can't reach it, and no store of
 * its own can fail.
 *
 * The file's size is sealed, and so is the most memory that a worker can have in it, whatever it
 * does: all jobs that it has share the regions, each of which is as large as one job's largest. The
 * supervisor lays out the inputs, the worker the outputs, which lie there until they were taken.
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

/* What all desks of an executor are like: bytes of addresses for all inputs and for all outputs, of
 * which there is as much memory as is needed. */
struct desk_shape {
	size_t in; /* 0: no places, only the mark */
	size_t out;
	unsigned places; /* if there are any */
};

/* A part of a region. */
struct desk_extent {
	size_t at, bytes; /* 0 bytes: none */
};

/* The supervisor's side of one. */
struct desk {
	int fd;                                 /* -1: there is none */
	uint32_t cleared;                       /* outputs, so far */
	struct desk_extent in[DESK_PLACES_MAX]; /* of the places that are taken */
};

#define DESK_NONE ((struct desk){.fd = -1})

/* So many places for inputs and outputs of up to `largest` bytes each. 0, -ENOMEM when RLIMIT_AS
 * leaves no room for them, or -EFBIG when RLIMIT_FSIZE, which bounds such a file as well, leaves
 * none. */
int desk_choose(struct desk_shape *shape, unsigned places, size_t largest);

/* The size of the file. */
size_t desk_bytes(const struct desk_shape *shape);

/* Makes one for a new worker. 0 or a negative errno. */
int desk_new(struct desk *desk, const struct desk_shape *shape);
/* Closes it; there is none any more. */
void desk_free(struct desk *desk);

/* Copies a slot's input to a free place; *at is where it lies. Returns the place's number, -ENOMEM
 * or -ENOSPC for want of memory, -EFBIG for an input that is larger than any may be, or -EAGAIN
 * when there is no room beside those of the jobs that the worker has. */
int desk_put(struct desk *desk, const struct desk_shape *shape, const struct br_slot *slot,
             size_t *at);
/* The worker has not got the job. */
void desk_withdraw(struct desk *desk, const struct desk_shape *shape, unsigned place);

/* Whether a worker can have laid out its output so, and made `size` bytes of it. */
bool desk_can_hold(const struct desk_shape *shape, uint64_t at, uint64_t capacity, uint64_t size);

/* Copies `size` bytes of output that begin at `at`; `bytes` has room for them. 0 or a negative
 * errno. */
int desk_take(const struct desk *desk, const struct desk_shape *shape, size_t at, void *bytes,
              size_t size);

/* The place of a job that was answered is free, and so is its output's extent, of which the worker
 * is told. Memory beyond what usual jobs need goes back to the system: if the worker has no other
 * job, whatever it says. */
void desk_clear(struct desk *desk, const struct desk_shape *shape, unsigned place,
                struct desk_extent out);

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

/* The slot of a place, ready for a job whose input has `size` bytes from `at` on. Its output moves
 * when there is no room to grow where it lies, and waits for room until the supervisor has taken
 * what was answered; -ENOMEM where that is not enough. NULL for what can't be. */
struct br_slot *desk_slot(struct desk_view *view, unsigned place, uint64_t at, uint64_t size);
/* The job of that place is about to be answered: where its output lies, which stays until it was
 * taken. */
size_t desk_answer(struct desk_view *view, unsigned place);

#endif
