/* lines.c - see lines.h. */
#include <string.h>

#include "report/lines.h"
#include "report/rate.h"

static const char program[] = "batchresize: ";

void tally_add(struct tally *tally, const struct br_batch_record *record)
{
	enum br_batch_status status = record->status;

	tally->count[status]++;
	if (status != BR_BATCH_SKIPPED && status != BR_BATCH_CANCELLED)
		tally->bytes_read += record->bytes_in;
	if (status == BR_BATCH_OK || status == BR_BATCH_PLANNED) {
		tally->bytes_in += record->bytes_in;
		tally->bytes_out += record->bytes_out;
		tally->outputs += record->sizes > 1 ? record->output_count : 0;
	}
	if (status != BR_BATCH_SKIPPED && record->attempt > 0)
		tally->ways[record->mode]++;
	tally->left += record->error.code == BR_ERROR_TIME_BOX;
	for (unsigned i = 0; i < BR_BATCH_NOTES; i++)
		tally->noted[i] += (record->notes >> i) & 1U;
}

bool record_failed(const struct br_batch_record *record)
{
	return record->status == BR_BATCH_FAILED || record->status == BR_BATCH_CRASHED ||
	       record->status == BR_BATCH_TIMEOUT;
}

uint64_t tally_failed(const struct tally *tally)
{
	return tally->count[BR_BATCH_FAILED] + tally->count[BR_BATCH_CRASHED] +
	       tally->count[BR_BATCH_TIMEOUT];
}

void lines_add_failure(struct text *text, const struct br_batch_record *record)
{
	bool pipe = strcmp(record->source, "-") == 0;

	text_add(text, program);
	text_add_escaped(text, pipe ? "standard input" : record->source);
	text_add(text, ": ");
	text_add_escaped(text, record->error.msg);
	text_add(text, "\n");
}

static double total_ms(const struct br_batch_record *record)
{
	const struct br_image_result *image = record->image;
	double ms = record->read_ms + record->publish_ms;

	if (image)
		ms +=
		    (double)image->decode_ms + (double)image->resize_ms + (double)image->encode_ms;
	return ms;
}

static void add_notes(struct text *text, const struct br_batch_record *record)
{
	const unsigned notes = record->image ? record->image->notes : 0;

	for (unsigned i = 0; i < BR_IMAGE_NOTES; i++) {
		if (notes & 1U << i)
			text_addf(text, ", %s", br_image_note_name(1U << i));
	}
	for (unsigned i = 0; i < BR_BATCH_NOTES; i++) {
		if (record->notes & 1U << i)
			text_addf(text, ", %s", br_batch_note_name(1U << i));
	}
}

static void add_more(struct text *text, const struct br_batch_record *record)
{
	const struct br_image_result *image = record->image;

	text_addf(text, " (%s worker %u, attempt %u; read %.1f",
	          br_executor_mode_name(record->mode), record->worker, record->attempt,
	          record->read_ms);
	if (image)
		text_addf(text, ", decode %.1f, resize %.1f, encode %.1f", (double)image->decode_ms,
		          (double)image->resize_ms, (double)image->encode_ms);
	text_addf(text, ", publish %.1f ms)", record->publish_ms);
}

/* Both sizes are those of the picture as seen, so that a turned one does not look distorted.
 */
static void add_sizes(struct text *text, const struct br_image_result *image,
                      const struct br_batch_output *output)
{
	const struct br_image_info *info = &image->info;
	bool lies = info->orientation >= 5 && !(image->notes & BR_IMAGE_NOTE_ORIENTATION_IGNORED);

	text_addf(text, "%ux%u -> %ux%u, ", lies ? info->height : info->width,
	          lies ? info->width : info->height, output->width, output->height);
}

/* It can't become an output: none is named. */
static bool is_unfit(const struct br_batch_record *record)
{
	const enum br_error_code code = record->error.code;

	return record->status == BR_BATCH_SKIPPED &&
	       (code == BR_ERROR_NOT_IMAGE || code == BR_ERROR_UNSUPPORTED ||
	        code == BR_ERROR_RAW_THUMBNAIL || code == BR_ERROR_OWN_OUTPUT);
}

static void add_done(struct text *text, const struct br_batch_record *record)
{
	const struct br_image_result *image = record->image;
	const struct br_batch_output *output = &record->outputs[record->largest];

	text_add(text, ": ");
	if (image)
		add_sizes(text, image, output);
	text_add_size(text, (double)record->bytes_in);
	text_add(text, " -> ");
	text_add_size(text, (double)record->bytes_out);
	text_addf(text, ", %.0f ms", total_ms(record));
	add_notes(text, record);
	if (image && image->detour)
		text_addf(text, ", by libvips: %s", br_image_detour_reason(image->detour));
}

static void add_explanation(struct text *text, const char *before, const char *words)
{
	if (!words || *words == '\0')
		return;
	text_add(text, before);
	text_add_escaped(text, words);
}

