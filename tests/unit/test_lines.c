/* What is said of an image and of a run: the line of a report, the line for people, the summary. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "records.h"
#include "report/lines.h"
#include "report/ndjson.h"

static void assert_text(struct text *text, const char *expected)
{
	assert_int_equal(text->status, 0);
	text_add_bytes(text, "", 1);
	assert_string_equal((const char *)text->bytes.data, expected);
	text_clear(text);
}

static void test_ndjson_done(void **state)
{
	struct br_image_result image = a_result();
	struct br_batch_record record = a_record(&image);
	struct text text = TEXT_EMPTY;

	(void)state;
	ndjson_add(&text, &record);
	assert_text(
	    &text, "{\"source\":\"a.jpg\",\"output\":\"out/a.jpg\",\"status\":\"ok\",\"code\":null,"
		   "\"error\":null,\"signal\":null,\"attempt\":1,\"worker\":3,\"mode\":\"process\","
		   "\"format\":\"jpeg\",\"width\":4000,\"height\":3000,\"out_width\":800,"
		   "\"out_height\":600,\"bytes_in\":3400000,\"bytes_out\":120000,"
		   "\"read_ms\":1.000,\"decode_ms\":20.500,\"resize_ms\":10.250,"
		   "\"encode_ms\":5.125,\"publish_ms\":0.500,"
		   "\"notes\":[\"truncated\",\"grew\"]}\n");
	text_release(&text);
}

static void test_ndjson_of_a_worker_that_died(void **state)
{
	struct br_batch_record record = a_record(NULL);
	struct text text = TEXT_EMPTY;

	(void)state;
	record.status = BR_BATCH_CRASHED;
	record.stage = BR_BATCH_STAGE_RESIZE;
	record.worker_rss = 4096;
	ndjson_add(&text, &record);
	text_add_bytes(&text, "", 1);
	assert_non_null(strstr((const char *)text.bytes.data,
	                       ",\"notes\":[],\"stage\":\"resize\",\"worker_bytes\":4096"));
	text_release(&text);
}

static void test_several_outputs(void **state)
{
	static const struct br_batch_output outputs[] = {
	    {.path = "o/a-640.jpg", .width = 640, .height = 480, .bytes = 80000},
	    {.path = "o/\xFF.jpg", .width = 1280, .height = 960, .bytes = 200000},
	    {.path = "o/a-{width}.jpg"},
	};
	struct br_image_result image = a_result();
	struct br_batch_record record = a_record(&image);
	struct text text = TEXT_EMPTY;
	struct tally tally = {0};
	struct run run = {.mode = BR_EXECUTOR_SERIAL};

	(void)state;
	record.outputs = outputs;
	record.output = outputs[1].path;
	record.output_count = 3;
	record.largest = 1;
	record.sizes = 4;
	record.bytes_out = 280000;
	ndjson_add(&text, &record);
	text_add_bytes(&text, "", 1);
	const char *line = (const char *)text.bytes.data;

	assert_non_null(strstr(line, "\"out_width\":1280,\"out_height\":960,"));
	assert_non_null(strstr(line, "\"bytes_out\":200000,"));
	assert_non_null(strstr(
	    line, "\"notes\":[\"truncated\",\"grew\"],\"outputs\":["
		  "{\"output\":\"o/a-640.jpg\",\"width\":640,\"height\":480,\"bytes\":80000},"
		  "{\"output\":\"o/\xEF\xBF\xBD.jpg\",\"width\":1280,\"height\":960,"
		  "\"bytes\":200000,\"output_bytes\":\"by//LmpwZw==\"},"
		  "{\"output\":\"o/a-{width}.jpg\",\"width\":null,\"height\":null,"
		  "\"bytes\":null}],\"output_bytes\":\"by//LmpwZw==\"}\n"));
	text_clear(&text);
	lines_add_record(&text, &record, false);
	assert_text(&text, "a.jpg -> o/\\xff.jpg and 2 more: 4000x3000 -> 1280x960, 3.4 MB -> 280 "
	                   "kB, 37 ms, truncated, grew\n");
	tally_add(&tally, &record);
	tally_add(&tally, &record);
	lines_add_summary(&text, &tally, &run);
	assert_text(&text, "2 images in 0.000 s: 2 resized into 6 files; 6.8 MB -> 560 kB; serial "
	                   "mode\n");
	run.dry_run = true;
	tally = (struct tally){0};
	record.status = BR_BATCH_PLANNED;
	tally_add(&tally, &record);
	lines_add_summary(&text, &tally, &run);
	assert_text(&text, "dry run: 1 image to resize into 3 files; 3.4 MB to read; nothing was "
	                   "written\n");
	text_release(&text);
}

static void test_ndjson_failed(void **state)
{
	struct br_batch_record record =
	    a_failure("\xFF.jpg", BR_ERROR_EMPTY, "the file is \"empty\"");
	struct text text = TEXT_EMPTY;

	(void)state;
	record.status = BR_BATCH_CRASHED;
	record.signal = SIGSEGV;
	ndjson_add(&text, &record);
	assert_text(&text,
	            "{\"source\":\"\xEF\xBF\xBD.jpg\",\"output\":\"out/x\",\"status\":\"crashed\","
	            "\"code\":\"empty\",\"error\":\"the file is \\\"empty\\\"\",\"signal\":11,"
	            "\"attempt\":0,\"worker\":null,\"mode\":\"serial\",\"format\":null,"
	            "\"width\":null,\"height\":null,\"out_width\":null,\"out_height\":null,"
	            "\"bytes_in\":0,\"bytes_out\":null,\"read_ms\":null,\"decode_ms\":null,"
	            "\"resize_ms\":null,\"encode_ms\":null,\"publish_ms\":null,\"notes\":[],"
	            "\"source_bytes\":\"/y5qcGc=\"}\n");
	text_release(&text);
}

static void test_record_lines(void **state)
{
	struct br_image_result image = a_result();
	struct br_batch_record record = a_record(&image);
	struct text text = TEXT_EMPTY;

	(void)state;
	lines_add_record(&text, &record, false);
	assert_text(&text, "a.jpg -> out/a.jpg: 4000x3000 -> 800x600, 3.4 MB -> 120 kB, 37 ms, "
	                   "truncated, grew\n");
	lines_add_record(&text, &record, true);
	assert_text(&text, "a.jpg -> out/a.jpg: 4000x3000 -> 800x600, 3.4 MB -> 120 kB, 37 ms, "
	                   "truncated, grew (process worker 3, attempt 1; read 1.0, decode 20.5, "
	                   "resize 10.2, encode 5.1, publish 0.5 ms)\n");
	image.notes = 0;
	image.detour = BR_IMAGE_DETOUR_LINEAR;
	lines_add_record(&text, &record, false);
	assert_text(&text, "a.jpg -> out/a.jpg: 4000x3000 -> 800x600, 3.4 MB -> 120 kB, 37 ms, by "
	                   "libvips: --linear\n");
	for (unsigned i = 0; i <= BR_IMAGE_DETOURS; i++) {
		const enum br_image_detour detour = (enum br_image_detour)i;
		const bool named = i > BR_IMAGE_DETOUR_NONE && i < BR_IMAGE_DETOURS;

		assert_int_equal(strlen(br_image_detour_reason(detour)) > 0, named);
		assert_int_equal(strncmp(br_image_detour_note(detour), "general-way:", 12) == 0,
		                 named);
	}
	record = a_failure("a\n", BR_ERROR_SKIPPED, "it exists");
	record.status = BR_BATCH_SKIPPED;
	lines_add_record(&text, &record, true);
	assert_text(&text, "a\\n -> out/x: skipped: it exists\n");
	text_release(&text);
}

static void test_failure_lines(void **state)
{
	struct br_batch_record record =
	    a_failure("\033a", BR_ERROR_TRUNCATED, "ends early: copy it");
	struct text text = TEXT_EMPTY;

	(void)state;
	lines_add_failure(&text, &record);
	assert_text(&text, "batchresize: \\x1ba: ends early: copy it\n");
	/* a name that is a part of the message */
	record = a_failure("a", BR_ERROR_SYSTEM, "it can't be opened: No such file");
	lines_add_failure(&text, &record);
	assert_text(&text, "batchresize: a: it can't be opened: No such file\n");
	record = a_failure("-", BR_ERROR_EMPTY, "the file is empty: copy it anew");
	lines_add_failure(&text, &record);
	assert_text(&text, "batchresize: standard input: the file is empty: copy it anew\n");
	text_release(&text);
}

