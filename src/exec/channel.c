/* channel.c - sendmsg(2) and recvmsg(2) with SCM_RIGHTS, see unix(7) and cmsg(3). */
#include <errno.h>
#include <poll.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "exec/channel.h"

/* See channel_tell(). */
#define TELL_TRIES    1000
#define TELL_PAUSE_MS 10

union control {
	alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int) * BR_EXECUTOR_FDS_MAX)];
	struct cmsghdr header;
};

int channel_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ? -errno : 0;
}

static void attach(struct msghdr *header, union control *control, const int *fds, unsigned fd_count)
{
	size_t bytes = sizeof(int) * fd_count;
	struct cmsghdr *part = &control->header;

	header->msg_control = control->bytes;
	header->msg_controllen = CMSG_SPACE(bytes);
	memset(control, 0, sizeof(*control));
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(part), fds, bytes);
}

int channel_send(int end, const struct channel_message *message, const void *first,
                 size_t first_size, const void *second, size_t second_size, const int *fds,
                 unsigned fd_count, bool wait)
{
	/* iovec has no const; sendmsg() only reads. */
	struct iovec parts[3] = {{(void *)(uintptr_t)message, sizeof(*message)},
	                         {(void *)(uintptr_t)first, first_size},
	                         {(void *)(uintptr_t)second, second_size}};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = 3};
	union control control;
	ssize_t sent;

	if (fd_count)
		attach(&header, &control, fds, fd_count);
	do {
		sent = sendmsg(end, &header, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0;
	return errno == ECONNRESET ? -EPIPE : -errno;
}

int channel_tell(int end, const struct channel_message *message, const void *body, size_t body_size)
{
	int status;

	for (unsigned tries = 0; tries < TELL_TRIES; tries++) {
		status = channel_send(end, message, body, body_size, NULL, 0, NULL, 0, true);
		if (status != -ENOBUFS && status != -ENOMEM)
			break;
		(void)poll(NULL, 0, TELL_PAUSE_MS);
	}
	return status;
}

/* Takes the descriptors out of a received message. False when the kernel had to drop some. */
static bool detach(struct msghdr *header, int *fds, unsigned *fd_count)
{
	unsigned count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		/* The control buffer has room for BR_EXECUTOR_FDS_MAX and no more. */
		count = (unsigned)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(part), count * sizeof(int));
	}
	*fd_count = count;
	return !(header->msg_flags & MSG_CTRUNC);
}

ssize_t channel_receive(int end, struct channel_message *message, void *body, size_t body_size,
                        int *fds, unsigned *fd_count, bool wait)
{
	struct iovec parts[2] = {{message, sizeof(*message)}, {body, body_size}};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
	union control control;
	ssize_t got;
	bool whole = true;

	if (fds) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
	}
	/* A peer that died with messages unread leaves ECONNRESET, once, in front of what it had
	 * still sent: that comes next, and then the end of file. */
	do {
		got = recvmsg(end, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
	} while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	if (got < 0)
		return -errno;
	if (fds)
		whole = detach(&header, fds, fd_count);
	if (got == 0)
		return -EPIPE;
	if (!whole)
		return -EMFILE;
	/* What came with it and was not asked for the kernel has closed. */
	if ((size_t)got < sizeof(*message) || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return -EPROTO;
	return got - (ssize_t)sizeof(*message);
}
