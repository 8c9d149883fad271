/* slots.c - buffers of private mappings, handed out one job at a time. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "exec/internal.h"
#include "exec/slots.h"

/* What a free slot keeps for the next job: a camera's JPEG in, a web page's out. */
#define KEEP_IN  ((size_t)8 << 20)
#define KEEP_OUT ((size_t)1 << 20)

struct table_slot {
	struct br_slot slot;
	struct slot_table *table;
	struct table_slot *next; /* free list */
	size_t copied;           /* bytes that a worker has as well */
	bool refused;            /* the last growth failed for want of budget alone */
};

struct slot_table {
	unsigned count;
	size_t budget;
	pthread_mutex_t mutex;
	size_t held; /* bytes of memory in all buffers, and of their copies */
	struct table_slot *free;
	struct table_slot slots[];
};

static struct table_slot *of_slot(const struct br_slot *slot)
{
	/* slot is the first member of every table_slot. */
	return (struct table_slot *)(uintptr_t)slot;
}

/* Gives a buffer's memory beyond `keep` bytes back to the system; the bytes given up. */
static size_t shrink(struct br_buffer *buffer, size_t keep)
{
	const size_t before = buffer->capacity;

	if (before <= keep)
		return 0;
	(void)munmap(buffer->data + keep, before - keep);
	buffer->capacity = keep;
	if (keep == 0)
		buffer->data = NULL;
	return before - keep;
}

/* Takes back what free slots keep, with the mutex held. */
static void reclaim(struct slot_table *table)
{
	for (struct table_slot *owner = table->free; owner; owner = owner->next)
		table->held -= shrink(&owner->slot.in, 0) + shrink(&owner->slot.out, 0);
}

/* Books `more` bytes of the budget. Does not wait for others to give theirs back: the thread that
 * would wait may be the one that has to write their outcome first. */
static int book(struct slot_table *table, size_t more, bool is_there)
{
	int status = 0;

	(void)pthread_mutex_lock(&table->mutex);
	if (table->held + more > table->budget)
		reclaim(table);
	if (table->held + more > table->budget && !is_there)
		status = -EFBIG;
	else
		table->held += more;
	(void)pthread_mutex_unlock(&table->mutex);
	return status;
}

static void unbook(struct slot_table *table, size_t bytes)
{
	(void)pthread_mutex_lock(&table->mutex);
	table->held -= bytes;
	(void)pthread_mutex_unlock(&table->mutex);
}

/* More addresses for a buffer, with what is in it. */
static int extend(struct br_buffer *buffer, size_t wanted)
{
	void *data =
	    buffer->capacity
		? mremap(buffer->data, buffer->capacity, wanted, MREMAP_MAYMOVE)
		: mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return -errno;
	buffer->data = data;
	buffer->capacity = wanted;
	return 0;
}

static int grow(struct table_slot *owner, struct br_buffer *buffer, size_t capacity, bool is_there)
{
	struct slot_table *table = owner->table;
	const size_t wanted = memory_steps(capacity);
	const size_t more = wanted - buffer->capacity;
	int status;

	owner->refused = false;
	if (wanted > table->budget && !is_there)
		return -EFBIG;
	status = book(table, more, is_there);
	owner->refused = status != 0;
	if (status)
		return status;
	status = extend(buffer, wanted);
	if (status)
		unbook(table, more);
	return status;
}

static int grow_in(struct br_buffer *buffer, size_t capacity)
{
	struct br_slot *slot = (struct br_slot *)((char *)buffer - offsetof(struct br_slot, in));

	return grow(of_slot(slot), buffer, capacity, false);
}

static int grow_out(struct br_buffer *buffer, size_t capacity)
{
	struct br_slot *slot = (struct br_slot *)((char *)buffer - offsetof(struct br_slot, out));

	return grow(of_slot(slot), buffer, capacity, false);
}

int slots_reserve_output(struct br_slot *slot, size_t bytes)
{
	return bytes <= slot->out.capacity ? 0 : grow(of_slot(slot), &slot->out, bytes, true);
}

int slots_new(struct slot_table **out, unsigned count, size_t budget)
{
	struct slot_table *table = calloc(1, sizeof(*table) + count * sizeof(table->slots[0]));

	if (!table)
		return -ENOMEM;
	table->count = count;
	table->budget = budget;
	(void)pthread_mutex_init(&table->mutex, NULL);
	for (unsigned i = count; i-- > 0;) {
		struct table_slot *owner = &table->slots[i];

		owner->table = table;
		owner->slot.in.grow = grow_in;
		owner->slot.out.grow = grow_out;
		owner->next = table->free;
		table->free = owner;
	}
	*out = table;
	return 0;
}

void slots_free(struct slot_table *table)
{
	if (!table)
		return;
	for (unsigned i = 0; i < table->count; i++) {
		(void)shrink(&table->slots[i].slot.in, 0);
		(void)shrink(&table->slots[i].slot.out, 0);
	}
	(void)pthread_mutex_destroy(&table->mutex);
	free(table);
}

size_t slots_budget(const struct slot_table *table)
{
	return table->budget;
}

struct br_slot *slots_take(struct slot_table *table)
{
	struct table_slot *owner;

	(void)pthread_mutex_lock(&table->mutex);
	owner = table->free;
	if (owner)
		table->free = owner->next;
	(void)pthread_mutex_unlock(&table->mutex);
	if (!owner)
		return NULL;
	owner->refused = false;
	slot_clear(&owner->slot);
	return &owner->slot;
}

void slots_give(struct slot_table *table, struct br_slot *slot)
{
	struct table_slot *owner = of_slot(slot);
	size_t less = shrink(&slot->in, KEEP_IN) + shrink(&slot->out, KEEP_OUT) + owner->copied;

	(void)pthread_mutex_lock(&table->mutex);
	table->held -= less;
	owner->copied = 0;
	owner->next = table->free;
	table->free = owner;
	(void)pthread_mutex_unlock(&table->mutex);
}

void slots_note_copy(struct br_slot *slot, size_t bytes)
{
	struct table_slot *owner = of_slot(slot);
	struct slot_table *table = owner->table;

	(void)pthread_mutex_lock(&table->mutex);
	table->held = table->held - owner->copied + bytes;
	(void)pthread_mutex_unlock(&table->mutex);
	owner->copied = bytes;
}

bool slots_refused(const struct br_slot *slot)
{
	return of_slot(slot)->refused;
}
