/* attempt.c - one attempt at a URL: what is asked of libcurl, and what it hands back. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <batchresize/version.h>

#include "base/base.h"
#include "base/scan.h"
#include "base/transfer.h"
#include "fetch/request.h"

/* A connection that takes longer comes too late, ms. */
#define CONNECT_MS 15000

/* A server that sends nothing for so long is asked again, seconds; or for a third of the time that
 * there is, if that is less. */
#define SILENCE_S 20

/* Of what comes with an error or a redirect; more of it ends the connection. */
#define DISCARDED_MAX 65536

/* --- headers of the answer ---------------------------------------------------------------------
 */

/* The value of a header of that name, which ends with a NUL; false: it has another, or is longer.
 */
static bool take_header(const char *line, size_t length, const char *name,
                        char value[FETCH_VALIDATOR_MAX])
{
	const size_t before = strlen(name);

	if (length <= before || strncasecmp(line, name, before) != 0 || line[before] != ':')
		return false;
	line += before + 1;
	length -= before + 1;
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length > 0 && (unsigned char)line[length - 1] <= ' ')
		length--;
	value[0] = '\0';
	if (length >= FETCH_VALIDATOR_MAX)
		return false;
	memcpy(value, line, length);
	value[length] = '\0';
	/* it goes back to the server as it came */
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7F)
			value[0] = '\0';
	return true;
}

/* "bytes 100-199/200" */
static uint64_t range_begin(const char *value)
{
	uint64_t begin;

	if (strncasecmp(value, "bytes", 5) != 0)
		return UINT64_MAX;
	value += 5;
	value += strspn(value, " =");
	return scan_number(&value, UINT64_MAX / 16, &begin) && *value == '-' ? begin : UINT64_MAX;
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct request *request = ctx;
	const size_t length = size * count;
	char value[FETCH_VALIDATOR_MAX];

	if (length > 5 && strncasecmp(line, "HTTP/", 5) == 0) {
		memset(&request->head, 0, sizeof(request->head));
		request->head.begin = UINT64_MAX;
	} else if (take_header(line, length, "ETag", value)) {
		memcpy(request->head.etag, value, sizeof(value));
	} else if (take_header(line, length, "Last-Modified", value)) {
		memcpy(request->head.modified, value, sizeof(value));
	} else if (take_header(line, length, "Content-Range", value)) {
		request->head.begin = range_begin(value);
	} else if (take_header(line, length, "Accept-Ranges", value)) {
		request->head.ranges = strcasecmp(value, "bytes") == 0;
	}
	return length;
}

/* --- the body ----------------------------------------------------------------------------------
 */

/* Whether what comes is the rest of what is there: the same file's, from there on. */
static bool goes_on(const struct request *request)
{
	const struct fetch_validators *had = &request->answer->validators;

	return request->head.status == 206 && request->head.begin == (uint64_t)request->got &&
	       (request->head.etag[0] == '\0' || strcmp(request->head.etag, had->etag) == 0);
}

static enum stop begin_body(struct request *request)
{
	const struct libcurl *curl = request->fetch->curl;

	(void)curl->curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &request->head.status);
	request->body = true;
	if (request->head.status == 206 && !(request->resumes && goes_on(request)))
		return STOP_RANGE;
	if (request->head.status != 200)
		return STOP_NONE;
	request->fetch->coming -= (uint64_t)request->got;
	request->got = 0;
	memcpy(request->answer->validators.etag, request->head.etag, FETCH_VALIDATOR_MAX);
	memcpy(request->answer->validators.modified, request->head.modified, FETCH_VALIDATOR_MAX);
	return STOP_NONE;
}

static enum stop keep_body(struct request *request, const char *bytes, size_t size)
{
	int status;

	if (size > request->fetch->options.max_bytes - (uint64_t)request->got)
		return STOP_TOO_LARGE;
	status = transfer_write_at(request->answer->fd, bytes, size, request->got);
	request->got += (off_t)size;
	request->fetch->coming += size;
	request->sys_errno = -status;
	return status ? STOP_WRITE : STOP_NONE;
}

