/* test_syncer.c - threads that share an fsync: nobody goes before one that began after his call, no
 * more are made than are needed, and an error is told to all whom it concerns.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/syncer.h"

#define THREADS 16

/* --- fsync(2) ----------------------------------------------------------------------------------
 */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int begun, ended, allowed; /* calls; how many may end */
static int broken;                /* errno, or 0 */

int fsync(int fd)
{
	int error;

	(void)fd;
	(void)pthread_mutex_lock(&mutex);
	begun++;
	(void)pthread_cond_broadcast(&changed);
	while (ended >= allowed)
		(void)pthread_cond_wait(&changed, &mutex);
	ended++;
	error = broken;
	(void)pthread_mutex_unlock(&mutex);
	errno = error;
	return error ? -1 : 0;
}

static void wait_for_calls(int count)
{
	(void)pthread_mutex_lock(&mutex);
	while (begun < count)
		(void)pthread_cond_wait(&changed, &mutex);
	(void)pthread_mutex_unlock(&mutex);
}

static void allow(int count)
{
	(void)pthread_mutex_lock(&mutex);
	allowed = count;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&mutex);
}

static int setup(void **state)
{
	(void)state;
	begun = ended = allowed = broken = 0;
	return 0;
}

/* --- threads that wait -------------------------------------------------------------------------
 */

struct waiter {
	struct syncer *syncer;
	struct synced *directory;
	int before; /* calls that had begun */
	int after;  /* calls that have ended */
	int status;
	pthread_t thread;
};

static void *wait_once(void *arg)
{
	struct waiter *waiter = arg;

	(void)pthread_mutex_lock(&mutex);
	waiter->before = begun;
	(void)pthread_mutex_unlock(&mutex);
	waiter->status = syncer_wait(waiter->syncer, waiter->directory);
	(void)pthread_mutex_lock(&mutex);
	waiter->after = ended;
	(void)pthread_mutex_unlock(&mutex);
	return NULL;
}

static void start(struct waiter *waiter, struct syncer *syncer, const char *path)
{
	*waiter = (struct waiter){.syncer = syncer};
	assert_int_equal(syncer_open(syncer, NULL, path, &waiter->directory), 0);
	assert_int_equal(pthread_create(&waiter->thread, NULL, wait_once, waiter), 0);
}

static void join(struct waiter *waiter)
{
	assert_int_equal(pthread_join(waiter->thread, NULL), 0);
	syncer_close(waiter->syncer, waiter->directory);
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void those_who_wait_share_a_call(void **state)
{
	struct syncer *syncer = syncer_new();
	struct waiter waiter[THREADS];

	(void)state;
	start(&waiter[0], syncer, "/a.jpg");
	wait_for_calls(1);
	for (unsigned i = 1; i < THREADS; i++)
		start(&waiter[i], syncer, "/a.jpg");
	allow(THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		join(&waiter[i]);
		assert_int_equal(waiter[i].status, 0);
		/* one that began after his own did */
		assert_true(waiter[i].after > waiter[i].before);
	}
	assert_in_range(begun, 2, THREADS);
	assert_int_equal(begun, ended);
	syncer_free(syncer);
}

static void directories_do_not_wait_for_each_other(void **state)
{
	struct syncer *syncer = syncer_new();
	struct waiter waiter[2];

	(void)state;
	start(&waiter[0], syncer, "/a.jpg");
	start(&waiter[1], syncer, "/proc/a.jpg");
	wait_for_calls(2); /* at a time */
	allow(2);
	join(&waiter[0]);
	join(&waiter[1]);
	syncer_free(syncer);
}

/* Those in the round that fails, and nobody later. */
static void an_error_is_told_to_whom_it_concerns(void **state)
{
	static const int errors[] = {EIO, EINVAL};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct syncer *syncer = syncer_new();
		struct waiter waiter[2];

		(void)setup(NULL);
		start(&waiter[0], syncer, "/a.jpg");
		wait_for_calls(1);
		start(&waiter[1], syncer, "/a.jpg");
		broken = errors[i];
		allow(2);
		join(&waiter[0]);
		join(&waiter[1]);
		assert_int_equal(waiter[0].status, errors[i] == EIO ? -EIO : 1);
		assert_int_equal(waiter[1].status, waiter[0].status);
		broken = 0;
		allow(100);
		start(&waiter[0], syncer, "/a.jpg");
		join(&waiter[0]);
		assert_int_equal(waiter[0].status, 0);
		syncer_free(syncer);
	}
}

/* Whoever waits for a call that does not return makes his own in the end. */
static void a_call_that_hangs_costs_its_caller(void **state)
{
	struct syncer *syncer = syncer_new();
	struct waiter waiter[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		start(&waiter[i], syncer, "/a.jpg");
	wait_for_calls(3);
	allow(3);
	for (unsigned i = 0; i < 3; i++)
		join(&waiter[i]);
	syncer_free(syncer);
}

static void those_who_come_meanwhile_share_what_is_open(void **state)
{
	char above[] = "/tmp/test-syncer-XXXXXX", path[64], aside[64], file[64];
	struct syncer *syncer = syncer_new();
	struct synced *first, *second, *other, *later;

	(void)state;
	assert_non_null(mkdtemp(above));
	(void)snprintf(path, sizeof(path), "%s/out", above);
	(void)snprintf(aside, sizeof(aside), "%s/aside", above);
	(void)snprintf(file, sizeof(file), "%s/out/a.jpg", above);
	assert_int_equal(syncer_open(syncer, NULL, file, &first), -ENOENT);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(syncer_open(syncer, NULL, file, &first), 0);
	assert_int_equal(syncer_open(syncer, NULL, file, &second), 0);
	assert_ptr_equal(second, first);
	assert_int_equal(syncer_open(syncer, NULL, path, &other), 0); /* the one above */
	assert_ptr_not_equal(other, first);
	/* another one in its place */
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(syncer_open(syncer, NULL, file, &later), 0);
	assert_ptr_not_equal(later, first);
	syncer_close(syncer, first);
	allow(1);
	assert_int_equal(syncer_wait(syncer, second), 0); /* still open */
	syncer_close(syncer, second);
	syncer_close(syncer, other);
	syncer_close(syncer, later);
	syncer_free(syncer);
	assert_int_equal(rmdir(path) | rmdir(aside) | rmdir(above), 0);
}

static void without_one_each_has_his_own(void **state)
{
	struct waiter waiter[2];

	(void)state;
	start(&waiter[0], NULL, "/a.jpg");
	start(&waiter[1], NULL, "/a.jpg");
	wait_for_calls(2);
	allow(2);
	join(&waiter[0]);
	join(&waiter[1]);
	assert_int_equal(begun, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(those_who_wait_share_a_call, setup),
	    cmocka_unit_test_setup(directories_do_not_wait_for_each_other, setup),
	    cmocka_unit_test_setup(an_error_is_told_to_whom_it_concerns, setup),
	    cmocka_unit_test_setup(a_call_that_hangs_costs_its_caller, setup),
	    cmocka_unit_test_setup(those_who_come_meanwhile_share_what_is_open, setup),
	    cmocka_unit_test_setup(without_one_each_has_his_own, setup),
	};

	return cmocka_run_group_tests_name("syncer", tests, NULL, NULL);
}
