/* slots.c - regions of a memfd, handed out one job at a time. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "exec/internal.h"
#include "exec/slots.h"

/* Regions grow in steps of this; a multiple of every page size in use. */
#define STEP ((size_t)1 << 18)
/* What a free slot keeps for the next job: a camera's JPEG in, a web page's out. */
#define KEEP_IN  ((size_t)8 << 20)
#define KEEP_OUT ((size_t)1 << 20)

enum region { REGION_IN, REGION_OUT };

struct table_slot {
	struct br_slot slot;
	struct slot_table *table;
	struct table_slot *next; /* free list */
	bool worker;             /* used by a worker: the budget is the parent's to watch */
	bool refused;            /* the last growth failed for want of budget alone */
};

struct slot_table {
	int fd; /* -1: the memory has none */
	unsigned count;
	size_t region; /* bytes of addresses of one region */
	size_t budget;
	unsigned char *base;
	pthread_mutex_t mutex; /* of the parent's threads; never touched by workers */
	size_t held;           /* bytes of memory in all regions */
	struct table_slot *free;
	struct table_slot slots[];
};

static struct table_slot *of_slot(const struct br_slot *slot)
{
	/* slot is the first member of every table_slot. */
	return (struct table_slot *)(uintptr_t)slot;
}

static size_t offset_of(const struct table_slot *owner, enum region region)
{
	size_t index = (size_t)(owner - owner->table->slots);

	return (index * 2 + (region == REGION_OUT)) * owner->table->region;
}

/* Whether a call is not to be had here at all: an old kernel, a container's filter. */
static bool is_unknown(int status)
{
	return status == -ENOSYS || status == -EPERM || status == -EOPNOTSUPP;
}

static int allocate(const struct slot_table *table, int mode, size_t offset, size_t bytes)
{
	int status;

	if (table->fd < 0)
		return -ENOSYS;
	do {
		status = fallocate(table->fd, mode, (off_t)offset, (off_t)bytes) ? -errno : 0;
	} while (status == -EINTR);
	return status;
}

/* Asks the system for the memory behind a region, from `from` to `to` bytes. If it can't be
 * asked, memory comes with the first store, and if there is none left the kernel ends whom it
 * chooses. */
static int take_memory(const struct table_slot *owner, enum region region, size_t from, size_t to)
{
	const struct slot_table *table = owner->table;
	const size_t offset = offset_of(owner, region) + from;
	int status = allocate(table, 0, offset, to - from);

	if (!is_unknown(status))
		return status;
	if (madvise(table->base + offset, to - from, MADV_POPULATE_WRITE) != 0 &&
	    (errno == ENOMEM || errno == EFAULT))
		return -ENOMEM;
	return 0;
}

static void give_memory(const struct table_slot *owner, enum region region, size_t from, size_t to)
{
	const struct slot_table *table = owner->table;
	const size_t offset = offset_of(owner, region) + from;
	int status = allocate(table, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, to - from);

	/* Can only fail for want of kernel memory; then the pages stay until the next time. */
	if (is_unknown(status))
		(void)madvise(table->base + offset, to - from, MADV_REMOVE);
}

static size_t rounded(size_t bytes)
{
	return bytes > SIZE_MAX - STEP ? SIZE_MAX : (bytes + STEP - 1) / STEP * STEP;
}

/* Takes back what free slots keep, with the mutex held. */
static void reclaim(struct slot_table *table)
{
	for (struct table_slot *owner = table->free; owner; owner = owner->next) {
		size_t in = owner->slot.in.capacity, out = owner->slot.out.capacity;

		if (in)
			give_memory(owner, REGION_IN, 0, in);
		if (out)
			give_memory(owner, REGION_OUT, 0, out);
		owner->slot.in.capacity = 0;
		owner->slot.out.capacity = 0;
		table->held -= in + out;
	}
}

/* Books `more` bytes of the budget. Does not wait for others to give theirs back: the thread that
 * would wait may be the one that has to write their outcome first. */
