/* details.c - see details.h. */
#include <string.h>

#include "report/details.h"

/* --- gathering -------------------------------------------------------------------------------- */

/* Cuts `where` down to the directories that it shares with a path. */
static void meet(struct text *where, const char *path)
{
	const char *have = (const char *)where->bytes.data;
	size_t common = 0;

	if (where->status)
		return;
	for (size_t i = 0; have[i] && path[i] == have[i]; i++)
		common = path[i] == '/' ? i + 1 : common;
	where->bytes.size = common;
	text_add_bytes(where, "", 1);
}

static bool kept_its_size(const struct br_batch_record *record)
{
	const struct br_image_result *image = record->image;
	const struct br_batch_output *output;

	if (record->status != BR_BATCH_OK || !image || !(image->notes & BR_IMAGE_NOTE_NOT_ENLARGED))
		return false;
	output = &record->outputs[record->largest];
	return (output->width == image->info.width && output->height == image->info.height) ||
	       (output->width == image->info.height && output->height == image->info.width);
}

static bool is_replacing(const struct br_batch_record *record)
{
	return record->status == BR_BATCH_FAILED && record->error.code == BR_ERROR_IS_SOURCE;
}

bool details_is_more(const struct details *details, const struct br_batch_record *record)
{
	return is_replacing(record) && details->replacing > 1;
}

void details_add_record(struct details *details, const struct br_batch_record *record)
{
	for (unsigned i = 0; i < record->output_count; i++) {
		if (details->files++ == 0)
			text_add_bytes(&details->where, record->outputs[i].path,
			               strlen(record->outputs[i].path) + 1);
		else
			meet(&details->where, record->outputs[i].path);
	}
	details->kept += kept_its_size(record);
	details->stilled += record->status == BR_BATCH_OK && record->image &&
	                    record->image->notes & BR_IMAGE_NOTE_ANIMATION_DROPPED;
	details->replacing += is_replacing(record);
}

void details_release(struct details *details)
{
	text_release(&details->where);
}

/* --- as lines of the summary ------------------------------------------------------------------ */

static void add_where(struct text *text, const struct details *details,
                      const struct details_run *run)
{
	const char *where = (const char *)details->where.bytes.data;

	/* A plan has told it already. */
	if (details->files == 0 || details->where.status || run->options->dry_run)
		return;
	text_add(text, "written");
	if (details->files == 1) {
		text_add(text, ": ");
		text_add_escaped(text, where);
	} else if (*where == '\0' || strcmp(where, "/") == 0) {
		text_add(text, " beside their sources");
	} else {
		text_add(text, " below ");
		text_add_escaped(text, where);
	}
	if (run->mirrored)
		text_add(text, " (named files keep their paths; --flat leaves these out)");
	text_add(text, "\n");
}

/* Begins with `before` the first time, and with a comma from then on. */
static void add_reason(struct text *text, const char **before, uint64_t count, const char *reason)
{
	if (count == 0)
		return;
	text_add(text, *before);
	text_add_count(text, count);
	text_addf(text, " %s", reason);
	*before = ", ";
}

/* "(10 pdf, 2 svg, 1 of no known format)" */
static void add_kinds(struct text *text, const struct br_batch_progress *progress)
{
	const char *before = " (";

	for (unsigned i = BR_IMAGE_FORMAT_UNKNOWN + 1; i < BR_IMAGE_FORMATS; i++)
		add_reason(text, &before, progress->passed_over[i],
		           br_image_format_name((enum br_image_format)i));
	add_reason(text, &before, progress->passed_over[BR_IMAGE_FORMAT_UNKNOWN],
	           "of no known format");
	text_add(text, ")");
}

static const char *existing_reason(enum br_batch_existing existing)
{
	return existing == BR_BATCH_EXISTING_UPDATE ? "up to date (--existing=update)"
	                                            : "there already (--existing=skip)";
}

static void add_skipped(struct text *text, const struct details_run *run)
{
	const struct br_batch_progress *progress = run->progress;
	const uint64_t *by = progress->skipped_by;
	const uint64_t unfit =
	    by[BR_ERROR_NOT_IMAGE] + by[BR_ERROR_UNSUPPORTED] + by[BR_ERROR_RAW_THUMBNAIL];
	const char *before = "skipped: ";

	if (progress->skipped == 0)
		return;
	add_reason(text, &before, by[BR_ERROR_SKIPPED], existing_reason(run->options->existing));
	add_reason(text, &before, by[BR_ERROR_OWN_OUTPUT],
	           by[BR_ERROR_OWN_OUTPUT] == 1 ? "output of an earlier run"
	                                        : "outputs of an earlier run");
	add_reason(text, &before, unfit, "that can't be resized");
	if (unfit > 0)
		add_kinds(text, progress);
	add_reason(text, &before, by[BR_ERROR_POISON],
	           by[BR_ERROR_POISON] == 1
	               ? "that ended its worker in an earlier run (--retry-poison)"
	               : "that ended their workers in an earlier run (--retry-poison)");
	for (unsigned i = 0; i < BR_ERROR_CODES; i++) {
		if (i != BR_ERROR_SKIPPED && i != BR_ERROR_POISON && i != BR_ERROR_OWN_OUTPUT &&
		    i != BR_ERROR_NOT_IMAGE && i != BR_ERROR_UNSUPPORTED &&
		    i != BR_ERROR_RAW_THUMBNAIL)
			add_reason(text, &before, by[i], br_error_code_name((enum br_error_code)i));
	}
	if (unfit > 0 && !run->told)
		text_add(text, "; -v names them");
	text_add(text, "\n");
}

static void add_kept(struct text *text, uint64_t kept)
{
	if (kept == 0)
		return;
	text_add_count(text, kept);
	text_add(text, kept == 1 ? " kept its size, which is smaller than the one asked for "
	                         : " kept their size, which is smaller than the one asked for ");
	text_add(text, "(--enlarge makes larger ones)\n");
}

static void add_stilled(struct text *text, uint64_t stilled)
{
	if (stilled == 0)
		return;
	text_add_count(text, stilled);
	text_add(text, " lost all frames or pages but one (animation-dropped)\n");
}

static void add_replacing(struct text *text, uint64_t replacing, bool told)
{
	if (replacing <= 1 || told)
		return;
	text_add_count(text, replacing - 1);
	text_add(text, replacing == 2 ? " more output" : " more outputs");
	text_add(text, " would replace sources as well; -v names them\n");
}

void details_add(struct text *text, const struct details *details, const struct details_run *run)
{
	add_where(text, details, run);
	add_skipped(text, run);
	add_kept(text, details->kept);
	add_stilled(text, details->stilled);
	add_replacing(text, details->replacing, run->told);
}
