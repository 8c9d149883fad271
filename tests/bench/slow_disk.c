/* slow_disk.c - a slow disk, to be preloaded: calls take SLOW_MS milliseconds more (20), as a
 * network mount or a cold spinning disk would have it.
 *
 * SLOW_CALLS names which, by comma: read, open, link, rename, fsync, mkdir ("read"). Only what lies
 * below SLOW_ROOT (an absolute path) is slow, so that the program itself, its libraries and /proc
 * are not.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
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
	return next(fd, buf, nbytes);
}

ssize_t pread(int fd, void *buf, size_t nbytes, off_t offset)
{
	static ssize_t (*next)(int, void *, size_t, off_t);

	if (!next)
		*(void **)&next = next_of("pread");
	wait_for_file("read", fd);
	return next(fd, buf, nbytes, offset);
}

ssize_t pread64(int fd, void *buf, size_t nbytes, off64_t offset)
{
	return pread(fd, buf, nbytes, offset);
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
