/* datagram.h - messages to a daemon's socket in the file system: the journal's, the service
 * manager's.
 *
 * A daemon that does not read must not hold a run up: a message waits for room a second at most,
 * and once one has waited in vain, those behind it do not wait at all until one gets through.
 */
#ifndef REPORT_DATAGRAM_H
#define REPORT_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct datagram {
	int fd;       /* -1: none */
	bool stalled; /* the last message found no room */
};

#define DATAGRAM_NONE ((struct datagram){.fd = -1})

/* Connects to a socket: a path, or '@' and an abstract name. Returns 0 or a negative errno. */
int datagram_open(struct datagram *datagram, const char *address);
void datagram_close(struct datagram *datagram);

/* Sends one message. Returns 0 or a negative errno: -EAGAIN when there was no room for it. */
int datagram_send(struct datagram *datagram, const void *bytes, size_t size);

#endif