static int book(struct slot_table *table, size_t more)
{
	int status = 0;

	(void)pthread_mutex_lock(&table->mutex);
	if (table->held + more > table->budget)
		reclaim(table);
	if (table->held + more > table->budget)
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

static int grow(struct table_slot *owner, struct br_buffer *buffer, enum region region,
                size_t capacity)
{
	struct slot_table *table = owner->table;
	size_t wanted = rounded(capacity);
	int status;

	if (wanted > table->region)
		return -EFBIG;
	if (!owner->worker) {
		status = book(table, wanted - buffer->capacity);
		owner->refused = status != 0;
		if (status)
			return status;
	}
	status = take_memory(owner, region, buffer->capacity, wanted);
	if (status) {
		if (!owner->worker)
			unbook(table, wanted - buffer->capacity);
		return status;
	}
	buffer->data = table->base + offset_of(owner, region);
	buffer->capacity = wanted;
	return 0;
}

static int grow_in(struct br_buffer *buffer, size_t capacity)
{
	struct br_slot *slot = (struct br_slot *)((char *)buffer - offsetof(struct br_slot, in));

	return grow(of_slot(slot), buffer, REGION_IN, capacity);
}

static int grow_out(struct br_buffer *buffer, size_t capacity)
{
	struct br_slot *slot = (struct br_slot *)((char *)buffer - offsetof(struct br_slot, out));

	return grow(of_slot(slot), buffer, REGION_OUT, capacity);
}

/* Of the addresses that a process may still have (RLIMIT_AS), what slots may take: the pictures are
 * made in the rest. */
#define ADDRESS_SHARE 4

static void share_out(size_t *region, uint64_t bytes, unsigned count)
{
	const uint64_t share = bytes / ((uint64_t)count * 2) / STEP * STEP;

	if (share < *region)
		*region = (size_t)share;
}

/* The bytes of addresses that a region can have. A memfd counts as a file for RLIMIT_FSIZE. Returns
 * 0, or what slots_new() says of the limit that leaves none. */
static int choose_region(size_t *region, unsigned count, size_t budget)
{
	const struct memory_room room = memory_room();
	struct rlimit limit;

	*region = rounded(budget);
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		share_out(region, limit.rlim_cur, count);
	if (*region == 0)
		return -EFBIG;
	if (room.limit == MEMORY_ADDRESSES)
		share_out(region, room.left / ADDRESS_SHARE, count);
	return *region == 0 ? -ENOMEM : 0;
}

/* The file behind the memory, of a size that nobody can change any more: a worker could otherwise
 * take the memory of all pictures away. Without seals, it is trusted not to. Returns a
 * descriptor or a negative errno. */
static int make_file(size_t bytes)
{
	int fd = memfd_create("slots", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) != 0) {
		int status = -errno;

		(void)close(fd);
		return status;
	}
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	return fd;
}

static int map(struct slot_table *table)
{
	const size_t bytes = table->region * 2 * table->count;
	/* Memory that has no file is inherited all the same. */
	const int flags = MAP_SHARED | MAP_NORESERVE | (table->fd < 0 ? MAP_ANONYMOUS : 0);

	table->base =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, table->fd < 0 ? -1 : table->fd, 0);
	return table->base == MAP_FAILED ? -errno : 0;
}

/* A table without memory. NULL when there is no room for that. */
static struct slot_table *table_new(const struct slots_shape *shape, size_t budget)
{
	struct slot_table *table;

	table = calloc(1, sizeof(*table) + shape->count * sizeof(table->slots[0]));
	if (!table)
		return NULL;
	table->count = shape->count;
	table->region = shape->region;
	table->budget = budget;
	(void)pthread_mutex_init(&table->mutex, NULL);
	for (unsigned i = table->count; i-- > 0;) {
		struct table_slot *owner = &table->slots[i];

		owner->table = table;
		owner->slot.in.grow = grow_in;
		owner->slot.out.grow = grow_out;
		owner->next = table->free;
		table->free = owner;
	}
	return table;
}

static void table_free(struct slot_table *table)
{
	if (table->fd >= 0)
		(void)close(table->fd);
	(void)pthread_mutex_destroy(&table->mutex);
	free(table);
}

