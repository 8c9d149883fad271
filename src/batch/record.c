/* record.c - see record.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/memory.h"
#include "batch/existing.h"
#include "batch/record.h"
#include "batch/unsettled.h"

/* --- paths -------------------------------------------------------------------------------------
 */

/* Writes the path of an output; `made` as for plan_output(). */
static const char *write_output(const struct plan *plan, uint64_t item, unsigned number,
                                const struct br_image_output *made, char path[PATH_MAX])
{
	(void)plan_output(plan, item, number, made, path, PATH_MAX);
	return path;
}

void record_begin(struct br_batch_record *record, struct record_paths *paths,
                  const struct plan *plan, uint64_t item, const struct br_batch_options *options)
{
	*record = (struct br_batch_record){
	    .mode = options->mode, .sizes = options->image.sizes, .source = paths->source};
	record->output = write_output(plan, item, 0, NULL, paths->output[0]);
	(void)plan_source(plan, item, paths->source, sizeof(paths->source));
	record->root = plan_root(plan, item);
	record->entry = plan_entry(plan, item);
}

void record_planned_outputs(struct br_batch_record *record, struct record_paths *paths,
                            const struct plan *plan, uint64_t item)
{
	for (unsigned i = 0; i < record->sizes; i++)
		paths->outputs[i] = (struct br_batch_output){
		    .path = write_output(plan, item, i, NULL, paths->output[i])};
	record->outputs = paths->outputs;
	record->output_count = record->sizes;
}

static bool is_larger(const struct br_batch_output *a, const struct br_batch_output *b)
{
	return (uint64_t)a->width * a->height > (uint64_t)b->width * b->height;
}

/* Those of a result that have bytes. Returns how many. */
static unsigned write_outputs(struct record_paths *paths, const struct plan *plan, uint64_t item,
                              const struct br_image_result *image)
{
	unsigned count = 0;

	for (unsigned i = 0; i < image->outputs; i++) {
		const struct br_image_output *made = &image->output[i];

		if (made->size == 0)
			continue;
		paths->outputs[count++] = (struct br_batch_output){
		    .path = write_output(plan, item, i, made, paths->output[i]),
		    .width = made->width,
		    .height = made->height,
		    .bytes = made->size,
		    .format = image->out_format,
		};
	}
	return count;
}

void record_made_outputs(struct br_batch_record *record, struct record_paths *paths,
                         const struct plan *plan, uint64_t item)
{
	record->output_count = write_outputs(paths, plan, item, record->image);
	for (unsigned i = 1; i < record->output_count; i++)
		if (is_larger(&paths->outputs[i], &paths->outputs[record->largest]))
			record->largest = i;
	record->outputs = paths->outputs;
	record->output = paths->outputs[record->largest].path;
}

void record_there(struct br_batch_record *record, struct record_paths *paths,
                  const struct task_context *context, uint64_t item,
                  const struct task_outcome *outcome)
{
	const struct br_image_result *image = record->image;
	struct br_image_result list;

	if (!context->options->tell_existing || record->status == BR_BATCH_CANCELLED)
		return;
	if (outcome && outcome->listed)
		list = outcome->image;
	else
		existing_list(context, item,
		              image && image->outputs == record->sizes ? image->output : NULL,
		              &list);
	/* record->output lies in paths->output[0]: it is written there again */
	record->there_count = write_outputs(paths, context->plan, item, &list);
	record->there = paths->outputs;
}

/* --- results -----------------------------------------------------------------------------------
 */

/* With less than this left, in bytes of addresses or private memory, a decoder that gets no memory
 * ends its process instead of its work: threads, C++ libraries and GLib know no other way. */
#define ROOM_LEAST ((uint64_t)512 << 20)

/* The most likely cause of a death; NULL: unknown. */
static const char *lack_of_memory(const struct br_executor_result *result, uint64_t kills,
                                  char text[MEMORY_TEXT_MAX])
{
	const struct memory_room room = memory_room();

	if (result->signal == SIGKILL && memory_kills() > kills)
		return "the kernel ended it since the control group is out of memory: raise its "
		       "limit, or use fewer --jobs";
	if (result->signal != SIGKILL && room.left < ROOM_LEAST)
		return memory_room_text(&room, text);
	return NULL;
}

