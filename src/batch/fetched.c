/* fetched.c - see fetched.h. */
#include "batch/fetched.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/base.h"
#include "base/transfer.h"
#include "batch/files.h"
#include "batch/known.h"
#include "batch/signals.h"
#include "fetch/address.h"
#include "io/stream.h"
#include "redis/values.h"

/* Of the time that a picture has, what is left to open its outputs. */
#define SPARE(ms) ((ms) / 10)

/* Of the memory of the run, for what has been fetched and is not done with. */
#define MEMORY_PART 8
#define MEMORY_MOST ((uint64_t)1 << 30)

/* Bytes at the beginning by which a web page is known. */
#define HEAD_BYTES 512

static bool is_stopped(void)
{
	return signals_count() > 0;
}

static uint64_t most_bytes(const struct br_batch_options *options)
{
	const uint64_t most = options->max_download;

	return most > 0 && most < TASK_SOURCE_MAX ? most : TASK_SOURCE_MAX;
}

static uint64_t most_memory(const struct br_batch_options *options)
{
	const uint64_t all = options->max_memory ? options->max_memory : memory_limit();

	return all / MEMORY_PART < MEMORY_MOST ? all / MEMORY_PART : MEMORY_MOST;
}

struct fetch *fetched_new(const struct br_batch_options *options)
{
	const struct fetch_options setup = {
	    .headers = options->headers,
	    .header_count = options->header_count,
	    .max_bytes = most_bytes(options),
	    .memory = most_memory(options),
	    .retries = options->fetch_retries,
	    .netrc = options->netrc,
	    .allow_private = options->allow_private,
	    .stopped = is_stopped,
	};

	return fetch_new(&setup);
}

/* The internet's, and none of this host's as they are now. */
static bool is_public(void *ctx, const struct sockaddr *address)
{
	struct own_addresses *own;
	bool public;

	(void)ctx;
	if (!address_is_public(address))
		return false;
	own = own_addresses_new();
	public = !own_addresses_have(own, address);
	own_addresses_free(own);
	return public;
}

/* Keys of the server that --output names may be sources as well. */
static const char *home_of_output(const struct br_batch_options *options)
{
	return options->output && redis_address_is(options->output) ? options->output : NULL;
}

struct values *fetched_values_new(const struct br_batch_options *options)
{
	const struct values_options setup = {
	    .max_bytes = most_bytes(options),
	    .memory = most_memory(options),
	    .retries = options->fetch_retries,
	    .home = options->redis ? options->redis : home_of_output(options),
	    .may_ask = options->allow_private ? NULL : is_public,
	    .stopped = is_stopped,
	};

	return values_new(&setup);
}

/* Many servers send one with status 200 in place of what they do not have. SVG is none. */
static bool is_web_page(const char *head, size_t size)
{
	static const char *const begins[] = {"<!doctype html", "<html", "<head", "<body"};
	size_t at = size >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	while (at < size && strchr(" \t\r\n", head[at]) && head[at])
		at++;
	for (unsigned i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (size - at >= strlen(begins[i]) &&
		    strncasecmp(head + at, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* Whatever the server calls it, the bytes say what it is. */
static int look(int fd, struct task_outcome *outcome)
{
	char head[HEAD_BYTES];
	const ssize_t got = transfer_read_at(fd, head, sizeof(head), 0);

	if (got < 0)
		return br_error_system(&outcome->error, (int)-got, "it can't be read");
	if (is_web_page(head, (size_t)got))
		return br_error_set(&outcome->error, BR_ERROR_NOT_IMAGE,
		                    "the server sent a web page (HTML) and no picture: is it the "
		                    "address of a page, or a login wanted?");
	if (fstat(fd, &outcome->source) != 0)
		return br_error_system(&outcome->error, errno, "it can't be examined");
	outcome->source.st_nlink = 1; /* there is one */
	return 0;
}

/* --- fetching ----------------------------------------------------------------------------------
 */

static int fetch_url(const struct task_context *context, uint64_t item,
                     const struct fetch_question *url, int *fd, struct task_outcome *outcome)
{
	struct fetch_question question = *url;
	struct fetch_validators known;
	struct fetch_answer answer;
	int status;

	if (known_validators(context->known, item, &known))
		question.known = &known;
	status = fetch_get(context->fetch, &question, &answer, &outcome->error);
	if (status == BR_ERROR_SKIPPED)
		files_skip(context, item, outcome);
	if (status)
		return status;
	outcome->validators = answer.validators;
	*fd = answer.fd;
	return 0;
}

/* The bytes under a key. */
static int fetch_key(const struct task_context *context, const struct fetch_question *url, int *fd,
                     struct task_outcome *outcome)
{
	struct redis_address address;
	const struct values_question question = {
	    .address = &address, .typed = url->typed, .timeout_ms = url->timeout_ms};
	uint64_t bytes;
	int status = redis_address_parse(&address, url->url, &outcome->error);

	if (status)
		return status;
	*fd = stream_memory("what is fetched", &outcome->error);
	if (*fd < 0)
		return *fd;
	status = values_get(context->values, &question, *fd, &bytes, &outcome->error);
	if (status)
		(void)close(*fd);
	else
		(void)fchmod(*fd, 0644);
	return status;
}

int fetched_open(const struct task_context *context, uint64_t item, int *fd,
                 struct task_outcome *outcome)
{
	const unsigned timeout_ms = context->options->timeout_ms;
	struct fetch_question question = {.timeout_ms = timeout_ms - SPARE(timeout_ms)};
	int status;

	question.url = plan_url(context->plan, item, &question.typed);
	status = redis_address_is(question.url) ? fetch_key(context, &question, fd, outcome)
	                                        : fetch_url(context, item, &question, fd, outcome);
	if (status)
		return status;
	status = look(*fd, outcome);
	if (status) {
		fetched_close(context, item, *fd);
		(void)close(*fd);
	}
	return status;
}

void fetched_close(const struct task_context *context, uint64_t item, int fd)
{
	struct stat st;
	bool typed;
	const char *url = task_is_pipe(context) ? NULL : plan_url(context->plan, item, &typed);

	if (!url || fstat(fd, &st) != 0)
		return;
	if (redis_address_is(url))
		values_done(context->values, (uint64_t)st.st_size);
	else
		fetch_done(context->fetch, (uint64_t)st.st_size);
}
