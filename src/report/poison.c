/* poison.c - see poison.h. */
#include "report/poison.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report/report.h"
#include "report/streams.h"
#include "text/text.h"

struct listing {
	const struct report_options *options;
	struct text text;
	uint64_t count;
};

/* --- a picture ---------------------------------------------------------------------------------
 */

static void add_cause(struct text *text, const struct br_batch_poison *poison)
{
	const char *name = sigdescr_np(poison->signal);

	if (poison->code == BR_ERROR_TIMEOUT)
		text_add(text, "timeout");
	else if (poison->code == BR_ERROR_MEMORY)
		text_add(text, "out of memory");
	else
		text_add(text, "crashed");
	if (poison->signal > 0)
		text_addf(text, " (signal %d, %s)", poison->signal, name ? name : "unknown");
	if (poison->stage != BR_BATCH_STAGE_NONE)
		text_addf(text, ", stage %s", br_batch_stage_name(poison->stage));
}

static void add_date(struct text *text, int64_t seconds)
{
	const time_t when = (time_t)seconds;
	struct tm local;
	char date[32];

	if (localtime_r(&when, &local) && strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &local))
		text_addf(text, ", %s", date);
}

static void add_line(struct text *text, const struct br_batch_poison *poison)
{
	text_add_escaped(text, poison->source);
	text_add(text, ": ");
	add_cause(text, poison);
	text_add(text, ", ");
	text_add_seconds(text, poison->worker_ms / 1e3);
	if (poison->worker_rss > 0) {
		text_add(text, ", ");
		text_add_size(text, (double)poison->worker_rss);
	}
	add_date(text, poison->time);
	text_add(text, "\n");
}

/* As --failed-list has it, for --files-from. */
static void add_path(struct text *text, const struct br_batch_poison *poison)
{
	text_add_bytes(text, poison->source, poison->root);
	text_add(text, poison->root > 0 ? "./" : "");
	text_add_bytes(text, poison->source + poison->root,
	               strlen(poison->source + poison->root) + 1);
}

static int print_one(void *ctx, const struct br_batch_poison *poison)
{
	struct listing *listing = ctx;
	struct text *text = &listing->text;

	listing->count++;
	text_clear(text);
	if (listing->options->null_separated)
		add_path(text, poison);
	else
		add_line(text, poison);
	if (text->status == 0)
		(void)fwrite(text->bytes.data, 1, text->bytes.size, stdout);
	return text->status;
}

/* --- all ---------------------------------------------------------------------------------------
 */

static void tell_what_to_do(const struct listing *listing)
{
	struct br_error error;

	if (listing->options->quiet)
		return;
	if (listing->count == 0)
		(void)br_error_set(&error, BR_ERROR_NONE, "no picture is remembered as poison");
	else
		(void)br_error_set(
		    &error, BR_ERROR_NONE,
		    "%llu remembered as poison, to be skipped until they, an option or a version "
		    "change: --retry-poison tries them again; set aside what fails again",
		    (unsigned long long)listing->count);
	report_error(&error);
}

int poison_list(const struct br_batch_options *batch, const struct report_options *options)
{
	struct listing listing = {.options = options, .text = TEXT_EMPTY};
	struct br_error error;
	int status = br_batch_list_poison(batch, print_one, &listing, &error), exit;

	text_release(&listing.text);
	exit = streams_finish();
	if (status != 0) {
		if (status == -ENOMEM)
			(void)br_error_system(&error, ENOMEM, "no memory");
		report_error(&error);
		return status == BR_ERROR_LOCKED  ? REPORT_EXIT_LOCKED
		       : status == BR_ERROR_USAGE ? REPORT_EXIT_USAGE
		                                  : REPORT_EXIT_RUN;
	}
	if (exit == REPORT_EXIT_OK)
		tell_what_to_do(&listing);
	return exit;
}
