/* test_directories.c - directories that stay what they were: how many are open, what counts as
 * another, and what a run without an end does otherwise.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/directories.h"
#include "plan_fixture.h"

static unsigned count_open(void)
{
	DIR *stream = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	(void)closedir(stream);
	return count;
}

static int take(struct directories *all, const char *path, const struct output_directory **taken)
{
	struct br_error error = {0};
	size_t made;

	return directories_take(all, NULL, path, &made, taken, &error);
}

/* Takes the directory of an output, and lets it go. */
static int visit(struct directories *all, const char *path)
{
	const struct output_directory *taken;
	const int status = take(all, path, &taken);

	directories_release(all, taken);
	return status;
}

static void test_many_take_few_descriptors(void **state)
{
	struct directories *all = directories_new(8, false);
	const unsigned before = count_open();
	char path[64];

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 500; i++) {
			(void)snprintf(path, sizeof(path), "many/%u/sub/a.jpg", i);
			assert_int_equal(visit(all, path), 0);
			assert_true(count_open() <= before + 8);
		}
	assert_int_equal(rename("many/7/sub", "many/7/other"), 0);
	assert_int_equal(mkdir("many/7/sub", 0777), 0);
	assert_int_equal(visit(all, "many/7/sub/b.jpg"), -ESTALE);
	assert_int_equal(directories_lost(all, "many/7/sub/b.jpg"), strlen("many/7/sub/"));
	assert_int_equal(directories_lost(all, "many/8/sub/b.jpg"), 0);
	directories_free(all);
	assert_int_equal(count_open(), before);
}

static void test_without_descriptors_those_that_nobody_uses_go(void **state)
{
	const struct rlimit few = {.rlim_cur = 32, .rlim_max = 32};
	struct directories *all = directories_new(1000, false);
	struct rlimit before;
	char path[64];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){few.rlim_cur, before.rlim_max}),
	                 0);
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(path, sizeof(path), "few/%u/a.jpg", i);
		assert_int_equal(visit(all, path), 0);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	directories_free(all);
}

static void test_one_that_is_held_is_the_same_for_all(void **state)
{
	struct directories *all = directories_new(0, false);
	const struct output_directory *first, *second;
	struct br_error error = {0};
	size_t made;

	(void)state;
	assert_int_equal(directories_take(all, NULL, "held/deep//sub/a.jpg", &made, &first, &error),
	                 0);
	assert_int_equal(made, strlen("held"));
	assert_int_equal(
	    directories_take(all, NULL, "held/deep//sub/b.jpg", &made, &second, &error), 0);
	assert_int_equal(made, 0);
	assert_ptr_equal(first, second);
	assert_int_equal(first->place.length, strlen("held/deep//sub/"));
	assert_true(directory_holds(first));
	assert_int_equal(directories_look(all, "held/deep//sub/c.jpg"), 0);
	assert_int_equal(directories_look(all, "held/unseen/c.jpg"), 1);
	assert_int_equal(rename("held/deep", "held/moved"), 0);
	assert_false(directory_holds(first));
	assert_int_equal(directories_look(all, "held/deep//sub/c.jpg"), -ESTALE);
	assert_int_equal(directories_lost(all, "held/deep//sub/c.jpg"), strlen("held/deep//"));
	/* what is not known yet is not made in what was moved, nor where that was */
	assert_int_equal(visit(all, "held/deep//new/a.jpg"), -ESTALE);
	assert_int_equal(access("held/moved/new", F_OK), -1);
	assert_int_equal(access("held/deep", F_OK), -1);
	/* a link that leads where the run has been is no other directory */
	assert_int_equal(symlink("moved", "held/deep"), 0);
	assert_true(directory_holds(first));
	directories_release(all, first);
	directories_release(all, second);
	assert_int_equal(visit(all, "held/deep//sub/c.jpg"), 0);
	directories_free(all);
}

static void test_links(void **state)
{
	struct directories *all = directories_new(4, false);

	(void)state;
	assert_int_equal(mkdir("links", 0777), 0);
	assert_int_equal(mkdir("links/real", 0777), 0);
	assert_int_equal(mkdir("links/other", 0777), 0);
	assert_int_equal(symlink("real", "links/there"), 0);
	assert_int_equal(visit(all, "links/there/sub/a.jpg"), 0);
	assert_int_equal(access("links/real/sub", F_OK), 0);
	/* the run has made "sub": what is in it was not there before */
	assert_int_equal(symlink("../../other", "links/real/sub/link"), 0);
	assert_int_equal(visit(all, "links/there/sub/link/a.jpg"), -ESTALE);
	assert_int_equal(unlink("links/there"), 0);
	assert_int_equal(symlink("other", "links/there"), 0);
	assert_int_equal(directories_look(all, "links/there/sub/b.jpg"), -ESTALE);
	assert_int_equal(visit(all, "links/there/new/b.jpg"), -ESTALE);
	assert_int_equal(access("links/other/new", F_OK), -1);
	assert_int_equal(rmdir("links/other"), 0); /* nothing was made there */
	directories_free(all);
}

static void test_a_run_without_an_end(void **state)
{
	struct directories *all = directories_new(4, true);
	const struct output_directory *taken;

	(void)state;
	assert_int_equal(visit(all, "endless/sub/a.jpg"), 0);
	assert_int_equal(rmdir("endless/sub"), 0);
	assert_int_equal(visit(all, "endless/sub/a.jpg"), 0);
	assert_int_equal(rename("endless/sub", "endless/other"), 0);
	assert_int_equal(mkdir("endless/sub", 0777), 0);
	assert_int_equal(visit(all, "endless/sub/a.jpg"), 0);
	assert_int_equal(rmdir("endless/sub"), 0);
	assert_int_equal(symlink("other", "endless/sub"), 0);
	assert_int_equal(visit(all, "endless/sub/a.jpg"), -ESTALE);
	assert_int_equal(unlink("endless/sub"), 0);
	assert_int_equal(take(all, "endless/sub/a.jpg", &taken), 0);
	assert_int_equal(rmdir("endless/sub"), 0);
	assert_false(directory_holds(taken));
	directories_release(all, taken);
	directories_free(all);
}

static void test_where_a_path_begins(void **state)
{
	struct directories *all = directories_new(4, false);
	char here[512], path[600];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	(void)snprintf(path, sizeof(path), "%s/whole/sub/a.jpg", here);
	assert_int_equal(visit(all, path), 0);
	assert_int_equal(access("whole/sub", F_OK), 0);
	assert_int_equal(visit(all, "a.jpg"), 0);
	assert_int_equal(visit(all, "/a.jpg"), 0);
	assert_int_equal(visit(all, "whole/../whole/./new/a.jpg"), 0);
	assert_int_equal(access("whole/new", F_OK), 0);
	assert_int_equal(visit(all, "/dev/null/a.jpg"), -ENOTDIR);
	directories_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many_take_few_descriptors),
	    cmocka_unit_test(test_without_descriptors_those_that_nobody_uses_go),
	    cmocka_unit_test(test_one_that_is_held_is_the_same_for_all),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_a_run_without_an_end),
	    cmocka_unit_test(test_where_a_path_begins),
	};

	return cmocka_run_group_tests(tests, plan_fixture_setup, plan_fixture_teardown);
}
