/* url.c - see url.h. */
#include "fetch/url.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "redis/address.h"
#include <strings.h>

#include <batchresize/image.h>

#include "base/hash.h"

/* Bytes of a name that leave room for a prefix, a size and another extension. */
#define NAME_BYTES 200

/* Of its extension, when it is cut. */
#define EXTENSION_BYTES 8

/* A hash as it is appended: "-" and eight digits. */
#define HASH_BYTES 9

/* What precedes the host: "https://"; 0: it is no URL of ours. */
static size_t scheme_length(const char *text)
{
	static const char *const schemes[] = {"http://", "https://", "redis://"};

	for (unsigned i = 0; i < 3; i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return strlen(schemes[i]);
	return 0;
}

bool url_is(const char *text)
{
	return scheme_length(text) > 0;
}

/* The host begins behind the user, if one is named. */
static const char *host_of(const char *url)
{
	const char *at = url + scheme_length(url);
	const char *end = at + strcspn(at, "/?#");

	for (const char *c = at; c < end; c++)
		if (*c == '@')
			at = c + 1;
	return at;
}

const char *url_problem(const char *url)
{
	struct redis_address address;

	if (strlen(url) >= URL_MAX)
		return "the address is too long";
	if (redis_address_is(url))
		return redis_address_read(&address, url);
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7F || *c == '\\')
			return "there is a blank, a backslash or a control character in the "
			       "address: write it as %20, say";
	if (strcspn(host_of(url), "/?#:") == 0)
		return "the address names no host";
	return NULL;
}

/* Of what can't be read nothing is shown: there may be a password in it. */
static size_t redis_public(const char *url, char *buffer, size_t size)
{
	struct redis_address address;

	if (redis_address_read_prefix(&address, url))
		return (size_t)snprintf(buffer, size, "redis://...");
	return redis_address_write(&address, buffer, size);
}

size_t url_public(const char *url, char *buffer, size_t size)
{
	const char *host = host_of(url);

	if (redis_address_is(url))
		return redis_public(url, buffer, size);
	return (size_t)snprintf(buffer, size, "%.*s%.*s", (int)scheme_length(url), url,
	                        (int)strcspn(host, "#"), host);
}

size_t url_directory_length(const char *public)
{
	size_t at = scheme_length(public);
	const size_t end = at + strcspn(public + at, "?");

	at += strcspn(public + at, "/?");
	for (size_t i = at; i < end; i++)
		if (public[i] == '/')
			at = i + 1;
	return at;
}

/* --- the path of a file ------------------------------------------------------------------------
 */

/* Decodes a part of the path of `length` bytes into a name; returns its length. */
static size_t decode(const char *part, size_t length, char *name)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		int c = (unsigned char)part[i];

		if (c == '%' && length - i > 2) {
			const int high = scan_hex_digit(part[i + 1]),
				  low = scan_hex_digit(part[i + 2]);

			if (high >= 0 && low >= 0) {
				c = high * 16 + low;
				i += 2;
			}
		}
		name[used++] = (char)(c == '/' || c < ' ' || c == 0x7F ? '_' : c);
	}
	name[used] = '\0';
	return used;
}

static bool is_dots(const char *name, size_t length)
{
	return (length == 1 || length == 2) && strspn(name, ".") == length;
}

static size_t append_hash(char *name, size_t length, const char *bytes, size_t count)
{
	const uint32_t hash = (uint32_t)hash_bytes(bytes, count, 0);

	return length + (size_t)snprintf(name + length, HASH_BYTES + 1, "-%08" PRIx32, hash);
}

static const char *extension_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot > name ? dot + 1 : NULL;
}

static bool is_picture(const char *name)
{
	const char *extension = extension_of(name);

	return extension && br_image_format_of_extension(extension, strlen(extension)) !=
	                        BR_IMAGE_FORMAT_UNKNOWN;
}

/* Cuts a name that is too long for a file's, on a character's boundary, and keeps its extension. */
static size_t shorten(char *name, size_t length)
{
	char extension[EXTENSION_BYTES + 2] = "", whole[URL_MAX];
	size_t kept = NAME_BYTES - HASH_BYTES;

	if (length <= NAME_BYTES)
		return length;
	memcpy(whole, name, length);
	if (is_picture(name) && strlen(extension_of(name)) <= EXTENSION_BYTES)
		(void)snprintf(extension, sizeof(extension), ".%s", extension_of(name));
	kept -= strlen(extension);
	while (kept > 0 && ((unsigned char)name[kept] & 0xC0) == 0x80)
		kept--;
	length = append_hash(name, kept, whole, length);
	memcpy(name + length, extension, strlen(extension) + 1);
	return length + strlen(extension);
}

/* Makes a decoded part a name that is safe anywhere. */
static size_t tame(char *name, size_t length)
{
	if (length > 0 && name[0] == '.')
		name[0] = '_';
	return shorten(name, length);
}

/* The last part: what the picture is called. */
static size_t name_last(char *name, size_t length, const char *query)
{
	const size_t bytes = *query == '?' ? strcspn(query + 1, "#") : 0;

	if (length == 0 || is_dots(name, length)) {
		memcpy(name, "index", sizeof("index"));
		length = strlen(name);
	}
	length = tame(name, length);
	if (bytes > 0 && !is_picture(name))
		length = append_hash(name, length, query + 1, bytes);
	return length;
}

/* Takes the last of the names in a path away, with its slash. */
static size_t without_last(const char *path, size_t used)
{
	if (used > 0)
		used--;
	while (used > 0 && path[used - 1] != '/')
		used--;
	return used;
}

/* Adds the directory that a part of the path names; returns the bytes used then. */
static size_t add_directory(char *path, size_t used, const char *part, size_t length)
{
	char name[URL_MAX];

	length = decode(part, length, name);
	if (length == 2 && is_dots(name, length))
		return without_last(path, used);
	if (length == 0 || is_dots(name, length))
		return used;
	length = tame(name, length);
	memcpy(path + used, name, length);
	path[used + length] = '/';
	return used + length + 1;
}

/* A key as the path of a URL, in which it is nothing but that. */
static void write_key(const char *url, char path[URL_MAX])
{
	struct redis_address address = {0};
	size_t used;

	(void)redis_address_read(&address, url);
	used = (size_t)snprintf(path, URL_MAX, "redis://h/");
	for (const char *c = address.key; *c && used + 4 < URL_MAX; c++)
		used += (size_t)snprintf(path + used, 4, strchr("%?#", *c) ? "%%%02X" : "%c",
		                         (unsigned)(unsigned char)*c);
}

static size_t path_of(const char *url, char buffer[URL_PATH_MAX])
{
	const char *at = host_of(url);
	const char *end;
	char name[URL_MAX];
	size_t used = 0, length;

	at += strcspn(at, "/?#");
	end = at + strcspn(at, "?#");
	for (const char *slash; (slash = memchr(at, '/', (size_t)(end - at))); at = slash + 1)
		used = add_directory(buffer, used, at, (size_t)(slash - at));
	length = decode(at, (size_t)(end - at), name);
	if (length == 2 && is_dots(name, length))
		used = without_last(buffer, used);
	length = name_last(name, length, end);
	memcpy(buffer + used, name, length + 1);
	return used + length;
}

size_t url_path(const char *url, char buffer[URL_PATH_MAX])
{
	char key[URL_MAX];

	if (!redis_address_is(url))
		return path_of(url, buffer);
	write_key(url, key);
	return path_of(key, buffer);
}