/* Whether there is room for more, of all that has come. The oldest goes on in any case, so that it
 * comes to an end and makes room. */
static bool has_room(const struct request *request, size_t size)
{
	const struct fetch *fetch = request->fetch;

	return !request->next || fetch->coming + fetch->held_before + size <= fetch->options.memory;
}

/* Returns how many bytes were taken: others than all end the transfer. */
static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct request *request = ctx;

	size *= count;
	if (!request->body)
		request->stop = begin_body(request);
	if (request->stop != STOP_NONE)
		return 0;
	if (request->head.status != 200 && request->head.status != 206) {
		request->discarded += size;
		return request->discarded <= DISCARDED_MAX ? size : 0;
	}
	if (!has_room(request, size)) {
		request->paused = request->fetch->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	request->stop = keep_body(request, bytes, size);
	return request->stop == STOP_NONE ? size : 0;
}

/* --- addresses ---------------------------------------------------------------------------------
 */

/* Whether any address may be asked, as of a URL whose author knows where it leads. */
static bool asks_anybody(const struct request *request)
{
	return request->fetch->options.allow_private || request->proxied ||
	       (request->question->typed && !request->elsewhere);
}

bool attempt_may_ask(struct request *request, const char *address)
{
	if (asks_anybody(request) || (address_text_is_public(address, NULL) &&
	                              !own_addresses_have_text(request->fetch->own, address)))
		return true;
	(void)snprintf(request->address, sizeof(request->address), "%s", address);
	return false;
}

static bool may_ask(struct request *request, const struct sockaddr *address, socklen_t length)
{
	if (asks_anybody(request) ||
	    (address_is_public(address) && !own_addresses_have(request->fetch->own, address)))
		return true;
	if (getnameinfo(address, length, request->address, sizeof(request->address), NULL, 0,
	                NI_NUMERICHOST) != 0)
		request->address[0] = '\0';
	return false;
}

