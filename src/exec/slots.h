/* slots.h - the hybrid executor's memory: slots in one memfd that every process maps, sealed so
 * that it keeps its size. Where memfd_create(2) is refused it is shared memory without a file, and
 * where fallocate(2) is, memory comes as it is used.
 *
 * A slot has a region for a job's input and one for its output, both as large as the whole budget
 * in addresses, and as large as needed in memory: a region grows by fallocate(2), which says
 * -ENOSPC if a plain store would be a SIGBUS. The table is made before the zygote is forked, or
 * attached to by its descriptor; only the parent hands slots out and counts them.
 * No lock lies in the shared memory: a slot belongs to one thread or one worker at a time, whoever
 * was told of it last.
 *
 * The parent's functions may be called from any of its threads. In a worker only slots_in_worker()
 * and the slot's own buffers are used.
 */
#ifndef EXEC_SLOTS_H
#define EXEC_SLOTS_H

#include <batchresize/executor.h>

struct slot_table;

/* `count` slots that together may hold `budget` bytes of memory. 0, -ENOMEM (also when RLIMIT_AS
 * leaves no room), -EMFILE, or -EFBIG when RLIMIT_FSIZE, which bounds a memfd as well, leaves none.
 */
int slots_new(struct slot_table **out, unsigned count, size_t budget);
/* No process may use a slot any more. */
void slots_free(struct slot_table *table);

/* What another process has to know beside the memfd to attach to the same memory. */
struct slots_shape {
	unsigned count;
	size_t region;
};

struct slots_shape slots_shape(const struct slot_table *table);
/* The table of a worker that did not inherit one. 0 or -ENOMEM. */
int slots_attach(struct slot_table **out, const struct slots_shape *shape, int fd);

/* The memfd, for workers to keep; -1 if there is none. */
int slots_fd(const struct slot_table *table);

/* A process that renumbered its descriptors says where the memfd is now. */
void slots_moved(struct slot_table *table, int fd);

/* A free slot, cleared; NULL when every one is in use. */
struct br_slot *slots_take(struct slot_table *table);
/* Gives it back. Memory beyond what a usual image needs goes back to the system. */
void slots_give(struct slot_table *table, struct br_slot *slot);

/* Its number, for a message; and back, in the same process. */
unsigned slots_index(const struct slot_table *table, const struct br_slot *slot);
struct br_slot *slots_at(struct slot_table *table, unsigned index);

/* Parent: what a worker's message says of its output: bytes used and memory taken. Returns 0, or
 * -EPROTO when that can't be: then the slot is as it was. */
int slots_output(struct slot_table *table, struct br_slot *slot, size_t size, size_t capacity);

/* Parent: after a worker died on it, an output region holds nobody knows what: it is emptied. */
void slots_drop_output(struct slot_table *table, struct br_slot *slot);

/* Parent: whether the slot's last growth failed with -EFBIG because of what others hold, so that it
 * may succeed when they have given it back. */
bool slots_refused(const struct br_slot *slot);

/* Worker: prepares the slot for a job whose input has `size` bytes; its output region has memory
 * for `capacity` bytes. 0, or -EPROTO. */
int slots_in_worker(struct slot_table *table, struct br_slot *slot, size_t size, size_t capacity);

#endif
