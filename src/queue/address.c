/* address.c - see address.h. */
#include "queue/address.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"

#define SCHEME "redis://"

/* What a server listens at if nothing else is said. */
#define PORT_OF_REDIS 6379

/* Decodes [from, end). False: too long, or no text without NUL and control characters. */
static bool decode(char to[ADDRESS_PART_MAX], const char *from, const char *end)
{
	size_t length = 0;

	for (; from < end; from++) {
		int value = (unsigned char)*from;

		if (*from == '%') {
			if (end - from < 3 || scan_hex_digit(from[1]) < 0 ||
			    scan_hex_digit(from[2]) < 0)
				return false;
			value = scan_hex_digit(from[1]) << 4 | scan_hex_digit(from[2]);
			from += 2;
		}
		if (value < 0x20 || value == 0x7F || length == ADDRESS_PART_MAX - 1)
			return false;
		to[length++] = (char)value;
	}
	to[length] = '\0';
	return true;
}

/* A whole number of [from, end), at most `most`. */
static bool read_number(const char *from, const char *end, long most, long *number)
{
	*number = 0;
	if (from == end)
		return false;
	for (; from < end; from++) {
		if (*from < '0' || *from > '9' || *number > most)
			return false;
		*number = *number * 10 + (*from - '0');
	}
	return *number <= most;
}

/* HOST[:PORT], where a host may be [an IPv6 address]. */
static bool read_host(struct redis_address *address, const char *from, const char *end)
{
	const char *colon = *from == '[' ? memchr(from, ']', (size_t)(end - from)) : from;
	long port = PORT_OF_REDIS;

	colon = colon ? memchr(colon, ':', (size_t)(end - colon)) : NULL;
	if (colon && !read_number(colon + 1, end, 65535, &port))
		return false;
	if (colon)
		end = colon;
	if (end - from >= 2 && from[0] == '[' && end[-1] == ']') {
		from++;
		end--;
	}
	address->port = (int)port;
	return port > 0 && from < end && decode(address->host, from, end);
}

/* [USER]:PASSWORD; without a colon it is the password, as tools of Redis have it. */
static bool read_user(struct redis_address *address, const char *from, const char *end)
{
	const char *colon = memchr(from, ':', (size_t)(end - from));

	if (!colon)
		return decode(address->password, from, end);
	return decode(address->user, from, colon) && decode(address->password, colon + 1, end);
}

/* [DATABASE/]KEY */
static bool read_key(struct redis_address *address, const char *from)
{
	const char *slash = strchr(from, '/');
	long database = 0;

	if (slash && read_number(from, slash, 1000000, &database))
		from = slash + 1;
	address->database = (unsigned)database;
	return *from != '\0' && decode(address->key, from, from + strlen(from));
}

static const char *fault_of(struct redis_address *address, const char *url)
{
	const char *from = url + strlen(SCHEME), *slash, *at;

	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
		return "it does not begin with redis://";
	slash = strchr(from, '/');
	if (!slash || slash[1] == '\0')
		return "a slash and the name of a key are missing behind the host";
	at = memrchr(from, '@', (size_t)(slash - from));
	if (at && !read_user(address, from, at))
		return "user and password can't be read";
	if (!read_host(address, at ? at + 1 : from, slash))
		return "its host or port is none";
	return read_key(address, slash + 1) ? NULL : "its key is none";
}

int redis_address_parse(struct redis_address *address, const char *url, struct br_error *error)
{
	const char *fault;

	memset(address, 0, sizeof(*address));
	fault = fault_of(address, url);
	if (fault)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "this is no address of a key in Redis: %s: write "
		                    "redis://HOST[:PORT]/KEY",
		                    fault);
	(void)snprintf(address->shown, sizeof(address->shown),
	               strchr(address->host, ':') ? SCHEME "[%s]:%d/%s" : SCHEME "%s:%d/%s",
	               address->host, address->port, address->key);
	return 0;
}