/* Before it is connected to. Of several addresses of a name, others may be allowed. */
static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct request *request = ctx;

	(void)purpose;
	if (!may_ask(request, &address->addr, address->addrlen)) {
		request->stop = STOP_PRIVATE;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Before anything is asked, also by a connection that another URL has made. */
static int on_connection(void *ctx, char *address, char *own_address, int port, int own_port)
{
	struct request *request = ctx;

	(void)own_address;
	(void)port;
	(void)own_port;
	if (attempt_may_ask(request, address)) {
		request->stop = STOP_NONE;
		return CURL_PREREQFUNC_OK;
	}
	request->stop = STOP_PRIVATE;
	return CURL_PREREQFUNC_ABORT;
}

/* --- what is asked -----------------------------------------------------------------------------
 */

static bool add_header(struct request *request, const char *name, const char *value)
{
	struct curl_slist *longer;
	char *line;

	if (asprintf(&line, "%s%s", name, value) < 0)
		return false;
	longer = request->fetch->curl->curl_slist_append(request->headers, line);
	free(line);
	if (longer)
		request->headers = longer;
	return longer != NULL;
}

/* What the server is to send only if the file is not the known one; or the rest of it, if it is. */
static bool add_conditions(struct request *request)
{
	const struct fetch_validators *known = request->question->known;
	const struct fetch_validators *had = &request->answer->validators;

	if (request->resumes)
		return add_header(request, "If-Range: ", had->etag[0] ? had->etag : had->modified);
	if (!known)
		return true;
	return (known->etag[0] == '\0' || add_header(request, "If-None-Match: ", known->etag)) &&
	       (known->modified[0] == '\0' ||
	        add_header(request, "If-Modified-Since: ", known->modified));
}

/* The caller's own are for the server that it named. */
static bool make_headers(struct request *request)
{
	const struct fetch_options *options = &request->fetch->options;
	bool all = add_conditions(request);

	for (size_t i = 0; i < options->header_count && !request->elsewhere && all; i++)
		all = add_header(request, options->headers[i], "");
	return all;
}

/* Whether the rest can be asked for, and be known as such: not by a weak ETag (RFC 9110, 13.1.5).
 */
static bool can_resume(const struct request *request)
{
	const struct fetch_validators *had = &request->answer->validators;

	if (request->got == 0)
		return false;
	return had->etag[0] ? had->etag[0] == '"' : had->modified[0] != '\0';
}

#define SET(option, value) \
	(void)curl->curl_easy_setopt(request->easy, CURLOPT_##option, (value)) /* memory alone */

static void set_callbacks(struct request *request)
{
	const struct libcurl *curl = request->fetch->curl;

	SET(PRIVATE, (void *)request);
	SET(HEADERFUNCTION, on_header);
	SET(HEADERDATA, (void *)request);
	SET(WRITEFUNCTION, on_body);
	SET(WRITEDATA, (void *)request);
	SET(OPENSOCKETFUNCTION, on_socket);
	SET(OPENSOCKETDATA, (void *)request);
	SET(PREREQFUNCTION, on_connection);
	SET(PREREQDATA, (void *)request);
}

static void set_times(struct request *request)
{
	const struct libcurl *curl = request->fetch->curl;
	const uint64_t now = clock_ns();
	const unsigned whole = request->question->timeout_ms;
	const uint64_t left = request->deadline > now ? (request->deadline - now) / NS_PER_MS : 0;
	long silence = SILENCE_S;

	SET(CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	if (whole > 0) {
		SET(TIMEOUT_MS, (long)left + 1);
		silence = whole / 3000 < SILENCE_S ? (long)(whole / 3000) + 1 : SILENCE_S;
	}
	SET(LOW_SPEED_LIMIT, 1L);
	SET(LOW_SPEED_TIME, silence);
}

static void set_question(struct request *request, const char *proxy)
{
	const struct libcurl *curl = request->fetch->curl;
	const struct fetch_options *options = &request->fetch->options;
	char range[32];

	SET(URL, request->url ? request->url : request->question->url);
	SET(PROTOCOLS_STR, "http,https");
	SET(FOLLOWLOCATION, 0L);
	SET(USERAGENT, "batchresize/" BR_VERSION);
	SET(HTTPHEADER, request->headers);
	SET(PROXY, proxy);
	SET(NOPROXY, "");
	SET(NETRC, (long)(options->netrc ? CURL_NETRC_OPTIONAL : CURL_NETRC_IGNORED));
	SET(NOSIGNAL, 1L);
	SET(PIPEWAIT, 1L);
	SET(BUFFERSIZE, 131072L);
	SET(MAXFILESIZE_LARGE, (curl_off_t)options->max_bytes);
	SET(FILETIME, 1L);
	if (request->resumes) {
		(void)snprintf(range, sizeof(range), "%lld-", (long long)request->got);
		SET(RANGE, range);
	}
}

int attempt_begin(struct request *request)
{
	const struct libcurl *curl = request->fetch->curl;
	const char *proxy;
	int status = redirect_look(request, &proxy);

	if (status)
		return status;
	if (request->easy)
		curl->curl_easy_reset(request->easy);
	else
		request->easy = curl->curl_easy_init();
	curl->curl_slist_free_all(request->headers);
	request->headers = NULL;
	request->body = false;
	request->stop = STOP_NONE;
	request->discarded = 0;
	request->paused = false;
	request->resumes = can_resume(request);
	memset(&request->head, 0, sizeof(request->head));
	if (!request->easy || !make_headers(request))
		return br_error_system(request->error, ENOMEM, "no memory to fetch it");
	set_callbacks(request);
	set_times(request);
	set_question(request, proxy);
	return 0;
}

void attempt_resume(struct request *request)
{
	request->paused = false;
	(void)request->fetch->curl->curl_easy_pause(request->easy, CURLPAUSE_CONT);
}

void attempt_end(struct request *request)
{
	const struct libcurl *curl = request->fetch->curl;

	if (request->easy)
		curl->curl_easy_cleanup(request->easy);
	curl->curl_slist_free_all(request->headers);
	curl->curl_free(request->url);
}
