/* desk.c - a file without a name, its marks and its places. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/transfer.h"
#include "exec/desk.h"
#include "exec/internal.h"

/* What a free place keeps for the next job: a camera's JPEG in, a web page's out. The places behind
 * the first are for short jobs, of small pictures: KEEP_MORE in. */
#define KEEP_IN   ((size_t)8 << 20)
#define KEEP_OUT  ((size_t)1 << 20)
#define KEEP_MORE ((size_t)1 << 20)

/* Of the addresses that a process may still have (RLIMIT_AS), what places may take: the pictures
 * are made in the rest. */
#define ADDRESS_SHARE 4

/* The head of the file: which job the worker has begun last, by the number that came with it, and
 * what that has left in slot->notes. */
struct worker_mark {
	uint32_t serial;
	uint32_t active, step; /* as in struct desk_step */
	uint64_t note[BR_EXECUTOR_NOTES];
};

/* Bytes in front of the first place. */
#define HEAD MEMORY_STEP

enum region { REGION_IN, REGION_OUT };

static size_t offset_of(const struct desk_shape *shape, unsigned place, enum region region)
{
	return HEAD + ((size_t)place * 2 + (region == REGION_OUT)) * shape->region;
}

static size_t bytes_of(const struct desk_shape *shape)
{
	return offset_of(shape, shape->places, REGION_IN);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* --- the supervisor's side -------------------------------------------------------------------- */

static void share_out(struct desk_shape *shape, uint64_t bytes)
{
	const uint64_t share = bytes < HEAD ? 0 : (bytes - HEAD) / 2 / shape->places;

	if (share < shape->region)
		shape->region = (size_t)(share / MEMORY_STEP * MEMORY_STEP);
}

int desk_choose(struct desk_shape *shape, unsigned places, size_t largest)
{
	const struct memory_room room = memory_room();
	struct rlimit limit;

	shape->region = memory_steps(largest);
	shape->places = places;
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		share_out(shape, limit.rlim_cur);
	if (shape->region == 0)
		return -EFBIG;
	if (room.limit == MEMORY_ADDRESSES)
		share_out(shape, room.left / ADDRESS_SHARE);
	return shape->region == 0 ? -ENOMEM : 0;
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
	if (ftruncate(fd, (off_t)bytes_of(shape)) != 0) {
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

static int allocate(int fd, int mode, size_t offset, size_t bytes)
{
	int status;

	do {
		status = fallocate(fd, mode, (off_t)offset, (off_t)bytes) ? -errno : 0;
	} while (status == -EINTR);
	return status;
}

/* Gives the memory of a region beyond `keep` bytes back. Can only fail for want of kernel memory,
 * or where the call is not to be had; then it stays until it is used again, or the worker ends. */
static void give_memory(const struct desk *desk, const struct desk_shape *shape, size_t offset,
                        size_t keep)
{
	if (keep < shape->region)
		(void)allocate(desk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset + keep,
		               shape->region - keep);
}

static bool is_taken(const struct desk *desk, unsigned place)
{
	return desk->taken >> place & 1;
}

static int free_place(const struct desk *desk, const struct desk_shape *shape)
{
	for (unsigned i = 0; i < shape->places; i++)
		if (!is_taken(desk, i))
			return (int)i;
	return -EAGAIN;
}

int desk_put(struct desk *desk, const struct desk_shape *shape, const struct br_slot *slot)
{
	const int place = free_place(desk, shape);
	int status;

	if (place < 0)
		return place;
	if (slot->in.size > shape->region)
		return -EFBIG;
	status = transfer_write_at(desk->fd, slot->in.data, slot->in.size,
	                           (off_t)offset_of(shape, (unsigned)place, REGION_IN));
	if (status)
		return status;
	desk->taken |= UINT64_C(1) << place;
	return place;
}

bool desk_can_hold(const struct desk *desk, const struct desk_shape *shape, unsigned place,
                   uint64_t size, uint64_t capacity)
{
	return place < shape->places && capacity <= shape->region && size <= capacity &&
	       capacity >= desk->held[place] && capacity % MEMORY_STEP == 0;
}

int desk_take(const struct desk *desk, const struct desk_shape *shape, unsigned place, void *bytes,
              size_t size)
{
	const ssize_t got =
	    transfer_read_at(desk->fd, bytes, size, (off_t)offset_of(shape, place, REGION_OUT));

	if (got < 0)
		return (int)got;
	/* where there are no seals, the worker may have cut it off */
	return (size_t)got == size ? 0 : -EPROTO;
}

/* Whether there is more memory in the file than its places may keep. Told by the system, not by the
 * worker. */
static bool is_swollen(const struct desk *desk, const struct desk_shape *shape)
{
	struct stat st;

	return fstat(desk->fd, &st) != 0 ||
	       (uint64_t)st.st_blocks * 512 >
	           HEAD + KEEP_IN + KEEP_OUT + (KEEP_MORE + KEEP_OUT) * (shape->places - 1);
}

static void trim_place(const struct desk *desk, const struct desk_shape *shape, unsigned place)
{
	give_memory(desk, shape, offset_of(shape, place, REGION_IN), place ? KEEP_MORE : KEEP_IN);
	give_memory(desk, shape, offset_of(shape, place, REGION_OUT), desk->held[place]);
}

void desk_clear(struct desk *desk, const struct desk_shape *shape, unsigned place, size_t capacity)
{
	desk->taken &= ~(UINT64_C(1) << place);
	desk->held[place] = least(capacity, KEEP_OUT);
	if (capacity <= desk->held[place] && !is_swollen(desk, shape))
		return;
	/* those that hold jobs are looked at when these are done */
	for (unsigned i = 0; i < shape->places; i++)
		if (!is_taken(desk, i))
			trim_place(desk, shape, i);
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
	unsigned place;
};

struct desk_view {
	int fd;
	struct desk_shape shape;
	unsigned char *base;
	struct worker_mark *mark;
	struct worker_mark unseen; /* without a desk */
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

static int grow_out(struct br_buffer *buffer, size_t capacity)
{
	/* slot is the first member of every view_slot */
	const struct view_slot *own =
	    (const struct view_slot *)(const void *)((char *)buffer -
	                                             offsetof(struct br_slot, out));
	const struct desk_view *view = own->view;
	const size_t wanted = memory_steps(capacity);
	int status;

	if (wanted > view->shape.region)
		return -EFBIG;
	status =
	    take_memory(view, offset_of(&view->shape, own->place, REGION_OUT) + buffer->capacity,
	                wanted - buffer->capacity);
	if (!status)
		buffer->capacity = wanted;
	return status;
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
	const size_t bytes = shape->region ? bytes_of(shape) : HEAD;

	*out = view;
	if (!view)
		return -ENOMEM;
	view->fd = fd;
	view->shape = *shape;
	view->mark = &view->unseen;
	for (unsigned i = 0; i < DESK_PLACES_MAX; i++) {
		view->slots[i].view = view;
		view->slots[i].place = i;
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

struct br_slot *desk_slot(struct desk_view *view, unsigned place, uint64_t size, uint64_t capacity)
{
	const struct desk_shape *shape = &view->shape;
	struct br_slot *slot;

	if (place >= shape->places || !view->base || size > shape->region ||
	    capacity > shape->region)
		return NULL;
	slot = &view->slots[place].slot;
	slot_clear(slot);
	slot->in.data = view->base + offset_of(shape, place, REGION_IN);
	slot->in.capacity = (size_t)size;
	slot->in.size = (size_t)size;
	slot->out.data = view->base + offset_of(shape, place, REGION_OUT);
	slot->out.capacity = (size_t)capacity;
	return slot;
}
