/* test_place.c - the directory that runs keep below their output directory. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan_fixture.h"
#include "state/place.h"

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static void assert_opens(const char *output, bool make)
{
	int fd = place_open(output, make);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(mkdirat(fd, "x", 0777), 0);
	assert_int_equal(unlinkat(fd, "x", AT_REMOVEDIR), 0);
	assert_int_equal(close(fd), 0);
}

static void it_is_made_with_all_that_is_missing(void **state)
{
	const mode_t before = umask(027);

	(void)state;
	assert_int_equal(place_open("a/b", false), -ENOENT);
	assert_opens("a/b", true);
	assert_int_equal(mode_of("a/b/.batchresize"), S_IFDIR | 0750);
	(void)umask(before);
	assert_opens("a/b", true);
	assert_opens("a/b/", false);
	assert_opens(".", true);
	assert_int_equal(mode_of("a/b/.batchresize"), S_IFDIR | 0750);
}

static void nothing_is_followed_or_replaced(void **state)
{
	(void)state;
	assert_int_equal(mkdir("elsewhere", 0777), 0);
	assert_int_equal(mkdir("linked", 0777), 0);
	assert_int_equal(symlink("../elsewhere", "linked/.batchresize"), 0);
	assert_int_equal(place_open("linked", true), -ENOTDIR);
	assert_int_equal(mkdir("dangling", 0777), 0);
	assert_int_equal(symlink("nowhere", "dangling/.batchresize"), 0);
	assert_int_equal(place_open("dangling", true), -ENOTDIR);
	make_file("file/.batchresize", 1);
	assert_int_equal(place_open("file", true), -ENOTDIR);
	make_file("output", 1);
	assert_int_equal(place_open("output", true), -ENOTDIR);
	/* the output directory itself may be a link, as ever */
	assert_int_equal(symlink("elsewhere", "output-link"), 0);
	assert_opens("output-link", true);
	assert_int_equal(mode_of("elsewhere/.batchresize") & S_IFMT, S_IFDIR);
}

static void what_cannot_be_made_is_told(void **state)
{
	(void)state;
	assert_int_equal(mkdir("closed", 0555), 0);
	become_nobody();
	if (geteuid() != 0)
		assert_int_equal(place_open("closed", true), -EACCES);
	become_root();
}

static void a_strangers_is_not_used_where_anybody_may_make_one(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	assert_int_equal(mkdir("shared", 0777), 0);
	assert_int_equal(mkdir("shared/.batchresize", 0777), 0);
	assert_int_equal(chown("shared/.batchresize", 4711, 4711), 0);
	assert_int_equal(chmod("shared", 0777), 0);
	assert_opens("shared", true);
	assert_int_equal(chmod("shared", 01777), 0);
	assert_int_equal(place_open("shared", true), -EPERM);
	assert_int_equal(chown("shared", 4711, 4711), 0);
	assert_opens("shared", true);
}

static void what_is_made_above_it_is_told(void **state)
{
	size_t made = 1;
	int fd = place_make("a/b", &made);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(made, 1); /* "a" */
	assert_int_equal(close(fd), 0);
	assert_int_equal(mkdir("a/c", 0777), 0);
	fd = place_make("a/c", &made);
	assert_true(fd >= 0);
	assert_int_equal(made, 0);
	assert_int_equal(close(fd), 0);
}

static void an_open_one_is_known_by_where_it_is(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(mkdir("elsewhere", 0777), 0);
	assert_opens("elsewhere", true);
	fd = place_open("a", true);
	assert_true(fd >= 0);
	assert_true(place_is("a", fd));
	assert_true(place_is("./a/", fd));
	assert_false(place_is("elsewhere", fd));
	assert_false(place_is("missing", fd));
	/* one that leads there is not the place itself */
	assert_int_equal(mkdir("linked", 0777), 0);
	assert_int_equal(symlink("../a/.batchresize", "linked/.batchresize"), 0);
	assert_false(place_is("linked", fd));
	assert_int_equal(close(fd), 0);
}

static void only_an_empty_one_is_taken_away(void **state)
{
	struct stat st;

	(void)state;
	assert_opens("a", true);
	make_file("a/.batchresize/lock", 1);
	place_remove_empty("a");
	assert_int_equal(mode_of("a/.batchresize") & S_IFMT, S_IFDIR);
	assert_int_equal(unlink("a/.batchresize/lock"), 0);
	place_remove_empty("a");
	assert_int_equal(lstat("a/.batchresize", &st), -1);
	place_remove_empty("a");
}

#define PLACE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLACE_TEST(it_is_made_with_all_that_is_missing),
	    PLACE_TEST(nothing_is_followed_or_replaced),
	    PLACE_TEST(what_cannot_be_made_is_told),
	    PLACE_TEST(what_is_made_above_it_is_told),
	    PLACE_TEST(an_open_one_is_known_by_where_it_is),
	    PLACE_TEST(only_an_empty_one_is_taken_away),
	    PLACE_TEST(a_strangers_is_not_used_where_anybody_may_make_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
