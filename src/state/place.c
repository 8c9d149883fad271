/* place.c - see place.h. */
#include "state/place.h"

#include <errno.h>
#include <fcntl.h>
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

static int open_below(int above, bool make)
{
	struct stat outer, inner;
	int fd, status = 0;

	if (make && mkdirat(above, PLACE_NAME, 0777) != 0 && errno != EEXIST)
		return -errno;
	fd = openat(above, PLACE_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -ENOTDIR : -errno;
	if (fstat(above, &outer) != 0 || fstat(fd, &inner) != 0)
		status = -errno;
	else if (is_strangers(&outer, &inner))
		status = -EPERM;
	if (status == 0)
		return fd;
	(void)close(fd); /* nothing was written through it */
	return status;
}

int place_open(const char *output, bool make)
{
	int status = make ? output_make_directories(output) : 0;
	int above, place;

	if (status != 0)
		return status;
	above = open(output, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return -errno;
	place = open_below(above, make);
	(void)close(above); /* nothing was written through it */
	return place;
}