int slots_new(struct slot_table **out, unsigned count, size_t budget)
{
	struct slots_shape shape = {.count = count};
	int status = choose_region(&shape.region, count, budget);
	struct slot_table *table;

	if (status)
		return status;
	table = table_new(&shape, budget);
	if (!table)
		return -ENOMEM;
	table->fd = make_file(shape.region * 2 * count);
	status = table->fd < 0 && !is_unknown(table->fd) ? table->fd : map(table);
	if (status) {
		table_free(table);
		return status;
	}
	*out = table;
	return 0;
}

struct slots_shape slots_shape(const struct slot_table *table)
{
	return (struct slots_shape){.count = table->count, .region = table->region};
}

int slots_attach(struct slot_table **out, const struct slots_shape *shape, int fd)
{
	struct slot_table *table = table_new(shape, SIZE_MAX);
	int status = -ENOMEM;

	if (!table)
		return status;
	table->fd = fd;
	status = map(table);
	if (status) {
		table_free(table);
		return status;
	}
	*out = table;
	return 0;
}

void slots_free(struct slot_table *table)
{
	if (!table)
		return;
	(void)munmap(table->base, table->region * 2 * table->count);
	table_free(table);
}

int slots_fd(const struct slot_table *table)
{
	return table->fd < 0 ? -1 : table->fd;
}

void slots_moved(struct slot_table *table, int fd)
{
	table->fd = fd;
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

/* Cuts a region down to what a free slot keeps; the bytes given up. */
static size_t shrink(struct table_slot *owner, struct br_buffer *buffer, enum region region,
                     size_t keep)
{
	size_t before = buffer->capacity;

	if (before <= keep)
		return 0;
	give_memory(owner, region, keep, before);
	buffer->capacity = keep;
	return before - keep;
}

void slots_give(struct slot_table *table, struct br_slot *slot)
{
	struct table_slot *owner = of_slot(slot);
	size_t less = shrink(owner, &slot->in, REGION_IN, KEEP_IN) +
	              shrink(owner, &slot->out, REGION_OUT, KEEP_OUT);

	(void)pthread_mutex_lock(&table->mutex);
	table->held -= less;
	owner->next = table->free;
	table->free = owner;
	(void)pthread_mutex_unlock(&table->mutex);
}

unsigned slots_index(const struct slot_table *table, const struct br_slot *slot)
{
	return (unsigned)(of_slot(slot) - table->slots);
}

struct br_slot *slots_at(struct slot_table *table, unsigned index)
{
	return index < table->count ? &table->slots[index].slot : NULL;
}

int slots_output(struct slot_table *table, struct br_slot *slot, size_t size, size_t capacity)
{
	struct br_buffer *out = &slot->out;

	if (capacity > table->region || size > capacity || capacity < out->capacity ||
	    capacity % STEP != 0)
		return -EPROTO;
	(void)pthread_mutex_lock(&table->mutex);
	table->held += capacity - out->capacity;
	(void)pthread_mutex_unlock(&table->mutex);
	out->data = table->base + offset_of(of_slot(slot), REGION_OUT);
	out->capacity = capacity;
	out->size = size;
	return 0;
}

void slots_drop_output(struct slot_table *table, struct br_slot *slot)
{
	give_memory(of_slot(slot), REGION_OUT, 0, table->region);
	unbook(table, slot->out.capacity);
	slot->out.capacity = 0;
	slot->out.size = 0;
}

bool slots_refused(const struct br_slot *slot)
{
	return of_slot(slot)->refused;
}

int slots_in_worker(struct slot_table *table, struct br_slot *slot, size_t size, size_t capacity)
{
	struct table_slot *owner = of_slot(slot);

	if (size > table->region || capacity > table->region)
		return -EPROTO;
	slot_clear(slot);
	owner->worker = true;
	slot->in.data = table->base + offset_of(owner, REGION_IN);
	slot->in.capacity = size;
	slot->in.size = size;
	slot->out.data = table->base + offset_of(owner, REGION_OUT);
	slot->out.capacity = capacity;
	return 0;
}