static void test_summaries(void **state)
{
	struct tally tally = {
	    .count = {[BR_BATCH_OK] = 1230, [BR_BATCH_SKIPPED] = 2, [BR_BATCH_FAILED] = 2},
	    .bytes_read = 560880000,
	    .bytes_in = 3400000000,
	    .bytes_out = 120000000};
	struct run run = {.mode = BR_EXECUTOR_PROCESS, .workers = 4, .elapsed = 12.3};
	struct text text = TEXT_EMPTY;

	(void)state;
	lines_add_summary(&text, &tally, &run);
	assert_text(&text, "1,234 images in 12.3 s (100.3/s, 45.6 MB/s): 1,230 resized, 2 skipped, "
	                   "2 failed; 3.4 GB -> 120 MB; process mode, 4 workers\n");
	tally = (struct tally){.count = {[BR_BATCH_OK] = 1,
	                                 [BR_BATCH_CRASHED] = 2,
	                                 [BR_BATCH_TIMEOUT] = 1,
	                                 [BR_BATCH_CANCELLED] = 5},
	                       .bytes_read = 10,
	                       .bytes_in = 10,
	                       .bytes_out = 5};
	run = (struct run){.mode = BR_EXECUTOR_HYBRID,
	                   .workers = 1,
	                   .io_threads = 8,
	                   .elapsed = 60,
	                   .signal = SIGINT};
	lines_add_summary(&text, &tally, &run);
	assert_text(&text,
	            "stopped by SIGINT: 4 images in 1 min 00 s (0.07/s, 0 B/s): 1 resized, 3 "
	            "failed (2 crashed, 1 timed out), 5 not done; 10 B -> 5 B; hybrid mode, 1 "
	            "worker, 8 I/O threads; to go on, start it again with --existing=skip\n");
	run.goes_on = true;
	lines_add_summary(&text, &tally, &run);
	text_add_bytes(&text, "", 1);
	assert_non_null(
	    strstr((const char *)text.bytes.data, "8 I/O threads; to go on, start it again\n"));
	text_clear(&text);
	tally = (struct tally){.count = {[BR_BATCH_SKIPPED] = 1}};
	run = (struct run){.mode = BR_EXECUTOR_SERIAL, .workers = 4, .elapsed = 0.0004};
	lines_add_summary(&text, &tally, &run);
	assert_text(&text, "1 image in 0.000 s: 0 resized, 1 skipped; serial mode\n");
	tally = (struct tally){0};
	lines_add_summary(&text, &tally, &run);
	assert_text(&text, "no images: nothing to do\n");
	tally = (struct tally){.count = {[BR_BATCH_PLANNED] = 7, [BR_BATCH_FAILED] = 2},
	                       .bytes_in = 9000};
	run.dry_run = true;
	lines_add_summary(&text, &tally, &run);
	assert_text(&text, "dry run: 7 images to resize, 2 refused; 9.0 kB to read; nothing was "
	                   "written\n");
	text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ndjson_done),
	    cmocka_unit_test(test_ndjson_of_a_worker_that_died),
	    cmocka_unit_test(test_several_outputs),
	    cmocka_unit_test(test_ndjson_failed),
	    cmocka_unit_test(test_record_lines),
	    cmocka_unit_test(test_failure_lines),
	    cmocka_unit_test(test_summaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
