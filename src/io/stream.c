/* stream.c - see stream.h. */
#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int stream_write(int fd, const void *bytes, size_t size)
{
	const unsigned char *next = bytes;

	while (size > 0) {
		ssize_t written = write(fd, next, size);

		if (written >= 0) {
			next += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) {
			struct pollfd wanted = {.fd = fd, .events = POLLOUT};

			if (poll(&wanted, 1, -1) < 0 && errno != EINTR)
				return -errno;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int stream_examine(int fd, struct stat *st)
{
/* Where the kernel fills in the same struct as the C library. */
#if defined(SYS_fstat) && defined(__LP64__) && !defined(__mips__) && !defined(__alpha__)
	return syscall(SYS_fstat, fd, st) == 0 ? 0 : -errno;
#else
	return fstat(fd, st) == 0 ? 0 : -errno;
#endif
}

int stream_sync(int fd)
{
	if (fsync(fd) == 0)
		return 0;
	/* CIFS before Linux 4.17 and vboxsf: EINVAL; a container's filter: ENOSYS or EPERM */
	if (errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS || errno == EPERM)
		return 1;
	return -errno;
}

int stream_settle(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return errno == EBADF ? -EBADF : 0; /* no descriptor to spare: no word */
	return close(copy) == 0 ? 0 : -errno;
}

/* --- without a name ----------------------------------------------------------------------------
 */

static bool is_exhausted(int sys_errno)
{
	return sys_errno == EMFILE || sys_errno == ENFILE || sys_errno == ENOMEM;
}

static int open_in(const char *directory)
{
	char path[PATH_MAX];
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd >= 0)
		return fd;
	if (snprintf(path, sizeof(path), "%s/batchresize-XXXXXX", directory) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	(void)unlink(path);
	return fd;
}

int stream_memory(const char *what, struct br_error *error)
{
	const char *const directories[] = {getenv("TMPDIR"), "/dev/shm", "/tmp"};
	int fd = memfd_create(what, MFD_CLOEXEC);
	int refused = fd < 0 ? errno : 0;

	if (fd >= 0)
		return fd;
	for (size_t i = 0; i < 3 && !is_exhausted(refused); i++) {
		fd = directories[i] && *directories[i] ? open_in(directories[i]) : -1;
		if (fd >= 0)
			return fd;
	}
	return br_error_system(
	    error, refused,
	    "cannot keep %s in memory (memfd_create is refused, and so is a file in "
	    "/dev/shm and /tmp: set TMPDIR to a directory that may be written)",
	    what);
}
