/* test_choice.c - what --mode=auto makes of what it sees, and what it sees of files. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "auto/choice.h"

#define KB UINT64_C(1000)
#define MB (1000 * KB)

static struct sight some(uint64_t files, uint64_t bytes)
{
	return (struct sight){
	    .counted = true, .files = files, .bytes = bytes, .ground = SIGHT_LOCAL};
}

static void expect(struct sight sight, bool trusted, enum br_executor_mode mode, unsigned workers)
{
	const struct auto_choice choice = choice_make(&sight, 4, trusted, 0);

	assert_int_equal(choice.mode, mode);
	assert_int_equal(choice.workers, workers);
	assert_true(strlen(choice.why) > 40 && strlen(choice.why) < CHOICE_WHY_MAX - 1);
}

static void test_strangers_pictures_have_processes(void **state)
{
	struct sight many = {.ground = SIGHT_LOCAL};

	(void)state;
	expect(many, false, BR_EXECUTOR_AUTO, 4);
	expect(some(50, 100 * MB), false, BR_EXECUTOR_AUTO, 4);
	expect(some(1, 50 * KB), false, BR_EXECUTOR_AUTO, 1);
	expect(some(1, 90 * MB), false, BR_EXECUTOR_AUTO, 1);
	expect(some(12, 300 * KB), false, BR_EXECUTOR_AUTO, 2);
	expect(some(0, 0), false, BR_EXECUTOR_AUTO, 1);
}

static void test_trusted_ones_have_threads_or_none(void **state)
{
	struct sight slow = some(50, 100 * MB), mount = slow;

	(void)state;
	slow.tried = slow.waited = true;
	mount.ground = SIGHT_NETWORK;
	expect(some(50, 100 * MB), true, BR_EXECUTOR_THREAD, 4);
	expect(some(3, 200 * KB), true, BR_EXECUTOR_SERIAL, 1);
	expect(some(1, 90 * MB), true, BR_EXECUTOR_SERIAL, 1);
	expect(slow, true, BR_EXECUTOR_AUTO, 4);
	expect(mount, true, BR_EXECUTOR_AUTO, 4);
}

static void test_servers_are_asked_for_more(void **state)
{
	struct sight mount = some(50, 100 * MB);

	(void)state;
	assert_int_equal(choice_make(&mount, 4, false, 0).io_threads, 0);
	mount.ground = SIGHT_FUSE;
	assert_true(choice_make(&mount, 4, false, 0).io_threads > 8);
	assert_non_null(strstr(choice_make(&mount, 4, false, 0).why, "FUSE"));
}

static void test_what_is_scarce_is_not_shared(void **state)
{
	const struct sight many = some(50, 100 * MB);

	(void)state;
	assert_int_equal(choice_make(&many, 4, false, 180 * MB).mode, BR_EXECUTOR_PROCESS);
	assert_int_equal(choice_make(&many, 4, false, 1000 * MB).mode, BR_EXECUTOR_AUTO);
	assert_int_equal(choice_make(&many, 4, true, 180 * MB).mode, BR_EXECUTOR_THREAD);
	assert_non_null(strstr(choice_make(&many, 4, false, 180 * MB).why, "memory is scarce"));
}

/* --- what is seen ------------------------------------------------------------------------------
 */

static char folder[] = "/tmp/test_choice.XXXXXX";

static void write_file(const char *name, size_t bytes)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	assert_int_equal(close(fd), 0);
}

static void remove_file(const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

static void test_sight(void **state)
{
	const char *paths[] = {folder, "/nothing/here"};
	struct sight sight;
	char name[16], below[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file("a.jpg", 1000);
	write_file("b.jpg", 500);
	write_file(".hidden", 70000);
	sight = sight_take(paths, 1, NULL, false, false);
	assert_true(sight.counted && !sight.tried);
	assert_int_equal(sight.files, 2);
	assert_int_equal(sight.bytes, 1500);
	assert_true(sight.ground != SIGHT_UNKNOWN);
	sight = sight_take(paths, 2, "/nothing/below/here", false, true);
	assert_true(sight.counted && sight.tried);
	assert_false(sight_take(paths, 1, NULL, true, false).counted);
	/* what a tree holds is for the plan to find out */
	(void)snprintf(below, sizeof(below), "%s/below", folder);
	assert_int_equal(mkdir(below, 0700), 0);
	assert_false(sight_take(paths, 1, NULL, false, false).counted);
	assert_int_equal(rmdir(below), 0);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "%d.jpg", i);
		write_file(name, 1);
	}
	assert_false(sight_take(paths, 1, NULL, false, false).counted);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "%d.jpg", i);
		remove_file(name);
	}
	remove_file("a.jpg");
	remove_file("b.jpg");
	remove_file(".hidden");
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strangers_pictures_have_processes),
	    cmocka_unit_test(test_trusted_ones_have_threads_or_none),
	    cmocka_unit_test(test_servers_are_asked_for_more),
	    cmocka_unit_test(test_what_is_scarce_is_not_shared),
	    cmocka_unit_test(test_sight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
