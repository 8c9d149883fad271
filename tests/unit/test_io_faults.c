/* test_io_faults.c - publishing where a system call fails at a moment that no real file system can
 * be brought to: the last close, the directory's fsync, a chmod. The calls are defined here, in
 * place of the C library's, and fail when a test has said so.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/io.h"
#include "plan_fixture.h"

/* --- calls that fail ---------------------------------------------------------------------------
 */

enum call {
	CLOSE,      /* of a file for writing */
	FSYNC_FILE, /* */
	FSYNC_DIRECTORY,
	READ_DIRECTORY, /* open(2) of one, for reading */
	NAMELESS,       /* O_TMPFILE */
	LINK_EMPTY,     /* linkat(2) with AT_EMPTY_PATH */
	LINK,           /* linkat(2) of any kind */
	RENAME_FLAGS,   /* renameat2(2) with a flag */
	RENAME,         /* renameat(2), rename(2) */
	CHMOD,
	TIMES,
	CHOWN,
	UNLINK,
	LOOK, /* fstat(2) of a file */
	CALLS
};

/* From the `after`-th call on, `times` of them fail with `error`. */
struct fault {
	int error, after, times;
};

static struct fault faults[CALLS];

static bool fails(enum call call)
{
	struct fault *fault = &faults[call];

	if (fault->error == 0 || fault->times == 0 || fault->after-- > 0)
		return false;
	fault->after = 0;
	fault->times--;
	errno = fault->error;
	return true;
}

static void fail_from(enum call call, int error, int after)
{
	faults[call] = (struct fault){.error = error, .after = after, .times = INT_MAX};
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && S_ISDIR(st.st_mode);
}

int fstat(int fd, struct stat *st)
{
	return !is_directory(fd) && fails(LOOK) ? -1 : fstatat(fd, "", st, AT_EMPTY_PATH);
}

int close(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	bool writes = flags >= 0 && (flags & O_ACCMODE) == O_RDWR;
	long result = syscall(SYS_close, fd);

	return result == 0 && writes && fails(CLOSE) ? -1 : (int)result;
}

int fsync(int fd)
{
	return fails(is_directory(fd) ? FSYNC_DIRECTORY : FSYNC_FILE) ? -1
	                                                              : (int)syscall(SYS_fsync, fd);
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = va_arg(more, mode_t);
	va_end(more);
	if ((flags & O_TMPFILE) == O_TMPFILE           ? fails(NAMELESS)
	    : flags & O_DIRECTORY && !(flags & O_PATH) ? fails(READ_DIRECTORY)
	                                               : false)
		return -1;
	return (int)syscall(SYS_openat, directory, path, flags, mode);
}

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	if (fails(LINK) || (flags & AT_EMPTY_PATH && fails(LINK_EMPTY)))
		return -1;
	return (int)syscall(SYS_linkat, from, old, to, name, flags);
}

int renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	return fails(RENAME_FLAGS) ? -1 : (int)syscall(SYS_renameat2, from, old, to, name, flags);
}

int renameat(int from, const char *old, int to, const char *name)
{
	return fails(RENAME) ? -1 : (int)syscall(SYS_renameat2, from, old, to, name, 0);
}

int rename(const char *old, const char *name)
{
	return renameat(AT_FDCWD, old, AT_FDCWD, name);
}

