/* channel.h - small messages between processes, with descriptors.
 *
 * A channel is one end of a SOCK_SEQPACKET socket pair: messages keep their bounds and their order,
 * and the other end's death is an end of file. Nothing larger than BR_EXECUTOR_MESSAGE_MAX twice
 * over goes through it: pixels and files stay where they are.
 *
 * Not thread-safe for one end; the two ends are in two processes. All calls are async-signal-safe.
 */
#ifndef EXEC_CHANNEL_H
#define EXEC_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <batchresize/executor.h>

enum channel_kind {
	CHANNEL_READY,   /* worker -> supervisor: initialised; status 0, or why it can't be used;
	                  * size, capacity and index: walls that stand, those missing, and why */
	CHANNEL_JOB,     /* supervisor -> worker: result bytes, then job bytes; descriptors */
	CHANNEL_ASK,     /* worker -> supervisor: its job takes `size` bytes of memory in all, more
	                  * than its share; once a job */
	CHANNEL_GRANT,   /* supervisor -> worker: status 0, or why it may not */
	CHANNEL_RESULT,  /* worker -> supervisor: what the stages returned; result bytes */
	CHANNEL_SPAWN,   /* supervisor -> zygote: make worker `index`; its end of the channel,
	                  * and its desk; status: whether ops->prepare() has to have run */
	CHANNEL_KILL,    /* supervisor -> zygote: SIGKILL to worker `index` of that generation */
	CHANNEL_SPAWNED, /* zygote -> supervisor, nursery -> program: status is the pid of who was
	                  * made, or a negative errno */
	CHANNEL_EXITED,  /* zygote -> supervisor: status as of waitpid(2), size its peak memory */
	CHANNEL_POOL,    /* program -> nursery: make a zygote; what it is to be, its descriptors */
	CHANNEL_SIGNAL,  /* program -> nursery: signal `status` to its child `generation` */
	CHANNEL_FORK,    /* supervisor -> zygote: make another like itself; its end of a channel */
	CHANNEL_ALIVE,   /* zygote -> supervisor: KILL is done; or it has begun, as a spare, and
	                  * status is its pid */
	CHANNEL_UNPREPARED /* worker -> supervisor: its job wants br_executor_prepare(); it ends */
};

/* The head of every message; the meaning of a field depends on the kind. */
struct channel_message {
	uint32_t kind;       /* enum channel_kind */
	uint32_t index;      /* of a worker; JOB, RESULT: of a place at its desk */
	uint32_t generation; /* of a worker: its number among those with this index; JOB: of the job
	                      * among all that were sent, and RESULT repeats it; of a nursery's
	                      * child */
	int32_t status;
	uint64_t size;     /* JOB: bytes in slot->in; RESULT: bytes in slot->out; EXITED: bytes */
	uint64_t capacity; /* RESULT: of slot->out */
	uint64_t offset;   /* JOB: of slot->in at the worker's desk; RESULT: of slot->out */
};

/* Both ends close-on-exec. 0 or a negative errno (-EMFILE, -ENFILE, -ENOMEM). */
int channel_pair(int ends[2]);

/* Sends a message with up to two parts behind it (NULL, 0: none) and descriptors. Waits for room
 * unless `wait` is false. 0, -EAGAIN, or -EPIPE when the other end has gone; no SIGPIPE. */
int channel_send(int end, const struct channel_message *message, const void *first,
                 size_t first_size, const void *second, size_t second_size, const int *fds,
                 unsigned fd_count, bool wait);

/* As channel_send() with `wait`, for a worker and a zygote, who can do nothing else meanwhile:
 * if the system has no memory for a message, it is tried again for 10 s. */
int channel_tell(int end, const struct channel_message *message, const void *body,
                 size_t body_size);

/* Receives one message. The parts land in `body` (body_size bytes), descriptors (close-on-exec) in
 * fds, which has BR_EXECUTOR_FDS_MAX places; *fd_count tells how many. fds may be NULL when none
 * can come. Returns the bytes in body, -EAGAIN (only without `wait`), -EPIPE at the end of file,
 * -EPROTO for a message that is no message of ours, -EMFILE when descriptors got lost for want of
 * room in this process. */
ssize_t channel_receive(int end, struct channel_message *message, void *body, size_t body_size,
                        int *fds, unsigned *fd_count, bool wait);

#endif
