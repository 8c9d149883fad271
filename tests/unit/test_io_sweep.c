/* test_io_sweep.c - what killed runs have left is removed, what living ones use is not. There are
 * no nameless files here; the file system's kind and its longest name are what a test says.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/sweep.h"
#include "io/temporary.h"
#include "plan_fixture.h"

/* --- a file system -----------------------------------------------------------------------------
 */

static long magic;       /* its kind; 0: what it is */
static size_t name_max;  /* bytes of a name, 0: as it is */
static bool keeps_files; /* unlink is refused */
static bool knows_nameless;
static time_t temporaries_age; /* seconds, of files that have a name */

int openat(int directory, const char *name, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = va_arg(more, mode_t);
	va_end(more);
	if ((flags & O_TMPFILE) == O_TMPFILE && !knows_nameless) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (name_max > 0 && strlen(name) > name_max) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return (int)syscall(SYS_openat, directory, name, flags, mode);
}

int fstatfs(int fd, struct statfs *found)
{
	int result = (int)syscall(SYS_fstatfs, fd, found);

	if (magic != 0)
		found->f_type = magic;
	return result;
}

int fstatat(int directory, const char *name, struct stat *st, int flags)
{
	int result = (int)syscall(SYS_newfstatat, directory, name, st, flags);

	st->st_ctim.tv_sec -= temporaries_age;
	return result;
}

int unlinkat(int directory, const char *name, int flags)
{
	if (keeps_files) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_unlinkat, directory, name, flags);
}

/* --- helpers -----------------------------------------------------------------------------------
 */

static unsigned told_removed, told_left;
static char told_path[PATH_MAX], told_text[4096];

static void tell(void *ctx, bool left, const char *path, const char *text)
{
	(void)ctx;
	if (left)
		told_left++;
	else
		told_removed++;
	(void)snprintf(told_path, sizeof(told_path), "%s", path);
	(void)snprintf(told_text, sizeof(told_text), "%s", text);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Opens an output in the folder "o" under a new sweeper, as a run does, and lets go of both. */
static void sweep(void)
{
	struct sweeper *sweeper = sweeper_new();
	struct output output;
	struct br_error error;

	told_removed = told_left = 0;
	assert_int_equal(output_open("o/new", &output, &error), 0);
	assert_int_equal(output.kind, OUTPUT_NAMED);
	sweeper_watch(sweeper, &output, "o/new");
	sweeper_discard(sweeper, &output, "o/new");
	sweeper_tell(sweeper, NULL, tell);
	sweeper_free(sweeper);
}

static void make_aged(const char *path, time_t age)
{
	make_file(path, 3);
	temporaries_age = age;
}

static int setup(void **state)
{
	magic = 0;
	name_max = 0;
	keeps_files = false;
	knows_nameless = false;
	temporaries_age = 0;
	return plan_fixture_setup(state);
}

static int teardown(void **state)
{
	keeps_files = false; /* the fixture removes them */
	name_max = 0;
	return plan_fixture_teardown(state);
}

/* Has a process of its own open an output, and end or wait to be killed with it open. */
static pid_t open_in_child(bool end)
{
	int ends[2];
	char ready;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		struct output output;

		if (output_open("o/theirs", &output, NULL) != 0)
			_exit(1);
		(void)!write(ends[1], "", 1);
		if (!end)
			(void)pause();
		_exit(0);
	}
	assert_int_equal(read(ends[0], &ready, 1), 1);
	assert_int_equal(close(ends[0]) | close(ends[1]), 0);
	if (end)
		assert_int_equal(waitpid(child, NULL, 0), child);
	return child;
}

/* --- what is swept -----------------------------------------------------------------------------
 */

static void what_a_dead_process_left_goes(void **state)
{
	static const long kinds[] = {0, FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC, (long)CIFS_SUPER_MAGIC};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		magic = kinds[i];
		(void)open_in_child(true);
		(void)open_in_child(true);
		assert_int_equal(entries("o"), 2);
		sweep();
		assert_int_equal(entries("o"), 0);
		assert_int_equal(told_removed, 2);
		assert_int_equal(strncmp(told_path, "o/.batchresize-", 15), 0);
	}
}

static void what_a_living_one_uses_stays(void **state)
{
	static const long kinds[] = {0, FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC};
	struct output own;
	struct br_error error;

	(void)state;
	assert_int_equal(output_open("o/own", &own, &error), 0);
	for (unsigned i = 0; i < 3; i++) {
		pid_t child;

		magic = kinds[i];
		child = open_in_child(false);
		assert_int_equal(entries("o"), 2);
		sweep();
		assert_int_equal(entries("o"), 2);
		assert_int_equal(told_removed, 0);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		sweep();
		assert_int_equal(entries("o"), 1);
	}
	assert_int_equal(output_discard(&own), 0);
}

/* A machine's own disk may be written by other containers, which lock what they use; over a network
 * only age can tell. */
