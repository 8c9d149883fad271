/* output.c - an output until it has its name: a nameless file (O_TMPFILE) or, if the file system
 * has none, a temporary beside its place; its bytes; and how one becomes the other.
 */
#include "base/transfer.h"
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/path.h"
#include "io/publish.h"
#include "io/stream.h"
#include "io/temporary.h"

/* How often a random name may be taken already. Of 2^56 names that is a fault, not bad luck. */
#define NAME_ATTEMPTS 16

static const char *advice(int sys_errno)
{
	switch (sys_errno) {
	case EACCES:
	case EPERM:
		return "make its directory writable, or choose another --output";
	case EROFS:
		return "the file system is read-only: choose another --output";
	case ENOSPC:
	case EDQUOT:
		return "make room there, or choose another --output";
	case EFBIG:
		return "a file there may not be that large (ulimit -f)";
	case ENOTDIR:
		return "a part of the path is a file: move it away, or choose another --output";
	case EISDIR:
		return "a directory has that name: move it away, or choose another --output";
	case ENAMETOOLONG:
		return "choose a shorter --output";
	case EMFILE:
	case ENFILE:
		return "raise the limit of open files (ulimit -n), or use fewer --jobs";
	case EEXIST:
		return "it was there already and was left alone";
	case EINTR:
		return "it was interrupted: run again";
	default:
		return "is the disk or mount healthy?";
	}
}

int publish_refuse(struct br_error *error, int sys_errno, const char *path)
{
	return br_error_system(error, sys_errno, "cannot write '%s' (%s)", path_shown(path).text,
	                       advice(sys_errno));
}

int publish_close(struct output *output)
{
	int fd = output->fd;

	output->fd = -1;
	/* EINTR is an error as any: the descriptor is gone, and whether the bytes were sent nobody
	 * knows. */
	return close(fd) == 0 ? 0 : -errno;
}

/* --- names of temporaries ----------------------------------------------------------------------
 */

const char *publish_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Writes the path of the directory that `path` lies in; `path` is shorter than PATH_MAX. */
static void directory_of(const char *path, char directory[PATH_MAX])
{
	const char *name = publish_name(path);
	size_t length = (size_t)(name - path);

	memcpy(directory, path, length);
	while (length > 1 && directory[length - 1] == '/')
		length--;
	if (length == 0)
		directory[length++] = '.';
	directory[length] = '\0';
}

/* Returns 0 or the errno that the system would give, had it been asked. */
static int check_path(const char *path)
{
	const char *name = publish_name(path);

	if (strnlen(path, PATH_MAX) == PATH_MAX || strlen(name) > NAME_MAX)
		return ENAMETOOLONG;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return EISDIR;
	return 0;
}

/* --- directories -------------------------------------------------------------------------------
 */

/* Cuts the last component off. Returns the place of the slash that became NUL, NULL when there is
 * none above. */
static char *cut_component(char *path)
{
	char *slash = strrchr(path, '/');

	while (slash && slash > path && slash[-1] == '/')
		slash--;
	if (!slash || slash == path)
		return NULL;
	*slash = '\0';
	return slash;
}

/* Makes a directory that need not be new. Returns whether it is there; errno says why not. */
static bool make_directory(const char *path, size_t *made)
{
	const int status = mkdir(path, 0777);

	if (status == 0 && *made == 0)
		*made = strlen(path);
	return status == 0 || errno == EEXIST;
}

/* *made: as of struct output. */
static int make_directories(const char *directory, size_t *made)
{
	size_t length = strnlen(directory, PATH_MAX);
	char path[PATH_MAX];

	if (length == PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path, directory, length + 1);
	*made = 0;
	while (!make_directory(path, made)) {
		if (errno != ENOENT)
			return -errno;
		if (!cut_component(path))
			return -ENOENT;
	}
	while (strlen(path) < length) {
		path[strlen(path)] = '/';
		if (!make_directory(path, made))
			return -errno;
	}
	return 0;
}

int output_make_directories(const char *directory, size_t *made)
{
	size_t unasked;

	return make_directories(directory, made ? made : &unasked);
}