static void explain_crash(struct br_batch_record *record, const struct br_executor_result *result,
                          uint64_t kills)
{
	struct br_error *error = &record->error;
	const char *stage = br_batch_stage_name(record->stage);
	const char *times = result->attempt == 1 ? "once" : result->attempt == 2 ? "twice" : NULL;
	char often[32], how[64], text[MEMORY_TEXT_MAX];
	const char *lack = lack_of_memory(result, kills, text);

	(void)snprintf(often, sizeof(often), "%u times", result->attempt);
	if (result->error == -EPROTO) {
		(void)br_error_set(error, BR_ERROR_CRASHED,
		                   "its worker talked nonsense %s and was ended: the picture is "
		                   "damaged or hostile; set it aside",
		                   times ? times : often);
		return;
	}
	if (result->signal)
		(void)snprintf(how, sizeof(how), "signal %d, %s%s%s", result->signal,
		               sigdescr_np(result->signal) ? sigdescr_np(result->signal)
		                                           : "unknown",
		               *stage ? ", stage " : "", stage);
	else
		(void)snprintf(how, sizeof(how), "exit status %d%s%s", result->error,
		               *stage ? ", stage " : "", stage);
	if (record->stage == BR_BATCH_STAGE_PLUGIN && !lack)
		(void)br_error_set(error, BR_ERROR_CRASHED,
		                   "the plugin ended its worker %s (%s): mend it, or set the "
		                   "picture aside",
		                   times ? times : often, how);
	else if (lack)
		(void)br_error_set(error, BR_ERROR_MEMORY,
		                   "its worker died %s (%s) with little memory: %s",
		                   times ? times : often, how, lack);
	else
		(void)br_error_set(
		    error, BR_ERROR_CRASHED,
		    "its worker died %s (%s): the picture is damaged or too large for the "
		    "memory a worker may have; set it aside",
		    times ? times : often, how);
}

static void explain_timeout(struct br_error *error, const struct br_batch_options *options,
                            const struct br_executor_result *result)
{
	const double seconds = options->timeout_ms / 1e3;

	if (result->error == -ETIMEDOUT)
		(void)br_error_set(error, BR_ERROR_TIMEOUT,
		                   "neither read nor written within %g s: is the server of a mount "
		                   "gone? otherwise raise --timeout",
		                   seconds);
	else
		(void)br_error_set(
		    error, BR_ERROR_TIMEOUT,
		    "not done within %g s, in %u attempt%s: raise --timeout, or set it "
		    "aside",
		    seconds, result->attempt, result->attempt == 1 ? "" : "s");
}

static enum br_batch_status failed_status(enum br_error_code code)
{
	switch (code) {
	case BR_ERROR_SKIPPED:
	case BR_ERROR_DROPPED:
	case BR_ERROR_POISON:
		return BR_BATCH_SKIPPED;
	case BR_ERROR_TIMEOUT:
		return BR_BATCH_TIMEOUT;
	case BR_ERROR_CANCELLED:
		return BR_BATCH_CANCELLED;
	default:
		return BR_BATCH_FAILED;
	}
}

/* A stage failed: its own message, or the bare code if it had none. */
static void explain_failure(struct br_batch_record *record, const struct br_executor_result *result,
                            const struct task_outcome *outcome)
{
	record->error = outcome->error;
	if (record->error.code == BR_ERROR_NONE) {
		if (result->error < 0)
			(void)br_error_system(&record->error, -result->error, "could not be done");
		else
			(void)br_error_set(&record->error, br_error_code_of(result->error),
			                   "could not be done");
	}
	if (outcome->unsettled)
		(void)unsettled_explain(&record->error);
	record->status = failed_status(record->error.code);
}

/* What its worker was at: that had the note in its own memory, and may have said anything. */
static void record_end(struct br_batch_record *record, const struct br_executor_result *result)
{
	if (result->note[TASK_NOTE_STAGE] < BR_BATCH_STAGES)
		record->stage = (enum br_batch_stage)result->note[TASK_NOTE_STAGE];
	record->worker_rss = result->worker_rss;
}

