/* jpeg_io.c - libjpeg's error, source and destination managers; see jpeg_io.h. */
#include "jpeg/jpeg_io.h"

#include <jerror.h>
#include <string.h>

/* As many warnings make a picture unusable. libvips draws the line there too (jpeg2vips.c). */
#define WARNINGS_MAX 100

/* Bytes handed to libjpeg at a time, as many as libvips does. With all data at hand libjpeg-turbo
 * decodes by a path that takes bad codes for zeros without a warning; in such pieces both paths of
 * ours see the same warnings. It costs nothing that can be measured. */
#define CHUNK ((size_t)4096)

/* What the output buffer is given room for at first: a small picture needs no second. */
#define SINK_ROOM ((size_t)64 << 10)

static int code_of(int message)
{
	switch (message) {
	case JERR_INPUT_EOF:
	case JERR_INPUT_EMPTY:
		return BR_ERROR_TRUNCATED;
	case JERR_OUT_OF_MEMORY:
	case JERR_NO_BACKING_STORE:
		return BR_ERROR_MEMORY;
	default:
		return BR_ERROR_CORRUPT;
	}
}

static _Noreturn void fail(struct jpeg_errors *errors, j_common_ptr cinfo, int code)
{
	errors->code = code;
	(*errors->pub.format_message)(cinfo, errors->text);
	longjmp(errors->jump, 1);
}

static void error_exit(j_common_ptr cinfo)
{
	struct jpeg_errors *errors = (struct jpeg_errors *)cinfo->err;

	fail(errors, cinfo, code_of(errors->pub.msg_code));
}

static void emit_message(j_common_ptr cinfo, int level)
{
	struct jpeg_errors *errors = (struct jpeg_errors *)cinfo->err;

	if (level >= 0)
		return;
	errors->warnings++;
	errors->truncated |= errors->pub.msg_code == JWRN_JPEG_EOF;
	if (errors->fail_on >= BR_IMAGE_FAIL_ON_WARNING || errors->warnings >= WARNINGS_MAX)
		fail(errors, cinfo, BR_ERROR_CORRUPT);
}

static void output_message(j_common_ptr cinfo)
{
	(void)cinfo;
}

void jpeg_errors_init(struct jpeg_errors *errors)
{
	*errors = (struct jpeg_errors){0};
	jpeg_std_error(&errors->pub);
	errors->pub.error_exit = error_exit;
	errors->pub.emit_message = emit_message;
	errors->pub.output_message = output_message;
}

void jpeg_errors_begin(struct jpeg_errors *errors, enum br_image_fail_on fail_on)
{
	errors->fail_on = fail_on;
	errors->warnings = 0;
	errors->truncated = false;
	errors->code = 0;
	errors->text[0] = '\0';
}

static void source_nothing(j_decompress_ptr cinfo)
{
	(void)cinfo;
}

static void piece_next(struct jpeg_source *source)
{
	const size_t left = source->bytes.size - source->at;
	const size_t piece = left > CHUNK ? CHUNK : left;

	source->pub.next_input_byte = source->bytes.data + source->at;
	source->pub.bytes_in_buffer = piece;
	source->at += piece;
}

/* The end of the data is an error from the level "truncated" on; below, an end marker is made up so
 * that libjpeg finishes with what it has. */
static boolean source_fill(j_decompress_ptr cinfo)
{
	static const JOCTET end_of_image[2] = {0xff, JPEG_EOI};
	struct jpeg_source *source = (struct jpeg_source *)cinfo->src;
	struct jpeg_errors *errors = (struct jpeg_errors *)cinfo->err;

	piece_next(source);
	if (source->pub.bytes_in_buffer)
		return TRUE;
	if (errors->fail_on >= BR_IMAGE_FAIL_ON_TRUNCATED)
		ERREXIT(cinfo, JERR_INPUT_EOF);
	WARNMS(cinfo, JWRN_JPEG_EOF);
	source->pub.next_input_byte = end_of_image;
	source->pub.bytes_in_buffer = sizeof(end_of_image);
	return TRUE;
}

static void source_skip(j_decompress_ptr cinfo, long count)
{
	struct jpeg_source *source = (struct jpeg_source *)cinfo->src;

	if (count <= 0)
		return;
	while ((size_t)count > source->pub.bytes_in_buffer) {
		count -= (long)source->pub.bytes_in_buffer;
		source_fill(cinfo);
	}
	source->pub.next_input_byte += count;
	source->pub.bytes_in_buffer -= (size_t)count;
}

void jpeg_source_begin(struct jpeg_source *source, j_decompress_ptr cinfo, struct bytes bytes)
{
	*source = (struct jpeg_source){
	    .pub = {.init_source = source_nothing,
	            .fill_input_buffer = source_fill,
	            .skip_input_data = source_skip,
	            .resync_to_restart = jpeg_resync_to_restart,
	            .term_source = source_nothing},
	    .bytes = bytes,
	};
	cinfo->src = &source->pub;
	piece_next(source);
}

/* Doubles the room, keeping what is written: libjpeg calls when all of it is used. */
static boolean sink_grow(j_compress_ptr cinfo)
{
	struct jpeg_sink *sink = (struct jpeg_sink *)cinfo->dest;
	struct br_buffer *out = sink->out;
	size_t used = out->capacity, size = out->size;
	int status;

	out->size = used; /* growing keeps `size` bytes, and these are not in it yet */
	status = br_buffer_reserve(out, used + used / 2 + SINK_ROOM);
	out->size = size;
	if (status)
		fail((struct jpeg_errors *)cinfo->err, (j_common_ptr)cinfo, status);
	sink->pub.next_output_byte = out->data + used;
	sink->pub.free_in_buffer = out->capacity - used;
	return TRUE;
}

static void sink_init(j_compress_ptr cinfo)
{
	struct jpeg_sink *sink = (struct jpeg_sink *)cinfo->dest;
	int status = br_buffer_reserve(sink->out, sink->out->size + SINK_ROOM);

	if (status)
		fail((struct jpeg_errors *)cinfo->err, (j_common_ptr)cinfo, status);
	sink->pub.next_output_byte = sink->out->data + sink->out->size;
	sink->pub.free_in_buffer = sink->out->capacity - sink->out->size;
}

static void sink_term(j_compress_ptr cinfo)
{
	struct jpeg_sink *sink = (struct jpeg_sink *)cinfo->dest;

	sink->out->size = sink->out->capacity - sink->pub.free_in_buffer;
}

void jpeg_sink_begin(struct jpeg_sink *sink, j_compress_ptr cinfo, struct br_buffer *out)
{
	*sink = (struct jpeg_sink){
	    .pub = {.init_destination = sink_init,
	            .empty_output_buffer = sink_grow,
	            .term_destination = sink_term},
	    .out = out,
	};
	cinfo->dest = &sink->pub;
}
