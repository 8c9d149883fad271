/* test_executor_channel.c - messages between processes: bounds, descriptors, and a peer's death. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "exec/channel.h"

static void test_parts_and_descriptors(void **state)
{
	struct channel_message sent = {.kind = CHANNEL_JOB, .index = 7}, got;
	int ends[2], fds[BR_EXECUTOR_FDS_MAX], fd = memfd_create("test", MFD_CLOEXEC);
	struct stat before, after;
	unsigned count = 99;
	char body[16];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(channel_send(ends[0], &sent, "result", 6, "job", 3, &fd, 1, true), 0);
	assert_int_equal(channel_receive(ends[1], &got, body, sizeof(body), fds, &count, true), 9);
	assert_int_equal(got.index, 7);
	assert_memory_equal(body, "resultjob", 9);
	assert_int_equal(count, 1);
	assert_int_equal(fstat(fd, &before), 0);
	assert_int_equal(fstat(fds[0], &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(channel_receive(ends[1], &got, NULL, 0, NULL, NULL, false), -EAGAIN);
	(void)close(fds[0]);
	(void)close(fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_too_long_is_no_message(void **state)
{
	struct channel_message sent = {.kind = CHANNEL_JOB}, got;
	char body[4];
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(channel_send(ends[0], &sent, "12345", 5, NULL, 0, NULL, 0, true), 0);
	assert_int_equal(channel_receive(ends[1], &got, body, sizeof(body), NULL, NULL, true),
	                 -EPROTO);
	assert_int_equal(write(ends[0], "x", 1), 1);
	assert_int_equal(channel_receive(ends[1], &got, body, sizeof(body), NULL, NULL, true),
	                 -EPROTO);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* A worker that dies has jobs that it never read; what it said before is not lost for that. */
static void test_last_words_of_a_dead_peer(void **state)
{
	struct channel_message job = {.kind = CHANNEL_JOB}, result = {.kind = CHANNEL_RESULT}, got;
	int ends[2];

	(void)state;
	assert_int_equal(channel_pair(ends), 0);
	assert_int_equal(channel_send(ends[0], &job, NULL, 0, NULL, 0, NULL, 0, true), 0);
	assert_int_equal(channel_send(ends[1], &result, NULL, 0, NULL, 0, NULL, 0, true), 0);
	(void)close(ends[1]);
	assert_int_equal(channel_receive(ends[0], &got, NULL, 0, NULL, NULL, false), 0);
	assert_int_equal(got.kind, CHANNEL_RESULT);
	assert_int_equal(channel_receive(ends[0], &got, NULL, 0, NULL, NULL, false), -EPIPE);
	assert_int_equal(channel_send(ends[0], &job, NULL, 0, NULL, 0, NULL, 0, true), -EPIPE);
	(void)close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts_and_descriptors),
	    cmocka_unit_test(test_too_long_is_no_message),
	    cmocka_unit_test(test_last_words_of_a_dead_peer),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
