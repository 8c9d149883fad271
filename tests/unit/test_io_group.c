/* test_io_group.c - several outputs get their names, or none. What a file system may lack is played
 * by a seccomp filter in a child process; that one name can't be had, by a directory in its place.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/io.h"
#include "plan_fixture.h"

#define FILES 4

static const struct output_attributes replace = {.replace = true};
static const struct output_attributes keep = {.replace = false};

static const char *const paths[FILES] = {"o/a", "o/b", "o/c", "p/d"};

/* --- helpers: exit statuses and not assertions, since they also run in children ----------------
 */

static bool has(const char *path, const char *expected)
{
	char content[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, content, sizeof(content));

	if (fd >= 0)
		(void)close(fd);
	return got == (ssize_t)strlen(expected) && memcmp(content, expected, (size_t)got) == 0;
}

static unsigned open_descriptors(void)
{
	return entries("/proc/self/fd");
}

/* Whether what commit has told of a file is what a look at it tells. */
static bool is_as_told(const struct output_file *file)
{
	const struct stat *told = &file->left;
	struct stat now;

	return told->st_nlink == 0 ||
	       (lstat(file->path, &now) == 0 && now.st_ino == told->st_ino &&
	        now.st_dev == told->st_dev && now.st_size == told->st_size &&
	        now.st_nlink == told->st_nlink && now.st_mtim.tv_sec == told->st_mtim.tv_sec &&
	        now.st_mtim.tv_nsec == told->st_mtim.tv_nsec &&
	        now.st_ctim.tv_sec == told->st_ctim.tv_sec &&
	        now.st_ctim.tv_nsec == told->st_ctim.tv_nsec);
}

/* Publishes the four, each with its own name as its content, and returns what commit said. */
static int publish(const struct output_attributes *attributes, struct br_error *error)
{
	struct output output[FILES];
	struct output_file file[FILES];
	int status = 0;

	for (unsigned i = 0; i < FILES; i++) {
		file[i] = (struct output_file){.output = &output[i], .path = paths[i]};
		status |= output_open(paths[i], &output[i], error);
		if (status == 0)
			status = output_write(output[i].fd, paths[i], strlen(paths[i]), error);
	}
	if (status == 0)
		status = output_commit_all(file, FILES, attributes, error);
	for (unsigned i = 0; i < FILES && status == 0; i++)
		if (!is_as_told(&file[i]))
			status = -EUCLEAN;
	for (unsigned i = 0; i < FILES; i++)
		output_discard(&output[i]);
	return status;
}

static bool write_file(const char *path, const char *content)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
	bool done = fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content);

	if (fd >= 0)
		(void)close(fd);
	return done;
}

/* Whether all of it works: new names, replaced ones, and the last that can't have its name. Returns
 * 0, or which step went wrong. */
static int check_all(void)
{
	unsigned descriptors = open_descriptors();
	struct br_error error;

	if (publish(&replace, &error) != 0)
		return 1;
	for (unsigned i = 0; i < FILES; i++)
		if (!has(paths[i], paths[i]))
			return 2;
	if (entries("o") != 3 || entries("p") != 1)
		return 3;
	if (!write_file("o/a", "old a") || unlink("o/b") != 0 || !write_file("o/c", "old c") ||
	    unlink("p/d") != 0 || mkdir("p/d", 0777) != 0)
		return 4;
	if (publish(&replace, &error) != -EISDIR || !strstr(error.msg, "'p/d'"))
		return 5;
	if (access("o/b", F_OK) == 0 || entries("o") != 2 || entries("p") != 1)
		return 6;
	if (!has("o/a", "old a") || !has("o/c", "old c"))
		return 7;
	if (rmdir("p/d") != 0 || publish(&keep, &error) != -EEXIST || entries("o") != 2 ||
	    entries("p") != 0)
		return 8;
	if (publish(&replace, &error) != 0 || !has("o/a", "o/a") || !has("p/d", "p/d"))
		return 9;
	if (entries("o") != 3 || entries("p") != 1)
		return 10;
	return open_descriptors() == descriptors ? 0 : 11;
}

/* --- everything there --------------------------------------------------------------------------
 */

static void all_or_none(void **state)
{
	(void)state;
	assert_int_equal(check_all(), 0);
}

/* The last look at a new file is behind the call that gives it its name, which changes its status.
 */
static void a_new_file_is_told_of_as_it_is_left(void **state)
{
	const struct stat none = {0};
	struct output output;
	struct output_file file = {.output = &output, .path = paths[0], .left = none};
	struct br_error error;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(output_open(paths[0], &output, &error), 0);
		if (output.kind != OUTPUT_NAMELESS)
			skip();
		assert_int_equal(output_write(output.fd, "a", 1, &error), 0);
		assert_int_equal(output_commit_all(&file, 1, &replace, &error), 0);
		/* one that has taken the place of another has had its last look before that */
		assert_int_equal(file.left.st_nlink, i == 0 ? 1 : 0);
		assert_true(is_as_told(&file));
	}
}

