/* slow_disk.c - a slow disk, to be preloaded: calls take SLOW_MS milliseconds more (20), as a
 * network mount or a cold spinning disk would have it.
 *
 * SLOW_CALLS names which, by comma: read, open, link, rename, fsync, mkdir ("read"). With SLOW_RATE
 * files are read at so many bytes a second, by all processes together. Only what lies
 * below SLOW_ROOT (an absolute path) is slow, so that the program itself, its libraries and /proc
 * are not.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static bool is_listed(const char *call)
{
	const char *list = getenv("SLOW_CALLS");
	const size_t length = strlen(call);

	for (const char *at = list ? list : "read"; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, call, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* When the disk is free again, CLOCK_MONOTONIC in ns: known to all that this process forks. */
static uint64_t *free_at;

__attribute__((constructor)) static void share_the_disk(void)
{
	void *page =
	    mmap(NULL, sizeof(*free_at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	free_at = page == MAP_FAILED ? NULL : page;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Waits for the turn of so many bytes. */
static void wait_for_bytes(uint64_t bytes, uint64_t rate)
{
	uint64_t before = __atomic_load_n(free_at, __ATOMIC_SEQ_CST), until;
	struct timespec wake;

	do {
		const uint64_t now = now_ns();

		until = (before > now ? before : now) + bytes * 1000000000U / rate;
	} while (!__atomic_compare_exchange_n(free_at, &before, until, false, __ATOMIC_SEQ_CST,
	                                      __ATOMIC_SEQ_CST));
	wake = (struct timespec){.tv_sec = (time_t)(until / 1000000000U),
	                         .tv_nsec = (long)(until % 1000000000U)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL) != 0)
		;
}

static bool is_of_root(int fd)
{
	const char *root = getenv("SLOW_ROOT");
	char link[64], path[PATH_MAX];
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	return root && strncmp(path, root, strlen(root)) == 0;
}

/* So many bytes have been read. Returns that. */
static ssize_t pass_bytes(int fd, ssize_t bytes)
{
	const char *rate = getenv("SLOW_RATE");
	const uint64_t each_second = rate ? strtoull(rate, NULL, 10) : 0;

	if (bytes > 0 && each_second > 0 && free_at && is_of_root(fd))
		wait_for_bytes((uint64_t)bytes, each_second);
	return bytes;
}

static void wait_for_disk(const char *call, const char *path)
{
	const char *root = getenv("SLOW_ROOT"), *ms = getenv("SLOW_MS");
	long delay = ms ? atol(ms) : 20;
	struct timespec pause = {.tv_sec = delay / 1000, .tv_nsec = delay % 1000 * 1000000};

	if (root && strncmp(path, root, strlen(root)) == 0 && is_listed(call))
		(void)nanosleep(&pause, NULL);
}

static void wait_for_file(const char *call, int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return;
	path[length] = '\0';
	wait_for_disk(call, path);
}

/* A path below a directory: which of those it lies in is near enough. */
static void wait_for_name(const char *call, int directory, const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/')
		wait_for_disk(call, path);
	else if (directory != AT_FDCWD)
		wait_for_file(call, directory);
	else if (getcwd(here, sizeof(here)))
		wait_for_disk(call, here);
}

static void *next_of(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* --- read --------------------------------------------------------------------------------------
 */

ssize_t read(int fd, void *buf, size_t nbytes)
{
	static ssize_t (*next)(int, void *, size_t);

	if (!next)
		*(void **)&next = next_of("read");
	wait_for_file("read", fd);
	return pass_bytes(fd, next(fd, buf, nbytes));
}

ssize_t pread(int fd, void *buf, size_t nbytes, off_t offset)
{
	static ssize_t (*next)(int, void *, size_t, off_t);

	if (!next)
		*(void **)&next = next_of("pread");
	wait_for_file("read", fd);
	return pass_bytes(fd, next(fd, buf, nbytes, offset));
}

ssize_t pread64(int fd, void *buf, size_t nbytes, off64_t offset)
{
	return pread(fd, buf, nbytes, offset);
}

/* What asks not to wait is told that it would have to. */
ssize_t preadv2(int fd, const struct iovec *places, int count, off_t offset, int flags)
{
	static ssize_t (*next)(int, const struct iovec *, int, off_t, int);

	if (!next)
		*(void **)&next = next_of("preadv2");
	if (flags & RWF_NOWAIT && is_of_root(fd) && (is_listed("read") || getenv("SLOW_RATE"))) {
		errno = EAGAIN;
		return -1;
	}
	return next(fd, places, count, offset, flags);
}

ssize_t preadv64v2(int fd, const struct iovec *places, int count, off64_t offset, int flags)
{
	return preadv2(fd, places, count, offset, flags);
}

/* --- open, mkdir -------------------------------------------------------------------------------
 */

static int open_slowly(int directory, const char *path, int flags, mode_t mode)
{
	static int (*next)(int, const char *, int, ...);

	if (!next)
		*(void **)&next = next_of("openat");
	wait_for_name("open", directory, path);
	return next(directory, path, flags, mode);
}

#define MODE_BEHIND(flags)           \
	va_list more;                \
	mode_t mode;                 \
	va_start(more, flags);       \
	mode = va_arg(more, mode_t); \
	va_end(more)

int open(const char *path, int flags, ...)
{
	MODE_BEHIND(flags);
	return open_slowly(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	MODE_BEHIND(flags);
	return open_slowly(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
	MODE_BEHIND(flags);
	return open_slowly(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...)
{
	MODE_BEHIND(flags);
	return open_slowly(directory, path, flags, mode);
}

int mkdir(const char *path, mode_t mode)
{
	static int (*next)(const char *, mode_t);

	if (!next)
		*(void **)&next = next_of("mkdir");
	wait_for_name("mkdir", AT_FDCWD, path);
	return next(path, mode);
}

/* --- link, rename, fsync -----------------------------------------------------------------------
 */

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	static int (*next)(int, const char *, int, const char *, int);

	if (!next)
		*(void **)&next = next_of("linkat");
	wait_for_name("link", to, name);
	return next(from, old, to, name, flags);
}

int renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	static int (*next)(int, const char *, int, const char *, unsigned);

	if (!next)
		*(void **)&next = next_of("renameat2");
	wait_for_name("rename", to, name);
	return next(from, old, to, name, flags);
}

int renameat(int from, const char *old, int to, const char *name)
{
	return renameat2(from, old, to, name, 0);
}

int rename(const char *old, const char *name)
{
	return renameat2(AT_FDCWD, old, AT_FDCWD, name, 0);
}

int fsync(int fd)
{
	static int (*next)(int);

	if (!next)
		*(void **)&next = next_of("fsync");
	wait_for_file("fsync", fd);
	return next(fd);
}
