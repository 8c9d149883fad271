/* request.h - one URL that is being fetched, from question to answer, through all its attempts.
 *
 * Private to fetch.c, loop.c, attempt.c, redirect.c and verdict.c. A request belongs to the loop's
 * thread from fetch_get() until it is `done`; only that flag and the list are shared.
 */
#ifndef FETCH_REQUEST_H
#define FETCH_REQUEST_H

#include <pthread.h>
#include <sys/types.h>

#include "fetch/address.h"
#include "fetch/fetch.h"
#include "fetch/libcurl.h"
#include "fetch/url.h"

/* Why the transfer was ended by us. */
enum stop {
	STOP_NONE,
	STOP_TOO_LARGE,
	STOP_PRIVATE, /* `address` says which */
	STOP_RANGE,   /* what was to go on begins elsewhere */
	STOP_WRITE    /* `sys_errno` says why */
};

struct request {
	struct fetch *fetch;
	const struct fetch_question *question;
	struct fetch_answer *answer;
	struct br_error *error;
	int status; /* of fetch_get() */
	bool done;
	pthread_cond_t ended;
	struct request *next;

	uint64_t due;      /* when it is to begin, clock_ns(), */
	uint64_t deadline; /* and when it is over; UINT64_MAX: never */
	unsigned attempt;  /* made so far, redirects not counted */
	unsigned hops;
	char *url;      /* of this hop; libcurl's, or NULL: the question's */
	bool elsewhere; /* another server than that of the question */
	bool proxied;

	CURL *easy;
	struct curl_slist *headers;
	enum stop stop;
	int sys_errno;
	char address[64];
	bool body;           /* the first bytes of the answer have come */
	bool resumes;        /* it was asked for the rest */
	bool paused;         /* until others are done with */
	size_t discarded;    /* bytes that came with an error */
	struct {             /* headers of the answer, */
		long status; /* of the last, if there were several */
		char etag[FETCH_VALIDATOR_MAX], modified[FETCH_VALIDATOR_MAX];
		uint64_t begin; /* of Content-Range; UINT64_MAX: none */
		bool ranges;    /* Accept-Ranges: bytes */
	} head;
	off_t got; /* bytes in answer->fd */
};

struct fetch {
	struct fetch_options options;
	const struct libcurl *curl;
	struct own_addresses *own;
	CURLM *multi;
	pthread_t thread;
	bool started;
	pthread_mutex_t mutex;
	uint64_t held;         /* bytes of answers that are not done with */
	struct request *fresh; /* asked for, and not seen by the loop yet: in no order */
	bool stopping;
	/* The loop's: */
	struct request *waiting; /* until they are due */
	struct request *running; /* the oldest last */
	uint64_t coming;         /* bytes of those */
	uint64_t held_before;    /* `held` when it was looked at last */
	bool paused;             /* one of them is */
};

/* --- loop.c --- */

void *loop_run(void *arg); /* the struct fetch */

/* --- attempt.c: one attempt --- */

/* Makes the handle ready for an attempt. Returns 0, or what the request ends with. */
int attempt_begin(struct request *request);
void attempt_end(struct request *request);

/* What was paused goes on. */
void attempt_resume(struct request *request);

/* Whether an address may be asked, as it is written; otherwise request->address becomes that. */
bool attempt_may_ask(struct request *request, const char *address);

/* --- redirect.c: where a URL leads --- */

/* Looks at the URL of this hop: *proxy is the one to ask, "" for none, and request->proxied says
 * so. Returns 0, or what the request ends with, as for an address that stands in it and is refused.
 */
int redirect_look(struct request *request, const char **proxy);

/* Takes the request to where the answer points to. Returns 0, or what it ends with. */
int redirect_follow(struct request *request);

/* --- verdict.c --- */

/* After an attempt: whether there is to be another one, at request->due; otherwise request->status
 * says how it ended. */
bool verdict_again(struct request *request, CURLcode code);

/* It ends since the address is none that may be asked. */
int verdict_private(struct request *request);

#endif
