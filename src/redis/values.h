/* values.h - pictures that lie in a Redis server as strings: the value of a key becomes a file, a
 * file the value of a key.
 *
 * Connections are kept for who asks next. A server that can't be reached, goes silent or is busy
 * (LOADING, BUSY, MASTERDOWN, CLUSTERDOWN, TRYAGAIN) is asked again after a pause that doubles. A
 * value is read as it was at one time: a large one comes in pieces, and is begun anew if its key
 * changed meanwhile. It is written at once (SET), in place of a string or of nothing, never of
 * another type.
 *
 * Thread-safe, except values_new() and values_free(); hiredis is loaded with the first question.
 */
#ifndef REDIS_VALUES_H
#define REDIS_VALUES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "redis/address.h"

/* Strings are borrowed, and outlive the struct values. */
struct values_options {
	uint64_t max_bytes; /* of one value that is read */
	uint64_t memory;    /* bytes of all that was read and is not done with, about: beyond that
	                       one value is read at a time */
	unsigned retries;   /* further attempts */
	/* An address of a key or stream of a server that the user named, or NULL: keys of that
	 * server may be named by anybody, and are asked with its user and password if they have
	 * none of their own. */
	const char *home;
	/* Whether an address may be asked for what the user did not type. */
	bool (*may_ask)(void *ctx, const struct sockaddr *address);
	void *ctx;
	bool (*stopped)(void); /* whether the run is to end: looked at some times a second */
};

struct values;

/* Cheap. Returns NULL without memory. */
struct values *values_new(const struct values_options *options);
/* When nobody asks any more. NULL is allowed. */
void values_free(struct values *values);

struct values_question {
	const struct redis_address *address;
	bool typed;          /* by the user, who knows where it leads */
	unsigned timeout_ms; /* for all of it, pauses included; 0: none */
};

/* All return 0 or BR_ERROR_NETWORK, BR_ERROR_PRIVATE_ADDRESS, BR_ERROR_NOT_IMAGE (the key is of
 * another type), BR_ERROR_UNSUPPORTED (no hiredis; a node of a cluster that has not the key),
 * BR_ERROR_CANCELLED, -EACCES, -ENOMEM (the server has none, or we), -EROFS (a replica), or what is
 * said below; the message does not name the key. */

/* Writes the value into a file from its beginning. Also BR_ERROR_EMPTY, BR_ERROR_TOO_LARGE, -ENOENT
 * (there is no such key) or a negative errno of writing. */
int values_get(struct values *values, const struct values_question *question, int fd,
               uint64_t *bytes, struct br_error *error);

/* So many bytes of a value have been done with. */
void values_done(struct values *values, uint64_t bytes);

/* *bytes becomes the value's length, 0 for none; *exists whether there is any key of that name. */
int values_look(struct values *values, const struct values_question *question, uint64_t *bytes,
                bool *exists, struct br_error *error);

/* Makes the bytes the key's value. Without `replace` there must be none: BR_ERROR_EXISTS. Also
 * BR_ERROR_TOO_LARGE, beyond what a value may have. */
int values_put(struct values *values, const struct values_question *question, const void *bytes,
               uint64_t size, bool replace, struct br_error *error);

#endif
