/* address.h - redis://[[USER]:PASSWORD@]HOST[:PORT]/[DATABASE/]KEY
 *
 * The parts are percent-decoded (RFC 3986); a '?' or '#' belongs to the key, and so does a
 * control character but NUL, written as %XX. A host in brackets is an IPv6 address; the letters of
 * a host become small ones. A first part of the path that is a whole number and is followed by a
 * slash is the database, 0 without: the key "3/a" is at redis://HOST/0/3/a. Pure; thread-safe.
 */
#ifndef REDIS_ADDRESS_H
#define REDIS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <batchresize/error.h>

#define ADDRESS_PART_MAX 256

/* Bytes of a key, the final NUL included. */
#define REDIS_KEY_MAX 1024

struct redis_address {
	char host[ADDRESS_PART_MAX];
	int port;
	unsigned database;
	char user[ADDRESS_PART_MAX]; /* "": the default one */
	char password[ADDRESS_PART_MAX];
	char key[REDIS_KEY_MAX];
	char shown[2 * ADDRESS_PART_MAX]; /* for messages: without user and password, cut */
};

/* Whether a text begins with redis://, in any case. */
bool redis_address_is(const char *text);

/* Takes it apart. Returns NULL, or what is wrong with it, in words that never show the password. */
const char *redis_address_read(struct redis_address *address, const char *url);

/* The same for an address without a key: a key that is missing is "". */
const char *redis_address_read_prefix(struct redis_address *address, const char *url);

/* The same. Returns 0 or BR_ERROR_USAGE. */
int redis_address_parse(struct redis_address *address, const char *url, struct br_error *error);

/* Writes the address without user and password, one text for all ways to write it, cut at `size`,
 * with a NUL. Returns its whole length. */
size_t redis_address_write(const struct redis_address *address, char *buffer, size_t size);

/* Whether both are of one server, by host and port as they are written. */
bool redis_address_same_server(const struct redis_address *a, const struct redis_address *b);

#endif
