/* test_fetch_url.c - what of a URL is shown, and what its output is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fetch/url.h"

static void test_which_texts_are_urls(void **state)
{
	(void)state;
	assert_true(url_is("http://example.org/a.jpg"));
	assert_true(url_is("HTTPS://example.org/"));
	assert_true(url_is("redis://h/k"));
	assert_false(url_is("rediss://h/k"));
	assert_false(url_is("ftp://example.org/a.jpg"));
	assert_false(url_is("file:///etc/passwd"));
	assert_false(url_is("http:/example.org"));
	assert_false(url_is("photos/http://a.jpg"));
	assert_false(url_is(""));
}

static void test_problems(void **state)
{
	char url[URL_MAX + 16] = "https://example.org/";

	(void)state;
	assert_null(url_problem("https://example.org/a%20b.jpg?c=d#e"));
	assert_null(url_problem("https://user:secret@[2001:db8::1]:8080/"));
	assert_null(url_problem("redis://:a%2Fb@h/3/a b?c#d"));
	assert_non_null(url_problem("redis://h/"));
	assert_non_null(url_problem("https:///a.jpg"));
	assert_non_null(url_problem("https://user@/a.jpg"));
	assert_non_null(url_problem("https://:80/a.jpg"));
	assert_non_null(url_problem("https://example.org/a b.jpg"));
	assert_non_null(url_problem("https://example.org\\@10.0.0.1/"));
	assert_non_null(url_problem("https://example.org/\r\nHost: other"));
	memset(url + strlen(url), 'a', sizeof(url) - strlen(url) - 1);
	assert_non_null(url_problem(url));
}

static void test_credentials_are_not_shown(void **state)
{
	static const char *const urls[][2] = {
	    {"https://example.org/a.jpg", "https://example.org/a.jpg"},
	    {"https://me:secret@example.org/a.jpg?b=c#d", "https://example.org/a.jpg?b=c"},
	    {"https://me:se@cret@example.org", "https://example.org"},
	    {"http://me@example.org/@b/c@d?e@f", "http://example.org/@b/c@d?e@f"},
	    {"http://example.org?me@b", "http://example.org?me@b"},
	    {"redis://me:se?cr#et@h/0/k@l", "redis://h/k@l"},
	    {"redis://:sec/ret@h/k", "redis://..."},
	};
	char text[URL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		assert_int_equal(url_public(urls[i][0], text, sizeof(text)), strlen(urls[i][1]));
		assert_string_equal(text, urls[i][1]);
	}
	assert_int_equal(url_public(urls[1][0], text, 8), strlen(urls[1][1]));
	assert_string_equal(text, "https:/");
}

static void test_directories(void **state)
{
	(void)state;
	assert_int_equal(url_directory_length("http://h/a/b.jpg?c/d"), strlen("http://h/a/"));
	assert_int_equal(url_directory_length("http://h/b.jpg"), strlen("http://h/"));
	assert_int_equal(url_directory_length("http://h"), strlen("http://h"));
	assert_int_equal(url_directory_length("http://h?a/b"), strlen("http://h"));
}

/* What a URL's output is called, without a query's hash. */
static void test_paths(void **state)
{
	static const char *const paths[][2] = {
	    {"https://example.org/photos/a.jpg", "photos/a.jpg"},
	    {"https://example.org/photos/a.jpg?v=2", "photos/a.jpg"},
	    {"https://example.org/photos/a.jpg#top", "photos/a.jpg"},
	    {"https://example.org/a%20b%C3%A9.jpg", "a b\xC3\xA9.jpg"},
	    {"https://example.org", "index"},
	    {"redis://h/3/photos/a.jpg", "photos/a.jpg"},
	    {"redis://h/0/3/a?b#c.jpg", "3/a?b#c.jpg"},
	    {"redis://h/photo:1", "photo:1"},
	    {"redis://h/../.%2Fa/", "a/index"},
	    {"https://example.org/", "index"},
	    {"https://example.org/photos/", "photos/index"},
	    {"https://example.org//a///b.jpg", "a/b.jpg"},
	    {"https://example.org/a/./b/../c.jpg", "a/c.jpg"},
	    {"https://example.org/../../../etc/passwd", "etc/passwd"},
	    {"https://example.org/a/%2e%2e/%2E%2E/b.jpg", "b.jpg"},
	    {"https://example.org/..%2f..%2fetc%2fpasswd", "_._.._etc_passwd"},
	    {"https://example.org/a/..", "index"},
	    {"https://example.org/.batchresize/lock", "_batchresize/lock"},
	    {"https://example.org/.jpg", "_jpg"},
	    {"https://example.org/a%00b%0A%7f.jpg", "a_b__.jpg"},
	    {"https://example.org/100%.jpg", "100%.jpg"},
	    {"https://example.org/%zz%4", "%zz%4"},
	    {"https://me:b%2Fc@example.org/d.png", "d.png"},
	    {"http://example.org?a.jpg", NULL},
	};
	char path[URL_PATH_MAX];

	(void)state;
	for (size_t i = 0; paths[i][1]; i++) {
		assert_int_equal(url_path(paths[i][0], path), strlen(paths[i][1]));
		assert_string_equal(path, paths[i][1]);
	}
}

