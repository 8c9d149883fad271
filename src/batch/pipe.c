/* pipe.c - see pipe.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "batch/pipe.h"
#include "io/stream.h"

bool br_batch_is_pipe(const struct br_batch_options *options)
{
	return options->path_count == 1 && strcmp(options->paths[0], "-") == 0;
}

static int copy(int from, int to, size_t max, uint64_t *bytes, struct br_error *error)
{
	char block[1 << 16];

	*bytes = 0;
	for (;;) {
		ssize_t got = read(from, block, sizeof(block));

		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return br_error_system(error, errno, "cannot read standard input");
		*bytes += (size_t)got;
		if (*bytes > max)
			return br_error_set(
			    error, BR_ERROR_TOO_LARGE,
			    "standard input has more than the %zu MB that a picture may "
			    "have: store it with compression",
			    max >> 20);
		int status = stream_write(to, block, (size_t)got);

		if (status)
			return br_error_system(error, -status,
			                       "cannot keep standard input in memory");
	}
}

int pipe_slurp(int fd, size_t max, int *memfd, uint64_t *bytes, struct br_error *error)
{
	int copied = stream_memory("standard input", error);
	int status;

	if (copied < 0)
		return copied;
	status = copy(fd, copied, max, bytes, error);
	if (status)
		(void)close(copied);
	else
		*memfd = copied;
	return status;
}
