/* address.h - redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]/KEY
 *
 * The parts are percent-decoded (RFC 3986). A host in brackets is an IPv6 address. Pure;
 * thread-safe.
 */
#ifndef QUEUE_ADDRESS_H
#define QUEUE_ADDRESS_H

#include <batchresize/error.h>

#define ADDRESS_PART_MAX 256

struct redis_address {
	char host[ADDRESS_PART_MAX];
	int port;
	unsigned database;
	char user[ADDRESS_PART_MAX]; /* "": the default one */
	char password[ADDRESS_PART_MAX];
	char key[ADDRESS_PART_MAX];
	char shown[3 * ADDRESS_PART_MAX]; /* for messages: without user and password */
};

/* Returns 0 or BR_ERROR_USAGE with an *error that never shows the password. */
int redis_address_parse(struct redis_address *address, const char *url, struct br_error *error);

#endif
