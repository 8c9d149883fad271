/* desk.c - a file without a name, its marks and its places. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/transfer.h"
#include "exec/desk.h"
#include "exec/internal.h"

/* What stays in memory for the next jobs, at the beginning of a region: a camera's JPEG in, a web
 * page's out; of each place behind the first, which are for short jobs, of small pictures,
 * KEEP_MORE in. */
#define KEEP_IN   ((size_t)8 << 20)
#define KEEP_OUT  ((size_t)1 << 20)
#define KEEP_MORE ((size_t)1 << 20)

/* Inputs begin at a multiple of this. */
#define INPUT_STEP ((size_t)4096)

/* Of the addresses that a process may still have (RLIMIT_AS), what places may take: the pictures
 * are made in the rest. */
#define ADDRESS_SHARE 4

/* A worker that waits for the supervisor to take its outputs looks so often, ns. */
#define WAIT_NS 100000

/* The head of the file: which job the worker has begun last, by the number that came with it, and
 * what that has left in slot->notes; and how many outputs the supervisor has cleared, which it
 * alone writes. */
struct worker_mark {
	uint32_t serial;
	uint32_t active, step; /* as in struct desk_step */
	uint64_t note[BR_EXECUTOR_NOTES];
	uint32_t cleared;
};

/* Bytes in front of the regions. */
#define HEAD MEMORY_STEP

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t offset_in(size_t at)
{
	return HEAD + at;
}

static size_t offset_out(const struct desk_shape *shape, size_t at)
{
	return HEAD + shape->in + at;
}

size_t desk_bytes(const struct desk_shape *shape)
{
	return offset_out(shape, shape->out);
}

static size_t keeps_in(const struct desk_shape *shape)
{
	return KEEP_IN + KEEP_MORE * (shape->places - 1);
}

static size_t keeps_out(const struct desk_shape *shape)
{
	return KEEP_OUT * shape->places;
}

/* --- extents ---------------------------------------------------------------------------------- */

/* The one among `count` that would overlap with it, or NULL. */
static const struct desk_extent *in_the_way(const struct desk_extent *taken, unsigned count,
                                            struct desk_extent extent)
{
	for (unsigned i = 0; i < count; i++)
		if (taken[i].bytes && taken[i].at < extent.at + extent.bytes &&
		    extent.at < taken[i].at + taken[i].bytes)
			return &taken[i];
	return NULL;
}

/* The first place for so many bytes in a region. False if there is none. */
static bool find_room(const struct desk_extent *taken, unsigned count, size_t region,
                      struct desk_extent *extent)
{
	const struct desk_extent *other;

	extent->at = 0;
	while ((other = in_the_way(taken, count, *extent)))
		extent->at = other->at + other->bytes;
	return extent->at <= region && extent->bytes <= region - extent->at;
}

static int allocate(int fd, int mode, size_t offset, size_t bytes)
{
	int status;

	do {
		status = fallocate(fd, mode, (off_t)offset, (off_t)bytes) ? -errno : 0;
	} while (status == -EINTR);
	return status;
}

/* Gives an extent's memory back, but for that in the first `keep` bytes of its region, which begins
 * at `offset`. Can only fail for want of kernel memory, or where the call is not to be had; then it
 * stays until it is used again, or the worker ends. */
static void give_memory(int fd, size_t offset, struct desk_extent extent, size_t keep)
{
	const size_t end = extent.at + extent.bytes;
	const size_t from = extent.at > keep ? extent.at : keep;

	if (from < end)
		(void)allocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset + from,
		               end - from);
}

/* --- the supervisor's side -------------------------------------------------------------------- */

/* As much as there is for each of both regions. */
static void share_out(struct desk_shape *shape, uint64_t bytes)
{
	const uint64_t share = bytes < HEAD ? 0 : (bytes - HEAD) / 2 / MEMORY_STEP * MEMORY_STEP;

	if (share < shape->in)
		shape->in = (size_t)share;
	if (share < shape->out)
		shape->out = (size_t)share;
}

int desk_choose(struct desk_shape *shape, unsigned places, size_t largest)
{
	const struct memory_room room = memory_room();
	struct rlimit limit;

	/* beside a largest output there may be small ones that were not taken yet */
	*shape = (struct desk_shape){.in = memory_steps(largest),
	                             .out = memory_steps(largest) + places * MEMORY_STEP,
	                             .places = places};
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		share_out(shape, limit.rlim_cur);
	if (shape->in == 0)
		return -EFBIG;
	if (room.limit == MEMORY_ADDRESSES)
		share_out(shape, room.left / ADDRESS_SHARE);
	return shape->in == 0 ? -ENOMEM : 0;
}

