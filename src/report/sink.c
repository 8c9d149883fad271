/* sink.c - see sink.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/transfer.h"
#include "io/stream.h"
#include "report/sink.h"

/* Bytes: what a pipe holds. */
#define PENDING_MAX 65536
/* Seconds that a line may wait. */
#define PENDING_SECONDS 1.0

/* Where the bytes lie that stand for locks: behind the end of any file. */
#define LOCKS_AT ((off_t)1 << 62)

int sink_lock(int fd, enum sink_lock lock, short kind, bool wait)
{
	struct flock range = {
	    .l_type = kind, .l_whence = SEEK_SET, .l_start = LOCKS_AT + (off_t)lock, .l_len = 1};

	while (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &range) != 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* How many of the bytes are whole lines that fit into PIPE_BUF; if none does, the first line. Paths
 * may end with NUL instead, and then may contain newlines. */
static size_t piece(const char *bytes, size_t size)
{
	const size_t most = size < PIPE_BUF ? size : PIPE_BUF;
	const char end = memchr(bytes, '\0', size) ? '\0' : '\n';
	const char *last = memrchr(bytes, end, most);

	if (!last)
		last = memchr(bytes, end, size);
	return last ? (size_t)(last - bytes) + 1 : size;
}

static int write_pieces(int fd, const char *bytes, size_t size)
{
	int status = 0;

	while (size > 0 && status == 0) {
		size_t next = piece(bytes, size);

		status = stream_write(fd, bytes, next);
		bytes += next;
		size -= next;
	}
	return status;
}

/* Takes back the part of a line that had room. `begin` is where the write began. */
static void cut_line(int fd, off_t begin, const char *bytes)
{
	off_t end = lseek(fd, 0, SEEK_END);
	const char *last = end > begin ? memrchr(bytes, '\n', (size_t)(end - begin)) : NULL;

	if (end > begin)
		(void)!ftruncate(fd, last ? begin + (last - bytes) + 1 : begin);
}

/* What other runs have written behind the stale bytes stays. Returns 0 or a negative errno, and the
 * file is as it was then. */
static int drop_stale(struct sink *sink)
{
	const off_t end = lseek(sink->fd, 0, SEEK_END);
	const size_t rest = end > sink->stale ? (size_t)(end - sink->stale) : 0;
	char *kept = rest > 0 ? malloc(rest) : NULL;
	int status = 0;

	if (end < 0 || (rest > 0 && !kept))
		status = end < 0 ? -errno : -ENOMEM;
	else if (rest > 0 && transfer_read_at(sink->fd, kept, rest, sink->stale) != (ssize_t)rest)
		status = -EIO;
	else if (ftruncate(sink->fd, 0) != 0)
		status = -errno;
	else if (rest > 0)
		status = stream_write(sink->fd, kept, rest);
	free(kept);
	sink->stale = 0;
	return status;
}

/* A regular file that is ours or several runs', to which lines are added at its end. */
static int write_appended(struct sink *sink, const char *bytes, size_t size)
{
	const int fd = sink->fd;
	const bool locked = sink->locks && sink_lock(fd, SINK_LOCK_WRITE, F_WRLCK, true) == 0;
	int status = sink->stale > 0 ? drop_stale(sink) : 0;
	const off_t begin = lseek(fd, 0, SEEK_END);

	if (status == 0)
		status = stream_write(fd, bytes, size);
	if (status != 0 && begin >= 0)
		cut_line(fd, begin, bytes);
	if (locked)
		(void)sink_lock(fd, SINK_LOCK_WRITE, F_UNLCK, false);
	return status;
}

static int write_lines(struct sink *sink, const char *bytes, size_t size)
{
	struct stat st;

	if (fstat(sink->fd, &st) != 0)
		return -errno;
	if (S_ISFIFO(st.st_mode))
		return write_pieces(sink->fd, bytes, size);
	if (S_ISREG(st.st_mode) && fcntl(sink->fd, F_GETFL) & O_APPEND)
		return write_appended(sink, bytes, size);
	return stream_write(sink->fd, bytes, size);
}

int sink_flush(struct sink *sink)
{
	if (sink->fd >= 0 && sink->error == 0 &&
	    (sink->pending.bytes.size > 0 || sink->pending.status != 0)) {
		sink->error = -sink->pending.status;
		if (sink->error == 0)
			sink->error = -write_lines(sink, (const char *)sink->pending.bytes.data,
			                           sink->pending.bytes.size);
	}
	text_clear(&sink->pending);
	return sink->error;
}

int sink_replace(struct sink *sink)
{
	if (sink_flush(sink) == 0 && sink->fd >= 0 && sink->stale > 0)
		sink->error = -write_appended(sink, "", 0);
	return sink->error;
}

int sink_end(struct sink *sink)
{
	if (sink_flush(sink) == 0 && sink->fd >= 0)
		sink->error = -stream_settle(sink->fd);
	return sink->error;
}

int sink_settle(struct sink *sink, double elapsed)
{
	if (sink->pending.bytes.size < PENDING_MAX && elapsed - sink->flushed < PENDING_SECONDS)
		return sink->error;
	sink->flushed = elapsed;
	return sink_flush(sink);
}

void sink_release(struct sink *sink)
{
	text_release(&sink->pending);
}
