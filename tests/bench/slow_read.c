/* slow_read.c - a slow disk, to be preloaded: every read of a regular file takes SLOW_READ_MS
 * milliseconds more (20), as a network mount or a cold spinning disk would have it.
 *
 * Only files below SLOW_READ_ROOT (an absolute path) are slow, so that the program itself, its
 * libraries and /proc are not.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static void wait_for_disk(int fd)
{
	const char *root = getenv("SLOW_READ_ROOT"), *ms = getenv("SLOW_READ_MS");
	char link[64], path[PATH_MAX];
	long delay = ms ? atol(ms) : 20;
	struct timespec pause = {.tv_sec = delay / 1000, .tv_nsec = delay % 1000 * 1000000};
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (!root || length < 0)
		return;
	path[length] = '\0';
	if (strncmp(path, root, strlen(root)) == 0)
		(void)nanosleep(&pause, NULL);
}

ssize_t read(int fd, void *buf, size_t nbytes)
{
	static ssize_t (*next)(int, void *, size_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "read");
	wait_for_disk(fd);
	return next(fd, buf, nbytes);
}

ssize_t pread(int fd, void *buf, size_t nbytes, off_t offset)
{
	static ssize_t (*next)(int, void *, size_t, off_t);

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pread");
	wait_for_disk(fd);
	return next(fd, buf, nbytes, offset);
}

ssize_t pread64(int fd, void *buf, size_t nbytes, off64_t offset)
{
	return pread(fd, buf, nbytes, offset);
}
