/* The observer that says what a run came to: to whom, when, and with which exit status. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "records.h"
#include "report/report.h"

/* --- the observer ----------------------------------------------------------------------------- */

struct stage {
	FILE *out, *err;
	struct report *report;
	const struct br_batch_observer *observer;
	struct br_batch_progress progress;
	struct br_batch_options batch;
};

static const char *const some_paths[] = {"in"};
static const char *const pipe_path[] = {"-"};

static void begin(struct stage *stage, struct report_options options)
{
	struct br_error error;

	memset(stage, 0, sizeof(*stage));
	stage->out = tmpfile();
	stage->err = tmpfile();
	assert_true(stage->out && stage->err);
	options.out = stage->out;
	options.err = stage->err;
	assert_int_equal(report_new(&stage->report, &options, &error), 0);
	stage->observer = report_observer(stage->report);
	stage->batch = br_batch_options_default();
	stage->batch.mode = BR_EXECUTOR_PROCESS;
	stage->batch.paths = some_paths;
	stage->batch.path_count = 1;
}

static void start(struct stage *stage)
{
	stage->progress.total = 10;
	stage->observer->started(stage->observer->ctx, &stage->batch, &stage->progress);
}

static int tell(struct stage *stage, const struct br_batch_record *record)
{
	stage->progress.done++;
	return stage->observer->finished(stage->observer->ctx, record, &stage->progress);
}

static int end(struct stage *stage, int status, int signal_number, const char *message)
{
	struct br_batch_outcome outcome = {
	    .progress = stage->progress, .signal = signal_number, .workers = 2};
	struct br_error error;

	outcome.progress.elapsed = 2;
	(void)br_error_set(&error, BR_ERROR_SYSTEM, "%s", message);
	int result = report_finish(stage->report, status, &outcome, &error);

	report_free(stage->report);
	return result;
}

static void assert_file(FILE *stream, const char *expected, size_t size)
{
	char content[4096];
	ssize_t length = pread(fileno(stream), content, sizeof(content) - 1, 0);

	assert_true(length >= 0);
	content[length] = '\0';
	assert_string_equal(content, expected);
	assert_int_equal(length, size);
	assert_int_equal(fclose(stream), 0);
}

#define ASSERT_FILE(stream, expected) assert_file(stream, expected, sizeof(expected) - 1)

static void test_observer_says_what_failed(void **state)
{
	struct br_image_result image = a_result();
	struct br_batch_record done = a_record(&image);
	struct br_batch_record failed =
	    a_failure("b\n.jpg", BR_ERROR_CORRUPT, "corrupt: copy it anew");
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){0});
	start(&stage);
	assert_int_equal(tell(&stage, &done), 0);
	assert_int_equal(tell(&stage, &failed), 0);
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_FAILURES);
	ASSERT_FILE(stage.out, "");
	ASSERT_FILE(stage.err,
	            "batchresize: b\\n.jpg: corrupt: copy it anew\n"
	            "written: out/a.jpg\n"
	            "2 images in 2.0 s (1.0/s, 1.7 MB/s): 1 resized, 1 failed; 3.4 MB -> "
	            "120 kB; process mode, 2 workers\n");
}

static void test_quiet_says_only_errors(void **state)
{
	struct br_batch_record failed = a_failure("b.jpg", BR_ERROR_CORRUPT, "corrupt");
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){.quiet = true});
	start(&stage);
	(void)tell(&stage, &failed);
	stage.observer->notice(stage.observer->ctx, BR_BATCH_REMARK, "x.txt", "no image");
	stage.observer->notice(stage.observer->ctx, BR_BATCH_WARNING, "t.tmp", "can't be removed");
	stage.observer->notice(stage.observer->ctx, BR_BATCH_SERIOUS, "dir", "cannot be read");
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_FAILURES);
	ASSERT_FILE(stage.out, "");
	ASSERT_FILE(stage.err, "batchresize: b.jpg: corrupt\nbatchresize: dir: cannot be read\n"
	                       "1 image in 2.0 s: 0 resized, 1 failed; process mode, 2 workers\n");
}

