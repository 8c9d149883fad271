/* reach.c - see reach.h. */
#include "redis/reach.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/threads.h"

/* --- the name --------------------------------------------------------------------------------- */

/* getaddrinfo(3) waits for servers of names as long as it likes. Freed by whoever of the two needs
 * it last. */
struct resolving {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool done, given_up;
	int status; /* as of getaddrinfo() */
	struct addrinfo *found;
	char host[];
};

static void resolving_free(struct resolving *resolving)
{
	if (resolving->found)
		freeaddrinfo(resolving->found);
	(void)pthread_cond_destroy(&resolving->changed);
	(void)pthread_mutex_destroy(&resolving->mutex);
	free(resolving);
}

static struct resolving *resolving_new(const char *host)
{
	const size_t size = strlen(host) + 1;
	struct resolving *resolving = calloc(1, sizeof(*resolving) + size);
	pthread_condattr_t clock;

	if (!resolving)
		return NULL;
	memcpy(resolving->host, host, size);
	(void)pthread_mutex_init(&resolving->mutex, NULL);
	(void)pthread_condattr_init(&clock);
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&resolving->changed, &clock);
	(void)pthread_condattr_destroy(&clock);
	return resolving;
}

static int look_up(const char *host, int flags, struct addrinfo **found)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};

	*found = NULL;
	return getaddrinfo(host, NULL, &hints, found);
}

static void *look_up_apart(void *arg)
{
	struct resolving *resolving = arg;
	struct addrinfo *found;
	const int status = look_up(resolving->host, 0, &found);
	bool given_up;

	(void)pthread_mutex_lock(&resolving->mutex);
	resolving->status = status;
	resolving->found = found;
	resolving->done = true;
	given_up = resolving->given_up;
	(void)pthread_cond_signal(&resolving->changed);
	(void)pthread_mutex_unlock(&resolving->mutex);
	if (given_up)
		resolving_free(resolving);
	return NULL;
}

/* Until the thread is through, or nobody waits for it any more. Returns whether it is. */
static bool await_name(const struct reach *reach, struct resolving *resolving)
{
	struct timespec until;
	bool done;

	(void)pthread_mutex_lock(&resolving->mutex);
	while (!resolving->done && reach->goes_on(reach->arg)) {
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += REACH_LOOK_MS * (long)NS_PER_MS;
		until.tv_sec += until.tv_nsec / (long)NS_PER_S;
		until.tv_nsec %= (long)NS_PER_S;
		(void)pthread_cond_timedwait(&resolving->changed, &resolving->mutex, &until);
	}
	done = resolving->done;
	resolving->given_up = !done;
	(void)pthread_mutex_unlock(&resolving->mutex);
	return done;
}

/* Returns 0 with *found, to be freed; or as getaddrinfo(), EAI_CANCELED when nobody waits any more.
 */
static int resolve(const struct reach *reach, struct addrinfo **found)
{
	int status = look_up(reach->host, AI_NUMERICHOST, found);
	struct resolving *resolving;
	pthread_t thread;

	if (status != EAI_NONAME)
		return status;
	resolving = resolving_new(reach->host);
	if (!resolving)
		return EAI_MEMORY;
	if (threads_start(&thread, NULL, look_up_apart, resolving) !=
	    0) { /* no thread to be had: it is waited for */
		resolving_free(resolving);
		return look_up(reach->host, 0, found);
	}
	if (!await_name(reach, resolving)) {
		(void)pthread_detach(thread);
		return EAI_CANCELED;
	}
	(void)pthread_join(thread, NULL);
	status = resolving->status;
	*found = resolving->found;
	resolving->found = NULL;
	resolving_free(resolving);
	return status;
}

/* --- one address ------------------------------------------------------------------------------ */

static void set_port(struct sockaddr *address, int port)
{
	/* each has it at its own place */
	if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
}

/* Until it is connected. Returns 0 or an errno: ECANCELED when nobody waits any more. */
static int await_connection(const struct reach *reach, int fd)
{
	const uint64_t until = clock_ns() + reach->wait_ms * NS_PER_MS;
	struct pollfd socket = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = 0;

	while (poll(&socket, 1, REACH_LOOK_MS) <= 0) {
		if (!reach->goes_on(reach->arg))
			return ECANCELED;
		if (clock_ns() > until)
			return ETIMEDOUT;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ? errno : error;
}

/* Returns a descriptor, or -1 with an errno in *error. */
static int connect_one(const struct reach *reach, const struct addrinfo *at, int *error)
{
	const int fd =
	    socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);

	if (fd < 0) {
		*error = errno;
		return -1;
	}
	set_port(at->ai_addr, reach->port);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	*error = connect(fd, at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
	if (*error == EINPROGRESS || *error == EINTR)
		*error = await_connection(reach, fd);
	if (*error == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* ---------------------------------------------------------------------------------------------- */

static int connect_any(struct reach *reach, const struct addrinfo *found, int *error)
{
	int fd = -1;

	reach->barred = true;
	for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
		if (reach->may_ask && !reach->may_ask(reach->ctx, at->ai_addr))
			continue;
		reach->barred = false;
		fd = connect_one(reach, at, error);
		if (*error == ECANCELED)
			break;
	}
	return fd;
}

int reach_connect(struct reach *reach, char *why, size_t size)
{
	struct addrinfo *found;
	const int status = resolve(reach, &found);
	int error = 0, fd;

	reach->barred = false;
	if (status) {
		if (status != EAI_CANCELED)
			(void)snprintf(why, size, "%s", gai_strerror(status));
		return -1;
	}
	fd = connect_any(reach, found, &error);
	freeaddrinfo(found);
	if (fd < 0 && error == ETIMEDOUT)
		(void)snprintf(why, size, "no answer for %.3g s", reach->wait_ms / 1e3);
	else if (fd < 0 && error != ECANCELED)
		(void)snprintf(why, size, "%s", error ? strerror(error) : "no address");
	return fd;
}
