/* test_io.c - reading a source whole, publishing an output whole or not at all. Systems that lack
 * nameless files or links are played by a seccomp filter in a child process.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/io.h"
#include "io/path.h"
#include "plan_fixture.h"

static const struct output_attributes replace = {.replace = true};
static const struct output_attributes keep = {.replace = false};

/* --- helpers -----------------------------------------------------------------------------------
 */

static void assert_content(const char *path, const char *expected)
{
	char content[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	assert_true(fd >= 0);
	got = read(fd, content, sizeof(content));
	assert_int_equal(close(fd), 0);
	assert_int_equal(got, strlen(expected));
	assert_memory_equal(content, expected, strlen(expected));
}

static int publish(const char *path, const char *text, const struct output_attributes *attributes)
{
	struct output output;
	struct br_error error;
	int status = output_open(path, &output, &error);

	if (status == 0)
		status = output_write(output.fd, text, strlen(text), &error);
	if (status == 0)
		status = output_commit(&output, path, attributes, &error);
	output_discard(&output);
	output_discard(&output);
	assert_int_equal(output.fd, -1);
	assert_int_equal(output.directory, -1);
	return status;
}

/* --- sources -----------------------------------------------------------------------------------
 */

static void a_source_is_read_whole_behind_what_is_there(void **state)
{
	struct br_buffer in = BR_BUFFER_HEAP;
	struct br_error error;
	struct stat st;
	int fd;

	(void)state;
	make_file_with("a", "hello", 5);
	fd = input_open("a", &st, &error);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(br_buffer_append(&in, "> ", 2), 0);
	assert_int_equal(input_read(fd, &st, 5, &in, &error), 0);
	assert_int_equal(input_read(fd, &st, 5, &in, &error), 0); /* as another process would */
	assert_int_equal(in.size, 12);
	assert_memory_equal(in.data, "> hellohello", 12);
	br_buffer_release(&in);
	assert_int_equal(close(fd), 0);
}

static void a_source_that_is_empty_or_too_large_is_refused(void **state)
{
	struct br_buffer in = BR_BUFFER_HEAP;
	struct br_error error;
	struct stat st;
	int fd;

	(void)state;
	make_file("empty", 0);
	fd = input_open("empty", &st, &error);
	assert_true(fd >= 0);
	assert_int_equal(input_read(fd, &st, 10, &in, &error), BR_ERROR_EMPTY);
	assert_int_equal(close(fd), 0);
	make_file("large", 11);
	fd = input_open("large", &st, &error);
	assert_true(fd >= 0);
	assert_int_equal(input_read(fd, &st, 10, &in, &error), BR_ERROR_TOO_LARGE);
	assert_int_equal(error.code, BR_ERROR_TOO_LARGE);
	assert_int_equal(close(fd), 0);
	assert_int_equal(in.size, 0);
	br_buffer_release(&in);
}

static void a_source_that_changes_is_noticed(void **state)
{
	static const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct br_buffer in = BR_BUFFER_HEAP;
	struct br_error error;
	struct stat st;
	int fd;

	(void)state;
	make_file_with("a", "0123456789", 10);
	fd = input_open("a", &st, &error);
	assert_true(fd >= 0);
	assert_int_equal(truncate("a", 4), 0);
	assert_int_equal(input_read(fd, &st, 100, &in, &error), BR_ERROR_CHANGED);
	assert_int_equal(truncate("a", 20), 0);
	assert_int_equal(input_read(fd, &st, 100, &in, &error), BR_ERROR_CHANGED);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(utimensat(AT_FDCWD, "a", times, 0), 0);
	assert_int_equal(input_read(fd, &st, 100, &in, &error), BR_ERROR_CHANGED);
	assert_int_equal(in.size, 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(input_read(fd, &st, 100, &in, &error), 0);
	assert_int_equal(in.size, 20);
	assert_int_equal(close(fd), 0);
	br_buffer_release(&in);
}

static int grow_never(struct br_buffer *buffer, size_t capacity)
{
	(void)buffer;
	(void)capacity;
	return -EFBIG;
}

static int grow_beyond_memory(struct br_buffer *buffer, size_t capacity)
{
	(void)buffer;
	(void)capacity;
	return -ENOMEM;
}

static void a_source_that_finds_no_room_is_refused(void **state)
{
	struct br_buffer in = {.grow = grow_never};
	struct br_buffer small = {.grow = grow_beyond_memory};
	struct br_error error;
	struct stat st;
	int fd;

	(void)state;
	make_file("a", 10);
	fd = input_open("a", &st, &error);
	assert_true(fd >= 0);
	assert_int_equal(input_read(fd, &st, 100, &in, &error), -EFBIG);
	assert_int_equal(input_read(fd, &st, 100, &small, &error), -ENOMEM);
	assert_int_equal(error.code, BR_ERROR_MEMORY);
	assert_null(strstr(error.msg, strerror(ENOMEM))); /* which limit, and what to do, instead */
	assert_int_equal(close(fd), 0);
}

static void what_is_no_file_is_no_source(void **state)
{
	struct br_error error;
	struct stat st;

	(void)state;
	assert_int_equal(input_open("nope", &st, &error), -ENOENT);
	assert_null(strstr(error.msg, "nope")); /* whoever tells it names the file */
	assert_int_equal(input_open(".", &st, &error), -EINVAL);
	assert_int_equal(error.code, BR_ERROR_SYSTEM);
	assert_int_equal(error.sys_errno, EINVAL);
	assert_int_equal(mkfifo("pipe", 0666), 0);
	assert_int_equal(input_open("pipe", &st, &error), -EINVAL); /* and does not wait */
	assert_int_equal(input_open("/dev/null", &st, NULL), -EINVAL);
}

/* --- outputs -----------------------------------------------------------------------------------
 */

static void an_output_appears_when_it_is_whole(void **state)
{
	struct output output;
	struct br_error error;
	struct stat st;

	(void)state;
	assert_int_equal(output_open("new/sub//dir/a.jpg", &output, &error), 0);
	assert_int_equal(output.kind, OUTPUT_NAMELESS);
	assert_int_equal(output_write(output.fd, "a longer text", 13, &error), 0);
	assert_int_equal(output_write(output.fd, "whole", 5, &error), 0);
	assert_int_equal(entries("new/sub/dir"), 0);
	assert_int_equal(output_commit(&output, "new/sub//dir/a.jpg", &keep, &error), 0);
	assert_content("new/sub/dir/a.jpg", "whole");
	assert_int_equal(stat("new/sub/dir/a.jpg", &st), 0);
	assert_int_equal(st.st_nlink, 1);
	output_discard(&output);
	assert_int_equal(entries("new/sub/dir"), 1);
}

static void an_output_that_is_discarded_leaves_nothing(void **state)
{
	struct output output;
	struct br_error error;

	(void)state;
	assert_int_equal(output_open("o/a.jpg", &output, &error), 0);
	assert_int_equal(output_write(output.fd, "text", 4, &error), 0);
	output_discard(&output);
	output_discard(&output);
	assert_int_equal(entries("o"), 0);
}

static void an_output_replaces_or_not(void **state)
{
	(void)state;
	make_file_with("source", "source", 6);
	assert_int_equal(publish("a", "first", &keep), 0);
	assert_int_equal(publish("a", "second", &keep), -EEXIST);
	assert_content("a", "first");
	assert_int_equal(publish("a", "third", &replace), 0);
	assert_content("a", "third");
	assert_int_equal(entries("."), 2);
	assert_int_equal(symlink("source", "link"), 0);
	assert_int_equal(link("source", "hard"), 0);
	assert_int_equal(publish("link", "link", &keep), -EEXIST);
	assert_int_equal(publish("link", "link", &replace), 0);
	assert_int_equal(publish("hard", "hard", &replace), 0);
	assert_content("source", "source");
	assert_content("link", "link");
	assert_content("hard", "hard");
	assert_int_equal(entries("."), 4);
}

static void a_directory_in_the_way_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(mkdir("a", 0777), 0);
	make_file("a/inside", 0);
	assert_int_equal(publish("a", "text", &replace), -EISDIR);
	assert_int_equal(publish("a", "text", &keep), -EEXIST);
	assert_int_equal(publish("a/", "text", &replace), -EISDIR);
	assert_int_equal(publish(".", "text", &replace), -EISDIR);
	assert_int_equal(publish("a/..", "text", &replace), -EISDIR);
	assert_int_equal(publish("a/inside/b", "text", &replace), -ENOTDIR);
	assert_int_equal(publish("a/inside/b/c", "text", &replace), -ENOTDIR);
	assert_int_equal(entries("."), 1);
	assert_int_equal(entries("a"), 1);
}

static void a_link_to_nowhere_in_the_way_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere", "o"), 0);
	assert_int_equal(publish("o/a", "text", &replace), -ENOENT);
	assert_int_equal(publish("o/sub/a", "text", &replace), -ENOENT);
}