/* A worker's clock is ours, and what it has told has been: what lies later was never. */
static void record_steps(struct br_batch_record *record, const struct br_executor_result *result,
                         const struct task_outcome *outcome)
{
	const uint64_t now = clock_ns();

	for (unsigned i = 0; i < BR_BATCH_STEPS; i++)
		if (outcome->step[i].end <= now)
			record->step[i] = outcome->step[i];
	if (result->worker_ms > 0 && result->worker_ms < now / NS_PER_MS)
		record->step[BR_BATCH_STEP_MAKE] = (struct br_batch_span){
		    .begin = now - result->worker_ms * NS_PER_MS, .end = now};
}

void record_from_result(struct br_batch_record *record, const struct br_executor_result *result,
                        const struct br_batch_options *options, uint64_t kills)
{
	const struct task_outcome *outcome = result->result;

	record->signal = result->signal;
	record->attempt = result->attempt;
	record->worker = result->worker;
	record->mode = result->mode;
	record->image = outcome->looked ? &outcome->image : NULL;
	record->bytes_in = outcome->bytes_in;
	record->bytes_out = outcome->committed ? outcome->bytes_out : 0;
	record->notes = outcome->committed ? outcome->notes : 0;
	record->read_ms = (double)outcome->read_ms;
	record->publish_ms = (double)outcome->publish_ms;
	record_steps(record, result, outcome);
	if (options->plugin &&
	    (result->status == BR_EXECUTOR_DONE || outcome->error.code == BR_ERROR_DROPPED))
		record->fields = outcome->told.fields.json;
	switch (result->status) {
	case BR_EXECUTOR_DONE:
		record->status = BR_BATCH_OK;
		break;
	case BR_EXECUTOR_FAILED:
		explain_failure(record, result, outcome);
		break;
	case BR_EXECUTOR_CRASHED:
		record->status = BR_BATCH_CRASHED;
		record_end(record, result);
		explain_crash(record, result, kills);
		break;
	case BR_EXECUTOR_TIMEOUT:
		record->status = BR_BATCH_TIMEOUT;
		record_end(record, result);
		explain_timeout(&record->error, options, result);
		break;
	case BR_EXECUTOR_CANCELLED:
		record->status = BR_BATCH_CANCELLED;
		(void)br_error_set(&record->error, BR_ERROR_CANCELLED,
		                   "the run was stopped first: start it again");
		break;
	}
}

void record_pass_over(struct br_batch_record *record)
{
	const enum br_image_format format =
	    record->image ? record->image->info.format : BR_IMAGE_FORMAT_UNKNOWN;
	const enum br_error_code code = record->error.code;

	if (record->status != BR_BATCH_FAILED)
		return;
	if (code == BR_ERROR_RAW_THUMBNAIL)
		record->kind = BR_IMAGE_FORMAT_RAW;
	else if (code == BR_ERROR_UNSUPPORTED && format != BR_IMAGE_FORMAT_UNKNOWN &&
	         !br_image_format_is_read(format))
		record->kind = format;
	else
		return;
	record->status = BR_BATCH_SKIPPED;
}

static void count_skipped(struct br_batch_progress *progress, const struct br_batch_record *record)
{
	const enum br_error_code code = record->error.code;

	progress->skipped++;
	progress->skipped_by[code]++;
	if (code == BR_ERROR_NOT_IMAGE || code == BR_ERROR_UNSUPPORTED ||
	    code == BR_ERROR_RAW_THUMBNAIL)
		progress->passed_over[record->kind]++;
}

void progress_count(struct br_batch_progress *progress, const struct br_batch_record *record,
                    uint64_t source_bytes)
{
	progress->done++;
	progress->bytes_done += source_bytes;
	progress->bytes_out += record->bytes_out;
	switch (record->status) {
	case BR_BATCH_OK:
	case BR_BATCH_PLANNED:
		progress->ok++;
		progress->bytes_made += record->bytes_in;
		break;
	case BR_BATCH_SKIPPED:
		count_skipped(progress, record);
		break;
	case BR_BATCH_CANCELLED:
		progress->cancelled++;
		break;
	default:
		progress->failed++;
		break;
	}
}
