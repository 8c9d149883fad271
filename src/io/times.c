/* times.c - see times.h. */
#include "io/times.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SECOND 1000000000L

bool times_is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

bool times_is_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* File systems that keep only even seconds, or may be a layer before one that does. */
static bool may_be_fat(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return false;
	switch ((uint32_t)fs.f_type) {
	case MSDOS_SUPER_MAGIC:
	case NFS_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case V9FS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Whether a file in the directory of `path` keeps an odd second. It has no name, and leaves none.
 */
static bool keeps_odd_seconds(const char *path)
{
	const struct timespec odd[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	struct stat st = {.st_mtim.tv_sec = 1};
	int fd;

	(void)snprintf(directory, sizeof(directory), "%.*s.", slash ? (int)(slash - path) + 1 : 0,
	               path);
	fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return true;
	if (futimens(fd, odd) == 0)
		(void)fstat(fd, &st); /* as it was if that fails */
	(void)close(fd);              /* nothing was written */
	return st.st_mtim.tv_sec == 1;
}

struct timespec times_as_kept(struct timespec time, const struct timespec *kept, const char *path)
{
	const struct timespec exact = time;
	long unit = SECOND;

	while (kept->tv_nsec % unit != 0)
		unit /= 10;
	time.tv_nsec -= time.tv_nsec % unit;
	if (kept->tv_nsec != 0 || kept->tv_sec % TIMES_COARSEST != 0 ||
	    time.tv_sec % TIMES_COARSEST == 0 || time.tv_sec - 1 != kept->tv_sec)
		return time;
	if (exact.tv_nsec != 0 || may_be_fat(path) || !keeps_odd_seconds(path))
		time.tv_sec--;
	return time;
}
