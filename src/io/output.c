/* output.c - publishing an output whole or not at all: a nameless file (O_TMPFILE) that is linked
 * to its name when it is complete; where a file system can't do that, a temporary that is renamed.
 *
 * The usual way costs five system calls: openat, fstat, pwrite, linkat, close.
 */
#include "io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "io/path.h"
#include "io/publish.h"

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
	default:
		return "is the disk or mount healthy?";
	}
}

int publish_refuse(struct error *error, int sys_errno, const char *path)
{
	return error_system(error, sys_errno, "cannot write '%s' (%s)", path_shown(path).text,
	                    advice(sys_errno));
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* where it matters, output_commit() has looked at it */
	*fd = -1;
}

/* --- names -------------------------------------------------------------------------------------
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

int publish_random_name(char name[OUTPUT_TEMPORARY_MAX])
{
	uint64_t bits;
	ssize_t got;

	do
		got = getrandom(&bits, sizeof(bits), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(bits))
		return got < 0 ? -errno : -EIO;
	(void)snprintf(name, OUTPUT_TEMPORARY_MAX, OUTPUT_TEMPORARY_PREFIX "%014llx.tmp",
	               (unsigned long long)(bits >> 8));
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

/* Makes the directory and those above it that lack. Another process may do the same meanwhile. */
static int make_directories(char path[PATH_MAX])
{
	size_t length = strlen(path);

	while (mkdir(path, 0777) != 0) {
		if (errno == EEXIST)
			break;
		if (errno != ENOENT)
			return -errno;
		if (!cut_component(path))
			return -ENOENT;
	}
	while (strlen(path) < length) {
		path[strlen(path)] = '/';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int publish_open_directory(const char *path)
{
	char directory[PATH_MAX];
	int fd;

	directory_of(path, directory);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* --- temporaries -------------------------------------------------------------------------------
 */

/* Whether O_TMPFILE failed because the file system or the kernel does not know it. Kernels before
 * 3.11 see only the O_DIRECTORY in it; file systems without it say EOPNOTSUPP, some network and
 * FUSE ones EINVAL or ENOSYS. */
static bool lacks_nameless(int status)
{
	return status == -EOPNOTSUPP || status == -EISDIR || status == -EINVAL || status == -ENOSYS;
}

static int open_nameless(const char *directory)
{
	int fd;

	do
		fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

/* Makes a temporary with a name in output->directory, which it opens. */
static int open_named(const char *path, struct output *output)
{
	output->directory = publish_open_directory(path);
	if (output->directory < 0)
		return output->directory;
	for (int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		int status = publish_random_name(output->temporary);
		int fd;

		if (status != 0)
			return status;
		fd = openat(output->directory, output->temporary,
		            O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
		if (fd >= 0) {
			output->fd = fd;
			output->kind = OUTPUT_NAMED;
			return 0;
		}
		if (errno != EEXIST && errno != EINTR)
			return -errno;
	}
	return -EEXIST;
}

static int open_temporary(const char *path, const char *directory, struct output *output)
{
	int fd = open_nameless(directory);

	if (fd >= 0) {
		output->fd = fd;
		return 0;
	}
	return lacks_nameless(fd) ? open_named(path, output) : fd;
}

int output_open(const char *path, struct output *output, struct error *error)
{
	char directory[PATH_MAX];
	int status;

	*output = (struct output){.fd = -1, .directory = -1, .kind = OUTPUT_NAMELESS};
	status = -check_path(path);
	if (status != 0)
		return publish_refuse(error, -status, path);
	directory_of(path, directory);
	status = open_temporary(path, directory, output);
	if (status == -ENOENT) {
		char made[PATH_MAX];

		memcpy(made, directory, strlen(directory) + 1);
		status = make_directories(made);
		if (status == 0)
			status = open_temporary(path, directory, output);
		/* a kernel that does not know O_TMPFILE at all may say so like this */
		if (status == -ENOENT)
			status = open_named(path, output);
	}
	if (status != 0) {
		output_discard(output);
		return publish_refuse(error, -status, path);
	}
	return 0;
}

void output_discard(struct output *output)
{
	if (output->directory >= 0 && output->temporary[0] != '\0')
		(void)unlinkat(output->directory, output->temporary, 0);
	output->temporary[0] = '\0';
	close_fd(&output->fd);
	close_fd(&output->directory);
}

/* --- bytes -------------------------------------------------------------------------------------
 */

static int write_fully(int fd, const unsigned char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t put = pwrite(fd, data + done, size - done, (off_t)done);

		if (put > 0)
			done += (size_t)put;
		else if (put == 0)
			return -EIO;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int output_write(int fd, const void *data, size_t size, struct error *error)
{
	struct stat st;
	int status;

	if (fstat(fd, &st) != 0)
		return error_system(error, errno, "cannot examine the output");
	if (st.st_size > 0 && ftruncate(fd, 0) != 0)
		return error_system(error, errno, "cannot cut off an earlier attempt's output");
	status = write_fully(fd, data, size);
	if (status != 0)
		return error_system(error, -status, "cannot write the output (%s)",
		                    advice(-status));
	return 0;
}

/* --- publishing --------------------------------------------------------------------------------
 */

int publish_set_attributes(int fd, const struct output_attributes *attributes)
{
	if (attributes->mode && fchmod(fd, attributes->mode->st_mode & 0777) != 0)
		return -errno;
	if (attributes->times) {
		struct timespec times[2] = {attributes->times->st_atim, attributes->times->st_mtim};

		if (futimens(fd, times) != 0)
			return -errno;
	}
	if (attributes->fsync && fsync(fd) != 0)
		return -errno;
	return 0;
}

/* Gives a nameless file a name. By the descriptor itself where this process may
 * (CAP_DAC_READ_SEARCH or, since Linux 6.10, its own credentials opened it), else by /proc. */
int publish_link(int fd, int directory, const char *name)
{
	char proc[sizeof("/proc/self/fd/") + 3 * sizeof(int)];

	if (linkat(fd, "", directory, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM && errno != EINVAL)
		return -errno;
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, directory, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	return -errno;
}

static int copy_bytes(int from, int to)
{
	static const size_t chunk = 1 << 16;
	unsigned char bytes[1 << 16];
	off_t at = 0;

	for (;;) {
		ssize_t got = pread(from, bytes, chunk, at);
		ssize_t put = 0;

		if (got == 0)
			return 0;
		if (got > 0)
			put = pwrite(to, bytes, (size_t)got, at);
		if ((got < 0 || put < 0) && errno != EINTR)
			return -errno;
		if (put > 0)
			at += put;
	}
}

/* Whether a link was refused because links, or this way to make one, are not to be had here: no
 * /proc, a file system without links, a security policy. */
bool publish_lacks_links(int status)
{
	return status == -ENOENT || status == -EPERM || status == -EINVAL ||
	       status == -EOPNOTSUPP || status == -ENOSYS || status == -EXDEV || status == -EMLINK;
}

/* Replaces the nameless file by a named temporary with the same bytes. */
static int copy_to_named(struct output *output, const char *path,
                         const struct output_attributes *attributes)
{
	struct output named = {.fd = -1, .directory = -1, .kind = OUTPUT_NAMED};
	int status = open_named(path, &named);

	if (status == 0)
		status = copy_bytes(output->fd, named.fd);
	if (status == 0)
		status = publish_set_attributes(named.fd, attributes);
	if (status != 0) {
		output_discard(&named);
		return status;
	}
	close_fd(&output->fd);
	*output = named;
	return 0;
}

int publish_name_temporary(struct output *output, const char *path,
                           const struct output_attributes *attributes)
{
	int directory = output->directory < 0 ? publish_open_directory(path) : output->directory;
	int status;

	if (directory < 0)
		return directory;
	output->directory = directory;
	status = publish_random_name(output->temporary);
	if (status == 0)
		status = publish_link(output->fd, directory, output->temporary);
	if (status == 0) {
		output->kind = OUTPUT_NAMED;
		return 0;
	}
	output->temporary[0] = '\0';
	close_fd(&output->directory);
	return publish_lacks_links(status) ? copy_to_named(output, path, attributes) : status;
}

/* Renames the temporary, but never over a file: EEXIST. */
int publish_rename_new(const struct output *output, const char *name)
{
	struct stat st;

	if (renameat2(output->directory, output->temporary, output->directory, name,
	              RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* the file system can't (NFS, say): a look first, which leaves a moment for a race */
	if (fstatat(output->directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	if (errno != ENOENT)
		return -errno;
	return renameat(output->directory, output->temporary, output->directory, name) == 0
	           ? 0
	           : -errno;
}

/* The descriptor is closed before the name appears: network file systems report a full disk there.
 */
static int publish_named(struct output *output, const char *name, bool replace)
{
	int fd = output->fd;
	int status;

	output->fd = -1;
	if (close(fd) != 0 && errno != EINTR)
		return -errno;
	if (!replace)
		status = publish_rename_new(output, name);
	else
		status =
		    renameat(output->directory, output->temporary, output->directory, name) == 0
			? 0
			: -errno;
	if (status == 0)
		output->temporary[0] = '\0';
	return status;
}

/* Puts a nameless file in another's place without a descriptor more, which may not be had when many
 * outputs are under way. Returns 0, -ENAMETOOLONG where the temporary's path is too long for that,
 * or another negative errno; no temporary is left then. */
static int replace_nameless(const struct output *output, const char *path)
{
	char name[OUTPUT_TEMPORARY_MAX], temporary[PATH_MAX];
	size_t length = (size_t)(publish_name(path) - path);
	int status = publish_random_name(name);

	if (status != 0)
		return status;
	if (length + sizeof(name) > sizeof(temporary))
		return -ENAMETOOLONG;
	memcpy(temporary, path, length);
	memcpy(temporary + length, name, sizeof(name));
	status = publish_link(output->fd, AT_FDCWD, temporary);
	if (status == 0 && rename(temporary, path) != 0) {
		status = -errno;
		(void)unlink(temporary);
	}
	return status;
}

/* Returns 0 with the file published, 1 when it has become a named temporary to be published, or a
 * negative errno. */
static int publish_nameless(struct output *output, const char *path,
                            const struct output_attributes *attributes)
{
	int status = publish_link(output->fd, AT_FDCWD, path);
	int fd = output->fd;

	if (status == -EEXIST && attributes->replace)
		status = replace_nameless(output, path);
	if (status == 0) {
		output->fd = -1;
		return close(fd) == 0 || errno == EINTR ? 0 : -errno;
	}
	if (status != -ENAMETOOLONG && !publish_lacks_links(status))
		return status;
	status = publish_name_temporary(output, path, attributes);
	return status == 0 ? 1 : status;
}

int publish_sync_directory(const char *path)
{
	char directory[PATH_MAX];
	int fd;
	int status = 0;

	directory_of(path, directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) != 0)
		status = -errno;
	(void)close(fd); /* nothing was written through it */
	return status;
}

int output_commit(struct output *output, const char *path,
                  const struct output_attributes *attributes, struct error *error)
{
	int status = publish_set_attributes(output->fd, attributes);

	if (status == 0)
		status =
		    output->kind == OUTPUT_NAMED ? 1 : publish_nameless(output, path, attributes);
	if (status == 1)
		status = publish_named(output, publish_name(path), attributes->replace);
	if (status == 0 && attributes->fsync)
		status = publish_sync_directory(path);
	if (status != 0)
		return publish_refuse(error, -status, path);
	output_discard(output);
	return 0;
}
