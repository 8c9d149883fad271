/* log_file.c - see log_file.h. */
#include "report/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <batchresize/image.h>

static bool is_picture(const char *path)
{
	unsigned char head[BR_IMAGE_SNIFF_BYTES];
	struct stat st;
	ssize_t size = 0;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		size = pread(fd, head, sizeof(head), 0);
	(void)close(fd);
	return size > 0 && br_image_sniff(head, (size_t)size) != BR_IMAGE_FORMAT_UNKNOWN;
}

int log_file_open(struct log_file *file, const char *path, struct br_error *error)
{
	*file = (struct log_file){.path = path, .fd = -1};
	if (is_picture(path))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--log-file: '%.100s' is a picture: choose another name", path);
	/* a FIFO without a reader is an error rather than a wait for one */
	file->fd =
	    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
	if (file->fd < 0)
		return br_error_system(error, errno, "cannot write the log '%.100s'", path);
	return 0;
}

int log_file_reopen(struct log_file *file, struct br_error *error)
{
	struct log_file fresh;
	int status = log_file_open(&fresh, file->path, error);

	if (status)
		return status;
	log_file_close(file);
	*file = fresh;
	return 0;
}

void log_file_close(struct log_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
}

/* As stream_write(), and tells how much went out. */
static int write_all(int fd, const unsigned char *bytes, size_t size, size_t *done)
{
	for (*done = 0; *done < size;) {
		const ssize_t written = write(fd, bytes + *done, size - *done);

		if (written >= 0)
			*done += (size_t)written;
		else if (errno == EAGAIN)
			(void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int log_file_write(struct log_file *file, const struct text *line)
{
	size_t done = 0;
	int status = line->status;

	if (!status && file->torn) {
		status = write_all(file->fd, (const unsigned char *)"\n", 1, &done);
		file->torn = status != 0;
	}
	if (!status)
		status = write_all(file->fd, line->bytes.data, line->bytes.size, &done);
	file->torn = file->torn || (status && done > 0);
	file->error = -status;
	return status;
}
