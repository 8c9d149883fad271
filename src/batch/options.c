/* options.c - defaults and names of a batch. */
#include <batchresize/batch.h>

#include "batch/pipe.h"
#include "plan/template.h"

struct batch_options batch_options_default(void)
{
	return (struct batch_options){
	    .existing = BATCH_EXISTING_OVERWRITE,
	    .image = image_options_default(),
	    .mode = EXECUTOR_PROCESS,
	    .timeout_ms = 60000,
	    .retries = 1,
	};
}

/* What batch_run() fills in itself: a value of the caller's would be lost without a word. */
static int check_own(const struct image_options *image, struct error *error)
{
	if (image->timeout_ms)
		return error_set(error, ERROR_USAGE,
		                 "image.timeout_ms is the run's own: set timeout_ms of the batch");
	if (image->admit || image->admit_arg || image->keep || image->alone)
		return error_set(error, ERROR_USAGE,
		                 "image.admit, admit_arg, keep and alone are the run's own: leave "
		                 "them as they are by default");
	return 0;
}

int batch_check(const struct batch_options *options, struct error *error)
{
	const unsigned sizes = options->image.sizes;
	struct template template;

	if (sizes < 1 || sizes > IMAGE_SIZES_MAX)
		return error_set(error, ERROR_USAGE, "%u sizes make no sense: ask for 1 to %d",
		                 sizes, IMAGE_SIZES_MAX);
	if (sizes > 1 && pipe_is_source(options))
		return error_set(error, ERROR_USAGE,
		                 "'-' writes one image to standard output: ask for one size");
	if (options->output_is_file && (!options->output || options->path_count != 1 ||
	                                options->files_from || options->name || sizes > 1))
		return error_set(
		    error, ERROR_USAGE,
		    "an output that is a file is for one source, one size and no name");
	if (options->name && template_parse(&template, options->name, sizes, error))
		return ERROR_USAGE;
	return check_own(&options->image, error);
}

const char *batch_note_name(enum batch_note note)
{
	switch (note) {
	case BATCH_NOTE_PRESERVE_REFUSED:
		return "preserve-refused";
	case BATCH_NOTE_NOT_DURABLE:
		return "not-durable";
	}
	return "";
}

const char *batch_status_name(enum batch_status status)
{
	static const char *const names[BATCH_STATUSES] = {
	    [BATCH_OK] = "ok",           [BATCH_SKIPPED] = "skipped",
	    [BATCH_FAILED] = "failed",   [BATCH_CRASHED] = "crashed",
	    [BATCH_TIMEOUT] = "timeout", [BATCH_CANCELLED] = "cancelled",
	    [BATCH_PLANNED] = "planned",
	};

	return (unsigned)status < BATCH_STATUSES ? names[status] : "unknown";
}
