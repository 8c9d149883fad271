/* address.c - see address.h. */
#include "redis/address.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/scan.h"

#define SCHEME "redis://"

/* What a server listens at if nothing else is said. */
#define PORT_OF_REDIS 6379

/* The highest number of a database that is asked for; servers have 16, unless they are told
 * otherwise. */
#define DATABASE_MAX 1000000

#define DIGITS "0123456789"

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7F;
}

/* Decodes [from, end) into `size` bytes. False: too long, a NUL, or a control character that is not
 * written as %XX. */
static bool decode(char *to, size_t size, const char *from, const char *end)
{
	size_t length = 0;

	for (; from < end; from++) {
		int value = (unsigned char)*from;

		if (is_control(*from))
			return false;
		if (*from == '%') {
			if (end - from < 3 || scan_hex_digit(from[1]) < 0 ||
			    scan_hex_digit(from[2]) < 0)
				return false;
			value = scan_hex_digit(from[1]) << 4 | scan_hex_digit(from[2]);
			from += 2;
		}
		if (value == 0 || length == size - 1)
			return false;
		to[length++] = (char)value;
	}
	to[length] = '\0';
	return true;
}

/* A whole number, at most `most`, that is all of [from, end). */
static bool read_whole(const char *from, const char *end, uint64_t most, uint64_t *number)
{
	return scan_number(&from, most, number) && from == end;
}

/* In small letters, so that two ways to write a host are one server. No host has brackets of its
 * own: they stand around an address (RFC 3986, 3.2.2), and would be read otherwise again. */
static bool read_name(struct redis_address *address, const char *from, const char *end)
{
	if (from == end || !decode(address->host, ADDRESS_PART_MAX, from, end))
		return false;
	for (char *c = address->host; *c; c++) {
		if (is_control(*c) || *c == '[' || *c == ']')
			return false;
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return true;
}

/* HOST[:PORT], where a host may be [an IPv6 address]. */
static bool read_host(struct redis_address *address, const char *from, const char *end)
{
	const bool bracketed = *from == '[';
	const char *last = memchr(from, bracketed ? ']' : ':', (size_t)(end - from));
	const char *behind = last && bracketed ? last + 1 : last;
	uint64_t port = PORT_OF_REDIS;

	if (bracketed && !last)
		return false;
	if (behind && behind < end &&
	    (*behind != ':' || !read_whole(behind + 1, end, 65535, &port)))
		return false;
	address->port = (int)port;
	return port > 0 && read_name(address, from + bracketed, last ? last : end);
}

/* [USER]:PASSWORD; without a colon it is the password, as tools of Redis have it. */
static bool read_user(struct redis_address *address, const char *from, const char *end)
{
	const char *colon = memchr(from, ':', (size_t)(end - from));

	if (!colon)
		return decode(address->password, ADDRESS_PART_MAX, from, end);
	return decode(address->user, ADDRESS_PART_MAX, from, colon) &&
	       decode(address->password, ADDRESS_PART_MAX, colon + 1, end);
}

/* [DATABASE/]KEY, where the key may be "" if that is `allowed`. NULL, or what is wrong. */
static const char *read_key(struct redis_address *address, const char *from, bool allowed)
{
	const char *slash = from + strspn(from, DIGITS);
	uint64_t database = 0;

	if (slash > from && *slash == '/') {
		if (!read_whole(from, slash, DATABASE_MAX, &database))
			return "no server has a database of that number (the key 10000000/a is "
			       "written /0/10000000/a)";
		from = slash + 1;
	}
	address->database = (unsigned)database;
	if ((!allowed && *from == '\0') ||
	    !decode(address->key, REDIS_KEY_MAX, from, from + strlen(from)))
		return "its key is none, or too long";
	return NULL;
}

static const char *read_address(struct redis_address *address, const char *url, bool keyless)
{
	const char *from, *slash, *at, *fault;

	memset(address, 0, sizeof(*address));
	if (!redis_address_is(url))
		return "it does not begin with redis://";
	from = url + strlen(SCHEME);
	slash = strchrnul(from, '/');
	if (!keyless && (*slash == '\0' || slash[1] == '\0'))
		return "a slash and the name of a key are missing behind the host";
	at = memrchr(from, '@', (size_t)(slash - from));
	if (at && !read_user(address, from, at))
		return "user and password can't be read";
	if (!read_host(address, at ? at + 1 : from, slash))
		return "its host or port is none";
	fault = read_key(address, *slash ? slash + 1 : slash, keyless);
	if (fault)
		return fault;
	(void)redis_address_write(address, address->shown, sizeof(address->shown));
	return NULL;
}

bool redis_address_is(const char *text)
{
	return strncasecmp(text, SCHEME, strlen(SCHEME)) == 0;
}

const char *redis_address_read(struct redis_address *address, const char *url)
{
	return read_address(address, url, false);
}

const char *redis_address_read_prefix(struct redis_address *address, const char *url)
{
	return read_address(address, url, true);
}

int redis_address_parse(struct redis_address *address, const char *url, struct br_error *error)
{
	const char *fault = redis_address_read(address, url);

	if (!fault)
		return 0;
	return br_error_set(error, BR_ERROR_USAGE,
	                    "this is no address of a key in Redis: %s: write "
	                    "redis://HOST[:PORT]/KEY",
	                    fault);
}

/* --- writing ---------------------------------------------------------------------------------- */

struct writing {
	char *to;
	size_t size, length;
};

static void put(struct writing *writing, char c)
{
	if (writing->length + 1 < writing->size)
		writing->to[writing->length] = c;
	writing->length++;
}

static void put_text(struct writing *writing, const char *text)
{
	for (; *text; text++)
		put(writing, *text);
}

/* What would end the part or be read otherwise is written as %XX. */
static void put_encoded(struct writing *writing, const char *text, const char *others)
{
	char code[4];

	for (; *text; text++) {
		if (*text != ' ' && *text != '%' && !is_control(*text) && !strchr(others, *text)) {
			put(writing, *text);
			continue;
		}
		(void)snprintf(code, sizeof(code), "%%%02X", (unsigned)(unsigned char)*text);
		put_text(writing, code);
	}
}

/* Whether the key alone would be taken for one with a database. */
static bool looks_numbered(const char *key)
{
	const size_t digits = strspn(key, DIGITS);

	return digits > 0 && key[digits] == '/';
}

size_t redis_address_write(const struct redis_address *address, char *buffer, size_t size)
{
	struct writing writing = {.to = buffer, .size = size};
	char number[16];

	put_text(&writing, SCHEME);
	put_text(&writing, strchr(address->host, ':') ? "[" : "");
	put_encoded(&writing, address->host, "/@");
	put_text(&writing, strchr(address->host, ':') ? "]" : "");
	(void)snprintf(number, sizeof(number), ":%d", address->port);
	put_text(&writing, address->port == PORT_OF_REDIS ? "" : number);
	(void)snprintf(number, sizeof(number), "/%u", address->database);
	put_text(&writing, address->database > 0 || looks_numbered(address->key) ? number : "");
	put(&writing, '/');
	put_encoded(&writing, address->key, "");
	if (size > 0)
		buffer[writing.length < size ? writing.length : size - 1] = '\0';
	return writing.length;
}

bool redis_address_same_server(const struct redis_address *a, const struct redis_address *b)
{
	return a->port == b->port && strcasecmp(a->host, b->host) == 0;
}
