/* test_executor_isolation.c - what a worker process finds when it looks around: in its memory, its
 * descriptors and what these lead to. It may know of the jobs that it had, and of no other.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor_fixture.h"

#define JOBS   24
#define SECRET "the picture of job "
/* Bytes of a secret: SECRET, two digits, a full stop. */
#define SECRET_BYTES (sizeof(SECRET) - 1 + 3)
/* Bytes of an input: secret after secret. */
#define INPUT_BYTES (SECRET_BYTES * 4000)

struct look_job {
	unsigned number;
	bool spoils; /* overwrites what it can, and dies */
};

struct look_result {
	pid_t pid;
	uint64_t seen;   /* bits of the jobs whose secrets were found */
	uint64_t shared; /* inode of the file behind its memory that is shared; 0: none */
	unsigned files;  /* of that kind that are open */
	unsigned wrong;  /* bytes of the input that are not its own */
};

static void make_secret(char secret[SECRET_BYTES + 1], unsigned number)
{
	(void)snprintf(secret, SECRET_BYTES + 1, SECRET "%02u.", number);
}

/* --- looking around --------------------------------------------------------------------------- */

/* Looks also where a sanitizer would not have anybody look. */
__attribute__((no_sanitize("address", "thread"))) static uint64_t secrets_in(const char *bytes,
                                                                             size_t size)
{
	static const char secret[] = SECRET;
	uint64_t seen = 0;

	for (size_t at = 0; at + SECRET_BYTES <= size; at++) {
		const char *number = bytes + at + sizeof(secret) - 1;
		size_t same = 0;

		while (same < sizeof(secret) - 1 && bytes[at + same] == secret[same])
			same++;
		if (same == sizeof(secret) - 1 && number[0] >= '0' && number[0] <= '9' &&
		    number[1] >= '0' && number[1] <= '9' && number[2] == '.')
			seen |= UINT64_C(1) << ((number[0] - '0') * 10 + (number[1] - '0'));
	}
	return seen;
}

/* Of a file that may be sparse. */
static uint64_t secrets_of_file(int fd)
{
	static char bytes[1 << 20];
	uint64_t seen = 0;
	off_t at = 0;
	ssize_t got;

	while ((at = lseek(fd, at, SEEK_DATA)) >= 0 &&
	       (got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		seen |= secrets_in(bytes, (size_t)got);
		at += got > (ssize_t)SECRET_BYTES ? got - (ssize_t)SECRET_BYTES : got;
	}
	return seen;
}

static bool is_memory(int fd)
{
	char link[64], target[64] = "";

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, target, sizeof(target) - 1) > 0 &&
	       strncmp(target, "/memfd:", 7) == 0 && strncmp(target, "/memfd:of the test", 18) != 0;
}

static void look_at_files(struct look_result *result)
{
	DIR *list = opendir("/proc/self/fd");
	const struct dirent *entry;
	struct stat st;

	assert_non_null(list);
	while ((entry = readdir(list))) {
		const int fd = atoi(entry->d_name);

		if (fd <= STDERR_FILENO || fd == dirfd(list))
			continue;
		result->seen |= secrets_of_file(fd);
		if (is_memory(fd) && fstat(fd, &st) == 0) {
			result->files++;
			result->shared = st.st_ino;
		}
	}
	(void)closedir(list);
}

/* What is larger is a sanitizer's. */
#define MAPPING_MAX ((size_t)64 << 20)

/* All memory that can be read, save what lies in files: these are looked at by descriptor. */
static void look_at_memory(struct look_result *result, const struct counters *counters)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to, inode;
		char mode[5];

		assert_int_equal(sscanf(line, "%lx-%lx %4s %*s %*s %lu", &from, &to, mode, &inode),
		                 4);
		if (mode[0] != 'r' || strstr(line, "[vvar") || strstr(line, "[vsyscall"))
			continue;
		if (mode[3] == 's' && inode != result->shared && from != (uintptr_t)counters)
			result->files++;
		if (inode == 0 && mode[3] == 'p' && to - from <= MAPPING_MAX)
			result->seen |= secrets_in((const char *)from, to - from);
	}
	(void)fclose(maps);
}