static void what_another_machine_left_goes_by_lock_or_age(void **state)
{
	static const char *const names[] = {"o/.batchresize-0123456789abcd.tmp",
	                                    "o/.batchresize-0123456789abcdef01.tmp"};
	int fd;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		magic = 0;
		make_aged(names[i], 1);
		fd = open(names[i], O_RDWR | O_CLOEXEC, 0);
		assert_int_equal(flock(fd, LOCK_EX), 0);
		sweep();
		assert_true(exists(names[i]));
		assert_int_equal(close(fd), 0);
		sweep();
		assert_false(exists(names[i]));

		magic = FUSE_SUPER_MAGIC;
		make_aged(names[i], (time_t)60 * 60);
		sweep();
		assert_true(exists(names[i]));
		make_aged(names[i], (time_t)13 * 60 * 60);
		sweep();
		assert_false(exists(names[i]));
	}
}

static void nothing_else_goes(void **state)
{
	(void)state;
	make_aged("o/.batchresize-", 1 << 20);
	make_aged("o/.batchresize-0123456789abcd", 1 << 20);
	make_aged("o/batchresize-0123456789abcd.tmp", 1 << 20);
	make_aged("o/.tmp", 1 << 20);
	make_aged("o/.b~", 1 << 20);
	make_aged("o/.b~Z", 1 << 20);
	make_aged("o/.b~picture.jpg", 1 << 20);
	make_aged("precious", 1 << 20);
	assert_int_equal(mkdir("o/.batchresize-00112233445566.tmp", 0777), 0);
	assert_int_equal(symlink("../precious", "o/.batchresize-00112233445567.tmp"), 0);
	sweep();
	assert_int_equal(entries("o"), 9);
	assert_true(exists("precious"));
}

static void a_directory_is_looked_at_once(void **state)
{
	struct sweeper *sweeper = sweeper_new();
	struct output output;
	struct br_error error;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "o%u/a", i % 150);
		assert_int_equal(output_open(path, &output, &error), 0);
		sweeper_watch(sweeper, &output, path);
		sweeper_discard(sweeper, &output, path);
		(void)snprintf(path, sizeof(path), "o%u/.batchresize-00112233445566.tmp", i % 150);
		make_file(path, 0);
	}
	for (unsigned i = 0; i < 150; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "o%u", i);
		assert_int_equal(entries(path), 1);
	}
	sweeper_free(sweeper);
}

/* Where nothing is to be made. */
static void a_visit_sweeps_as_well(void **state)
{
	struct sweeper *sweeper = sweeper_new();

	(void)state;
	magic = FUSE_SUPER_MAGIC;
	make_aged("o/.batchresize-0123456789abcd.tmp", (time_t)13 * 60 * 60);
	make_file("o/a", 3);
	sweeper_visit(sweeper, "o/a");
	assert_int_equal(entries("o"), 1);
	make_aged("o/.batchresize-0123456789abce.tmp", (time_t)13 * 60 * 60);
	make_aged("p/.batchresize-0123456789abce.tmp", (time_t)13 * 60 * 60);
	sweeper_visit(sweeper, "o/b"); /* once a run */
	assert_int_equal(entries("o"), 2);
	sweeper_visit(sweeper, "p/a");
	assert_int_equal(entries("p"), 0);
	sweeper_visit(sweeper, "none/a");
	sweeper_free(sweeper);
	/* what is young by the file system's clock stays */
	sweeper = sweeper_new();
	temporaries_age = 60;
	sweeper_visit(sweeper, "o/a");
	assert_int_equal(entries("o"), 2);
	sweeper_free(sweeper);
	/* where there are nameless ones nothing has been left */
	sweeper = sweeper_new();
	temporaries_age = (time_t)13 * 60 * 60;
	knows_nameless = true;
	sweeper_visit(sweeper, "o/a");
	assert_int_equal(entries("o"), 2);
	sweeper_free(sweeper);
	sweeper_visit(NULL, "o/a");
}

static void what_cannot_be_removed_is_told(void **state)
{
	struct sweeper *sweeper = sweeper_new();
	struct output output[20];
	struct br_error error;

	(void)state;
	keeps_files = true;
	told_left = told_removed = 0;
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(output_open("o/a", &output[i], &error), 0);
		sweeper_watch(sweeper, &output[i], "o/a");
		sweeper_discard(sweeper, &output[i], "o/a");
		if (i == 0) {
			sweeper_tell(sweeper, NULL, tell);
			assert_int_equal(told_left, 1);
			assert_true(exists(told_path));
			assert_non_null(strstr(told_text, "Permission denied"));
		}
	}
	told_left = 0;
	sweeper_tell(sweeper, NULL, tell);
	assert_int_equal(told_left, 1); /* one by name, and how many */
	assert_non_null(strstr(told_text, " and 4 more: "));
	sweeper_free(sweeper);
}

