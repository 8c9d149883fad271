/* transfer.c - see transfer.h. */
#include "base/transfer.h"

#include <errno.h>
#include <unistd.h>

int transfer_write_at(int fd, const void *bytes, size_t size, off_t at)
{
	const unsigned char *next = bytes;

	while (size > 0) {
		const ssize_t put = pwrite(fd, next, size, at);

		if (put == 0)
			return -EIO;
		if (put < 0 && errno != EINTR)
			return -errno;
		if (put < 0)
			continue;
		next += put;
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

ssize_t transfer_read_at(int fd, void *bytes, size_t size, off_t at)
{
	char *next = bytes;
	size_t sum = 0;

	while (sum < size) {
		const ssize_t got = pread(fd, next + sum, size - sum, at + (off_t)sum);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		if (got > 0)
			sum += (size_t)got;
	}
	return (ssize_t)sum;
}
