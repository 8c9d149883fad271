/* no_fetch.c - fetch.h in a build without libcurl (CURL=no). */
#include "fetch/fetch.h"

#include <stdlib.h>

struct fetch *fetch_new(const struct fetch_options *options)
{
	(void)options;
	return calloc(1, 1); /* not NULL, and nothing in it */
}

void fetch_free(struct fetch *fetch)
{
	free(fetch);
}

void fetch_done(struct fetch *fetch, uint64_t bytes)
{
	(void)fetch;
	(void)bytes;
}

int fetch_get(struct fetch *fetch, const struct fetch_question *question,
              struct fetch_answer *answer, struct br_error *error)
{
	(void)fetch;
	(void)question;
	*answer = (struct fetch_answer){.fd = -1};
	return br_error_set(error, BR_ERROR_UNSUPPORTED,
	                    "this build fetches no addresses (CURL=no): take one that does, or "
	                    "download it first");
}
