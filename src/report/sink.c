/* sink.c - see sink.h. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "report/sink.h"

/* Bytes: what a pipe holds. */
#define PENDING_MAX 65536
/* Seconds that a line may wait. */
#define PENDING_SECONDS 1.0

int sink_write(int fd, const void *bytes, size_t size)
{
	const unsigned char *next = bytes;

	while (size > 0) {
		ssize_t written = write(fd, next, size);

		if (written >= 0) {
			next += written;
			size -= (size_t)written;
		} else if (errno == EAGAIN) {
			struct pollfd wanted = {.fd = fd, .events = POLLOUT};

			if (poll(&wanted, 1, -1) < 0 && errno != EINTR)
				return errno;
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

int sink_flush(struct sink *sink)
{
	if (sink->fd >= 0 && sink->error == 0) {
		sink->error = -sink->pending.status;
		if (sink->error == 0)
			sink->error = sink_write(sink->fd, sink->pending.bytes.data,
			                         sink->pending.bytes.size);
	}
	text_clear(&sink->pending);
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
