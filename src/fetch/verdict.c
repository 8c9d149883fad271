/* verdict.c - what follows from an attempt: the answer, another attempt, or an error. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/base.h"
#include "fetch/request.h"

/* --- errors ------------------------------------------------------------------------------------
 */

int verdict_private(struct request *request)
{
	return br_error_set(
	    request->error, BR_ERROR_PRIVATE_ADDRESS,
	    "%s%s is this host's or of a private network, which %s: say --allow-private if it is "
	    "meant",
	    request->address[0] ? "its address " : "its address", request->address,
	    request->hops > 0 ? "no server may redirect to" : "no list may name");
}

static int too_large(const struct request *request)
{
	return br_error_set(request->error, BR_ERROR_TOO_LARGE,
	                    "the server sends more than the %llu bytes that one may have: raise "
	                    "--max-download, if they are wanted",
	                    (unsigned long long)request->fetch->options.max_bytes);
}

static const char *advice(long status)
{
	switch (status) {
	case 401:
		return "it wants a password: say --netrc, or --header 'Authorization: ...'";
	case 403:
	case 451:
		return "it gives it to nobody, or not to us: does a browser get it?";
	case 404:
	case 410:
		return "it is not there: is the address right?";
	case 407:
		return "the proxy wants a password: put it into its address (https_proxy)";
	case 429:
		return "we ask too often: use fewer --io-threads, or run again later";
	default:
		return status >= 500 ? "the server is out of order: run again later"
		                     : "is the address right?";
	}
}

static enum br_error_code code_of(long status)
{
	switch (status) {
	case 401:
	case 403:
	case 407:
	case 451:
		return BR_ERROR_HTTP_DENIED;
	case 404:
	case 410:
		return BR_ERROR_HTTP_NOT_FOUND;
	default:
		return BR_ERROR_HTTP;
	}
}

static int refused(const struct request *request, const char *more)
{
	const long status = request->head.status;

	return br_error_set(request->error, code_of(status),
	                    "the server answered with status %ld%s (%s)", status, more,
	                    advice(status));
}

static int failed(const struct request *request, CURLcode code)
{
	const char *what = request->fetch->curl->curl_easy_strerror(code);

	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return br_error_set(request->error, BR_ERROR_NETWORK,
		                    "the server's certificate is not to be trusted: is the clock "
		                    "right, are ca-certificates installed, is it that server?");
	case CURLE_COULDNT_RESOLVE_HOST:
		return br_error_set(
		    request->error, BR_ERROR_NETWORK,
		    "the host has no address: is its name right, is there a network?");
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return br_error_set(request->error, BR_ERROR_NETWORK,
		                    "what answers does not speak HTTP: are host and port right?");
	case CURLE_OUT_OF_MEMORY:
		return br_error_system(request->error, ENOMEM, "no memory to fetch it");
	case CURLE_OPERATION_TIMEDOUT:
		return br_error_set(request->error, BR_ERROR_NETWORK,
		                    "the server did not send it in time (%llu bytes came): raise "
		                    "--timeout, or run again later",
		                    (unsigned long long)request->got);
	default:
		return br_error_set(
		    request->error, BR_ERROR_NETWORK,
		    "it can't be fetched (%s; %llu bytes came): is the server well? "
		    "run again later",
		    what, (unsigned long long)request->got);
	}
}

/* --- another attempt ---------------------------------------------------------------------------
 */

/* Whether there is to be another attempt after so long a pause, or after the usual one. */
static bool put_off(struct request *request, uint64_t pause_ms)
{
	const uint64_t now = clock_ns();

	if (request->attempt > request->fetch->options.retries)
		return false;
	if (pause_ms == 0)
		pause_ms = backoff_ms(request->attempt, now);
	request->due = now + pause_ms * NS_PER_MS;
	return request->due < request->deadline;
}

static bool is_passing_status(long status)
{
	switch (status) {
	case 408: /* request timeout */
	case 425: /* too early */
	case 429: /* too many requests */
	case 500:
	case 502:
	case 503:
	case 504:
		return true;
	default:
		return false;
	}
}

