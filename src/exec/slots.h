/* slots.h - where a hybrid's jobs lie in the parent, from their reading to their writing: memory
 * that no worker sees. What a worker gets is a copy, at its desk (desk.h), so that a broken one
 * spoils neither its neighbours' pictures nor its own while somebody looks at them, and a job that
 * is tried again begins from the bytes that were read.
 *
 * A slot has a buffer for a job's input and one for its output. They grow by steps, and all slots
 * together within a budget.
 *
 * The functions may be called from any of the parent's threads; a slot's buffers belong to one
 * thread at a time, who was told of it last.
 */
#ifndef EXEC_SLOTS_H
#define EXEC_SLOTS_H

#include <batchresize/executor.h>

struct slot_table;

/* `count` slots that together may hold `budget` bytes of memory. 0 or -ENOMEM. */
int slots_new(struct slot_table **out, unsigned count, size_t budget);
void slots_free(struct slot_table *table);
size_t slots_budget(const struct slot_table *table);

/* A free slot, cleared; NULL when every one is in use. */
struct br_slot *slots_take(struct slot_table *table);
/* Gives it back. Memory beyond what a usual image needs goes back to the system. */
void slots_give(struct slot_table *table, struct br_slot *slot);

/* Makes room for `bytes` of output that are there already, in a worker's memory: so they are
 * counted, but not refused for what others hold. 0 or -ENOMEM. */
int slots_reserve_output(struct br_slot *slot, size_t bytes);

/* So many bytes of a slot lie with a worker as well, as a copy. They count like its own until it is
 * given back, or another number is told; that is never refused. */
void slots_note_copy(struct br_slot *slot, size_t bytes);

/* Whether the slot's last growth failed with -EFBIG because of what others hold, so that it may
 * succeed when they have given it back. */
bool slots_refused(const struct br_slot *slot);

#endif