int fchmod(int fd, mode_t mode)
{
	return fails(CHMOD) ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int fchown(int fd, uid_t owner, gid_t group)
{
	return fails(CHOWN) ? -1 : (int)syscall(SYS_fchown, fd, owner, group);
}

int futimens(int fd, const struct timespec times[2])
{
	return fails(TIMES) ? -1 : (int)syscall(SYS_utimensat, fd, NULL, times, 0);
}

int unlinkat(int directory, const char *name, int flags)
{
	return fails(UNLINK) ? -1 : (int)syscall(SYS_unlinkat, directory, name, flags);
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

/* --- helpers -----------------------------------------------------------------------------------
 */

#define FILES 3

static const char *const paths[FILES] = {"o/a", "o/b", "p/c"};

static const struct output_attributes replace = {.replace = true};
static const struct output_attributes safe = {.replace = true, .fsync = true};

static unsigned lacks; /* of the last that were published */

static bool has(const char *path, const char *expected)
{
	char content[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC, 0);
	ssize_t got = fd < 0 ? -1 : read(fd, content, sizeof(content));

	if (fd >= 0)
		(void)close(fd);
	return got == (ssize_t)strlen(expected) && memcmp(content, expected, (size_t)got) == 0;
}

/* Publishes the first `count` of the paths, each with "new" in it. */
static int publish(unsigned count, const struct output_attributes *attributes)
{
	struct output output[FILES];
	struct output_file file[FILES];
	struct br_error error;
	int status = 0;

	lacks = 0;
	for (unsigned i = 0; i < count; i++) {
		file[i] = (struct output_file){.output = &output[i], .path = paths[i]};
		assert_int_equal(output_open(paths[i], &output[i], &error), 0);
		assert_int_equal(output_write(output[i].fd, "new", 3, &error), 0);
		if (status == 0)
			status = output_settle(&output[i], &error);
	}
	if (status == 0)
		status = output_commit_all(file, count, attributes, &error);
	for (unsigned i = 0; i < count; i++) {
		lacks |= output[i].lacks;
		(void)output_discard(&output[i]);
	}
	return status;
}

static int setup(void **state)
{
	int status = plan_fixture_setup(state);

	memset(faults, 0, sizeof(faults));
	if (status == 0)
		status = mkdir("o", 0777) || mkdir("p", 0777);
	return status;
}

static int teardown(void **state)
{
	memset(faults, 0, sizeof(faults));
	return plan_fixture_teardown(state);
}

static void make_old(void)
{
	make_file_with("o/a", "old", 3);
	make_file_with("p/c", "old", 3);
}

static void assert_nothing_new(bool old)
{
	memset(faults, 0, sizeof(faults));
	assert_int_equal(has("o/a", "old"), old);
	assert_int_equal(has("p/c", "old"), old);
	assert_int_equal(entries("o"), old);
	assert_int_equal(entries("p"), old);
}

/* What had been there has been replaced, if there was something; nothing else has been made. */
static void assert_replaced(bool old, unsigned count)
{
	memset(faults, 0, sizeof(faults));
	assert_int_equal(has("o/a", "new"), old);
	assert_int_equal(has("p/c", count > 1 ? "new" : "old"), old);
	assert_int_equal(entries("o"), old);
	assert_int_equal(entries("p"), old);
}

/* --- close -------------------------------------------------------------------------------------
 */

/* Whichever close it is that says there was no room, of files with and without a name before, alone
 * and in a group, named and nameless: no new name stays, and no old one is lost. */
static void what_close_refuses_has_no_name(void **state)
{
	(void)state;
	for (unsigned way = 0; way < 8; way++) {
		const unsigned count = way & 1 ? FILES : 1;
		const bool old = way & 2;
		int after = 0;

		for (; after < 20; after++) {
			if (old)
				make_old();
			if (way & 4)
				fail_from(NAMELESS, EOPNOTSUPP, 0);
			faults[CLOSE] = (struct fault){ENOSPC, after, 1};
			if (publish(count, &replace) == 0)
				break;
			assert_nothing_new(old);
		}
		assert_in_range(after, count,
		                2 * FILES); /* it failed so often, then there were no more */
		assert_true(has("o/a", "new"));
		for (unsigned i = 0; i < FILES; i++)
			(void)unlink(paths[i]);
	}
}

static void an_interrupted_close_is_not_trusted(void **state)
{
	(void)state;
	fail_from(NAMELESS, EOPNOTSUPP, 0);
	faults[CLOSE] = (struct fault){EINTR, 0, 1};
	assert_int_equal(publish(1, &replace), -EINTR);
	assert_nothing_new(false);
}

static void a_copy_that_close_refuses_is_an_error(void **state)
{
	struct output output;
	struct br_error error;
	int copy;

	(void)state;
	assert_int_equal(output_open("o/a", &output, &error), 0);
	copy = dup(output.fd);
	faults[CLOSE] = (struct fault){EDQUOT, 0, 1};
	assert_int_equal(output_close(copy, &error), -EDQUOT);
	assert_non_null(strstr(error.msg, "make room"));
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	assert_int_equal(output_close(dup(output.fd), &error), 0);
	assert_int_equal(output_discard(&output), 0);
}

/* --- fsync -------------------------------------------------------------------------------------
 */

static void a_broken_disk_is_an_error_and_leaves_nothing_new(void **state)
{
	static const enum call calls[] = {FSYNC_FILE, FSYNC_DIRECTORY, READ_DIRECTORY};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned way = 0; way < 8; way++) {
			const unsigned count = way & 1 ? FILES : 1;

			if (way & 2)
				make_old();
			if (way & 4)
				fail_from(RENAME_FLAGS, EINVAL, 0);
			fail_from(calls[i], calls[i] == READ_DIRECTORY ? EMFILE : EIO, 0);
			assert_int_equal(publish(count, &safe),
			                 calls[i] == READ_DIRECTORY ? -EMFILE : -EIO);
			if (calls[i] == FSYNC_DIRECTORY) {
				/* what was replaced is gone by then: the new one stays */
				assert_replaced(way & 2, count);
			} else {
				assert_nothing_new(way & 2);
			}
			for (unsigned j = 0; j < FILES; j++)
				(void)unlink(paths[j]);
		}
	}
}