/* What can't be removed is seen, and the pictures decide what the run is worth. */
static void test_a_warning_is_no_failure(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){0});
	start(&stage);
	stage.observer->notice(stage.observer->ctx, BR_BATCH_WARNING, "t.tmp", "can't be removed");
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_OK);
	ASSERT_FILE(stage.err, "batchresize: t.tmp: can't be removed\n"
	                       "no images: nothing to do\n");
}

static void test_verbose_says_more(void **state)
{
	struct br_image_result image = a_result();
	struct br_batch_record done = a_record(&image);
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){.verbose = 1});
	start(&stage);
	stage.observer->notice(stage.observer->ctx, BR_BATCH_REMARK, "x.txt", "no image");
	(void)tell(&stage, &done);
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_OK);
	ASSERT_FILE(stage.out, "");
	ASSERT_FILE(stage.err, "batchresize: x.txt: no image\n"
	                       "a.jpg -> out/a.jpg: 4000x3000 -> 800x600, 3.4 MB -> 120 kB, 37 ms, "
	                       "truncated, grew\n"
	                       "written: out/a.jpg\n"
	                       "1 image in 2.0 s (0.50/s, 1.7 MB/s): 1 resized; 3.4 MB -> 120 kB; "
	                       "process mode, 2 workers\n");
}

static void test_print(void **state)
{
	struct br_batch_record done = a_record(NULL),
			       failed = a_failure("b", BR_ERROR_CORRUPT, "corrupt");
	struct stage stage;
	char first[32];

	(void)state;
	done.outputs = &(const struct br_batch_output){.path = "out/\n\xFF.jpg"};
	begin(&stage, (struct report_options){.print = true, .quiet = true});
	start(&stage);
	(void)tell(&stage, &done);
	/* at once: the next program of a pipeline waits for it */
	assert_int_equal(pread(fileno(stage.out), first, sizeof(first), 0), 11);
	(void)tell(&stage, &failed);
	(void)end(&stage, 0, 0, "");
	ASSERT_FILE(stage.out, "out/\n\xFF.jpg\n");
	assert_int_equal(fclose(stage.err), 0);

	begin(&stage,
	      (struct report_options){.print = true, .null_separated = true, .quiet = true});
	start(&stage);
	(void)tell(&stage, &done);
	(void)end(&stage, 0, 0, "");
	ASSERT_FILE(stage.out, "out/\n\xFF.jpg\0");
	assert_int_equal(fclose(stage.err), 0);
}

static void test_plan(void **state)
{
	static const struct br_batch_output output = {.path = "out/a\n.jpg"};
	struct br_batch_record planned = {.source = "a\n.jpg",
	                                  .output = "out/a\n.jpg",
	                                  .outputs = &output,
	                                  .output_count = 1,
	                                  .sizes = 1,
	                                  .status = BR_BATCH_PLANNED,
	                                  .bytes_in = 5};
	struct br_batch_record refused =
	    a_failure("b.jpg", BR_ERROR_COLLISION, "collides with c.jpg");
	struct stage stage;

	(void)state;
	for (int null = 0; null < 2; null++) {
		begin(&stage, (struct report_options){.null_separated = null});
		stage.batch.dry_run = true;
		start(&stage);
		(void)tell(&stage, &refused);
		(void)tell(&stage, &planned);
		assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_FAILURES);
		if (null)
			ASSERT_FILE(stage.out, "a\n.jpg\0out/a\n.jpg\0");
		else
			ASSERT_FILE(stage.out, "a\\n.jpg -> out/a\\n.jpg\n");
		ASSERT_FILE(stage.err,
		            "batchresize: b.jpg: collides with c.jpg\n"
		            "dry run: 1 image to resize, 1 refused; 5 B to read; nothing "
		            "was written\n");
	}
}

