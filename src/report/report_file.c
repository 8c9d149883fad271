/* report_file.c - see report_file.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/transfer.h"
#include "io/stream.h"
#include "report/report_file.h"

/* Whether a file that is there already may be replaced. *size: its bytes. */
static int check_replaceable(int fd, const char *path, off_t *size, struct br_error *error)
{
	static const char beginning[] = "{\"source\":";
	char head[sizeof(beginning) - 1];
	struct stat st;

	if (fstat(fd, &st))
		return br_error_system(error, errno, "cannot examine the report '%.100s'", path);
	*size = st.st_size;
	if (st.st_size == 0)
		return 0;
	if (transfer_read_at(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head, beginning, sizeof(head)) != 0)
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "--report: '%.100s' exists and is no report: choose another name, "
		    "or remove it",
		    path);
	return 0;
}

/* Every run that writes the file has a lock to share on SINK_LOCK_RUN. A run that gets the lock
 * exclusively is alone, and what it finds is an earlier run's. */
static int begin(struct sink *sink, const char *path, bool *shared, struct br_error *error)
{
	int status = sink_lock(sink->fd, SINK_LOCK_RUN, F_WRLCK, false);
	const bool others = status == -EAGAIN || status == -EACCES;
	off_t size = 0;

	*shared = others;
	sink->locks = status == 0 || others; /* or there are none here */
	status = check_replaceable(sink->fd, path, &size, error);
	sink->stale = others ? 0 : size;
	if (status || !sink->locks)
		return status;
	status = sink_lock(sink->fd, SINK_LOCK_RUN, F_RDLCK, true);
	return status ? br_error_system(error, -status, "cannot lock the report '%.100s'", path)
	              : 0;
}

/* Some file systems only write new files (rclone, some object stores): accept that. */
static int open_file(const char *path, bool other, bool fresh)
{
	const int flags = O_CLOEXEC | O_NOCTTY;
	int fd;

	do
		fd = open(path, flags | (other ? O_WRONLY : O_RDWR | O_CREAT | O_APPEND), 0666);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 && fresh &&
	    (errno == EPERM || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
		fd = open(path, flags | O_WRONLY | O_CREAT, 0666);
	return fd;
}

int report_file_open(struct sink *sink, const char *path, bool *shared, struct br_error *error)
{
	struct stat st;
	const bool fresh = stat(path, &st) != 0;
	/* Only a regular file can be looked into before it is written; a FIFO opened for both would
	 * have us as its reader. */
	const bool other = !fresh && !S_ISREG(st.st_mode);

	*shared = false;
	sink->fd = open_file(path, other, fresh);
	if (sink->fd < 0)
		return br_error_system(error, errno, "cannot write the report '%.100s'", path);
	if (fstat(sink->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (fcntl(sink->fd, F_GETFL) & O_ACCMODE) == O_RDWR)
		return begin(sink, path, shared, error);
	return 0;
}

int report_file_sync(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *above = strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
	int status = above ? stream_sync(fd) : -ENOMEM;
	int directory = -1;

	if (status == 0)
		directory = open(slash ? above : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(above);
	if (directory < 0) /* one may write there and not look: its name is as durable as can be */
		return status < 0 ? status : 0;
	status = stream_sync(directory);
	(void)close(directory); /* nothing was written through it */
	return status < 0 ? status : 0;
}
