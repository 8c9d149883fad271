/* records.h - records as br_batch_run() tells them, for the tests of what is said of them. */
#ifndef TEST_RECORDS_H
#define TEST_RECORDS_H

#include <batchresize/batch.h>

static inline struct br_image_result a_result(void)
{
	return (struct br_image_result){
	    .info = {.format = BR_IMAGE_FORMAT_JPEG, .width = 4000, .height = 3000},
	    .out_format = BR_IMAGE_FORMAT_JPEG,
	    .output = {{.size = 120000, .width = 800, .height = 600}},
	    .outputs = 1,
	    .notes = BR_IMAGE_NOTE_TRUNCATED | BR_IMAGE_NOTE_GREW,
	    .decode_ms = 20.5F,
	    .resize_ms = 10.25F,
	    .encode_ms = 5.125F};
}

static const struct br_batch_output an_output = {
    .path = "out/a.jpg", .width = 800, .height = 600, .bytes = 120000};

static inline struct br_batch_record a_record(const struct br_image_result *image)
{
	return (struct br_batch_record){.source = "a.jpg",
	                                .output = "out/a.jpg",
	                                .outputs = &an_output,
	                                .output_count = 1,
	                                .sizes = 1,
	                                .status = BR_BATCH_OK,
	                                .attempt = 1,
	                                .worker = 3,
	                                .mode = BR_EXECUTOR_PROCESS,
	                                .image = image,
	                                .bytes_in = 3400000,
	                                .bytes_out = 120000,
	                                .read_ms = 1.0,
	                                .publish_ms = 0.5};
}

/* A record of an image that failed before anything was learnt of it. */
static inline struct br_batch_record a_failure(const char *source, enum br_error_code code,
                                               const char *message)
{
	struct br_batch_record record = {.source = source,
	                                 .output = "out/x",
	                                 .status = BR_BATCH_FAILED,
	                                 .mode = BR_EXECUTOR_SERIAL};

	(void)br_error_set(&record.error, code, "%s", message);
	return record;
}

#endif