/* As a thread that hangs has them at a run's end: they go, and can't be published any more. */
static void what_nobody_has_discarded_goes_in_the_end(void **state)
{
	static const struct output_attributes replace = {.replace = true};
	struct sweeper *sweeper = sweeper_new();
	struct output output[200];
	struct br_error error;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(output_open("o/a", &output[i], &error), 0);
		sweeper_watch(sweeper, &output[i], "o/a");
	}
	assert_int_equal(output_commit(&output[0], "o/a", &replace, &error), 0);
	for (unsigned i = 0; i < 100; i++)
		sweeper_discard(sweeper, &output[i], "o/a");
	assert_int_equal(entries("o"), 101);
	sweeper_end(sweeper);
	assert_int_equal(entries("o"), 1);
	assert_int_equal(output_commit(&output[100], "o/b", &replace, &error), -ENOENT);
	assert_false(exists("o/b"));
	for (unsigned i = 100; i < 200; i++)
		sweeper_discard(sweeper, &output[i], "o/a");
	sweeper_end(sweeper);
	sweeper_end(NULL);
	sweeper_free(sweeper);
	assert_true(exists("o/a"));
}

static void without_a_sweeper_nothing_is_swept(void **state)
{
	struct output output;
	struct br_error error;

	(void)state;
	make_file("o/.batchresize-00112233445566.tmp", 0);
	assert_int_equal(output_open("o/a", &output, &error), 0);
	sweeper_watch(NULL, &output, "o/a");
	sweeper_discard(NULL, &output, "o/a");
	sweeper_tell(NULL, NULL, tell);
	sweeper_free(NULL);
	assert_int_equal(entries("o"), 1);
}

/* --- names -------------------------------------------------------------------------------------
 */

static void names_are_no_longer_than_they_may_be(void **state)
{
	static const char *const finals[] = {"o/0123456789.jpg", "o/a.jpg", "o/abcd"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct output output[8];
		struct br_error error;

		name_max = strlen(finals[i]) - 2;
		for (unsigned j = 0; j < 8; j++) {
			assert_int_equal(output_open(finals[i], &output[j], &error), 0);
			assert_in_range(strlen(output[j].temporary), 4, name_max);
			assert_true(temporary_is(output[j].temporary));
		}
		for (unsigned j = 0; j < 8; j++)
			assert_int_equal(output_discard(&output[j]), 0);
		assert_int_equal(output_open(finals[i], &output[0], &error), 0);
		assert_int_equal(output_commit(&output[0], finals[i],
		                               &(struct output_attributes){.replace = true},
		                               &error),
		                 0);
		assert_true(exists(finals[i]));
	}
	/* Short ones go by age alone: of so few letters others may make names as well. */
	name_max = 0;
	make_aged("o/.b~0", (time_t)60 * 60);
	sweep();
	assert_true(exists("o/.b~0"));
	make_aged("o/.b~v0v0v0v0v0v0", (time_t)13 * 60 * 60);
	sweep();
	assert_false(exists("o/.b~0") || exists("o/.b~v0v0v0v0v0v0"));
}

static void names_tell_whose_they_are(void **state)
{
	char name[OUTPUT_TEMPORARY_MAX], other[OUTPUT_TEMPORARY_MAX];

	(void)state;
	temporary_name(name);
	temporary_name(other);
	assert_string_not_equal(name, other);
	assert_int_equal(strlen(name), 13 + 18 + 4);
	assert_int_equal(temporary_owner(name), TEMPORARY_LIVING);
	memset(name + 13 + 6, '0', 6);
	assert_int_equal(temporary_owner(name), TEMPORARY_DEAD);
	name[13] = name[13] == 'f' ? '0' : 'f';
	assert_int_equal(temporary_owner(name), TEMPORARY_UNKNOWN);
	temporary_name_brief(name);
	assert_int_equal(strlen(name), 13 + 18 + 4);
	assert_true(temporary_is(name) && temporary_is_marked(name));
	temporary_name_short(name, 100);
	assert_true(temporary_is(name) && !temporary_is_marked(name));
}

#define SWEEP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SWEEP_TEST(what_a_dead_process_left_goes),
	    SWEEP_TEST(what_a_living_one_uses_stays),
	    SWEEP_TEST(what_another_machine_left_goes_by_lock_or_age),
	    SWEEP_TEST(nothing_else_goes),
	    SWEEP_TEST(a_directory_is_looked_at_once),
	    SWEEP_TEST(a_visit_sweeps_as_well),
	    SWEEP_TEST(what_cannot_be_removed_is_told),
	    SWEEP_TEST(what_nobody_has_discarded_goes_in_the_end),
	    SWEEP_TEST(without_a_sweeper_nothing_is_swept),
	    SWEEP_TEST(names_are_no_longer_than_they_may_be),
	    SWEEP_TEST(names_tell_whose_they_are),
	};

	return cmocka_run_group_tests_name("io sweep", tests, NULL, NULL);
}