void lines_add_record(struct text *text, const struct br_batch_record *record, bool more)
{
	text_add_escaped(text, record->source);
	if (!is_unfit(record)) {
		text_add(text, " -> ");
		text_add_escaped(text, record->output);
	}
	if (record->output_count > 1)
		text_addf(text, " and %u more", record->output_count - 1);
	if (record->status == BR_BATCH_OK) {
		add_done(text, record);
		add_explanation(text, "; ", record->explanation);
	} else {
		text_addf(text, ": %s", br_batch_status_name(record->status));
		add_explanation(text, ": ",
		                record->explanation && record->status == BR_BATCH_SKIPPED
		                    ? record->explanation
		                    : record->error.msg);
	}
	if (more && record->attempt > 0)
		add_more(text, record);
	text_add(text, "\n");
}

void lines_add_reason(struct text *text, const struct br_batch_record *record)
{
	text_add_escaped(text, record->source);
	text_add(text, record->status == BR_BATCH_PLANNED ? ": to be made: "
	               : record->status == BR_BATCH_OK    ? ": made: "
	                                                  : ": not made: ");
	text_add_escaped(text, record->explanation ? record->explanation : record->error.msg);
	text_add(text, "\n");
}

void lines_add_removal(struct text *text, const struct br_batch_record *record)
{
	text_add_escaped(text, record->output);
	text_add(text, ": ");
	text_add_escaped(text, record->error.msg);
	text_add(text, "\n");
}

/* ", 3 skipped" if there are any. */
static void add_some(struct text *text, uint64_t count, const char *what)
{
	if (count == 0)
		return;
	text_add(text, ", ");
	text_add_count(text, count);
	text_addf(text, " %s", what);
}

static void add_failed(struct text *text, const struct tally *tally)
{
	uint64_t crashed = tally->count[BR_BATCH_CRASHED], late = tally->count[BR_BATCH_TIMEOUT];

	add_some(text, tally_failed(tally), "failed");
	if (crashed + late == 0)
		return;
	text_add(text, " (");
	if (crashed > 0) {
		text_add_count(text, crashed);
		text_add(text, late > 0 ? " crashed, " : " crashed");
	}
	if (late > 0) {
		text_add_count(text, late);
		text_add(text, " timed out");
	}
	text_add(text, ")");
}

/* " into 4,920 files", for several sizes. */
static void add_files(struct text *text, const struct tally *tally)
{
	if (tally->outputs == 0)
		return;
	text_add(text, " into ");
	text_add_counted(text, tally->outputs, "file", "files");
}

static void add_dry(struct text *text, const struct tally *tally)
{
	text_add(text, "dry run: ");
	text_add_counted(text, tally->count[BR_BATCH_PLANNED], "image", "images");
	text_add(text, " to resize");
	add_files(text, tally);
	add_some(text, tally->count[BR_BATCH_SKIPPED], "to skip");
	add_some(text, tally_failed(tally), "refused");
	text_add(text, "; ");
	text_add_size(text, (double)tally->bytes_in);
	text_add(text, " to read; nothing was written");
}

static void add_speed(struct text *text, uint64_t images, const struct tally *tally, double elapsed)
{
	text_add(text, " in ");
	text_add_seconds(text, elapsed);
	/* If no picture was made, or in under a millisecond, a rate would be noise. */
	if (tally->count[BR_BATCH_OK] == 0 || elapsed < 0.001)
		return;
	text_add(text, " (");
	text_add_rate(text, (double)images / elapsed);
	text_add(text, "/s, ");
	text_add_size(text, (double)tally->bytes_read / elapsed);
	text_add(text, "/s)");
}

/* ", 1,950 hybrid and 29 process, 32 I/O threads (8 reading at a time)" */
static void add_ways(struct text *text, const struct tally *tally, const struct run *run)
{
	text_add(text, ", ");
	text_add_count(text, tally->ways[BR_EXECUTOR_HYBRID]);
	text_add(text, " as hybrid, ");
	text_add_count(text, tally->ways[BR_EXECUTOR_PROCESS]);
	text_add(text, " as process");
	if (run->io_threads == 0)
		return;
	text_add(text, ", ");
	text_add_counted(text, run->io_threads, "I/O thread", "I/O threads");
	if (run->io_reading > 0 && run->io_reading < run->io_threads)
		text_addf(text, " (%u reading at a time)", run->io_reading);
}

static void add_manner(struct text *text, const struct tally *tally, const struct run *run)
{
	text_addf(text, "; %s mode", br_executor_mode_name(run->mode));
	if (run->mode == BR_EXECUTOR_SERIAL)
		return;
	text_add(text, ", ");
	text_add_counted(text, run->workers, "worker", "workers");
	if (run->mode == BR_EXECUTOR_AUTO)
		add_ways(text, tally, run);
	if (run->mode == BR_EXECUTOR_HYBRID && run->io_threads > 0) {
		text_add(text, ", ");
		text_add_counted(text, run->io_threads, "I/O thread", "I/O threads");
	}
}