static void what_cannot_be_synchronised_is_noted(void **state)
{
	static const int errors[] = {EINVAL, EOPNOTSUPP, ENOSYS, EPERM};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		fail_from(FSYNC_DIRECTORY, errors[i], 0);
		assert_int_equal(publish(FILES, &safe), 0);
		assert_int_equal(lacks, OUTPUT_LACKS_FSYNC);
		faults[FSYNC_DIRECTORY].error = 0;
		fail_from(FSYNC_FILE, errors[i], 0);
		assert_int_equal(publish(1, &safe), 0);
		assert_int_equal(lacks, OUTPUT_LACKS_FSYNC);
		faults[FSYNC_FILE].error = 0;
		assert_int_equal(publish(1, &safe), 0);
		assert_int_equal(lacks, 0);
	}
	fail_from(READ_DIRECTORY, EACCES, 0); /* one that may be written, not read */
	assert_int_equal(publish(1, &safe), 0);
	assert_int_equal(lacks, OUTPUT_LACKS_FSYNC);
}

/* --- attributes --------------------------------------------------------------------------------
 */

static void a_wish_that_is_refused_is_noted(void **state)
{
	static const struct stat source = {
	    .st_mode = 0604, .st_uid = 12345, .st_gid = 12345, .st_mtim = {.tv_sec = 77}};
	static const struct output_attributes wishes[] = {
	    {.replace = true, .mode = &source},
	    {.replace = true, .times = &source},
	    {.replace = true, .owner = &source},
	};
	static const enum call calls[] = {CHMOD, TIMES, CHOWN};
	static const int errors[] = {EPERM, EOPNOTSUPP, EINVAL, ENOSYS, EACCES};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned j = 0; j < 5; j++) {
			fail_from(calls[i], errors[j], 0);
			assert_int_equal(publish(j % 2 ? FILES : 1, &wishes[i]), 0);
			assert_int_equal(lacks, OUTPUT_LACKS_ATTRIBUTES);
			faults[calls[i]].error = 0;
			assert_true(has("o/a", "new"));
			for (unsigned k = 0; k < FILES; k++)
				(void)unlink(paths[k]);
		}
		fail_from(calls[i], EIO, 0);
		assert_int_equal(publish(1, &wishes[i]), -EIO);
		assert_nothing_new(false);
	}
}

/* --- ways to a name ----------------------------------------------------------------------------
 */

