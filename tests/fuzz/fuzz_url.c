/* fuzz_url.c - URLs as a list from elsewhere has them: what is shown of one holds no password and
 * shows the same again, and what its output is called stays below its directory and fits in its
 * memory. And addresses: one of IPv4 is as public as the same in IPv6's clothes. A key of Redis is
 * written without its password and reads back as the same.
 *
 * An input is what stands behind "http://" or "redis://", and an address.
 */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "fetch/address.h"
#include "fetch/url.h"
#include "fuzz.h"
#include "redis/address.h"

#define NAME_BYTES_MAX 255

static void check_public(const char *url)
{
	char public[URL_MAX], again[URL_MAX];
	const size_t length = url_public(url, public, sizeof(public));
	const char *host = strstr(public, "//") + 2;

	check(length == strlen(public) && length <= strlen(url));
	check(url_is(public) && !url_problem(public));
	check(!memchr(host, '@', strcspn(host, "/?#")) && !strchr(public, '#'));
	check(url_public(public, again, sizeof(again)) == length && strcmp(public, again) == 0);
	check(url_directory_length(public) <= strcspn(public, "?"));
}

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7F)
			return false;
	return true;
}

/* Names that any file can have. */
static void check_names(const char *path)
{
	check(is_plain_path(path));
	for (size_t length; *path; path += length + (path[length] == '/')) {
		length = strcspn(path, "/");
		check(length <= NAME_BYTES_MAX && *path != '.');
		for (size_t i = 0; i < length; i++)
			check((unsigned char)path[i] >= ' ' && path[i] != 0x7F);
	}
}

static void check_path(char *url)
{
	char *path = malloc(URL_PATH_MAX), *other = malloc(URL_PATH_MAX);
	size_t length;

	check(path && other);
	length = url_path(url, path);
	check(length == strlen(path));
	check_names(path);
	url[strcspn(url, "#")] = '\0'; /* which no server hears of */
	(void)url_path(url, other);
	check(strcmp(path, other) == 0);
	free(other);
	free(path);
}

static void check_address(const char *text)
{
	char dressed[INET6_ADDRSTRLEN + sizeof("[::ffff:]")];
	bool is = false, is_too = false;
	const bool public = address_text_is_public(text, &is);
	struct in_addr four;

	check(is || !public);
	if (inet_pton(AF_INET, text, &four) != 1)
		return;
	(void)snprintf(dressed, sizeof(dressed), "[::ffff:%s]", text);
	check(is && address_text_is_public(dressed, &is_too) == public && is_too);
	(void)snprintf(dressed, sizeof(dressed), "64:ff9b::%s", text);
	check(address_text_is_public(dressed, &is_too) == public && is_too);
}

static void check_redis(const char *rest)
{
	const size_t size = strlen("redis://") + strlen(rest) + 1;
	char *url = malloc(size), written[3 * (REDIS_KEY_MAX + ADDRESS_PART_MAX) + 64];
	struct redis_address one, other;

	check(url != NULL);
	(void)snprintf(url, size, "redis://%s", rest);
	if (!redis_address_read(&one, url)) {
		check(redis_address_write(&one, written, sizeof(written)) == strlen(written));
		check(!redis_address_read(&other, written));
		check(strcmp(one.key, other.key) == 0 && one.database == other.database);
		check(redis_address_same_server(&one, &other));
		check(!*other.user && !*other.password && is_one_line(written));
		check(strcmp(one.shown, other.shown) == 0);
	}
	free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	char *rest = input_string(&input), *address = input_string(&input);
	const size_t length = strlen("http://") + strlen(rest);
	char *url = malloc(length + 1);

	check(url != NULL);
	(void)snprintf(url, length + 1, "http://%s", rest);
	if (!url_problem(url)) {
		check_public(url);
		check_path(url);
	}
	check_redis(rest);
	check_address(address);
	free(url);
	free(address);
	free(rest);
	return 0;
}
