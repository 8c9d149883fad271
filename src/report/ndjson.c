/* ndjson.c - the fields of a report line, and the line. */
#include "report/ndjson.h"
#include "text/json.h"

static void put_unsigned(struct text *text, bool known, uint64_t number)
{
	if (known)
		json_unsigned(text, number);
	else
		json_null(text);
}

/* A time of 0 means that the stage was not reached: none takes no time at all. */
static void put_ms(struct text *text, double ms)
{
	if (ms > 0)
		json_thousandths(text, ms);
	else
		json_null(text);
}

static void put_source(struct text *text, const struct br_batch_record *record)
{
	json_string(text, record->source);
}

static void put_output(struct text *text, const struct br_batch_record *record)
{
	if (*record->output != '\0')
		json_string(text, record->output);
	else
		json_null(text);
}

static void put_status(struct text *text, const struct br_batch_record *record)
{
	json_string(text, br_batch_status_name(record->status));
}

static void put_code(struct text *text, const struct br_batch_record *record)
{
	if (record->error.code == BR_ERROR_NONE)
		json_null(text);
	else
		json_string(text, br_error_code_name(record->error.code));
}

static void put_error(struct text *text, const struct br_batch_record *record)
{
	if (record->error.code == BR_ERROR_NONE)
		json_null(text);
	else
		json_string(text, record->error.msg);
}

static void put_signal(struct text *text, const struct br_batch_record *record)
{
	put_unsigned(text, record->signal > 0, (uint64_t)record->signal);
}

static void put_attempt(struct text *text, const struct br_batch_record *record)
{
	json_unsigned(text, record->attempt);
}

static void put_worker(struct text *text, const struct br_batch_record *record)
{
	put_unsigned(text, record->attempt > 0, record->worker);
}

static void put_mode(struct text *text, const struct br_batch_record *record)
{
	json_string(text, br_executor_mode_name(record->mode));
}

static void put_format(struct text *text, const struct br_batch_record *record)
{
	const enum br_image_format format =
	    record->image ? record->image->info.format : record->kind;

	if (format != BR_IMAGE_FORMAT_UNKNOWN)
		json_string(text, br_image_format_name(format));
	else
		json_null(text);
}

static void put_side(struct text *text, const struct br_batch_record *record, uint32_t side)
{
	put_unsigned(text, record->image && side > 0, side);
}

static void put_width(struct text *text, const struct br_batch_record *record)
{
	put_side(text, record, record->image ? record->image->info.width : 0);
}

static void put_height(struct text *text, const struct br_batch_record *record)
{
	put_side(text, record, record->image ? record->image->info.height : 0);
}

/* Only what was published has a size; of several outputs, the largest. */
static const struct br_batch_output *published(const struct br_batch_record *record)
{
	static const struct br_batch_output none;

	return record->status == BR_BATCH_OK && record->output_count > 0
	           ? &record->outputs[record->largest]
	           : &none;
}

static void put_out_width(struct text *text, const struct br_batch_record *record)
{
	put_unsigned(text, published(record)->width > 0, published(record)->width);
}

static void put_out_height(struct text *text, const struct br_batch_record *record)
{
	put_unsigned(text, published(record)->height > 0, published(record)->height);
}

static void put_bytes_in(struct text *text, const struct br_batch_record *record)
{
	put_unsigned(text, record->bytes_in > 0 || record->error.code == BR_ERROR_EMPTY,
	             record->bytes_in);
}

static void put_bytes_out(struct text *text, const struct br_batch_record *record)
{
	put_unsigned(text, record->status == BR_BATCH_OK, published(record)->bytes);
}

static void put_read_ms(struct text *text, const struct br_batch_record *record)
{
	put_ms(text, record->read_ms);
}

static void put_decode_ms(struct text *text, const struct br_batch_record *record)
{
	put_ms(text, record->image ? (double)record->image->decode_ms : 0);
}

static void put_resize_ms(struct text *text, const struct br_batch_record *record)
{
	put_ms(text, record->image ? (double)record->image->resize_ms : 0);
}

static void put_encode_ms(struct text *text, const struct br_batch_record *record)
{
	put_ms(text, record->image ? (double)record->image->encode_ms : 0);
}

static void put_publish_ms(struct text *text, const struct br_batch_record *record)
{
	put_ms(text, record->publish_ms);
}

static void put_note(struct text *text, bool noted, const char *name, const char **before)
{
	if (!noted)
		return;
	text_add(text, *before);
	json_string(text, name);
	*before = ",";
}

/* Why a picture took the long way is a note of the report alone: to a person -v says it. */
static void put_notes(struct text *text, const struct br_batch_record *record)
{
	const struct br_image_result *image = record->image;
	const char *before = "";

	text_add(text, "[");
	for (unsigned i = 0; i < BR_IMAGE_NOTES && image; i++)
		put_note(text, image->notes >> i & 1, br_image_note_name(1U << i), &before);
	for (unsigned i = 0; i < BR_BATCH_NOTES; i++)
		put_note(text, record->notes >> i & 1, br_batch_note_name(1U << i), &before);
	if (image)
		put_note(text, image->detour != BR_IMAGE_DETOUR_NONE,
		         br_image_detour_note(image->detour), &before);
	text_add(text, "]");
}