/* Each with what an old kernel, a container's filter and a file system say. */
static void every_way_to_a_name_can_be_done_without(void **state)
{
	static const enum call calls[] = {NAMELESS, LINK_EMPTY, LINK, RENAME_FLAGS};
	static const int errors[] = {ENOSYS, EPERM, EINVAL, EOPNOTSUPP};

	(void)state;
	for (unsigned lacking = 0; lacking < 16; lacking++) {
		for (unsigned j = 0; j < 4; j++) {
			const unsigned count = j % 2 ? FILES : 1;

			for (unsigned i = 0; i < 4; i++)
				if (lacking & 1U << i)
					fail_from(calls[i], errors[j], 0);
			assert_int_equal(publish(count, &replace), 0);
			assert_int_equal(publish(count, &replace), 0);
			assert_int_equal(publish(count, &safe), 0);
			assert_int_equal(lacks, 0);
			memset(faults, 0, sizeof(faults));
			assert_true(has("o/a", "new"));
			assert_int_equal(entries("o"), count > 1 ? 2 : 1);
			for (unsigned k = 0; k < FILES; k++)
				(void)unlink(paths[k]);
		}
	}
}

static void a_name_that_is_refused_leaves_what_was_there(void **state)
{
	(void)state;
	make_old();
	faults[RENAME] = (struct fault){EPERM, 0, INT_MAX};
	faults[RENAME_FLAGS] = (struct fault){EPERM, 0, INT_MAX};
	assert_int_equal(publish(1, &replace), -EPERM);
	assert_int_equal(publish(FILES, &replace), -EPERM);
	fail_from(NAMELESS, EOPNOTSUPP, 0);
	assert_int_equal(publish(1, &replace), -EPERM);
	assert_nothing_new(true);
}

static int questions; /* that are answered by yes; then by no */

static int confirm(void *arg)
{
	(void)arg;
	return questions-- > 0 ? 0 : -ECANCELED;
}

/* Where there is no way back, a file that has been replaced by then may stay so. */
static void assert_given_up(bool old, bool for_good)
{
	memset(faults, 0, sizeof(faults));
	for (unsigned i = 0; i < FILES; i += 2)
		assert_int_equal(has(paths[i], "old") || (for_good && has(paths[i], "new")), old);
	assert_int_equal(entries("o"), old);
	assert_int_equal(entries("p"), old);
}

/* Given up before any of the calls that give a name, or behind the last: nothing new has one, and
 * what was there is there. Only what has replaced a file without a way back stays. */
static void what_is_given_up_gets_no_name(void **state)
{
	static const struct output_attributes asked = {.replace = true, .confirm = confirm};

	(void)state;
	for (unsigned way = 0; way < 32; way++) {
		const unsigned count = way & 1 ? FILES : 1;
		const bool old = way & 2;
		int status = -ECANCELED, number = 0;

		for (; status != 0; number++) {
			if (old)
				make_old();
			if (way & 4)
				fail_from(NAMELESS, EOPNOTSUPP, 0);
			if (way & 8)
				fail_from(RENAME_FLAGS, EINVAL, 0);
			if (way & 16)
				fail_from(LINK, EPERM, 0);
			questions = number;
			status = publish(count, &asked);
			assert_true(questions >= 0 || status == -ECANCELED);
			if (status != 0)
				assert_given_up(old,
				                number > 0 && (count == 1 || (way & 24) == 24));
		}
		assert_in_range(number, count + 2, 3 * FILES + 2);
		for (unsigned i = 0; i < FILES; i++)
			(void)unlink(paths[i]);
	}
}

/* The directory's fsync may be what has hung. */
static void what_is_given_up_behind_fsync_goes(void **state)
{
	static const struct output_attributes asked = {
	    .replace = true, .fsync = true, .confirm = confirm};

	(void)state;
	for (unsigned count = 1; count <= FILES; count += FILES - 1) {
		int number = 0;

		for (questions = number; publish(count, &asked) != 0; questions = ++number)
			assert_nothing_new(false);
		assert_int_equal(number, count + 2); /* each name, behind them, behind fsync */
		for (unsigned i = 0; i < FILES; i++)
			(void)unlink(paths[i]);
	}
}