/* --- the task --------------------------------------------------------------------------------- */

static int look_open(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	const struct look_job *job = data;
	char secret[SECRET_BYTES + 1];
	const int fd = memfd_create("of the test", MFD_CLOEXEC);

	(void)ctx;
	(void)out;
	if (fd < 0)
		return -errno;
	slot->fd[slot->fds++] = fd;
	make_secret(secret, job->number);
	for (size_t at = 0; at < INPUT_BYTES; at += SECRET_BYTES)
		if (pwrite(fd, secret, SECRET_BYTES, (off_t)at) != (ssize_t)SECRET_BYTES)
			return -EIO;
	return 0;
}

static int look_read(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	int status = br_buffer_reserve(&slot->in, INPUT_BYTES);

	(void)ctx;
	(void)data;
	(void)out;
	if (!status && pread(slot->fd[0], slot->in.data, INPUT_BYTES, 0) != (ssize_t)INPUT_BYTES)
		status = -EIO;
	if (!status)
		slot->in.size = INPUT_BYTES;
	return status;
}

/* Everything that it shares with anybody. */
static void spoil(void)
{
	static char bytes[1 << 16];

	(void)memset(bytes, 'x', sizeof(bytes));
	for (int fd = STDERR_FILENO + 1; fd < 64; fd++) {
		off_t at = 0;

		while (is_memory(fd) && (at = lseek(fd, at, SEEK_DATA)) >= 0 &&
		       pwrite(fd, bytes, sizeof(bytes), at) > 0)
			at += (off_t)sizeof(bytes);
	}
	(void)raise(SIGKILL);
}

static int look_transform(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	struct counters *counters = ((struct fixture *)ctx)->counters;
	const struct look_job *job = data;
	struct look_result *result = out;
	char secret[SECRET_BYTES + 1];

	(void)__atomic_add_fetch(&counters->begun, 1, __ATOMIC_SEQ_CST);
	/* the first has a worker for as long as it takes the other to come */
	while (counted(&counters->begun) < 2)
		pause_ms(1);
	if (job->spoils)
		spoil();
	make_secret(secret, job->number);
	for (size_t i = 0; i < slot->in.size; i++)
		result->wrong += (char)slot->in.data[i] != secret[i % SECRET_BYTES];
	result->wrong += slot->in.size != INPUT_BYTES;
	result->pid = getpid();
	look_at_files(result);
	look_at_memory(result, counters);
	return br_buffer_append(&slot->out, slot->in.data, slot->in.size);
}

static int look_discard(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	(void)ctx;
	(void)data;
	(void)out;
	if (slot->fds)
		(void)close(slot->fd[0]);
	return 0;
}

static const struct br_task_ops look_ops = {
    .open = look_open,
    .read = look_read,
    .transform = look_transform,
    .commit = look_discard,
    .discard = look_discard,
};

static struct br_executor *make_looking(struct fixture *fixture)
{
	struct br_executor_options options = options_for(fixture);

	options.ops = &look_ops;
	options.job_size = sizeof(struct look_job);
	options.result_size = sizeof(struct look_result);
	options.capacity = JOBS;
	options.ordered = true;
	options.slot_memory = (size_t)16 << 20;
	return make_executor(options);
}

static void submit_all(struct br_executor *executor, unsigned spoiler)
{
	for (unsigned i = 0; i < JOBS; i++) {
		const struct look_job job = {.number = i, .spoils = i == spoiler};

		assert_int_equal(br_executor_submit(executor, &job, i), 0);
	}
}

/* --- the tests -------------------------------------------------------------------------------- */

