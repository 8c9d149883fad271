/* options.c - defaults and names of a batch. */
#include <batchresize/batch.h>

#include <string.h>

#include "batch/task.h"
#include "plan/template.h"

struct br_batch_options br_batch_options_default(void)
{
	return (struct br_batch_options){
	    .existing = BR_BATCH_EXISTING_UPDATE,
	    .image = br_image_options_default(),
	    .mode = BR_EXECUTOR_AUTO,
	    .timeout_ms = 60000,
	    .retries = 1,
	    .sandbox = BR_EXECUTOR_SANDBOX_AUTO,
	    .settle_ms = 2000,
	    .max_download = UINT64_C(256) << 20,
	    .fetch_retries = 3,
	};
}

/* What br_batch_run() fills in itself: a value of the caller's would be lost unnoticed. */
static int check_own(const struct br_image_options *image, struct br_error *error)
{
	if (image->timeout_ms)
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "image.timeout_ms is the run's own: set timeout_ms of the batch");
	if (image->admit || image->admit_arg || image->keep || image->stage || image->alone ||
	    image->show || image->show_arg)
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "image.admit, admit_arg, keep, stage, alone, show and show_arg are the "
		    "run's own: leave them as they are by default");
	return 0;
}

static int check_headers(const struct br_batch_options *options, struct br_error *error)
{
	for (size_t i = 0; i < options->header_count; i++) {
		const char *header = options->headers[i];
		const size_t name = strcspn(header, ": ");
		bool good = name > 0 && header[name] == ':';

		for (const char *c = header; *c && good; c++)
			good = (unsigned char)*c >= ' ' && *c != 0x7F;
		if (!good)
			return br_error_set(
			    error, BR_ERROR_USAGE,
			    "--header: number %zu is none: write 'Name: value', as in "
			    "'Authorization: Bearer ...'",
			    i + 1);
	}
	return 0;
}

int br_batch_check(const struct br_batch_options *options, struct br_error *error)
{
	const unsigned sizes = options->image.sizes;
	struct template template;

	if (sizes < 1 || sizes > BR_IMAGE_SIZES_MAX)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "%u sizes make no sense: ask for 1 to %d", sizes,
		                    BR_IMAGE_SIZES_MAX);
	if (sizes > 1 && br_batch_is_pipe(options))
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'-' writes one image to standard output: ask for one size");
	if (options->output_is_file && (!options->output || options->path_count != 1 ||
	                                options->files_from || options->name || sizes > 1))
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "an output that is a file is for one source, one size and no name");
	if (options->sandbox == BR_EXECUTOR_SANDBOX_REQUIRE && !task_in_processes(options))
		return br_error_set(
		    error, BR_ERROR_USAGE,
		    "--sandbox=require shuts worker processes in, and --mode=%s has none: say "
		    "--mode=process or hybrid",
		    br_executor_mode_name(options->mode));
	if (options->trusted && options->sandbox == BR_EXECUTOR_SANDBOX_REQUIRE)
		return br_error_set(error, BR_ERROR_USAGE,
		                    "--trusted allows threads, and --sandbox=require processes "
		                    "alone: leave one out");
	if (options->name && template_parse(&template, options->name, sizes, error))
		return BR_ERROR_USAGE;
	if (check_headers(options, error))
		return BR_ERROR_USAGE;
	return check_own(&options->image, error);
}

const char *br_batch_stage_name(enum br_batch_stage stage)
{
	static const char *const names[BR_BATCH_STAGES] = {
	    [BR_BATCH_STAGE_NONE] = "",         [BR_BATCH_STAGE_HEADER] = "header",
	    [BR_BATCH_STAGE_DECODE] = "decode", [BR_BATCH_STAGE_RESIZE] = "resize",
	    [BR_BATCH_STAGE_ENCODE] = "encode", [BR_BATCH_STAGE_READ] = "read",
	    [BR_BATCH_STAGE_WRITE] = "write",   [BR_BATCH_STAGE_PLUGIN] = "plugin",
	};

	return (unsigned)stage < BR_BATCH_STAGES ? names[stage] : "";
}

const char *br_batch_note_name(enum br_batch_note note)
{
	switch (note) {
	case BR_BATCH_NOTE_PRESERVE_REFUSED:
		return "preserve-refused";
	case BR_BATCH_NOTE_NOT_DURABLE:
		return "not-durable";
	}
	return "";
}

const char *br_batch_reason_name(enum br_batch_reason reason)
{
	static const char *const names[BR_BATCH_REASONS] = {
	    [BR_BATCH_REASON_NONE] = "",
	    [BR_BATCH_REASON_NEW] = "new",
	    [BR_BATCH_REASON_SOURCE] = "source",
	    [BR_BATCH_REASON_OPTION] = "option",
	    [BR_BATCH_REASON_VERSION] = "version",
	    [BR_BATCH_REASON_MISSING] = "output-missing",
	    [BR_BATCH_REASON_TOUCHED] = "output-changed",
	    [BR_BATCH_REASON_UNKNOWN] = "not-remembered",
	    [BR_BATCH_REASON_ALWAYS] = "always",
	    [BR_BATCH_REASON_UP_TO_DATE] = "up-to-date",
	    [BR_BATCH_REASON_EXISTS] = "exists",
	};

	return (unsigned)reason < BR_BATCH_REASONS ? names[reason] : "";
}

const char *br_batch_status_name(enum br_batch_status status)
{
	static const char *const names[BR_BATCH_STATUSES] = {
	    [BR_BATCH_OK] = "ok",           [BR_BATCH_SKIPPED] = "skipped",
	    [BR_BATCH_FAILED] = "failed",   [BR_BATCH_CRASHED] = "crashed",
	    [BR_BATCH_TIMEOUT] = "timeout", [BR_BATCH_CANCELLED] = "cancelled",
	    [BR_BATCH_PLANNED] = "planned",
	};

	return (unsigned)status < BR_BATCH_STATUSES ? names[status] : "unknown";
}