static void test_lines_instead_of_a_bar(void **state)
{
	struct br_batch_record done = a_record(NULL);
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){.bar = REPORT_BAR_ALWAYS});
	start(&stage);
	for (int i = 0; i < 4; i++) {
		stage.progress.elapsed += 0.6;
		(void)tell(&stage, &done);
	}
	(void)end(&stage, 0, 0, "");
	ASSERT_FILE(stage.err, " 20%   2/10    1.7/s      0 B/s\n"
	                       " 40%   4/10    1.7/s      0 B/s      4s left\n"
	                       "written below out/\n"
	                       "4 images in 2.0 s (2.0/s, 6.8 MB/s): 4 resized; 13.6 MB -> 480 kB; "
	                       "process mode, 2 workers\n");
	assert_int_equal(fclose(stage.out), 0);
}

static void test_exit_statuses(void **state)
{
	struct br_batch_record done = a_record(NULL),
			       cancelled = a_failure("c", BR_ERROR_CANCELLED, "late");
	struct br_batch_record crashed = a_failure("c", BR_ERROR_CRASHED, "died");
	static const struct {
		int record, status, signal, expected;
	} rows[] = {
	    {0, 0, 0, 0},
	    {1, 0, 0, 1},
	    {0, BR_ERROR_USAGE, 0, 2},
	    {0, -EACCES, 0, 3},
	    {0, BR_ERROR_NO_WORKER, 0, 3},
	    {1, 0, SIGINT, 128 + SIGINT},
	    {2, 0, SIGTERM, 128 + SIGTERM},
	    {2, 0, 0, 3},
	};
	struct stage stage;

	(void)state;
	cancelled.status = BR_BATCH_CANCELLED;
	crashed.status = BR_BATCH_CRASHED;
	const struct br_batch_record *records[] = {&done, &crashed, &cancelled};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&stage, (struct report_options){0});
		start(&stage);
		(void)tell(&stage, records[rows[i].record]);
		assert_int_equal(end(&stage, rows[i].status, rows[i].signal, "no"),
		                 rows[i].expected);
		assert_int_equal(fclose(stage.out), 0);
		assert_int_equal(fclose(stage.err), 0);
	}
}

static void test_run_that_could_not_start(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){0});
	assert_int_equal(end(&stage, -EACCES, 0, "cannot write 'out': Permission denied"),
	                 REPORT_EXIT_RUN);
	ASSERT_FILE(stage.err, "batchresize: cannot write 'out': Permission denied\n");
	assert_int_equal(fclose(stage.out), 0);
}

/* A reader that has gone stops the run, and nothing is said. */
static void test_broken_pipe(void **state)
{
	struct br_batch_record done = a_record(NULL);
	struct stage stage;
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	begin(&stage, (struct report_options){.print = true});
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(close(ends[0]), 0);
	assert_true(dup2(ends[1], fileno(stage.out)) >= 0);
	start(&stage);
	assert_int_equal(tell(&stage, &done), EPIPE);
	assert_int_equal(end(&stage, 0, 0, ""), 128 + SIGPIPE);
	ASSERT_FILE(stage.err, "");
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(fclose(stage.out), 0);
}

static void test_broken_pipe_of_a_filter(void **state)
{
	struct br_batch_record failed = a_failure("-", BR_ERROR_NONE, "");
	struct stage stage;

	(void)state;
	(void)br_error_system(&failed.error, EPIPE, "cannot write the output");
	begin(&stage, (struct report_options){0});
	stage.batch.paths = pipe_path;
	start(&stage);
	(void)tell(&stage, &failed);
	assert_int_equal(end(&stage, -EPIPE, 0, ""), 128 + SIGPIPE);
	ASSERT_FILE(stage.err, "");
	assert_int_equal(fclose(stage.out), 0);
}

static void test_filter_has_no_summary(void **state)
{
	struct br_batch_record done = a_record(NULL);
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){0});
	stage.batch.paths = pipe_path;
	start(&stage);
	(void)tell(&stage, &done);
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_OK);
	ASSERT_FILE(stage.err, "");
	ASSERT_FILE(stage.out, "");
}

/* --- the report file -------------------------------------------------------------------------- */

