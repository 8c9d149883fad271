/* fetch.c - asking the loop, and starting it; see fetch.h. */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "base/threads.h"
#include "fetch/request.h"
#include "io/stream.h"

struct fetch *fetch_new(const struct fetch_options *options)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		return NULL;
	fetch->options = *options;
	if (pthread_mutex_init(&fetch->mutex, NULL) != 0) {
		free(fetch);
		return NULL;
	}
	return fetch;
}

void fetch_free(struct fetch *fetch)
{
	if (!fetch)
		return;
	(void)pthread_mutex_lock(&fetch->mutex);
	fetch->stopping = true;
	(void)pthread_mutex_unlock(&fetch->mutex);
	if (fetch->started) {
		(void)fetch->curl->curl_multi_wakeup(fetch->multi);
		(void)pthread_join(fetch->thread, NULL);
	}
	if (fetch->multi)
		(void)fetch->curl->curl_multi_cleanup(fetch->multi);
	own_addresses_free(fetch->own);
	(void)pthread_mutex_destroy(&fetch->mutex);
	free(fetch);
}

static int start_thread(struct fetch *fetch)
{
	const int status = threads_start(&fetch->thread, NULL, loop_run, fetch);

	fetch->started = status == 0;
	return status;
}

/* With the mutex held, once. */
static int start(struct fetch *fetch, struct br_error *error)
{
	int status;

	if (fetch->started)
		return 0;
	if (!fetch->curl)
		fetch->curl = libcurl_load();
	if (!fetch->curl)
		return br_error_set(error, BR_ERROR_UNSUPPORTED,
		                    "an address is fetched by libcurl, which can't be loaded: "
		                    "install the package libcurl4");
	if (!fetch->own)
		fetch->own = own_addresses_new();
	if (!fetch->multi)
		fetch->multi = fetch->curl->curl_multi_init();
	if (!fetch->multi)
		return br_error_system(error, ENOMEM, "no memory to fetch it");
	status = start_thread(fetch);
	return status ? br_error_system(error, -status, "no thread to fetch it") : 0;
}

static int ask(struct fetch *fetch, struct request *request)
{
	int status;

	(void)pthread_mutex_lock(&fetch->mutex);
	status = start(fetch, request->error);
	if (!status) {
		request->next = fetch->fresh;
		fetch->fresh = request;
		(void)fetch->curl->curl_multi_wakeup(fetch->multi);
		while (!request->done)
			(void)pthread_cond_wait(&request->ended, &fetch->mutex);
		status = request->status;
	}
	(void)pthread_mutex_unlock(&fetch->mutex);
	return status;
}

void fetch_done(struct fetch *fetch, uint64_t bytes)
{
	(void)pthread_mutex_lock(&fetch->mutex);
	fetch->held -= bytes < fetch->held ? bytes : fetch->held;
	(void)pthread_mutex_unlock(&fetch->mutex);
}

int fetch_get(struct fetch *fetch, const struct fetch_question *question,
              struct fetch_answer *answer, struct br_error *error)
{
	struct request request = {.fetch = fetch,
	                          .question = question,
	                          .answer = answer,
	                          .error = error,
	                          .due = clock_ns(),
	                          .deadline = UINT64_MAX};
	int status;

	*answer = (struct fetch_answer){.fd = stream_memory("what is fetched", error)};
	if (answer->fd < 0)
		return answer->fd;
	if (question->timeout_ms)
		request.deadline = request.due + question->timeout_ms * NS_PER_MS;
	status = -pthread_cond_init(&request.ended, NULL);
	if (status) {
		status = br_error_system(error, -status, "it can't be waited for");
	} else {
		status = ask(fetch, &request);
		(void)pthread_cond_destroy(&request.ended);
	}
	if (status) {
		(void)close(answer->fd);
		answer->fd = -1;
	}
	return status;
}