static void test_queries_tell_what_paths_do_not(void **state)
{
	char first[URL_PATH_MAX], second[URL_PATH_MAX];

	(void)state;
	(void)url_path("https://example.org/image.php?id=1", first);
	(void)url_path("https://example.org/image.php?id=2", second);
	assert_memory_equal(first, "image.php-", 10);
	assert_int_equal(strlen(first), strlen("image.php-01234567"));
	assert_string_not_equal(first, second);
	(void)url_path("https://example.org/image.php?id=1#top", second);
	assert_string_equal(first, second);
	(void)url_path("https://example.org/image.php?", first);
	assert_string_equal(first, "image.php");
	(void)url_path("https://example.org?id=1", first);
	assert_memory_equal(first, "index-", 6);
}

/* Whatever it is made of, a path stays below where it begins, and has names that a file can have.
 */
static void assert_safe(const char *path)
{
	const char *at = path;

	assert_true(strlen(path) < URL_PATH_MAX);
	for (;;) {
		const size_t length = strcspn(at, "/");

		assert_in_range(length, 1, 255);
		assert_int_not_equal(*at, '.');
		for (size_t i = 0; i < length; i++)
			assert_true((unsigned char)at[i] >= ' ' && at[i] != 0x7F);
		if (at[length] == '\0')
			return;
		at += length + 1;
	}
}

static void test_long_names_are_cut(void **state)
{
	char url[URL_MAX] = "http://h/", path[URL_PATH_MAX], other[URL_PATH_MAX];
	const size_t before = strlen(url);

	(void)state;
	memset(url + before, 'a', 1000);
	(void)snprintf(url + before + 1000, 64, "/%s", "b.jpeg");
	(void)url_path(url, path);
	assert_safe(path);
	memset(url + before, 'a', 2000);
	(void)snprintf(url + before + 2000, 64, ".jpeg");
	(void)url_path(url, path);
	assert_safe(path);
	assert_string_equal(path + strlen(path) - 5, ".jpeg");
	url[before + 999] = 'b';
	(void)url_path(url, other);
	assert_string_not_equal(path, other);
}

/* The most that a path is longer than its URL: nothing but a query behind the last slash. */
static void test_the_longest_path_fits(void **state)
{
	char url[URL_MAX] = "http://h/", *path = malloc(URL_PATH_MAX);
	const size_t query = sizeof(url) - 3;
	size_t used = strlen(url), length;

	(void)state;
	assert_non_null(path);
	for (; used + 200 < query; used += 200)
		(void)snprintf(url + used, sizeof(url) - used, "%0199d/", 0);
	(void)snprintf(url + used, sizeof(url) - used, "%0*d/?x", (int)(query - used) - 1, 0);
	assert_int_equal(strlen(url), URL_MAX - 1);
	assert_null(url_problem(url));
	length = url_path(url, path);
	assert_int_equal(length, strlen(path));
	assert_int_equal(length, query - strlen("http://h/") + strlen("index-01234567"));
	assert_in_range(length, URL_MAX, URL_PATH_MAX - 1);
	assert_safe(path);
	free(path);
}

static void test_any_bytes_make_a_safe_path(void **state)
{
	static const char letters[] = "./%2fF5cC0?#@:\xC3\xA9\xFF"
				      "aj";
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		char url[URL_MAX] = "http://h/", path[URL_PATH_MAX];
		size_t used = strlen(url);
		const size_t end = used + round % 700;

		for (; used < end; used++) {
			seed = seed * 1664525 + 1013904223;
			url[used] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		url[used] = '\0';
		(void)url_path(url, path);
		assert_safe(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_which_texts_are_urls),
	    cmocka_unit_test(test_problems),
	    cmocka_unit_test(test_credentials_are_not_shown),
	    cmocka_unit_test(test_directories),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_queries_tell_what_paths_do_not),
	    cmocka_unit_test(test_long_names_are_cut),
	    cmocka_unit_test(test_the_longest_path_fits),
	    cmocka_unit_test(test_any_bytes_make_a_safe_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
