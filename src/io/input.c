/* input.c - reading a source whole: open, fstat, one pread as a rule, fstat. */
#include "base/transfer.h"
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/stream.h"

static const char *open_advice(int sys_errno)
{
	switch (sys_errno) {
	case EACCES:
	case EPERM:
		return "make it readable";
	case ENOENT:
		return "is the name right?";
	case EMFILE:
	case ENFILE:
		return "raise the limit of open files (ulimit -n), or use fewer --jobs";
	default:
		return "is the disk or mount healthy?";
	}
}

static int not_regular(struct br_error *error)
{
	(void)br_error_set(error, BR_ERROR_SYSTEM,
	                   "it is not a regular file: name a picture, or a directory of pictures");
	if (error)
		error->sys_errno = EINVAL;
	return -EINVAL;
}

/* Takes a descriptor or a negative errno. */
static int examine(int fd, struct stat *st, struct br_error *error)
{
	int status;

	if (fd < 0)
		return br_error_system(error, -fd, "it can't be opened (%s)", open_advice(-fd));
	if (fstat(fd, st) != 0)
		status = br_error_system(error, errno, "it can't be examined");
	else if (!S_ISREG(st->st_mode))
		status = not_regular(error);
	else
		return fd;
	(void)close(fd); /* nothing was written */
	return status;
}

#define TO_READ     (O_RDONLY | O_NONBLOCK | O_NOCTTY)
#define TO_GO_THERE (O_PATH | O_DIRECTORY)

int input_open(const char *path, struct stat *st, struct br_error *error)
{
	int fd;

	do
		fd = open(path, TO_READ | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return examine(fd < 0 ? -errno : fd, st, error);
}

/* Returns a descriptor or a negative errno. */
static int open_at(int directory, const char *name, int flags)
{
	int fd;

	do
		fd = openat(directory, name, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Part by part. Returns as open_at(). */
static int descend(const char *path, size_t above)
{
	char part[PATH_MAX];
	int at, next;

	memcpy(part, path, above);
	part[above] = '\0';
	at = open_at(AT_FDCWD, above > 0 ? part : ".", TO_GO_THERE);
	for (path += above; at >= 0; at = next) {
		const size_t size = strcspn(path, "/");
		const bool last = path[size] == '\0';

		memcpy(part, path, size);
		part[size] = '\0';
		next = open_at(at, part, (last ? TO_READ : TO_GO_THERE) | O_NOFOLLOW);
		(void)close(at); /* nothing was written through it */
		if (last)
			return next;
		path += size + strspn(path + size, "/");
	}
	return at;
}

int input_open_below(const char *path, size_t above, struct stat *st, struct br_error *error)
{
	int fd;

	if (strnlen(path, PATH_MAX) == PATH_MAX)
		return br_error_system(error, ENAMETOOLONG, "the path is too long");
	fd = descend(path, above);
	if (fd == -ELOOP || fd == -ENOTDIR)
		return br_error_system(error, ELOOP,
		                       "a symbolic link, or a file, has taken its place or that of "
		                       "a directory above it since it was found, and is not "
		                       "followed");
	return examine(fd, st, error);
}

bool input_is_at_hand(int fd, uint64_t size)
{
	unsigned char last;
	const struct iovec place = {.iov_base = &last, .iov_len = sizeof(last)};

	return size > 0 && preadv2(fd, &place, 1, (off_t)(size - 1), RWF_NOWAIT) == 1;
}

/* Reads `size` bytes. Returns 0, BR_ERROR_CHANGED if the file ends earlier, or a negative errno.
 */
static int read_fully(int fd, unsigned char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		const ssize_t got = transfer_read_at(fd, data + done, size - done, (off_t)done);

		if (got <= 0)
			return got < 0 ? (int)got : BR_ERROR_CHANGED;
		done += (size_t)got;
	}
	return 0;
}

static bool same_content(const struct stat *before, const struct stat *after)
{
	return before->st_size == after->st_size &&
	       before->st_mtim.tv_sec == after->st_mtim.tv_sec &&
	       before->st_mtim.tv_nsec == after->st_mtim.tv_nsec;
}

/* -EFBIG: the buffer lies in memory that processes share, and may never be that large. */
static int no_room(int status, size_t size, struct br_error *error)
{
	char text[MEMORY_TEXT_MAX];
	struct memory_room room;

	if (status == -ENOMEM) {
		room = memory_room();
		(void)br_error_set(error, BR_ERROR_MEMORY, "no memory for the file's %zu bytes: %s",
		                   size, memory_room_text(&room, text));
		return status;
	}
	if (status != -EFBIG)
		return br_error_system(error, -status, "no room for the file's %zu bytes", size);
	(void)br_error_set(
	    error, BR_ERROR_MEMORY,
	    "the file's %zu bytes are more than the memory that hybrid mode shares has "
	    "room for: raise --max-memory or ulimit -v, or use --mode process",
	    size);
	return status;
}

int input_read(int fd, const struct stat *st, size_t max, struct br_buffer *in,
               struct br_error *error)
{
	struct stat after;
	size_t size;
	int status;

	if (st->st_size <= 0)
		return br_error_set(error, BR_ERROR_EMPTY, "the file is empty: copy it anew");
	if ((uintmax_t)st->st_size > max || (uintmax_t)st->st_size > SIZE_MAX - in->size)
		return br_error_set(
		    error, BR_ERROR_TOO_LARGE,
		    "the file has %jd bytes, more than the %zu MB that one may have: "
		    "store the picture with compression",
		    (intmax_t)st->st_size, max >> 20);
	size = (size_t)st->st_size;
	status = br_buffer_reserve(in, in->size + size);
	if (status != 0)
		return no_room(status, size, error);
	status = read_fully(fd, in->data + in->size, size);
	if (status < 0)
		return br_error_system(error, -status, "cannot read the file");
	const int examined = stream_examine(fd, &after);

	if (examined)
		return br_error_system(error, -examined, "cannot examine the file");
	if (status == BR_ERROR_CHANGED || !same_content(st, &after))
		return br_error_set(
		    error, BR_ERROR_CHANGED,
		    "the file changed while it was read: run again when it is whole");
	in->size += size;
	return 0;
}