static void links_are_replaced_and_come_back(void **state)
{
	struct br_error error;
	char target[16];
	ssize_t length;

	(void)state;
	make_file_with("precious", "precious", 8);
	make_file("p/d/in the way", 0);
	assert_int_equal(mkdir("o", 0777), 0);
	assert_int_equal(symlink("../precious", "o/b"), 0);
	assert_int_equal(publish(&replace, &error), -EISDIR);
	length = readlink("o/b", target, sizeof(target));
	assert_int_equal(length, strlen("../precious"));
	assert_int_equal(entries("o"), 1);
	assert_int_equal(unlink("p/d/in the way"), 0);
	assert_int_equal(rmdir("p/d"), 0);
	assert_int_equal(publish(&replace, &error), 0);
	assert_true(has("o/b", "o/b"));
	assert_true(has("precious", "precious"));
}

static void attributes_are_those_of_all(void **state)
{
	static const struct stat source = {.st_mode = 0604, .st_mtim = {.tv_sec = 77}};
	static const struct output_attributes all = {
	    .replace = true, .fsync = true, .mode = &source, .times = &source};
	struct br_error error;
	struct stat st;

	(void)state;
	make_file("o/c", 3);
	assert_int_equal(publish(&all, &error), 0);
	for (unsigned i = 0; i < FILES; i++) {
		assert_int_equal(stat(paths[i], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0604);
		assert_int_equal(st.st_mtim.tv_sec, 77);
	}
}

static void one_is_a_group_as_well(void **state)
{
	struct output output;
	struct output_file file = {.output = &output, .path = "o/a"};
	struct br_error error;

	(void)state;
	assert_int_equal(output_open("o/a", &output, &error), 0);
	assert_int_equal(output_write(output.fd, "o/a", 3, &error), 0);
	assert_int_equal(output_commit_all(&file, 1, &replace, &error), 0);
	assert_true(has("o/a", "o/a"));
}

static int refuse(void *arg)
{
	(void)arg;
	return -ECANCELED;
}

static void of_none_nobody_is_asked(void **state)
{
	static const struct output_attributes asking = {.confirm = refuse};
	struct br_error error;

	(void)state;
	assert_int_equal(output_commit_all(NULL, 0, &asking, &error), 0);
}

/* --- systems that lack something ---------------------------------------------------------------
 */

#define LOAD(field)                  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS_EQUAL(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skipped))
#define UNLESS_BIT(bit, skipped)     BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bit), 0, (skipped))
#define REFUSE(error)                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define ALLOW                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int lack(struct sock_filter *filter, size_t count)
{
	struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	               prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
	           ? 0
	           : -errno;
}

#define LACK(filter) lack(filter, sizeof(filter) / sizeof((filter)[0]))

static int lack_exchange(void)
{
	struct sock_filter filter[] = {LOAD(nr),       UNLESS_EQUAL(SYS_renameat2, 3),
	                               LOAD(args[4]),  UNLESS_BIT(RENAME_EXCHANGE, 1),
	                               REFUSE(EINVAL), ALLOW};

	return LACK(filter);
}

static int lack_nameless(void)
{
	struct sock_filter filter[] = {LOAD(nr),           UNLESS_EQUAL(SYS_openat, 3),
	                               LOAD(args[2]),      UNLESS_BIT(O_TMPFILE & ~O_DIRECTORY, 1),
	                               REFUSE(EOPNOTSUPP), ALLOW};

	return LACK(filter);
}

/* Neither links nor any rename except the plain one. */
static int lack_links(void)
{
	struct sock_filter filter[] = {LOAD(nr),       UNLESS_EQUAL(SYS_linkat, 1),
	                               REFUSE(EPERM),  UNLESS_EQUAL(SYS_renameat2, 1),
	                               REFUSE(EINVAL), ALLOW};

	return LACK(filter);
}

static void assert_without(int (*lacking)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(lacking() == 0 ? check_all() : 99);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 99)
		skip(); /* no seccomp here */
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void without_exchange_a_second_name_is_kept(void **state)
{
	(void)state;
	assert_without(lack_exchange);
}

static void without_nameless_files_there_are_named_ones(void **state)
{
	(void)state;
	assert_without(lack_nameless);
}

static void without_links_there_are_copies(void **state)
{
	(void)state;
	assert_without(lack_links);
}

#define IO_TEST(name) \
	cmocka_unit_test_setup_teardown(name, plan_fixture_setup, plan_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IO_TEST(all_or_none),
	    IO_TEST(a_new_file_is_told_of_as_it_is_left),
	    IO_TEST(links_are_replaced_and_come_back),
	    IO_TEST(attributes_are_those_of_all),
	    IO_TEST(one_is_a_group_as_well),
	    IO_TEST(of_none_nobody_is_asked),
	    IO_TEST(without_exchange_a_second_name_is_kept),
	    IO_TEST(without_nameless_files_there_are_named_ones),
	    IO_TEST(without_links_there_are_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
