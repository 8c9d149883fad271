/* test_jury.c - verdicts on the outputs of many pictures, in the order in which they were asked. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/threads.h"
#include "plan_fixture.h"
#include "state/jury.h"

/* More than a ring of dockets has, also with the most threads. */
#define PICTURES    12000
#define DIRECTORIES 40

/* What take() was told. */
struct told {
	unsigned count, wrong;
	int status; /* what it answers from the hundredth on */
};

/* One in ten is gone, one in ten is of another setup, one in ten was touched. */
static enum state_verdict expected(unsigned number)
{
	static const enum state_verdict verdicts[10] = {
	    STATE_SAME, STATE_GONE, STATE_SETUP, STATE_SAME, STATE_TOUCHED,
	    STATE_SAME, STATE_SAME, STATE_SAME,  STATE_SAME, STATE_SAME};

	return verdicts[number % 10];
}

static int take(void *ctx, const struct jury_row *row)
{
	struct told *told = ctx;

	told->wrong += row->key != told->count || row->identity != ~row->key ||
	               row->verdict != expected(told->count);
	told->count++;
	return told->count > 100 ? told->status : 0;
}

static void make_directories(void)
{
	char path[64];

	for (unsigned i = 0; i < DIRECTORIES; i++) {
		(void)snprintf(path, sizeof(path), "out/d%u/a.jpg", i);
		make_file(path, 100 + i);
	}
}

/* An output as it lies there, or as it never was. */
static size_t pack(unsigned number, unsigned directory, unsigned char *bytes)
{
	struct state_output output = {.path = "a.jpg"};
	struct stat st;
	char path[64];

	(void)snprintf(path, sizeof(path), "out/d%u/a.jpg", directory);
	assert_int_equal(lstat(path, &st), 0);
	output.file = state_file_of(&st);
	if (expected(number) == STATE_GONE)
		output.path = "b.jpg";
	if (expected(number) == STATE_TOUCHED)
		output.file.size++;
	assert_true(packed_size(&output, 1) < 128);
	return packed_write(&output, 1, bytes);
}

static int add(struct jury *jury, unsigned number, unsigned directory)
{
	const bool current = expected(number) != STATE_SETUP;
	const struct jury_row row = {.key = number,
	                             .identity = ~(uint64_t)number,
	                             .verdict = current ? STATE_SAME : STATE_SETUP};
	unsigned char bytes[128];

	return jury_add(jury, &row, bytes, current ? pack(number, directory, bytes) : 0);
}

static int add_all(struct jury *jury, unsigned first, unsigned each)
{
	char path[16];
	int status = 0;

	for (unsigned i = 0; i < PICTURES && status == 0; i++) {
		const unsigned directory = i / each % DIRECTORIES;

		if (i % each == 0) {
			(void)snprintf(path, sizeof(path), "d%u", directory);
			jury_enter(jury, path);
		}
		status = add(jury, first + i, directory);
	}
	return status;
}

static void verdicts_come_in_order(void **state)
{
	static const unsigned each[] = {1, 7, 300, 5000};
	struct state asked = {.output = "out"};
	struct told told = {0};
	struct jury *jury = jury_new(&asked, take, &told);

	(void)state;
	make_directories();
	assert_non_null(jury);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(add_all(jury, i * PICTURES, each[i]), 0);
		assert_int_equal(jury_finish(jury), 0);
		assert_int_equal(told.count, (i + 1) * PICTURES);
	}
	assert_int_equal(told.wrong, 0);
	jury_free(jury);
}

static void few_need_no_thread_and_none_needs_nothing(void **state)
{
	struct state asked = {.output = "out"};
	struct told told = {0};
	struct jury *jury = jury_new(&asked, take, &told);

	(void)state;
	make_directories();
	assert_int_equal(jury_finish(jury), 0);
	jury_enter(jury, "d0");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(add(jury, i, 0), 0);
	assert_int_equal(told.count, 0);
	assert_int_equal(jury_finish(jury), 0);
	assert_int_equal(told.count, 3);
	assert_int_equal(told.wrong, 0);
	jury_free(jury);
}

static int take_gone(void *ctx, const struct jury_row *row)
{
	struct told *told = ctx;

	told->count++;
	told->wrong += row->verdict != STATE_GONE;
	return 0;
}

/* Upwards nothing is looked for. */
static void outputs_elsewhere_are_gone(void **state)
{
	static const char *const directories[] = {"../out/d0", "/d0", "no", "d0/../d0", "d0/a.jpg"};
	struct state asked = {.output = "out"};
	struct told told = {0};
	struct jury *jury = jury_new(&asked, take_gone, &told);

	(void)state;
	make_directories();
	for (unsigned i = 0; i < 5; i++) {
		jury_enter(jury, directories[i]);
		assert_int_equal(add(jury, 0, 0), 0);
	}
	assert_int_equal(jury_finish(jury), 0);
	assert_int_equal(told.count, 5);
	assert_int_equal(told.wrong, 0);
	jury_free(jury);
}

static void it_ends_when_it_is_told_to(void **state)
{
	struct state asked = {.output = "out", .stop = 1};
	struct told told = {.status = -ENOMEM};
	struct jury *jury = jury_new(&asked, take, &told);

	(void)state;
	make_directories();
	assert_int_equal(add_all(jury, 0, 300), -ECANCELED);
	assert_int_equal(told.count, 0);
	jury_free(jury);

	asked.stop = 0;
	jury = jury_new(&asked, take, &told);
	assert_int_equal(add_all(jury, 0, 300), -ENOMEM);
	assert_int_equal(told.count, 101);
	jury_free(jury);
}

static void *tell_mask(void *argument)
{
	(void)pthread_sigmask(SIG_SETMASK, NULL, argument);
	return NULL;
}

static void threads_leave_signals_to_others(void **state)
{
	sigset_t mask, own;
	pthread_t thread;

	(void)state;
	assert_int_equal(threads_start(&thread, NULL, tell_mask, &mask), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT) &&
	            sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGCHLD));
	assert_false(sigismember(&mask, SIGSEGV) || sigismember(&mask, SIGBUS) ||
	             sigismember(&mask, SIGFPE) || sigismember(&mask, SIGILL));
	(void)tell_mask(&own);
	assert_false(sigismember(&own, SIGTERM));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(verdicts_come_in_order),
	    TEST(few_need_no_thread_and_none_needs_nothing),
	    TEST(outputs_elsewhere_are_gone),
	    TEST(it_ends_when_it_is_told_to),
	    cmocka_unit_test(threads_leave_signals_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
