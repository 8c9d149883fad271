/* jpeg_io.h - libjpeg's callbacks for the direct JPEG path: errors, source, destination.
 *
 * Nothing is printed. A libjpeg error jumps to errors.jump, which must be set (setjmp) around every
 * libjpeg call that can fail. All state is in the structs: thread-safe as they are.
 */
#ifndef JPEG_JPEG_IO_H
#define JPEG_JPEG_IO_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>

#include <batchresize/buffer.h>
#include <batchresize/error.h>
#include <batchresize/image.h>

#include "base/bytes.h"

struct jpeg_errors {
	struct jpeg_error_mgr pub; /* first: libjpeg hands out pointers to it */
	jmp_buf jump;
	enum br_image_fail_on fail_on;
	unsigned warnings; /* of this picture */
	bool truncated;    /* one of them: the data ended early */
	int code;          /* what the jump means: a positive br_error_code or negative errno */
	char text[JMSG_LENGTH_MAX];
};

struct jpeg_source {
	struct jpeg_source_mgr pub;
	struct bytes bytes;
	size_t at; /* the first byte not yet handed to libjpeg */
};

struct jpeg_sink {
	struct jpeg_destination_mgr pub;
	struct br_buffer *out; /* appended to; its size is set when the picture is finished */
};

/* Fills in errors->pub. */
void jpeg_errors_init(struct jpeg_errors *errors);

/* Forgets the last picture's warnings. */
void jpeg_errors_begin(struct jpeg_errors *errors, enum br_image_fail_on fail_on);

/* Makes `bytes` the input of the decompressor, whose errors are a struct jpeg_errors. */
void jpeg_source_begin(struct jpeg_source *source, j_decompress_ptr cinfo, struct bytes bytes);

/* Makes `out` the output of the compressor. */
void jpeg_sink_begin(struct jpeg_sink *sink, j_compress_ptr cinfo, struct br_buffer *out);

#endif
