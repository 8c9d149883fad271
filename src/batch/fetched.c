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

struct fetch *fetched_new(const struct br_batch_options *options)
{
	const uint64_t most = options->max_download;
	const uint64_t all = options->max_memory ? options->max_memory : memory_limit();
	const struct fetch_options setup = {
	    .headers = options->headers,
	    .header_count = options->header_count,
	    .max_bytes = most > 0 && most < TASK_SOURCE_MAX ? most : TASK_SOURCE_MAX,
	    .memory = all / MEMORY_PART < MEMORY_MOST ? all / MEMORY_PART : MEMORY_MOST,
	    .retries = options->fetch_retries,
	    .netrc = options->netrc,
	    .allow_private = options->allow_private,
	    .stopped = is_stopped,
	};

	return fetch_new(&setup);
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

int fetched_open(const struct task_context *context, uint64_t item, int *fd,
                 struct task_outcome *outcome)
{
	const unsigned timeout_ms = context->options->timeout_ms;
	struct fetch_validators known;
	struct fetch_question question = {.timeout_ms = timeout_ms - SPARE(timeout_ms)};
	struct fetch_answer answer;
	int status;

	question.url = plan_url(context->plan, item, &question.typed);
	if (known_validators(context->known, item, &known))
		question.known = &known;
	status = fetch_get(context->fetch, &question, &answer, &outcome->error);
	if (status == BR_ERROR_SKIPPED)
		files_skip(context, item, outcome);
	if (status)
		return status;
	outcome->validators = answer.validators;
	status = look(answer.fd, outcome);
	*fd = answer.fd;
	if (status) {
		fetched_close(context, item, answer.fd);
		(void)close(answer.fd);
	}
	return status;
}

void fetched_close(const struct task_context *context, uint64_t item, int fd)
{
	struct stat st;
	bool typed;

	if (!task_is_pipe(context) && plan_url(context->plan, item, &typed) && fstat(fd, &st) == 0)
		fetch_done(context->fetch, (uint64_t)st.st_size);
}
