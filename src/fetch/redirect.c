/* redirect.c - where a URL leads: to which server, through which proxy, and on from there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/request.h"
#include "redis/address.h"

/* A URL taken apart; strings are libcurl's. */
struct parts {
	char *scheme, *host, *port;
};

static void release(const struct libcurl *curl, struct parts *parts)
{
	curl->curl_free(parts->scheme);
	curl->curl_free(parts->host);
	curl->curl_free(parts->port);
}

/* False: it is no URL of http or https. */
static bool take_apart(const struct libcurl *curl, const char *url, struct parts *parts)
{
	CURLU *handle = curl->curl_url();
	bool good = handle && curl->curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK;

	*parts = (struct parts){0};
	good = good &&
	       curl->curl_url_get(handle, CURLUPART_SCHEME, &parts->scheme, 0) == CURLUE_OK &&
	       curl->curl_url_get(handle, CURLUPART_HOST, &parts->host, 0) == CURLUE_OK &&
	       curl->curl_url_get(handle, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) ==
	           CURLUE_OK &&
	       (strcmp(parts->scheme, "http") == 0 || strcmp(parts->scheme, "https") == 0);
	if (handle)
		curl->curl_url_cleanup(handle);
	if (!good)
		release(curl, parts);
	return good;
}

/* --- proxies -----------------------------------------------------------------------------------
 */

/* Of variables only those that libcurl looks at too: HTTP_PROXY in capitals is a header of the
 * request in a CGI's environment. */
static const char *proxy_of(const char *scheme)
{
	const char *const names[] = {strcmp(scheme, "http") == 0 ? "http_proxy" : "https_proxy",
	                             strcmp(scheme, "http") == 0 ? "http_proxy" : "HTTPS_PROXY",
	                             "all_proxy", "ALL_PROXY"};

	for (unsigned i = 0; i < 4; i++) {
		const char *proxy = getenv(names[i]);

		if (proxy && *proxy)
			return proxy;
	}
	return "";
}

/* Whether a host is the one that an entry names, or lies below it. */
static bool is_below(const char *host, const char *entry, size_t length)
{
	const size_t whole = strlen(host);

	if (length > 0 && *entry == '.') {
		entry++;
		length--;
	}
	return length > 0 && whole >= length &&
	       strncasecmp(host + whole - length, entry, length) == 0 &&
	       (whole == length || host[whole - length - 1] == '.');
}

/* no_proxy: hosts and domains by comma, or "*". */
static bool is_direct(const char *host)
{
	const char *list = getenv("no_proxy") ? getenv("no_proxy") : getenv("NO_PROXY");

	for (const char *at = list ? list : ""; *at; at += strcspn(at, ", ")) {
		at += strspn(at, ", ");
		const size_t length = strcspn(at, ", ");

		if ((length == 1 && *at == '*') || is_below(host, at, length))
			return true;
	}
	return false;
}

/* --- looking -----------------------------------------------------------------------------------
 */

/* As /etc/hosts has it. */
static bool names_this_host(const char *host)
{
	static const char *const names[] = {"localhost", "localhost.localdomain", "ip6-localhost",
	                                    "ip6-loopback"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is_below(host, names[i], strlen(names[i])))
			return true;
	return false;
}

/* With a dot behind it a name is the same to whoever looks it up. */
static void cut_dots(char *host)
{
	for (size_t length = strlen(host); length > 1 && host[length - 1] == '.'; length--)
		host[length - 1] = '\0';
}

/* An address that stands in the URL is known before anybody is asked; through a proxy, it is all
 * that is ever known. */
static int check_host(struct request *request, const char *host)
{
	bool is_address;

	(void)address_text_is_public(host, &is_address);
	request->proxied = false;
	if (is_address || names_this_host(host))
		return attempt_may_ask(request, host) ? 0 : verdict_private(request);
	return 0;
}

int redirect_look(struct request *request, const char **proxy)
{
	const struct libcurl *curl = request->fetch->curl;
	struct parts parts;
	int status;

	*proxy = "";
	if (!take_apart(curl, request->url ? request->url : request->question->url, &parts))
		return br_error_set(request->error, BR_ERROR_NETWORK,
		                    "%s address that makes no sense: is it written right?",
		                    request->hops > 0 ? "the server redirects to an" : "it is an");
	cut_dots(parts.host);
	status = check_host(request, parts.host);
	if (!is_direct(parts.host))
		*proxy = proxy_of(parts.scheme);
	request->proxied = **proxy != '\0';
	release(curl, &parts);
	return status;
}

/* --- following ---------------------------------------------------------------------------------
 */

static bool is_same_server(const struct libcurl *curl, const char *first, const char *second)
{
	struct parts a, b;
	bool same = false;

	if (take_apart(curl, first, &a)) {
		if (take_apart(curl, second, &b)) {
			same = strcmp(a.scheme, b.scheme) == 0 && strcasecmp(a.host, b.host) == 0 &&
			       strcmp(a.port, b.port) == 0;
			release(curl, &b);
		}
		release(curl, &a);
	}
	return same;
}

/* A copy that is freed by libcurl, as request->url is. */
static char *copy_of(const struct libcurl *curl, const char *url)
{
	CURLU *handle = curl->curl_url();
	char *copy = NULL;

	if (handle && curl->curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl->curl_url_get(handle, CURLUPART_URL, &copy, 0) != CURLUE_OK)
		copy = NULL;
	if (handle)
		curl->curl_url_cleanup(handle);
	return copy;
}

int redirect_follow(struct request *request)
{
	const struct libcurl *curl = request->fetch->curl;
	char *to = NULL;

	(void)curl->curl_easy_getinfo(request->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to)
		return br_error_set(request->error, BR_ERROR_HTTP,
		                    "the server redirects (status %ld) and does not say where to",
		                    request->head.status);
	if (++request->hops > FETCH_REDIRECTS_MAX)
		return br_error_set(
		    request->error, BR_ERROR_HTTP,
		    "the server redirects more than %d times: is the address right?",
		    FETCH_REDIRECTS_MAX);
	if (!url_is(to) || redis_address_is(to) || url_problem(to))
		return br_error_set(request->error, BR_ERROR_HTTP,
		                    "the server redirects to what is no address of http or https: "
		                    "is the address right?");
	to = copy_of(curl, to);
	if (!to)
		return br_error_system(request->error, ENOMEM, "no memory to fetch it");
	curl->curl_free(request->url);
	request->url = to;
	request->elsewhere =
	    request->elsewhere || !is_same_server(curl, request->question->url, to);
	return 0;
}
