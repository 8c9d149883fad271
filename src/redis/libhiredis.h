/* libhiredis.h - hiredis, which speaks to a Redis server: loaded by the runs that need one. Private
 * to libhiredis.c and redis.c.
 */
#ifndef REDIS_LIBHIREDIS_H
#define REDIS_LIBHIREDIS_H

#include <stdbool.h>

#include <hiredis/hiredis.h>

/* clang-format off */
#define LIBHIREDIS_FUNCTIONS(f) \
	f(freeReplyObject) \
	f(redisAppendCommandArgv) \
	f(redisBufferRead) \
	f(redisBufferWrite) \
	f(redisConnectFd) \
	f(redisEnableKeepAlive) \
	f(redisFree) \
	f(redisGetReplyFromReader)
/* clang-format on */

struct libhiredis {
#define LIBHIREDIS_MEMBER(name) __typeof__(name) *(name);
	LIBHIREDIS_FUNCTIONS(LIBHIREDIS_MEMBER)
#undef LIBHIREDIS_MEMBER
};

/* Stays loaded. False if it is not to be had. Thread-safe. */
bool libhiredis_load(struct libhiredis *library);

#endif