static void make_file(char path[64], const char *content)
{
	(void)snprintf(path, 64, "/tmp/test_report.XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	assert_int_equal(close(fd), 0);
}

static void test_report_file(void **state)
{
	struct br_batch_record done = a_record(NULL);
	struct stage stage;
	struct stat st;
	char path[64];

	(void)state;
	make_file(path, "{\"source\":\"an older report\"}\n{}\n");
	begin(&stage, (struct report_options){.ndjson = path});
	start(&stage);
	assert_int_equal(tell(&stage, &done), 0);
	/* Not written to for each image; a second later it is, and the older one is gone. */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, strlen("{\"source\":\"an older report\"}\n{}\n"));
	stage.progress.elapsed = 1.1;
	stage.observer->tick(stage.observer->ctx, &stage.progress);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 300);
	assert_int_equal(tell(&stage, &done), 0);
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_OK);
	off_t one = st.st_size;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 2 * one);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fclose(stage.out), 0);
	assert_int_equal(fclose(stage.err), 0);
}

static void test_report_never_replaces_a_picture(void **state)
{
	static const char *const contents[] = {"\xFF\xD8\xFF\xE0 a picture", "{", "{\"name\": 1}"};

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		struct report *report;
		struct br_error error;
		struct stat st;
		char path[64];

		make_file(path, contents[i]);
		assert_int_equal(
		    report_new(&report, &(struct report_options){.ndjson = path}, &error),
		    BR_ERROR_USAGE);
		assert_null(report);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, (off_t)strlen(contents[i]));
		assert_int_equal(unlink(path), 0);
	}
}

static void test_report_that_cannot_be_opened(void **state)
{
	struct report *report;
	struct br_error error;

	(void)state;
	assert_int_equal(
	    report_new(&report, &(struct report_options){.ndjson = "/nowhere/r"}, &error), -ENOENT);
	assert_string_equal(error.msg,
	                    "cannot write the report '/nowhere/r': No such file or directory");
}

static void test_full_disk(void **state)
{
	struct br_batch_record done = a_record(NULL);
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){.ndjson = "/dev/full", .quiet = true});
	start(&stage);
	stage.progress.elapsed = 1.1;
	assert_int_equal(tell(&stage, &done), ENOSPC);
	assert_int_equal(tell(&stage, &done), ENOSPC);
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_RUN);
	ASSERT_FILE(
	    stage.err,
	    "batchresize: cannot write /dev/full (the run is stopped; make room, "
	    "or write elsewhere): No space left on device\n"
	    "2 images in 2.0 s (1.0/s, 3.4 MB/s): 2 resized; 6.8 MB -> 240 kB; process mode, "
	    "2 workers\n");
	assert_int_equal(fclose(stage.out), 0);
}

static void test_full_disk_at_the_end(void **state)
{
	struct br_batch_record done = a_record(NULL);
	struct stage stage;

	(void)state;
	begin(&stage, (struct report_options){.ndjson = "/dev/full", .quiet = true});
	start(&stage);
	assert_int_equal(tell(&stage, &done), 0);
	assert_int_equal(end(&stage, 0, 0, ""), REPORT_EXIT_RUN);
	assert_int_equal(fclose(stage.err), 0);
	assert_int_equal(fclose(stage.out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_observer_says_what_failed),
	    cmocka_unit_test(test_quiet_says_only_errors),
	    cmocka_unit_test(test_a_warning_is_no_failure),
	    cmocka_unit_test(test_verbose_says_more),
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_plan),
	    cmocka_unit_test(test_lines_instead_of_a_bar),
	    cmocka_unit_test(test_exit_statuses),
	    cmocka_unit_test(test_run_that_could_not_start),
	    cmocka_unit_test(test_broken_pipe),
	    cmocka_unit_test(test_broken_pipe_of_a_filter),
	    cmocka_unit_test(test_filter_has_no_summary),
	    cmocka_unit_test(test_report_file),
	    cmocka_unit_test(test_report_never_replaces_a_picture),
	    cmocka_unit_test(test_report_that_cannot_be_opened),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_full_disk_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