/* A file without a name: of memfd_create(2), or where that is not to be had in a directory that
 * most likely is memory. A descriptor or a negative errno. */
static int make_file(void)
{
	static const char *const directories[] = {"/dev/shm", "/tmp", "/var/tmp"};
	int fd = memfd_create("desk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const int refused = fd < 0 ? -errno : 0;

	for (unsigned i = 0; fd < 0 && i < sizeof(directories) / sizeof(directories[0]); i++)
		fd = open(directories[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 ? refused : fd;
}

int desk_new(struct desk *desk, const struct desk_shape *shape)
{
	*desk = DESK_NONE;
	const int fd = make_file();

	if (fd < 0)
		return fd;
	if (ftruncate(fd, (off_t)desk_bytes(shape)) != 0) {
		const int status = -errno;

		(void)close(fd);
		return status;
	}
	/* Where files have seals, its size is final. */
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	desk->fd = fd;
	return 0;
}

void desk_free(struct desk *desk)
{
	if (desk->fd >= 0)
		(void)close(desk->fd);
	*desk = DESK_NONE;
}

static int free_place(const struct desk *desk, const struct desk_shape *shape)
{
	for (unsigned i = 0; i < shape->places; i++)
		if (!desk->in[i].bytes)
			return (int)i;
	return -EAGAIN;
}

int desk_put(struct desk *desk, const struct desk_shape *shape, const struct br_slot *slot,
             size_t *at)
{
	const int place = free_place(desk, shape);
	struct desk_extent extent;
	int status;

	if (slot->in.size > shape->in)
		return -EFBIG;
	/* one without bytes takes some as well: whose extent has none is free */
	extent.bytes =
	    (slot->in.size / INPUT_STEP + (slot->in.size % INPUT_STEP || !slot->in.size)) *
	    INPUT_STEP;
	if (place < 0 || !find_room(desk->in, shape->places, shape->in, &extent))
		return -EAGAIN;
	status =
	    transfer_write_at(desk->fd, slot->in.data, slot->in.size, (off_t)offset_in(extent.at));
	if (status)
		return status;
	desk->in[place] = extent;
	*at = extent.at;
	return place;
}

void desk_withdraw(struct desk *desk, const struct desk_shape *shape, unsigned place)
{
	give_memory(desk->fd, offset_in(0), desk->in[place], keeps_in(shape));
	desk->in[place].bytes = 0;
}

bool desk_can_hold(const struct desk_shape *shape, uint64_t at, uint64_t capacity, uint64_t size)
{
	return capacity <= shape->out && at <= shape->out - capacity && size <= capacity &&
	       capacity % MEMORY_STEP == 0 && at % MEMORY_STEP == 0;
}

int desk_take(const struct desk *desk, const struct desk_shape *shape, size_t at, void *bytes,
              size_t size)
{
	const ssize_t got = transfer_read_at(desk->fd, bytes, size, (off_t)offset_out(shape, at));

	if (got < 0)
		return (int)got;
	/* where there are no seals, the worker may have cut it off */
	return (size_t)got == size ? 0 : -EPROTO;
}

/* Whether there is more memory in the file than it may keep between jobs. Told by the system, not
 * by the worker. */
static bool is_swollen(const struct desk *desk, const struct desk_shape *shape)
{
	struct stat st;

	return fstat(desk->fd, &st) != 0 ||
	       (uint64_t)st.st_blocks * 512 > HEAD + keeps_in(shape) + keeps_out(shape);
}

static bool is_empty(const struct desk *desk, const struct desk_shape *shape)
{
	for (unsigned i = 0; i < shape->places; i++)
		if (desk->in[i].bytes)
			return false;
	return true;
}

void desk_clear(struct desk *desk, const struct desk_shape *shape, unsigned place,
                struct desk_extent out)
{
	desk_withdraw(desk, shape, place);
	give_memory(desk->fd, offset_out(shape, 0), out, keeps_out(shape));
	if (is_empty(desk, shape) && is_swollen(desk, shape)) {
		give_memory(desk->fd, offset_in(0), (struct desk_extent){0, shape->in},
		            keeps_in(shape));
		give_memory(desk->fd, offset_out(shape, 0), (struct desk_extent){0, shape->out},
		            keeps_out(shape));
	}
	desk->cleared++;
	/* if it could not be told, it would wait for what comes, or until its time is over */
	(void)transfer_write_at(desk->fd, &desk->cleared, sizeof(desk->cleared),
	                        offsetof(struct worker_mark, cleared));
}

static bool read_mark(const struct desk *desk, struct worker_mark *mark)
{
	return desk->fd >= 0 &&
	       transfer_read_at(desk->fd, mark, sizeof(*mark), 0) == (ssize_t)sizeof(*mark);
}

bool desk_read_mark(const struct desk *desk, uint32_t serial, uint32_t before,
                    uint64_t note[BR_EXECUTOR_NOTES])
{
	struct worker_mark mark = {0};
	const bool read = read_mark(desk, &mark);
	const bool own = read && mark.serial == serial;

	for (unsigned i = 0; i < BR_EXECUTOR_NOTES; i++)
		note[i] = own ? mark.note[i] : 0;
	return own || !read || mark.serial != before;
}

bool desk_read_step(const struct desk *desk, struct desk_step *step,
                    uint64_t note[BR_EXECUTOR_NOTES])
{
	struct worker_mark mark = {0};
	const bool read = read_mark(desk, &mark);

	if (!read)
		mark = (struct worker_mark){0};
	*step =
	    (struct desk_step){.begun = mark.serial, .active = mark.active, .number = mark.step};
	memcpy(note, mark.note, sizeof(mark.note));
	return read;
}

/* --- in the worker ---------------------------------------------------------------------------- */

struct view_slot {
	struct br_slot slot;
	struct desk_view *view;
	size_t at;       /* where the output lies, if its capacity is not 0 */
	bool answered;   /* and when: */
	uint32_t answer; /* the number of that answer */
};

struct desk_view {
	int fd;
	struct desk_shape shape;
	unsigned char *base;
	struct worker_mark *mark;
	struct worker_mark unseen; /* without a desk */
	uint32_t answers;
	size_t there; /* so many bytes at the beginning of the outputs' region stay in memory */
	struct view_slot slots[DESK_PLACES_MAX];
};

/* Whether a call is not to be had here at all: an old kernel, a container's filter, a file system.
 */
static bool is_unknown(int status)
{
	return status == -ENOSYS || status == -EPERM || status == -EOPNOTSUPP || status == -EACCES;
}

/* Asks the system for memory, where a plain store would be a SIGBUS if there is none. If it can't
 * be asked, memory comes with the first store, and if there is none left the kernel ends whom it
 * chooses. */
static int take_memory(const struct desk_view *view, size_t offset, size_t bytes)
{
	const int status = allocate(view->fd, 0, offset, bytes);

	if (!is_unknown(status))
		return status;
	if (madvise(view->base + offset, bytes, MADV_POPULATE_WRITE) != 0 &&
	    (errno == ENOMEM || errno == EFAULT))
		return -ENOMEM;
	return 0;
}

/* Memory for an extent, from `from` on. */
static int fill_extent(struct desk_view *view, struct desk_extent extent, size_t from)
{
	const size_t end = extent.at + extent.bytes, keeps = keeps_out(&view->shape);
	int status;

	if (from < view->there)
		from = view->there;
	if (from >= end)
		return 0;
	status = take_memory(view, offset_out(&view->shape, from), end - from);
	if (!status && from == view->there)
		view->there = least(end, keeps);
	return status;
}

/* Whether an output lies in its extent, as far as the supervisor tells. */
static bool is_held(const struct view_slot *own, uint32_t cleared)
{
	return own->slot.out.capacity && (!own->answered || (int32_t)(own->answer - cleared) > 0);
}

/* Finds room for an output of so many bytes: where it lies, or elsewhere. False when there is none
 * beside the others; *waits: some of them were answered, and will be taken. */
static bool lay_out(const struct view_slot *own, struct desk_extent *extent, bool *waits)
{
	const struct desk_view *view = own->view;
	const uint32_t cleared = __atomic_load_n(&view->mark->cleared, __ATOMIC_ACQUIRE);
	struct desk_extent taken[DESK_PLACES_MAX];
	unsigned count = 0;

	*waits = false;
	for (unsigned i = 0; i < view->shape.places; i++) {
		const struct view_slot *other = &view->slots[i];

		if (other == own || !is_held(other, cleared))
			continue;
		*waits |= other->answered;
		taken[count++] = (struct desk_extent){other->at, other->slot.out.capacity};
	}
	extent->at = own->at;
	if (own->slot.out.capacity && extent->bytes <= view->shape.out - extent->at &&
	    !in_the_way(taken, count, *extent))
		return true;
	return find_room(taken, count, view->shape.out, extent);
}

/* The same, when others have been taken. Its time goes on meanwhile. */
static int lay_out_in_turn(const struct view_slot *own, struct desk_extent *extent)
{
	const struct timespec moment = {.tv_nsec = WAIT_NS};
	bool waits;

	while (!lay_out(own, extent, &waits)) {
		if (!waits)
			return -ENOMEM;
		(void)nanosleep(&moment, NULL);
	}
	return 0;
}

/* It begins elsewhere: what has been made goes along. Both extents may overlap. */
static void move_out(struct view_slot *own, struct desk_extent extent)
{
	const struct desk_view *view = own->view;
	unsigned char *region = view->base + offset_out(&view->shape, 0);
	struct desk_extent left = {own->at, own->slot.out.capacity};

	memmove(region + extent.at, region + own->at, own->slot.out.size);
	if (extent.at > left.at) {
		left.bytes = least(left.bytes, extent.at - left.at);
	} else {
		const size_t covered = least(left.bytes, extent.at + extent.bytes > left.at
		                                             ? extent.at + extent.bytes - left.at
		                                             : 0);

		left = (struct desk_extent){left.at + covered, left.bytes - covered};
	}
	give_memory(view->fd, offset_out(&view->shape, 0), left, keeps_out(&view->shape));
}

static int grow_out(struct br_buffer *buffer, size_t capacity)
{
	/* slot is the first member of every view_slot */
	struct view_slot *own =
	    (struct view_slot *)(void *)((char *)buffer - offsetof(struct br_slot, out));
	struct desk_view *view = own->view;
	struct desk_extent extent = {.bytes = memory_steps(capacity)};
	int status;

	if (extent.bytes > view->shape.out)
		return -EFBIG;
	status = lay_out_in_turn(own, &extent);
	if (status)
		return status;
	const bool stays = buffer->capacity && extent.at == own->at;

	status = fill_extent(view, extent, extent.at + (stays ? buffer->capacity : 0));
	if (status)
		return status;
	if (buffer->capacity && !stays)
		move_out(own, extent);
	own->at = extent.at;
	buffer->capacity = extent.bytes;
	buffer->data = view->base + offset_out(&view->shape, extent.at);
	return 0;
}

/* The input is as large as it is. */
static int grow_in(struct br_buffer *buffer, size_t capacity)
{
	(void)buffer;
	(void)capacity;
	return -EFBIG;
}

int desk_attach(struct desk_view **out, const struct desk_shape *shape, int fd)
{
	struct desk_view *view = calloc(1, sizeof(*view));
	const size_t bytes = desk_bytes(shape);

	*out = view;
	if (!view)
		return -ENOMEM;
	view->fd = fd;
	view->shape = *shape;
	view->mark = &view->unseen;
	for (unsigned i = 0; i < DESK_PLACES_MAX; i++) {
		view->slots[i].view = view;
		view->slots[i].slot.in.grow = grow_in;
		view->slots[i].slot.out.grow = grow_out;
	}
	if (fd < 0)
		return 0;
	view->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (view->base == MAP_FAILED)
		return -errno;
	view->mark = (struct worker_mark *)(void *)view->base;
	return 0;
}

void desk_begin(struct desk_view *view, uint32_t serial)
{
	for (unsigned i = 0; i < BR_EXECUTOR_NOTES; i++)
		__atomic_store_n(&view->mark->note[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&view->mark->serial, serial, __ATOMIC_RELEASE);
}

void desk_go_on(struct desk_view *view, uint32_t serial)
{
	__atomic_store_n(&view->mark->active, serial, __ATOMIC_RELAXED);
	__atomic_store_n(&view->mark->step, view->mark->step + 1, __ATOMIC_RELEASE);
}

uint64_t *desk_notes(struct desk_view *view)
{
	return view->mark->note;
}

struct br_slot *desk_slot(struct desk_view *view, unsigned place, uint64_t at, uint64_t size)
{
	const struct desk_shape *shape = &view->shape;
	struct view_slot *own;

	if (place >= shape->places || !view->base || size > shape->in || at > shape->in - size)
		return NULL;
	own = &view->slots[place];
	own->answered = false;
	slot_clear(&own->slot);
	own->slot.in.data = view->base + offset_in((size_t)at);
	own->slot.in.capacity = (size_t)size;
	own->slot.in.size = (size_t)size;
	own->slot.out.data = NULL;
	own->slot.out.capacity = 0;
	return &own->slot;
}

size_t desk_answer(struct desk_view *view, unsigned place)
{
	struct view_slot *own = &view->slots[place];

	own->answered = true;
	own->answer = ++view->answers;
	return own->slot.out.capacity ? own->at : 0;
}
