/* libcurl.h - libcurl, which speaks HTTP: loaded when the first URL is fetched, since it brings
 * some thirty libraries along. Private to fetch.c, loop.c, attempt.c, redirect.c and verdict.c.
 */
#ifndef FETCH_LIBCURL_H
#define FETCH_LIBCURL_H

#include <stdbool.h>

/* Its checks of types are macros by the functions' names. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* clang-format off */
#define LIBCURL_FUNCTIONS(f) \
	f(curl_easy_cleanup) \
	f(curl_easy_getinfo) \
	f(curl_easy_init) \
	f(curl_easy_pause) \
	f(curl_easy_reset) \
	f(curl_easy_setopt) \
	f(curl_easy_strerror) \
	f(curl_free) \
	f(curl_global_init) \
	f(curl_multi_add_handle) \
	f(curl_multi_cleanup) \
	f(curl_multi_info_read) \
	f(curl_multi_init) \
	f(curl_multi_perform) \
	f(curl_multi_poll) \
	f(curl_multi_remove_handle) \
	f(curl_multi_wakeup) \
	f(curl_slist_append) \
	f(curl_slist_free_all) \
	f(curl_url) \
	f(curl_url_cleanup) \
	f(curl_url_get) \
	f(curl_url_set)
/* clang-format on */

struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(name) *(name);
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER
};

/* It stays loaded, and is made ready. NULL if it is not to be had. Thread-safe. */
const struct libcurl *libcurl_load(void);

#endif
