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

static int path_of(const char *output, char path[PATH_MAX])
{
	const int length = snprintf(path, PATH_MAX, "%s/" PLACE_NAME, output);

	return length < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* What is above it is mostly there, and was looked at a moment ago, so that no server is asked. */
static int make_place(const char *output, const char *path, size_t *made)
{
	struct stat there;
	const int status = stat(output, &there) == 0 ? 0 : output_make_directories(output, made);

	if (status == 0 && mkdir(path, 0777) != 0 && errno != EEXIST)
		return -errno;
	return status;
}

static int open_place(const char *path)
{
	struct stat outer, inner;
	int fd, status = 0;

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

/* In as few calls as possible, each of which may ask a server. */
int place_open(const char *output, bool make)
{
	char path[PATH_MAX];
	struct stat there;

	if (make)
		return place_make(output, NULL);
	if (path_of(output, path) != 0)
		return -ENAMETOOLONG;
	return lstat(path, &there) == 0 ? open_place(path) : -errno;
}

int place_make(const char *output, size_t *made)
{
	char path[PATH_MAX];
	size_t unasked = 0;
	int status = path_of(output, path);

	made = made ? made : &unasked;
	*made = 0;
	if (status == 0)
		status = make_place(output, path, made);
	return status == 0 ? open_place(path) : status;
}

void place_remove_empty(const char *output)
{
	char path[PATH_MAX];

	if (path_of(output, path) == 0)
		(void)rmdir(path);
}

bool place_is(const char *output, int place)
{
	char path[PATH_MAX];
	struct stat open, there;

	return path_of(output, path) == 0 && lstat(path, &there) == 0 && fstat(place, &open) == 0 &&
	       open.st_dev == there.st_dev && open.st_ino == there.st_ino;
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