/* A temporary's name that another one has is no fault of the output's. */
static void a_name_that_is_taken_is_followed_by_another(void **state)
{
	static const struct output_attributes kinds[] = {{.fsync = true},
	                                                 {.replace = true, .fsync = true}};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		faults[LINK] = (struct fault){.error = EEXIST, .times = 3};
		assert_int_equal(publish(FILES, &kinds[i]), 0);
		assert_int_equal(faults[LINK].times, 0);
		for (unsigned file = 0; file < FILES; file++)
			assert_int_equal(unlink(paths[file]), 0);
	}
}

/* A disk that breaks on the way back: what is there is whole, and what stays beside it is told. */
static void what_does_not_come_back_is_told(void **state)
{
	struct output output[2];
	struct output_file file[2] = {{.output = &output[0], .path = "o/a"},
	                              {.output = &output[1], .path = "o/b"}};
	struct br_error error;

	(void)state;
	make_old();
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(output_open(file[i].path, &output[i], &error), 0);
		assert_int_equal(output_write(output[i].fd, "new", 3, &error), 0);
	}
	faults[CLOSE] = (struct fault){ENOSPC, 1, 1};
	fail_from(RENAME, EIO, 0);
	assert_int_equal(output_commit_all(file, 2, &replace, &error), -ENOSPC);
	assert_true(has("o/a", "new"));
	assert_int_equal(output_discard(&output[0]), -EIO);
	assert_int_equal(output_discard(&output[1]), 0);
	assert_int_equal(entries("o"), 2);
}

/* Its look is behind the call that gives it its name. */
static void what_can_not_be_looked_at_has_no_name(void **state)
{
	(void)state;
	for (unsigned count = 1; count <= FILES; count++) {
		fail_from(LOOK, EIO, 0);
		assert_int_equal(publish(count, &replace), -EIO);
		assert_nothing_new(false);
	}
}

static void what_unlink_refuses_is_told(void **state)
{
	struct output output;
	struct output_file file = {.output = &output, .path = "o/a"};
	struct br_error error;

	(void)state;
	fail_from(NAMELESS, EOPNOTSUPP, 0);
	fail_from(UNLINK, EACCES, 0);
	assert_int_equal(output_open("o/a", &output, &error), 0);
	assert_int_equal(output_discard(&output), -EACCES);
	assert_int_equal(strncmp(output.temporary, OUTPUT_TEMPORARY_PREFIX, 13), 0);
	faults[UNLINK].error = 0;
	assert_int_equal(output_discard(&output), -EACCES); /* what is left stays left */
	/* as well what was on its way to replace something */
	memset(faults, 0, sizeof(faults));
	make_old();
	assert_int_equal(output_open("o/a", &output, &error), 0);
	fail_from(RENAME, EIO, 0);
	fail_from(UNLINK, EACCES, 0);
	assert_int_equal(output_commit_all(&file, 1, &replace, &error), -EIO);
	assert_int_equal(output_discard(&output), -EACCES);
	assert_int_equal(strncmp(output.temporary, OUTPUT_TEMPORARY_PREFIX, 13), 0);
	assert_true(has("o/a", "old"));
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IO_TEST(what_close_refuses_has_no_name),
	    IO_TEST(an_interrupted_close_is_not_trusted),
	    IO_TEST(a_copy_that_close_refuses_is_an_error),
	    IO_TEST(a_broken_disk_is_an_error_and_leaves_nothing_new),
	    IO_TEST(what_cannot_be_synchronised_is_noted),
	    IO_TEST(a_wish_that_is_refused_is_noted),
	    IO_TEST(every_way_to_a_name_can_be_done_without),
	    IO_TEST(a_name_that_is_refused_leaves_what_was_there),
	    IO_TEST(what_is_given_up_gets_no_name),
	    IO_TEST(what_is_given_up_behind_fsync_goes),
	    IO_TEST(a_name_that_is_taken_is_followed_by_another),
	    IO_TEST(what_does_not_come_back_is_told),
	    IO_TEST(what_can_not_be_looked_at_has_no_name),
	    IO_TEST(what_unlink_refuses_is_told),
	};

	return cmocka_run_group_tests_name("io faults", tests, NULL, NULL);
}
