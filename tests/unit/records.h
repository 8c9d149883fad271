/* records.h - records as batch_run() tells them, for the tests of what is said of them. */
#ifndef TEST_RECORDS_H
#define TEST_RECORDS_H

#include <batchresize/batch.h>

static inline struct image_result a_result(void)
{
	return (struct image_result){
	    .info = {.format = IMAGE_FORMAT_JPEG, .width = 4000, .height = 3000},
	    .out_format = IMAGE_FORMAT_JPEG,
	    .output = {{.size = 120000, .width = 800, .height = 600}},
	    .outputs = 1,
	    .notes = IMAGE_NOTE_TRUNCATED | IMAGE_NOTE_GREW,
	    .decode_ms = 20.5F,
	    .resize_ms = 10.25F,
	    .encode_ms = 5.125F};
}

static const struct batch_output an_output = {
    .path = "out/a.jpg", .width = 800, .height = 600, .bytes = 120000};

static inline struct batch_record a_record(const struct image_result *image)
{
	return (struct batch_record){.source = "a.jpg",
	                             .output = "out/a.jpg",
	                             .outputs = &an_output,
	                             .output_count = 1,
	                             .sizes = 1,
	                             .status = BATCH_OK,
	                             .attempt = 1,
	                             .worker = 3,
	                             .mode = EXECUTOR_PROCESS,
	                             .image = image,
	                             .bytes_in = 3400000,
	                             .bytes_out = 120000,
	                             .read_ms = 1.0,
	                             .publish_ms = 0.5};
}

/* A record of an image that failed before anything was learnt of it. */
static inline struct batch_record a_failure(const char *source, enum error_code code,
                                            const char *message)
{
	struct batch_record record = {
	    .source = source, .output = "out/x", .status = BATCH_FAILED, .mode = EXECUTOR_SERIAL};

	(void)error_set(&record.error, code, "%s", message);
	return record;
}

#endif