static bool is_passing(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_UNSUPPORTED_PROTOCOL: /* no HTTP, as behind an answer that was longer than it
	                                    said */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

/* --- the answer --------------------------------------------------------------------------------
 */

/* The file's own time, so that outputs can have it. */
static void stamp(struct request *request)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
	curl_off_t modified = -1;

	(void)request->fetch->curl->curl_easy_getinfo(request->easy, CURLINFO_FILETIME_T,
	                                              &modified);
	if (modified > 0)
		times[1] = (struct timespec){.tv_sec = (time_t)modified};
	(void)futimens(request->answer->fd, times); /* else it is now */
	(void)fchmod(request->answer->fd, 0644);
}

static int done(struct request *request)
{
	request->answer->bytes = (uint64_t)request->got;
	/* an attempt before may have had more */
	if (ftruncate(request->answer->fd, request->got) != 0)
		return br_error_system(request->error, errno, "what came of it can't be kept");
	if (request->got == 0)
		return br_error_set(request->error, BR_ERROR_EMPTY,
		                    "the server sent no bytes: is the address that of a picture?");
	stamp(request);
	return 0;
}

static bool end(struct request *request, int status)
{
	request->status = status;
	return false;
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* After a whole answer. */
static bool judge_status(struct request *request)
{
	const struct libcurl *curl = request->fetch->curl;
	const long status = request->head.status;
	curl_off_t after = 0;
	char more[64] = "";

	if (status == 200 || (status == 206 && request->resumes))
		return end(request, done(request));
	if (status == 304 && request->question->known)
		return end(request, br_error_set(request->error, BR_ERROR_SKIPPED,
		                                 "the server says that it has not changed "
		                                 "(--existing update)"));
	if (is_redirect(status)) {
		const int followed = redirect_follow(request);

		request->due = clock_ns();
		return followed ? end(request, followed) : true;
	}
	if (is_passing_status(status)) {
		(void)curl->curl_easy_getinfo(request->easy, CURLINFO_RETRY_AFTER, &after);
		request->attempt++;
		if (put_off(request, (uint64_t)(after > 0 ? after : 0) * 1000))
			return true;
		if (after > 0)
			(void)snprintf(more, sizeof(more), ", and to be asked again in %lld s",
			               (long long)after);
	}
	return end(request, refused(request, more));
}

/* The transfer was ended by us. */
static bool judge_stop(struct request *request)
{
	switch (request->stop) {
	case STOP_TOO_LARGE:
		return end(request, too_large(request));
	case STOP_PRIVATE:
		return end(request, verdict_private(request));
	case STOP_WRITE:
		return end(request, br_error_system(request->error, request->sys_errno,
		                                    "no room for the %llu bytes of it that came",
		                                    (unsigned long long)request->got));
	default: /* the rest of another file: it begins anew */
		request->got = 0;
		request->answer->validators = (struct fetch_validators){0};
		request->attempt++;
		if (put_off(request, 0))
			return true;
		return end(request, br_error_set(request->error, BR_ERROR_NETWORK,
		                                 "the server sends another part of it than was "
		                                 "asked for: run again later"));
	}
}

bool verdict_again(struct request *request, CURLcode code)
{
	const struct libcurl *curl = request->fetch->curl;
	bool cut;

	(void)curl->curl_easy_getinfo(request->easy, CURLINFO_RESPONSE_CODE, &request->head.status);
	cut = code == CURLE_WRITE_ERROR && request->discarded > 0;
	if (request->head.status == 416 && request->resumes)
		request->stop = STOP_RANGE;
	if (request->stop != STOP_NONE)
		return judge_stop(request);
	if (code == CURLE_FILESIZE_EXCEEDED)
		return end(request, too_large(request));
	if (code == CURLE_OK || cut)
		return judge_status(request);
	request->attempt++;
	if (is_passing(code) && put_off(request, 0))
		return true;
	return end(request, failed(request, code));
}
