/* test_sink.c - whole lines, whatever takes them and whoever else writes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/stream.h"
#include "plan_fixture.h"
#include "report/report_file.h"

static struct sink new_sink(int fd)
{
	struct sink sink = SINK_NONE;

	sink.fd = fd;
	return sink;
}

/* Adds lines of many lengths, up to about `longest` bytes. */
static void add_lines(struct sink *sink, unsigned count, unsigned longest, char end)
{
	for (unsigned i = 0; i < count; i++) {
		for (unsigned j = 0; j < i * 37 % longest; j++)
			text_add(&sink->pending, end == '\n' ? "x" : "\n");
		text_add_bytes(&sink->pending, &end, 1);
	}
}

/* --- pipes -------------------------------------------------------------------------------------
 */

/* In packet mode (O_DIRECT, pipe(7)) each read gives what one write put there. */
static void assert_pieces(unsigned longest, char end, size_t most)
{
	char block[1 << 16];
	size_t all = 0, size;
	int ends[2];
	struct sink sink;

	assert_int_equal(pipe2(ends, O_DIRECT | O_NONBLOCK), 0);
	sink = new_sink(ends[1]);
	add_lines(&sink, 40, longest, end);
	size = sink.pending.bytes.size;
	assert_int_equal(sink_flush(&sink), 0);
	while (all < size) {
		ssize_t got = read(ends[0], block, sizeof(block));

		assert_in_range(got, 1, most);
		assert_int_equal(block[got - 1], end);
		all += (size_t)got;
	}
	sink_release(&sink);
	assert_int_equal(close(ends[0]) | close(ends[1]), 0);
}

static void a_pipe_gets_pieces_that_stay_together(void **state)
{
	(void)state;
	assert_pieces(500, '\n', PIPE_BUF);
	assert_pieces(500, '\0', PIPE_BUF); /* paths with newlines in them */
	assert_pieces(3000, '\n', PIPE_BUF);
}

/* --- files -------------------------------------------------------------------------------------
 */

static void half_a_line_is_cut_off(void **state)
{
	struct rlimit kept, small;
	struct sink sink;
	struct stat st;
	int fd = open("report", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	(void)state;
	assert_int_equal(write(fd, "before\n", 7), 7);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
	small = kept;
	small.rlim_cur = 20;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	sink = new_sink(fd);
	text_add(&sink.pending, "first\nsecond line\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int error = sink_flush(&sink);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
	assert_true(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	assert_int_equal(error, EFBIG);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, strlen("before\nfirst\n"));
	assert_int_equal(sink_end(&sink), EFBIG); /* and nothing more */
	sink_release(&sink);
	assert_int_equal(close(fd), 0);
}

static void the_first_to_come_begins_a_new_report(void **state)
{
	static const char line[] = "{\"source\":1}\n";
	struct sink first = SINK_NONE, second = SINK_NONE, third = SINK_NONE;
	struct br_error error;
	struct stat st;
	char text[64];
	bool shared;

	(void)state;
	make_file_with("report", "{\"source\":0}\n", 13);
	assert_int_equal(report_file_open(&first, "report", &shared, &error), 0);
	assert_false(shared);
	assert_int_equal(report_file_open(&second, "report", &shared, &error), 0);
	assert_true(shared);
	text_add(&second.pending, "{\"source\":2}\n");
	assert_int_equal(sink_end(&second), 0);
	assert_int_equal(stat("report", &st), 0);
	assert_int_equal(st.st_size, 2 * strlen(line)); /* with the one of before */
	text_add(&first.pending, line);
	assert_int_equal(sink_flush(&first), 0);
	assert_int_equal(pread(first.fd, text, sizeof(text), 0), 2 * strlen(line));
	assert_memory_equal(text, "{\"source\":2}\n{\"source\":1}\n", 2 * strlen(line));
	assert_int_equal(close(first.fd), 0);
	assert_int_equal(report_file_open(&third, "report", &shared, &error), 0);
	assert_true(shared); /* the second has it still */
	assert_int_equal(stat("report", &st), 0);
	assert_int_equal(st.st_size, 2 * strlen(line));
	assert_int_equal(close(second.fd) | close(third.fd), 0);
	assert_int_equal(report_file_open(&third, "report", &shared, &error), 0);
	assert_false(shared);
	assert_int_equal(sink_end(&third), 0); /* of a run that could not start */
	assert_int_equal(stat("report", &st), 0);
	assert_int_equal(st.st_size, 2 * strlen(line));
	assert_int_equal(sink_replace(&third), 0); /* of one that found nothing */
	assert_int_equal(stat("report", &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(close(third.fd), 0);
	sink_release(&first);
	sink_release(&second);
}

static void what_is_no_report_stays(void **state)
{
	struct sink sink = SINK_NONE;
	struct br_error error;
	struct stat st;
	bool shared;

	(void)state;
	make_file_with("a.jpg", "picture", 7);
	assert_int_equal(report_file_open(&sink, "a.jpg", &shared, &error), BR_ERROR_USAGE);
	assert_int_equal(close(sink.fd), 0);
	assert_int_equal(stat("a.jpg", &st), 0);
	assert_int_equal(st.st_size, 7);
	assert_int_equal(report_file_open(&sink, "no/report", &shared, &error), -ENOENT);
	assert_int_equal(sink.fd, -1);
}

/* Many processes, each with lines of its own: each line whole, none lost. */
static void many_write_whole_lines(void **state)
{
	unsigned counts[8] = {0};
	char line[256];
	FILE *report;

	(void)state;
	for (int i = 0; i < 8; i++) {
		if (fork() != 0)
			continue;
		struct sink sink = SINK_NONE;
		bool shared;
		int status = report_file_open(&sink, "report", &shared, NULL);

		for (unsigned j = 0; j < 200 && status == 0; j++) {
			text_addf(&sink.pending, "{\"source\":%d,%0*d}\n", i, (int)(j % 100) + 1,
			          i);
			if (j % 3 == 0)
				status = sink_flush(&sink);
		}
		_exit(status | sink_end(&sink) ? 1 : 0);
	}
	for (int i = 0; i < 8; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	report = fopen("report", "re");
	assert_non_null(report);
	while (fgets(line, sizeof(line), report)) {
		int own, again;

		assert_int_equal(sscanf(line, "{\"source\":%1d,%d}", &own, &again), 2);
		assert_int_equal(own, again);
		assert_true(line[strlen(line) - 1] == '\n' && line[strlen(line) - 2] == '}');
		counts[own]++;
	}
	assert_int_equal(fclose(report), 0);
	for (int i = 0; i < 8; i++) /* except those who were through before others came */
		assert_true(counts[i] == 200 || counts[i] == 0);
}

/* --- files without a name ----------------------------------------------------------------------
 */

static void a_file_without_a_name(void **state)
{
	struct br_error error;
	char bytes[4] = "";
	int fd = stream_memory("a test", &error);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(stream_write(fd, "text", 4), 0);
	assert_int_equal(pread(fd, bytes, 4, 0), 4);
	assert_memory_equal(bytes, "text", 4);
	assert_int_equal(stream_settle(fd), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(stream_settle(fd), -EBADF);
}

#define SINK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SINK_TEST(a_pipe_gets_pieces_that_stay_together),
	    SINK_TEST(half_a_line_is_cut_off),
	    SINK_TEST(the_first_to_come_begins_a_new_report),
	    SINK_TEST(what_is_no_report_stays),
	    SINK_TEST(many_write_whole_lines),
	    SINK_TEST(a_file_without_a_name),
	};

	return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