static void test_sees_its_own_jobs_alone(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor *executor = make_looking(fixture);
	struct look_result results[JOBS];
	bool others = false;

	submit_all(executor, JOBS);
	for (unsigned i = 0; i < JOBS; i++) {
		const struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		memcpy(&results[i], result.result, sizeof(results[i]));
	}
	for (unsigned i = 0; i < JOBS; i++) {
		uint64_t own = 0;

		for (unsigned k = 0; k < JOBS; k++) {
			if (results[k].pid == results[i].pid) {
				own |= UINT64_C(1) << k;
				assert_true(results[k].shared == results[i].shared);
			} else {
				others = true;
				assert_true(results[k].shared != results[i].shared);
			}
		}
		assert_int_equal(results[i].wrong, 0);
		assert_int_equal(results[i].files, 1);
		assert_true(results[i].seen & UINT64_C(1) << i);
		assert_true((results[i].seen & ~own) == 0);
	}
	assert_true(others);
	(void)br_executor_free(executor);
}

/* What lay at its desk goes to another worker as it was read. */
static void test_spoils_nothing_but_its_own(void **state)
{
	const unsigned spoiler = JOBS / 2;
	struct br_executor *executor = make_looking(*state);

	submit_all(executor, spoiler);
	for (unsigned i = 0; i < JOBS; i++) {
		const struct br_executor_result result = next_result(executor);
		const struct look_result *look = result.result;

		assert_int_equal(result.status,
		                 i == spoiler ? BR_EXECUTOR_CRASHED : BR_EXECUTOR_DONE);
		assert_int_equal(look->wrong, 0);
	}
	(void)br_executor_free(executor);
}

/* Bytes of a file that a worker may write. */
#define FILE_MOST ((off_t)4 << 20)

/* Errors. */
struct far_result {
	int within, beyond, longer, taken;
};

static int write_far(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	struct far_result *result = out;
	const int fd = slot->fd[0];

	(void)ctx;
	(void)data;
	result->within = pwrite(fd, "x", 1, FILE_MOST - 1) == 1 ? 0 : errno;
	result->beyond = pwrite(fd, "x", 1, FILE_MOST) == 1 ? 0 : errno;
	result->longer = ftruncate(fd, FILE_MOST + 1) == 0 ? 0 : errno;
	result->taken = fallocate(fd, 0, 0, FILE_MOST + 1) == 0 ? 0 : errno;
	return 0;
}

/* One that was taken over can't fill the disk with what it was given to write to. */
static void test_files_have_an_end(void **state)
{
	static const struct br_task_ops ops = {.open = look_open,
	                                       .transform = write_far,
	                                       .commit = look_discard,
	                                       .discard = look_discard};
	struct br_executor_options options = options_for(*state);
	const struct look_job job = {0};

	options.ops = &ops;
	options.job_size = sizeof(job);
	options.result_size = sizeof(struct far_result);
	options.worker_file = FILE_MOST;
	struct br_executor *executor = make_executor(options);

	assert_int_equal(br_executor_submit(executor, &job, 0), 0);
	const struct br_executor_result result = next_result(executor);
	const struct far_result *far = result.result;

	assert_int_equal(result.status, BR_EXECUTOR_DONE);
	assert_int_equal(far->within, 0);
	assert_int_equal(far->beyond, EFBIG);
	assert_int_equal(far->longer, EFBIG);
	assert_int_equal(far->taken, EFBIG);
	(void)br_executor_free(executor);
}

int main(void)
{
	static struct fixture fixtures[2] = {{.mode = BR_EXECUTOR_PROCESS},
	                                     {.mode = BR_EXECUTOR_HYBRID}};
	int failed = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest tests[] = {
		    EXECUTOR_TEST(test_sees_its_own_jobs_alone, f),
		    EXECUTOR_TEST(test_spoils_nothing_but_its_own, f),
		};

		failed +=
		    cmocka_run_group_tests_name(br_executor_mode_name(f->mode), tests, NULL, NULL);
	}
	const struct CMUnitTest files[] = {EXECUTOR_TEST(test_files_have_an_end, &fixtures[0])};

	return failed + cmocka_run_group_tests_name("files", files, NULL, NULL);
}
