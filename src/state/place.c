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
	int fd, status = make ? output_make_directories(output) : 0;

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