/* The name, and as it stands in the line. */
#define FIELD(word) word, "\"" word "\":", sizeof("\"" word "\":") - 1

static const struct report_field fields[] = {
    {FIELD("source"),
     "The image's path; \"-\" for a pipe. Also a directory that can't be read or is emptied.",
     put_source},
    {FIELD("output"),
     "The path it was published at, or would have been; of several sizes the largest made. null "
     "for "
     "a directory.",
     put_output},
    {FIELD("status"),
     "ok, skipped, failed, crashed, timeout, cancelled, or, with --dry-run, planned.", put_status},
    {FIELD("code"), "What failed, by a stable name.", put_code},
    {FIELD("error"), "The same in words, with what to do about it; they may change.", put_error},
    {FIELD("signal"), "Number of the signal that the worker died of.", put_signal},
    {FIELD("attempt"), "How many attempts were made; 0 if it was never begun.", put_attempt},
    {FIELD("worker"), "Which worker had it last, from 0.", put_worker},
    {FIELD("mode"), "serial, thread, process or hybrid.", put_mode},
    {FIELD("format"), "The source's format by its content: jpeg, png, ...", put_format},
    {FIELD("width"), "Width of the source in pixels, as stored: before its EXIF orientation.",
     put_width},
    {FIELD("height"), "Height of the same.", put_height},
    {FIELD("out_width"), "Width of the output in pixels.", put_out_width},
    {FIELD("out_height"), "Height of the output in pixels.", put_out_height},
    {FIELD("bytes_in"), "Size of the source in bytes.", put_bytes_in},
    {FIELD("bytes_out"), "Size of the output in bytes.", put_bytes_out},
    {FIELD("read_ms"), "Milliseconds that reading took.", put_read_ms},
    {FIELD("decode_ms"), "Milliseconds that decoding took.", put_decode_ms},
    {FIELD("resize_ms"), "Milliseconds that resizing took.", put_resize_ms},
    {FIELD("encode_ms"), "Milliseconds that encoding took.", put_encode_ms},
    {FIELD("publish_ms"), "Milliseconds that writing and publishing took.", put_publish_ms},
    {FIELD("notes"),
     "A list of words for what is worth knowing of the picture and its output; empty as a rule.",
     put_notes},
};

const struct report_field *report_fields(size_t *count)
{
	*count = sizeof(fields) / sizeof(fields[0]);
	return fields;
}

static void put_exact(struct text *text, const char *name, const char *path)
{
	if (text_is_utf8(path))
		return;
	text_addf(text, ",\"%s\":", name);
	json_base64(text, path);
}

static void put_one_output(struct text *text, const struct br_batch_output *output)
{
	const bool made = output->width > 0;

	text_add(text, "{\"output\":");
	json_string(text, output->path);
	text_add(text, ",\"width\":");
	put_unsigned(text, made, output->width);
	text_add(text, ",\"height\":");
	put_unsigned(text, made, output->height);
	text_add(text, ",\"bytes\":");
	put_unsigned(text, made, output->bytes);
	put_exact(text, "output_bytes", output->path);
	text_add(text, "}");
}

/* Where several sizes were asked for. */
static void put_outputs(struct text *text, const struct br_batch_record *record)
{
	if (record->sizes < 2)
		return;
	text_add(text, ",\"outputs\":[");
	for (unsigned i = 0; i < record->output_count; i++) {
		text_add(text, i > 0 ? "," : "");
		put_one_output(text, &record->outputs[i]);
	}
	text_add(text, "]");
}

/* With --explain. */
static void put_reason(struct text *text, const struct br_batch_record *record)
{
	if (!record->explanation)
		return;
	text_add(text, ",\"reason\":");
	json_string(text, br_batch_reason_name(record->reason));
	text_add(text, ",\"explanation\":");
	json_string(text, record->explanation);
}

/* Told by a plugin, and looked at where it came from. */
static void put_fields(struct text *text, const struct br_batch_record *record)
{
	if (!record->fields || !*record->fields)
		return;
	text_add(text, ",\"plugin\":{");
	text_add(text, record->fields);
	text_add(text, "}");
}

/* Where a worker died. */
static void put_end(struct text *text, const struct br_batch_record *record)
{
	if (record->stage != BR_BATCH_STAGE_NONE) {
		text_add(text, ",\"stage\":");
		json_string(text, br_batch_stage_name(record->stage));
	}
	if (record->worker_rss > 0) {
		text_add(text, ",\"worker_bytes\":");
		json_unsigned(text, record->worker_rss);
	}
}

void ndjson_add(struct text *text, const struct br_batch_record *record)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		text_add_bytes(text, i ? "," : "{", 1);
		text_add_bytes(text, fields[i].key, fields[i].key_size);
		fields[i].put(text, record);
	}
	put_end(text, record);
	put_outputs(text, record);
	put_reason(text, record);
	put_fields(text, record);
	put_exact(text, "source_bytes", record->source);
	put_exact(text, "output_bytes", record->output);
	text_add(text, "}\n");
}
