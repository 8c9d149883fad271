/* place.c - see place.h. */
#include "state/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/io.h"

/* Where anybody may make what he likes, only its owner, root, or whose directory it is could have
 * made it in good faith: the kernel judges symbolic links so (fs.protected_symlinks). */
static bool is_strangers(const struct stat *above, const struct stat *place)
{
	return above->st_mode & S_ISVTX && above->st_mode & S_IWOTH && place->st_uid != geteuid() &&
	       place->st_uid != 0 && place->st_uid != above->st_uid;
}

/* In as few calls as possible, each of which may ask a server. */
int place_open(const char *output, bool make)
{
	char path[PATH_MAX];
	struct stat outer, inner;
	int fd, status = make ? output_make_directories(output, NULL) : 0;

	if (status != 0)
		return status;
	if (snprintf(path, sizeof(path), "%s/" PLACE_NAME, output) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (make ? mkdir(path, 0777) != 0 && errno != EEXIST : lstat(path, &inner) != 0)
		return -errno;
	fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -ENOTDIR : -errno;
	if (fstatat(fd, "..", &outer, 0) != 0 || fstat(fd, &inner) != 0)
		status = -errno;
	else if (is_strangers(&outer, &inner))
		status = -EPERM;
	if (status == 0)
		return fd;
	(void)close(fd); /* nothing was written through it */
	return status;
}

/* 0, or what was wrong. */
static int give_name(int file, int place, const char *name)
{
	char proc[32];

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", file);
	return linkat(AT_FDCWD, proc, place, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

static int write_all(int file, const void *bytes, size_t size)
{
	const ssize_t wrote = write(file, bytes, size);

	if (wrote == (ssize_t)size)
		return 0;
	return wrote < 0 ? -errno : -ENOSPC;
}

/* As above, with a name from the first. */
static int make_named(int place, const char *name, int flags, const void *bytes, size_t size)
{
	const int file =
	    openat(place, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | flags, 0666);
	int status;

	if (file < 0)
		return -errno;
	status = write_all(file, bytes, size);
	if (status == 0)
		return file;
	(void)unlinkat(place, name, 0);
	(void)close(file); /* nothing was written */
	return status;
}

int place_make_file(int place, const char *name, int flags, const void *bytes, size_t size)
{
	const int file = openat(place, ".", O_RDWR | O_TMPFILE | O_CLOEXEC | flags, 0666);
	int status;

	if (file < 0)
		return make_named(place, name, flags, bytes, size);
	status = write_all(file, bytes, size);
	if (status == 0)
		status = give_name(file, place, name);
	if (status == 0)
		return file;
	(void)close(file); /* nobody will read it */
	return status == -EEXIST || status == -ENOSPC || status == -EDQUOT
	           ? status
	           : make_named(place, name, flags, bytes, size);
}
