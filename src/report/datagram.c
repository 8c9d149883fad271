/* datagram.c - see datagram.h. */
#include "report/datagram.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 1000

/* Bytes that are under way at most, as far as the system lets us: a longer message is refused. */
#define SEND_BUFFER (8 << 20)

int datagram_open(struct datagram *datagram, const char *address)
{
	const size_t length = strlen(address);
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	*datagram = DATAGRAM_NONE;
	if ((*address != '/' && *address != '@') || length < 2)
		return -EAFNOSUPPORT;
	if (length >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, address, length);
	if (*address == '@')
		name.sun_path[0] = '\0';
	/* a path with its NUL, an abstract name without */
	const size_t size = offsetof(struct sockaddr_un, sun_path) + length + (*address == '/');
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int));
	if (connect(fd, (const struct sockaddr *)&name, (socklen_t)size) != 0) {
		const int status = -errno;

		(void)close(fd);
		return status;
	}
	datagram->fd = fd;
	return 0;
}

void datagram_close(struct datagram *datagram)
{
	if (datagram->fd >= 0)
		(void)close(datagram->fd);
	*datagram = DATAGRAM_NONE;
}

static int try(const struct datagram *datagram, const void *bytes, size_t size)
{
	ssize_t sent;

	do
		sent = send(datagram->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int datagram_send(struct datagram *datagram, const void *bytes, size_t size)
{
	int status = datagram->fd < 0 ? -ENOTCONN : try(datagram, bytes, size);

	if (status == -EAGAIN && !datagram->stalled) {
		(void)poll(&(struct pollfd){.fd = datagram->fd, .events = POLLOUT}, 1, WAIT_MS);
		status = try(datagram, bytes, size);
	}
	datagram->stalled = status == -EAGAIN;
	return status;
}