int publish_open_directory(const char *path)
{
	char directory[PATH_MAX];
	int fd;

	directory_of(path, directory);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int publish_read_directory(const struct output_place *place, const char *path)
{
	char directory[PATH_MAX];
	int fd;

	directory_of(publish_below(place, path), directory);
	do
		fd = openat(publish_from(place), directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int publish_look_at_directory(const struct output_place *place, const char *path, struct stat *st)
{
	char directory[PATH_MAX];

	directory_of(publish_below(place, path), directory);
	return fstatat(publish_from(place), directory, st, 0) == 0 ? 0 : -errno;
}

/* --- temporaries -------------------------------------------------------------------------------
 */

/* Whether O_TMPFILE failed because the file system or the kernel does not know it. Kernels before
 * 3.11 see only the O_DIRECTORY in it; file systems without it say EOPNOTSUPP, some network and
 * FUSE ones EINVAL or ENOSYS, a container's filter EPERM. */
static bool lacks_nameless(int status)
{
	return status == -EOPNOTSUPP || status == -EISDIR || status == -EINVAL ||
	       status == -ENOSYS || status == -EPERM;
}

static int open_nameless(int from, const char *directory)
{
	int fd;

	do
		fd = openat(from, directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

int publish_try_nameless(const char *path)
{
	char directory[PATH_MAX];
	int fd;

	directory_of(path, directory);
	fd = open_nameless(AT_FDCWD, directory);
	if (fd < 0)
		return lacks_nameless(fd) ? 1 : fd;
	(void)close(fd); /* nothing was written */
	return 0;
}

/* Names of the usual length; if they are refused (no name may be longer than so many bytes), the
 * last of them are no longer than the output's own. Those that last tell whose they are, which
 * leaves few enough of them for one to be taken in a large run. */
static void choose_name(const char *path, bool lasts, unsigned attempt, struct output *output)
{
	if (attempt >= NAME_ATTEMPTS)
		temporary_name_short(output->temporary, strlen(publish_name(path)));
	else if (lasts)
		temporary_name(output->temporary);
	else
		temporary_name_brief(output->temporary);
}

/* O_PATH, or the place's. */
static int open_directory(const struct output *output, const char *path)
{
	return output->place ? output->place->fd : publish_open_directory(path);
}

static void close_directory(struct output *output)
{
	if (output->directory >= 0 && !output->place)
		(void)close(output->directory); /* nothing was written through it */
	output->directory = -1;
}

/* Makes a temporary with a name in output->directory, which it opens. */
static int open_named(const char *path, struct output *output)
{
	output->directory = open_directory(output, path);
	if (output->directory < 0)
		return output->directory;
	for (unsigned attempt = 0; attempt < 2 * NAME_ATTEMPTS; attempt++) {
		int fd;

		choose_name(path, true, attempt, output);
		fd = openat(output->directory, output->temporary,
		            O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
		if (fd >= 0) {
			output->fd = fd;
			output->kind = OUTPUT_NAMED;
			return 0;
		}
		if (errno == ENAMETOOLONG && attempt < NAME_ATTEMPTS)
			attempt = NAME_ATTEMPTS - 1;
		else if (errno != EEXIST && errno != EINTR)
			break;
	}
	output->temporary[0] = '\0'; /* it is not ours to remove */
	return -errno;
}

static int open_temporary(const char *path, const char *directory, struct output *output)
{
	int fd = open_nameless(publish_from(output->place), directory);

	if (fd >= 0) {
		output->fd = fd;
		return 0;
	}
	return lacks_nameless(fd) ? open_named(path, output) : fd;
}

int output_open(const char *path, struct output *output, struct br_error *error)
{
	return output_open_in(NULL, path, output, error);
}

int output_open_in(const struct output_place *place, const char *path, struct output *output,
                   struct br_error *error)
{
	char directory[PATH_MAX];
	int status;

	*output =
	    (struct output){.fd = -1, .directory = -1, .kind = OUTPUT_NAMELESS, .place = place};
	status = -check_path(path);
	if (status != 0)
		return publish_refuse(error, -status, path);
	directory_of(publish_below(place, path), directory);
	status = open_temporary(path, directory, output);
	if (status == -ENOENT && !place) {
		status = make_directories(directory, &output->made);
		if (status == 0)
			status = open_temporary(path, directory, output);
	}
	/* a kernel that does not know O_TMPFILE at all may say so like this */
	if (status == -ENOENT)
		status = open_named(path, output);
	if (status != 0) {
		(void)output_discard(output);
		return publish_refuse(error, -status, path);
	}
	return 0;
}

int output_discard(struct output *output)
{
	/* Closed first: some file systems (NFS, rclone) keep a file that is open under another
	 * name when it is unlinked. */
	if (output->fd >= 0)
		(void)publish_close(output);
	if (output->directory >= 0 && output->temporary[0] != '\0' && output->unremoved == 0 &&
	    unlinkat(output->directory, output->temporary, 0) != 0 && errno != ENOENT)
		output->unremoved = -errno;
	if (output->unremoved == 0)
		output->temporary[0] = '\0';
	close_directory(output);
	return output->unremoved;
}

/* By which a descriptor's file can be opened, or given a name, where /proc is mounted. */
#define PROC_FD_MAX (sizeof("/proc/self/fd/") + 3 * sizeof(int))

static void proc_fd(int fd, char path[PROC_FD_MAX])
{
	(void)snprintf(path, PROC_FD_MAX, "/proc/self/fd/%d", fd);
}

/* --- bytes -------------------------------------------------------------------------------------
 */

int output_write(int fd, const void *data, size_t size, struct br_error *error)
{
	struct stat st;
	int status;

	status = stream_examine(fd, &st);
	if (status)
		return br_error_system(error, -status, "cannot examine the output");
	if (st.st_size > 0 && ftruncate(fd, 0) != 0)
		return br_error_system(error, errno, "cannot cut off an earlier attempt's output");
	status = transfer_write_at(fd, data, size, 0);
	if (status != 0)
		return br_error_system(error, -status, "cannot write the output (%s)",
		                       advice(-status));
	return 0;
}

static int refuse_close(struct br_error *error, int sys_errno)
{
	return br_error_system(error, sys_errno, "cannot write the output to its end (%s)",
	                       advice(sys_errno));
}

int output_close(int fd, struct br_error *error)
{
	return close(fd) == 0 ? 0 : refuse_close(error, errno);
}

int output_settle(const struct output *output, struct br_error *error)
{
	int copy;

	if (output->kind == OUTPUT_NAMED)
		return 0;
	copy = fcntl(output->fd, F_DUPFD_CLOEXEC, 0);
	/* Without a descriptor to spare the last close has to do: it is looked at as well. */
	return copy < 0 ? 0 : output_close(copy, error);
}

/* How often, and in what distance, it is asked again whether there is a writer. */
#define WRITER_LOOKS    40
#define WRITER_PAUSE_MS 5

/* The kernel grants a lease for reading only on a file that nobody has open for writing: see
 * F_SETLEASE in fcntl(2). Returns 0, 1 if there are no leases to be had, -ETXTBSY. */
static int find_writer(int fd)
{
	for (unsigned looks = 0; looks < WRITER_LOOKS; looks++) {
		if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
			(void)fcntl(fd, F_SETLEASE, F_UNLCK);
			return 0;
		}
		if (errno != EAGAIN)
			return 1;
		(void)poll(NULL, 0, WRITER_PAUSE_MS);
	}
	return -ETXTBSY;
}

int output_seal(const struct output *output, struct br_error *error)
{
	char proc[PROC_FD_MAX];
	int reader, status;

	if (output->kind != OUTPUT_NAMELESS)
		return 1;
	proc_fd(output->fd, proc);
	reader = open(proc, O_RDONLY | O_CLOEXEC);
	if (reader < 0)
		return 1;
	/* the descriptor keeps its number; what close() would say, output_settle() has */
	status = dup3(reader, output->fd, O_CLOEXEC) < 0 ? 1 : find_writer(reader);
	(void)close(reader);
	return status < 0 ? br_error_system(error, -status, "its worker still writes to it")
	                  : status;
}

/* --- from nameless to named --------------------------------------------------------------------
 */

/* Gives a nameless file a name. By the descriptor itself if this process may
 * (CAP_DAC_READ_SEARCH or, since Linux 6.10, its own credentials opened it), else by /proc. */
int publish_link(int fd, int directory, const char *name)
{
	char proc[PROC_FD_MAX];

	if (linkat(fd, "", directory, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM && errno != EINVAL && errno != ENOSYS &&
	    errno != EACCES)
		return -errno;
	proc_fd(fd, proc);
	if (linkat(AT_FDCWD, proc, directory, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	return -errno;
}

static int copy_bytes(int from, int to)
{
	unsigned char bytes[1 << 16];
	off_t at = 0;
	ssize_t got;
	int status = 0;

	while (!status && (got = transfer_read_at(from, bytes, sizeof bytes, at)) != 0) {
		status = got < 0 ? (int)got : transfer_write_at(to, bytes, (size_t)got, at);
		at += got;
	}
	return status;
}

/* Whether a link was refused because links, or this way to make one, are not to be had here: no
 * /proc, a file system without links, a security policy. */
bool publish_lacks_links(int status)
{
	return status == -ENOENT || status == -EPERM || status == -EACCES || status == -EINVAL ||
	       status == -EOPNOTSUPP || status == -ENOSYS || status == -EXDEV || status == -EMLINK;
}

/* Replaces the nameless file by a named temporary with the same bytes. Returns 1, or a negative
 * errno. */
static int copy_to_named(struct output *output, const char *path)
{
	struct output named = {.fd = -1,
	                       .directory = -1,
	                       .kind = OUTPUT_NAMED,
	                       .lacks = output->lacks,
	                       .place = output->place};
	int status = open_named(path, &named);

	if (status == 0)
		status = copy_bytes(output->fd, named.fd);
	if (status != 0) {
		(void)output_discard(&named);
		return status;
	}
	(void)publish_close(output); /* its bytes are elsewhere now */
	*output = named;
	return 1;
}

int publish_name_temporary(struct output *output, const char *path, bool lasts)
{
	int directory = output->directory < 0 ? open_directory(output, path) : output->directory;
	int status = -EEXIST;

	if (directory < 0)
		return directory;
	output->directory = directory;
	for (unsigned attempt = 0; attempt < 2 * NAME_ATTEMPTS; attempt++) {
		choose_name(path, lasts, attempt, output);
		status = publish_link(output->fd, directory, output->temporary);
		if (status == -ENAMETOOLONG && attempt < NAME_ATTEMPTS)
			attempt = NAME_ATTEMPTS - 1;
		else if (status != -EEXIST)
			break;
	}
	if (status == 0) {
		output->kind = OUTPUT_NAMED;
		return 0;
	}
	output->temporary[0] = '\0';
	close_directory(output);
	return publish_lacks_links(status) ? copy_to_named(output, path) : status;
}