static void permissions_follow_the_umask_or_the_source(void **state)
{
	static const struct stat other = {.st_mode = S_IFREG | S_ISUID | 0641};
	struct output_attributes attributes = {.replace = true};
	mode_t kept = umask(027);
	struct stat st;

	(void)state;
	assert_int_equal(publish("o/a", "a", &attributes), 0);
	(void)umask(kept);
	assert_int_equal(stat("o", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(stat("o/a", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	attributes.mode = &other;
	assert_int_equal(publish("o/a", "a", &attributes), 0);
	assert_int_equal(stat("o/a", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0641);
}

static void times_are_those_of_the_source(void **state)
{
	static const struct stat source = {
	    .st_atim = {.tv_sec = 1000, .tv_nsec = 1},
	    .st_mtim = {.tv_sec = 2000, .tv_nsec = 123456789},
	};
	struct output_attributes attributes = {.times = &source, .fsync = true};
	struct stat st;

	(void)state;
	assert_int_equal(publish("o/a", "a", &attributes), 0);
	assert_int_equal(stat("o/a", &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, 2000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	assert_int_equal(st.st_atim.tv_sec, 1000);
}

static void names_and_paths_may_be_as_long_as_the_system_takes(void **state)
{
	char name[NAME_MAX + 2], path[PATH_MAX + 1];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NAME_MAX] = '\0';
	assert_int_equal(publish(name, "a", &keep), 0);
	assert_int_equal(publish(name, "b", &replace), 0);
	name[NAME_MAX] = 'n';
	name[NAME_MAX + 1] = '\0';
	assert_int_equal(publish(name, "a", &keep), -ENAMETOOLONG);

	memset(path, 'd', sizeof(path));
	for (size_t i = 200; i < PATH_MAX - 3; i += 200)
		path[i] = '/';
	path[PATH_MAX - 3] = '/';
	path[PATH_MAX - 1] = '\0';
	assert_int_equal(publish(path, "a", &keep), 0);
	assert_int_equal(publish(path, "b", &replace), 0);
	assert_content(path, "b");
	path[PATH_MAX - 1] = 'd';
	path[PATH_MAX] = '\0';
	assert_int_equal(publish(path, "a", &keep), -ENAMETOOLONG);
}

static void a_directory_that_may_not_be_written_is_an_error(void **state)
{
	int file, directory;

	(void)state;
	assert_int_equal(mkdir("o", 0555), 0);
	become_nobody();
	file = publish("o/a", "text", &replace);
	directory = publish("o/sub/a", "text", &replace);
	become_root();
	assert_int_equal(file, -EACCES);
	assert_int_equal(directory, -EACCES);
	assert_int_equal(entries("o"), 0);
}

static void a_file_that_may_not_grow_leaves_nothing(void **state)
{
	struct rlimit kept, small;
	int status;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
	small = kept;
	small.rlim_cur = 4;
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	status = publish("o/a", "more than four", &replace);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
	assert_true(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	assert_int_equal(status, -EFBIG);
	assert_int_equal(entries("o"), 0);
}

static void a_full_disk_is_an_error(void **state)
{
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	struct br_error error;

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(output_write(fd, "text", 4, &error), -ENOSPC);
	assert_non_null(strstr(error.msg, "make room"));
	assert_int_equal(close(fd), 0);
}

static void another_process_may_write(void **state)
{
	struct output output;
	struct br_error error;
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(output_open("o/a", &output, &error), 0);
	child = fork();
	if (child == 0)
		_exit(output_write(output.fd, "by a child", 10, &error) == 0 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(output_commit(&output, "o/a", &keep, &error), 0);
	assert_content("o/a", "by a child");
}

/* --- systems that lack something ---------------------------------------------------------------
 */

/* Jumps over the refusal unless the system call is this one. */
#define REFUSE(number, error)                                \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

/* From now on in this process: no O_TMPFILE. Its own bit, without O_DIRECTORY's. */
static int lack_nameless(void)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter), .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	               prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
	           ? 0
	           : -errno;
}

/* No links, and no rename that spares what is there. */
static int lack_links(void)
{
	struct sock_filter filter[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    REFUSE(SYS_linkat, EPERM),
	    REFUSE(SYS_renameat2, EINVAL),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(*filter), .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	               prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
	           ? 0
	           : -errno;
}

/* Runs a check in a child that lacks something; what it returns is 0, or which step went wrong. */
static void assert_without(int (*lack)(void), int (*check)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(lack() == 0 ? check() : 99);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 99)
		skip(); /* no seccomp here */
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* The whole life of named temporaries, with exit statuses instead of assertions. */
static int publish_all_ways(void)
{
	static const struct stat other = {.st_mode = 0604, .st_mtim = {.tv_sec = 77}};
	static const struct output_attributes all = {
	    .replace = true, .fsync = true, .mode = &other, .times = &other};
	struct output output;
	struct stat st;

	if (publish("o/a", "first", &keep) != 0)
		return 1;
	if (publish("o/a", "second", &keep) != -EEXIST)
		return 2;
	if (publish("o/a", "third", &replace) != 0)
		return 3;
	if (publish("o/b", "attributes", &all) != 0 || stat("o/b", &st) != 0)
		return 4;
	if ((st.st_mode & 07777) != 0604 || st.st_mtim.tv_sec != 77)
		return 5;
	if (mkdir("o/c", 0777) != 0 || publish("o/c", "x", &replace) != -EISDIR ||
	    publish("o/c", "x", &keep) != -EEXIST)
		return 6;
	if (output_open("o/d", &output, NULL) != 0 || output_write(output.fd, "x", 1, NULL) != 0)
		return 7;
	output_discard(&output);
	return 0;
}

static int publish_named(void)
{
	struct output output;

	if (output_open("o/a", &output, NULL) != 0)
		return 10;
	if (output.kind != OUTPUT_NAMED || output.directory < 0 ||
	    strncmp(output.temporary, OUTPUT_TEMPORARY_PREFIX, strlen(OUTPUT_TEMPORARY_PREFIX)) !=
	        0)
		return 11;
	if (faccessat(output.directory, output.temporary, F_OK, 0) != 0)
		return 12;
	output_discard(&output);
	return publish_all_ways();
}

static void without_nameless_files_there_are_named_ones(void **state)
{
	(void)state;
	assert_without(lack_nameless, publish_named);
	assert_content("o/a", "third");
	assert_int_equal(entries("o"), 3);
}

static void without_links_bytes_are_copied(void **state)
{
	(void)state;
	assert_without(lack_links, publish_all_ways);
	assert_content("o/a", "third");
	assert_content("o/b", "attributes");
	assert_int_equal(entries("o"), 3);
}

/* --- paths in messages -------------------------------------------------------------------------
 */

static void a_path_is_shown_on_one_line(void **state)
{
	char path[300], expected[PATH_SHOWN_MAX];

	(void)state;
	assert_string_equal(path_shown("a/b.jpg").text, "a/b.jpg");
	assert_string_equal(path_shown("a\nb\x1b[0m\x7f").text, "a?b?[0m?");
	memset(path, 'x', sizeof(path));
	path[PATH_SHOWN_MAX - 1] = '\0';
	assert_string_equal(path_shown(path).text, path);
	path[PATH_SHOWN_MAX - 1] = 'x';
	path[299] = '\0';
	memcpy(expected, path, sizeof(expected));
	memcpy(expected, "...", 3);
	expected[PATH_SHOWN_MAX - 1] = '\0';
	assert_string_equal(path_shown(path).text, expected);
	for (size_t i = 0; i < 298; i += 2)
		memcpy(path + i, "\xC3\xA9", 2); /* é: never cut in two */
	assert_memory_equal(path_shown(path).text, "...\xC3\xA9", 5);
	path[298] = '\0';
	assert_memory_equal(path_shown(path).text, "...\xC3\xA9", 5);
}

#define IO_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IO_TEST(a_source_is_read_whole_behind_what_is_there),
	    IO_TEST(a_source_that_is_empty_or_too_large_is_refused),
	    IO_TEST(a_source_that_changes_is_noticed),
	    IO_TEST(a_source_that_finds_no_room_is_refused),
	    IO_TEST(what_is_no_file_is_no_source),
	    IO_TEST(an_output_appears_when_it_is_whole),
	    IO_TEST(an_output_that_is_discarded_leaves_nothing),
	    IO_TEST(an_output_replaces_or_not),
	    IO_TEST(a_directory_in_the_way_is_an_error),
	    IO_TEST(a_link_to_nowhere_in_the_way_is_an_error),
	    IO_TEST(permissions_follow_the_umask_or_the_source),
	    IO_TEST(times_are_those_of_the_source),
	    IO_TEST(names_and_paths_may_be_as_long_as_the_system_takes),
	    IO_TEST(a_directory_that_may_not_be_written_is_an_error),
	    IO_TEST(a_file_that_may_not_grow_leaves_nothing),
	    IO_TEST(a_full_disk_is_an_error),
	    IO_TEST(another_process_may_write),
	    IO_TEST(without_nameless_files_there_are_named_ones),
	    IO_TEST(without_links_bytes_are_copied),
	    IO_TEST(a_path_is_shown_on_one_line),
	};

	return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
