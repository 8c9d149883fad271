/* loop.c - the thread in which all that is fetched comes in. */
#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "fetch/request.h"

/* How often it is looked whether the run is to end, ms. */
#define LOOK_MS 100
/* The same while something is paused: nobody tells that there is room. */
#define PAUSED_MS 5
/* The same while nothing is fetched: who asks wakes the loop. */
#define IDLE_MS 10000

static void finish(struct fetch *fetch, struct request *request)
{
	attempt_end(request);
	(void)pthread_mutex_lock(&fetch->mutex);
	if (request->status == 0)
		fetch->held += request->answer->bytes;
	fetch->held_before = fetch->held;
	request->done = true;
	(void)pthread_cond_signal(&request->ended);
	(void)pthread_mutex_unlock(&fetch->mutex);
}

static void cancel(struct fetch *fetch, struct request *request)
{
	request->status = br_error_set(request->error, BR_ERROR_CANCELLED,
	                               "the run was stopped first: start it again");
	finish(fetch, request);
}

static void begin(struct fetch *fetch, struct request *request)
{
	int status = attempt_begin(request);

	if (!status && fetch->curl->curl_multi_add_handle(fetch->multi, request->easy) != CURLM_OK)
		status = br_error_system(request->error, ENOMEM, "no memory to fetch it");
	if (status) {
		request->status = status;
		finish(fetch, request);
		return;
	}
	request->next = fetch->running;
	fetch->running = request;
	fetch->coming += (uint64_t)request->got;
}

static void put_off(struct fetch *fetch, struct request *request)
{
	request->next = fetch->waiting;
	fetch->waiting = request;
}

/* What was asked since, and what has waited long enough. */
static void begin_due(struct fetch *fetch)
{
	struct request *list, *next;
	const uint64_t now = clock_ns();

	(void)pthread_mutex_lock(&fetch->mutex);
	list = fetch->fresh;
	fetch->fresh = NULL;
	(void)pthread_mutex_unlock(&fetch->mutex);
	for (; list; list = next) {
		next = list->next;
		put_off(fetch, list);
	}
	list = fetch->waiting;
	fetch->waiting = NULL;
	for (; list; list = next) {
		next = list->next;
		if (list->due <= now)
			begin(fetch, list);
		else
			put_off(fetch, list);
	}
}

/* Lets go on what was paused, as far as there is room. */
static void resume_paused(struct fetch *fetch)
{
	if (!fetch->paused)
		return;
	(void)pthread_mutex_lock(&fetch->mutex);
	fetch->held_before = fetch->held;
	(void)pthread_mutex_unlock(&fetch->mutex);
	fetch->paused = false;
	for (struct request *at = fetch->running; at; at = at->next) {
		if (at->paused &&
		    (!at->next || fetch->coming + fetch->held_before < fetch->options.memory))
			attempt_resume(at);
		fetch->paused = fetch->paused || at->paused;
	}
}

static void leave_running(struct fetch *fetch, struct request *request)
{
	struct request **link = &fetch->running;

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	fetch->coming -= (uint64_t)request->got;
	(void)fetch->curl->curl_multi_remove_handle(fetch->multi, request->easy);
}

static void take_ended(struct fetch *fetch)
{
	const struct libcurl *curl = fetch->curl;
	const CURLMsg *message;
	int left;

	while ((message = curl->curl_multi_info_read(fetch->multi, &left))) {
		const CURLcode code = message->data.result;
		char *private = NULL;
		struct request *request;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl->curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		request = (struct request *)(void *)private;
		leave_running(fetch, request);
		if (verdict_again(request, code))
			put_off(fetch, request);
		else
			finish(fetch, request);
	}
}

static void cancel_all(struct fetch *fetch)
{
	struct request *at;

	while ((at = fetch->running)) {
		leave_running(fetch, at);
		cancel(fetch, at);
	}
	while ((at = fetch->waiting)) {
		fetch->waiting = at->next;
		cancel(fetch, at);
	}
}

/* How long nothing may happen. */
static int pause_ms(const struct fetch *fetch)
{
	const uint64_t now = clock_ns();
	uint64_t pause = fetch->running || fetch->waiting ? LOOK_MS : IDLE_MS;

	if (fetch->paused)
		pause = PAUSED_MS;

	for (const struct request *at = fetch->waiting; at; at = at->next) {
		const uint64_t rest = at->due > now ? (at->due - now) / NS_PER_MS + 1 : 0;

		if (rest < pause)
			pause = rest;
	}
	return (int)pause;
}

static bool is_stopping(struct fetch *fetch)
{
	(void)pthread_mutex_lock(&fetch->mutex);
	const bool stopping = fetch->stopping;

	(void)pthread_mutex_unlock(&fetch->mutex);
	return stopping;
}

void *loop_run(void *arg)
{
	struct fetch *fetch = arg;
	int running;

	while (!is_stopping(fetch)) {
		begin_due(fetch);
		(void)fetch->curl->curl_multi_perform(fetch->multi, &running);
		take_ended(fetch);
		resume_paused(fetch);
		if (fetch->options.stopped && fetch->options.stopped())
			cancel_all(fetch);
		(void)fetch->curl->curl_multi_poll(fetch->multi, NULL, 0, pause_ms(fetch), NULL);
	}
	return NULL;
}