static void add_wet(struct text *text, const struct tally *tally, const struct run *run)
{
	uint64_t failed = tally_failed(tally), ok = tally->count[BR_BATCH_OK];
	uint64_t images = ok + failed + tally->count[BR_BATCH_SKIPPED];

	if (images + tally->count[BR_BATCH_CANCELLED] == 0) {
		text_add(text, "no images: nothing to do");
		return;
	}
	text_add_counted(text, images, "image", "images");
	add_speed(text, images, tally, run->elapsed);
	text_add(text, ": ");
	text_add_count(text, ok);
	text_add(text, " resized");
	add_files(text, tally);
	add_some(text, tally->count[BR_BATCH_SKIPPED], "skipped");
	add_failed(text, tally);
	add_some(text, tally->count[BR_BATCH_CANCELLED], "not done");
	if (ok > 0) {
		text_add(text, "; ");
		text_add_size(text, (double)tally->bytes_in);
		text_add(text, " -> ");
		text_add_size(text, (double)tally->bytes_out);
	}
	add_manner(text, tally, run);
}

void lines_add_refused(struct text *text, const struct tally *tally)
{
	static const char *const said[BR_BATCH_NOTES] = {
	    "without all that was to be preserved, which the file system refused "
	    "(preserve-refused)",
	    "on a file system that can't make it durable (not-durable)"};

	for (unsigned i = 0; i < BR_BATCH_NOTES; i++) {
		if (tally->noted[i] == 0)
			continue;
		text_add(text, program);
		text_add_counted(text, tally->noted[i], "image", "images");
		text_addf(text, " %s\n", said[i]);
	}
}

void lines_add_summary(struct text *text, const struct tally *tally, const struct run *run)
{
	if (run->signal > 0) {
		const char *name = sigabbrev_np(run->signal);

		text_addf(text, "stopped by SIG%s: ", name ? name : "NAL");
	}
	if (run->dry_run)
		add_dry(text, tally);
	else
		add_wet(text, tally, run);
	if (run->pruned > 0) {
		text_add(text, "; ");
		text_add_counted(text, run->pruned, "output", "outputs");
		text_add(text, run->dry_run ? " to remove" : " removed");
	}
	if ((run->signal > 0 || run->gave_up) && tally->count[BR_BATCH_CANCELLED] > 0 &&
	    !run->dry_run)
		text_add(text, run->goes_on ? "; to go on, start it again"
		                            : "; to go on, start it again with --existing=skip");
	text_add(text, "\n");
}

void lines_add_beginning(struct text *text, const struct br_batch_options *options,
                         const struct br_batch_progress *progress)
{
	text_addf(text, "%sbegins: ", program);
	text_add_counted(text, progress->total, "image", "images");
	text_add(text, ", ");
	text_add_size(text, (double)progress->bytes_total);
	text_addf(text, ", %s mode\n", br_executor_mode_name(options->mode));
}

/* "300 avif, 40 others" */
static void add_formats(struct text *text, const uint64_t count[BR_IMAGE_FORMATS])
{
	const char *before = "";

	for (unsigned i = 1; i < BR_IMAGE_FORMATS; i++) {
		if (count[i] == 0)
			continue;
		text_add(text, before);
		text_add_count(text, count[i]);
		text_addf(text, " %s", br_image_format_name((enum br_image_format)i));
		before = ", ";
	}
	if (count[BR_IMAGE_FORMAT_UNKNOWN] == 0)
		return;
	text_add(text, before);
	text_add_count(text, count[BR_IMAGE_FORMAT_UNKNOWN]);
	text_add(text, " others");
}

void lines_add_left(struct text *text, const struct br_batch_outcome *outcome)
{
	uint64_t left = 0;

	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++)
		left += outcome->left[i];
	if (!outcome->time_up ||
	    (left == 0 && outcome->progress.total > 0 && !outcome->progress.more))
		return;
	text_add(text, program);
	if (outcome->progress.more) {
		text_add(text, "the time was up while the list was read\n");
		return;
	}
	if (left == 0) {
		text_add(text, "the time was up while images were looked for\n");
		return;
	}
	text_add(text, "the time is up: ");
	text_add_counted(text, left, "image is", "images are");
	text_add(text, " left, about ");
	text_add_seconds(text, outcome->left_seconds);
	text_add(text, " of work (");
	add_formats(text, outcome->left);
	text_add(text, ")\n");
}

void lines_add_progress(struct text *text, const struct br_batch_progress *progress)
{
	text_add(text, program);
	lines_add_status(text, progress);
}

void lines_add_status(struct text *text, const struct br_batch_progress *progress)
{
	const double share = rate_share(progress);

	if (progress->total == 0 && !progress->more) {
		text_add(text, "looking for images: ");
		text_add_count(text, progress->found);
		text_add(text, " found in ");
		text_add_seconds(text, progress->elapsed);
		text_add(text, "\n");
		return;
	}
	text_add_count(text, progress->done);
	text_add(text, " of ");
	text_add_counted(text, progress->total, "image", "images");
	text_add(text, progress->more ? " so far, in " : " in ");
	text_add_seconds(text, progress->elapsed);
	add_some(text, progress->skipped, "skipped");
	add_some(text, progress->failed, "failed");
	if (share > 0 && share < 1 && !progress->more) {
		text_add(text, "; about ");
		text_add_seconds(text, progress->elapsed * (1 - share) / share);
		text_add(text, " to go");
	}
	text_add(text, "\n");
}
