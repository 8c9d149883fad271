/* reach.h - a TCP connection to a host by its name, which can be given up at any moment. Private to
 * the room.
 */
#ifndef REDIS_REACH_H
#define REDIS_REACH_H

#include <stdbool.h>
#include <sys/socket.h>

/* How often it is looked whether to wait no more, ms. */
#define REACH_LOOK_MS 50

struct reach {
	const char *host;
	int port;
	unsigned wait_ms; /* for each of its addresses */
	/* Whether an address may be asked; NULL: any may. */
	bool (*may_ask)(void *ctx, const struct sockaddr *address);
	void *ctx;
	/* Whether to go on waiting. */
	bool (*goes_on)(void *arg);
	void *arg;
	bool barred; /* out: it has addresses, and none of them may be asked */
};

/* Connects to the first of the host's addresses that may be asked and answers. Returns a descriptor
 * that does not block and is closed on exec, or -1 and says why, in `why` of `size` bytes; nothing
 * is said when goes_on() ended it. The name is looked up in a thread, which may outlive the call.
 */
int reach_connect(struct reach *reach, char *why, size_t size);

#endif
