/* fetch.h - pictures by http:// and https://: a URL becomes a file without a name, with all of its
 * bytes, as soon as the server has sent them.
 *
 * As many URLs are waited for at once as there are threads that ask: all go through one thread with
 * one set of connections (libcurl's multi interface), which are kept and, with HTTP/2, shared. A
 * server that is busy (429, 5xx), that can't be reached or that goes silent is asked again, after a
 * pause that doubles or that it asked for (Retry-After); a transfer that was cut goes on where it
 * ended, if the server can do that and the file is still the same one. Redirects are followed, ten
 * at most, to http and https alone.
 *
 * What is not the internet's (see address.h) is refused, by the address that is really connected
 * to, and anew for each redirect. Whoever typed a URL may mean such an address: of such URLs only
 * the redirects to other servers are looked at. Through a proxy (from the environment: http_proxy,
 * https_proxy, all_proxy, no_proxy) only an address that stands in the URL is seen.
 *
 * Thread-safe, except fetch_new() and fetch_free(). A thread is started and libcurl loaded with the
 * first URL: no process is to be forked from then on.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <batchresize/error.h>

/* Redirects that are followed. */
#define FETCH_REDIRECTS_MAX 10

/* Bytes of a validator, the final NUL included; longer ones are not kept. */
#define FETCH_VALIDATOR_MAX 128

/* By what a server tells whether a file is the one that it sent before: as it wrote them. "": none.
 */
struct fetch_validators {
	char etag[FETCH_VALIDATOR_MAX];
	char modified[FETCH_VALIDATOR_MAX]; /* Last-Modified */
};

/* Strings are borrowed, and outlive the struct fetch. */
struct fetch_options {
	/* "Name: value", sent to the server of a URL and to none that it redirects to. */
	const char *const *headers;
	size_t header_count;
	uint64_t max_bytes;    /* of one file */
	uint64_t memory;       /* bytes of all that has come and is not done with, about: beyond
	                          that only the oldest transfer goes on */
	unsigned retries;      /* further attempts */
	bool netrc;            /* passwords are in ~/.netrc */
	bool allow_private;    /* any address may be asked */
	bool (*stopped)(void); /* whether the run is to end: looked at some times a second */
};

struct fetch;

/* Cheap. Returns NULL without memory. */
struct fetch *fetch_new(const struct fetch_options *options);
/* When nobody asks any more. NULL is allowed. */
void fetch_free(struct fetch *fetch);

struct fetch_question {
	const char *url;
	bool typed; /* by the user, who knows where it leads */
	/* If it is still that one, it is not wanted; or NULL. */
	const struct fetch_validators *known;
	unsigned timeout_ms; /* for all of it, pauses included; 0: none */
};

struct fetch_answer {
	int fd;         /* of a memfd, for the caller to close; its modification time is that of
	                   the file, or now */
	uint64_t bytes; /* at least 1 */
	struct fetch_validators validators;
};

/* An answer of so many bytes has been closed. Thread-safe. */
void fetch_done(struct fetch *fetch, uint64_t bytes);

/* Waits for a URL. Returns 0, BR_ERROR_SKIPPED (it is the one that is known), BR_ERROR_NETWORK,
 * BR_ERROR_HTTP, BR_ERROR_HTTP_NOT_FOUND, BR_ERROR_HTTP_DENIED, BR_ERROR_PRIVATE_ADDRESS,
 * BR_ERROR_TOO_LARGE, BR_ERROR_EMPTY, BR_ERROR_UNSUPPORTED (there is no libcurl),
 * BR_ERROR_CANCELLED, or a negative errno; the message does not name the URL. */
int fetch_get(struct fetch *fetch, const struct fetch_question *question,
              struct fetch_answer *answer, struct br_error *error);

#endif
