/* test_executor_sandbox.c - a worker that is somebody else's: it tries what it can, and each time
 * is stopped; and what a worker that is well can do all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <batchresize/executor.h>

#include "base/memory.h"
#include "executor_attempts.h"

/* --- what a worker is asked to do ---------------------------------------------------------------
 */

enum { SELF = 1000, ABORT, DESCRIPTORS, NEXT_JOBS };

struct try_job {
	unsigned attempt; /* its number, or one of these */
};

struct try_result {
	int error; /* 0: it worked */
	int value;
};

/* --- what it is, and can do if it is well ---------------------------------------------------- */

static void *nothing(void *argument)
{
	return argument;
}

/* The number of what is not as it should be, or 0. */
static int look_at_self(void)
{
	struct rlimit limit;
	pthread_t thread;
	char name[16];

	if (prctl(PR_GET_NAME, name) != 0 || strcmp(name, "worker") != 0)
		return 1;
	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != 0)
		return 2;
	/* what libraries do: threads, memory, time, their own number */
	if (pthread_create(&thread, NULL, nothing, NULL) != 0)
		return 3;
	(void)pthread_join(thread, NULL);
	char *memory = malloc((size_t)64 << 20);

	if (!memory)
		return 4;
	memset(memory, 1, (size_t)64 << 20);
	free(memory);
	if (memory_private() == 0 || memory_threads() == 0)
		return 5;
	return 0;
}

/* Those from 3 on that can be read from or not, as they were open. */
static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 3; fd < 64; fd++)
		count += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
	return count;
}

/* Whether a job lies ready behind this one, a millisecond later: what can be had of its message. */
static int count_next_jobs(void)
{
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	int count = 0;

	(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	for (int fd = 3; fd < 64; fd++)
		count += recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT) > 0;
	return count;
}

static int run(void *ctx, const void *data, void *out)
{
	const struct try_job *job = data;
	struct try_result *result = out;

	(void)ctx;
	if (job->attempt == SELF) {
		result->value = look_at_self();
	} else if (job->attempt == ABORT) {
		abort();
	} else if (job->attempt == DESCRIPTORS) {
		result->value = count_descriptors();
	} else if (job->attempt == NEXT_JOBS) {
		result->value = count_next_jobs();
	} else {
		errno = 0;
		result->error = attempts[job->attempt].call() < 0 ? errno : 0;
	}
	return 0;
}

/* --- the tests ---------------------------------------------------------------------------------
 */

static struct br_executor_options options_of(enum br_executor_mode mode,
                                             enum br_executor_sandbox sandbox)
{
	return (struct br_executor_options){
	    .mode = mode,
	    .workers = 1,
	    .function = run,
	    .job_size = sizeof(struct try_job),
	    .result_size = sizeof(struct try_result),
	    .sandbox = sandbox,
	};
}

static struct br_executor *make(struct br_executor_options options)
{
	char reason[BR_EXECUTOR_REASON_MAX] = "";
	struct br_executor *executor;

	options.reason = reason;
	const int status = br_executor_new(&executor, &options);

	if (status)
		fail_msg("no executor: %s (%s)", reason, strerror(-status));
	return executor;
}

static struct br_executor_result ask(struct br_executor *executor, unsigned attempt)
{
	const struct try_job job = {attempt};
	struct br_executor_result result;
	int status;

	assert_int_equal(br_executor_submit(executor, &job, attempt), 0);
	do
		status = br_executor_next(executor, &result, -1);
	while (status == -EAGAIN);
	assert_int_equal(status, 0);
	return result;
}

static int value_of(struct br_executor_result result)
{
	assert_int_equal(result.status, BR_EXECUTOR_DONE);
	return ((const struct try_result *)result.result)->value;
}

/* Which walls can stand here. */
static unsigned walls_here(void)
{
	struct br_executor *executor =
	    make(options_of(BR_EXECUTOR_PROCESS, BR_EXECUTOR_SANDBOX_AUTO));
	const unsigned walls = br_executor_stats(executor).walls;

	assert_int_equal(br_executor_free(executor), 0);
	return walls;
}

static void need(unsigned walls)
{
	const unsigned here = walls_here();

	if ((here & walls) == walls)
		return;
	print_message("needs walls %x, and there are %x: an old kernel, a container's filter, a "
	              "sanitizer, or no libseccomp\n",
	              walls, here);
	skip();
}

#define ALL (BR_EXECUTOR_WALL_PRIVILEGES | BR_EXECUTOR_WALL_CALLS | BR_EXECUTOR_WALL_FILES)

static void test_everything_is_refused(void **state)
{
	const enum br_executor_mode *mode = *state;

	need(ALL);
	struct br_executor *executor = make(options_of(*mode, BR_EXECUTOR_SANDBOX_REQUIRE));

	for (unsigned i = 0; i < attempt_count; i++) {
		const struct br_executor_result result = ask(executor, i);
		const struct try_result *tried = result.result;

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		if (tried->error != attempts[i].error)
			fail_msg("%s: %s", attempts[i].name, strerror(tried->error));
	}
	assert_int_equal(br_executor_stats(executor).walls & ALL, ALL);
	assert_int_equal(br_executor_stats(executor).walls_missing, 0);
	assert_int_equal(br_executor_stats(executor).workers_started, 1);
	assert_int_equal(br_executor_free(executor), 0);
}

static void test_everything_is_seen(void **state)
{
	const enum br_executor_mode *mode = *state;
	struct br_executor_options options = options_of(*mode, BR_EXECUTOR_SANDBOX_REQUIRE);

	need(ALL);
	options.sandbox_kills = true;
	struct br_executor *executor = make(options);

	for (unsigned i = 0; i < attempt_count; i++) {
		const bool forbidden = attempts[i].error == EPERM;
		const struct br_executor_result result = ask(executor, i);

		if (result.status != (forbidden ? BR_EXECUTOR_CRASHED : BR_EXECUTOR_DONE) ||
		    result.signal != (forbidden ? SIGSYS : 0))
			fail_msg("%s: status %d, signal %d", attempts[i].name, (int)result.status,
			         result.signal);
	}
	assert_int_equal(br_executor_free(executor), 0);
}

static void test_what_is_well_goes_on(void **state)
{
	const enum br_executor_mode *mode = *state;
	struct br_executor_options options = options_of(*mode, BR_EXECUTOR_SANDBOX_REQUIRE);

	need(ALL);
	options.sandbox_kills = true;
	options.worker_memory = (size_t)256 << 20;
	struct br_executor *executor = make(options);

	assert_int_equal(value_of(ask(executor, SELF)), 0);
	/* the signal by which it ends is the one that it raised */
	const struct br_executor_result result = ask(executor, ABORT);

	assert_int_equal(result.status, BR_EXECUTOR_CRASHED);
	assert_int_equal(result.signal, SIGABRT);
	assert_int_equal(br_executor_free(executor), 0);
}

/* What the program has open stays its own: the channel, the worker's own desk, and what /proc tells
 * of it are all. */
static void test_nothing_else_is_open(void **state)
{
	const enum br_executor_mode *mode = *state;

	need(ALL);
	const int before = open("/dev/null", O_RDWR);
	struct br_executor *executor = make(options_of(*mode, BR_EXECUTOR_SANDBOX_REQUIRE));

	assert_true(before >= 0);
	assert_int_equal(value_of(ask(executor, DESCRIPTORS)), 3);
	assert_int_equal(br_executor_free(executor), 0);
	(void)close(before);
}

/* Of so many short jobs, how many saw one that lay ready behind them. */
static int seen_ahead(struct br_executor_options options)
{
	struct br_executor *executor = make(options);
	const struct try_job job = {NEXT_JOBS};
	struct br_executor_result result;
	unsigned begun = 0, ended = 0;
	int seen = 0;

	while (ended < 100) {
		while (begun < 100 && br_executor_submit(executor, &job, begun) == 0)
			begun++;
		if (br_executor_next(executor, &result, -1) != 0)
			continue;
		seen += value_of(result);
		ended++;
	}
	assert_int_equal(br_executor_free(executor), 0);
	return seen;
}

/* A worker that was taken over could read the next pictures, and answer for them. */
static void test_no_job_lies_ahead_of_who_is_secluded(void **state)
{
	const enum br_executor_mode *mode = *state;
	struct br_executor_options options = options_of(*mode, BR_EXECUTOR_SANDBOX_AUTO);

	need(ALL);
	assert_int_equal(seen_ahead(options_of(*mode, BR_EXECUTOR_SANDBOX_REQUIRE)), 0);
	assert_true(seen_ahead(options) > 0);
	options.secluded = true;
	assert_int_equal(seen_ahead(options), 0);
}

/* One wall alone: what tries[i] is refused by it. */
static void assert_refused_by(unsigned wall, const char *name, int error)
{
	struct br_executor_options options =
	    options_of(BR_EXECUTOR_PROCESS, BR_EXECUTOR_SANDBOX_AUTO);
	unsigned i = 0;

	options.sandbox_without = ALL & ~wall;
	struct br_executor *executor = make(options);

	while (strcmp(attempts[i].name, name) != 0)
		i++;
	const struct br_executor_result result = ask(executor, i);

	assert_int_equal(result.status, BR_EXECUTOR_DONE);
	assert_int_equal(((const struct try_result *)result.result)->error, error);
	assert_int_equal(br_executor_stats(executor).walls & ALL, wall);
	assert_int_equal(br_executor_free(executor), 0);
}

static void test_each_wall_stands_alone(void **state)
{
	(void)state;
	need(ALL);
	assert_refused_by(BR_EXECUTOR_WALL_FILES, "open", EACCES);
	assert_refused_by(BR_EXECUTOR_WALL_FILES, "create", EACCES);
	assert_refused_by(BR_EXECUTOR_WALL_FILES, "fork", 0);
	assert_refused_by(BR_EXECUTOR_WALL_CALLS, "open", EACCES);
	assert_refused_by(BR_EXECUTOR_WALL_CALLS, "fork", EPERM);
	assert_refused_by(BR_EXECUTOR_WALL_PRIVILEGES, "setrlimit", EPERM);
	assert_refused_by(BR_EXECUTOR_WALL_PRIVILEGES, "mount", EPERM);
	assert_refused_by(BR_EXECUTOR_WALL_PRIVILEGES, "open", 0);
}

static void test_off_is_the_default(void **state)
{
	struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS,
	                                      .workers = 1,
	                                      .function = run,
	                                      .job_size = sizeof(struct try_job),
	                                      .result_size = sizeof(struct try_result)};
	struct br_executor *executor = make(options);

	(void)state;
	assert_int_equal(((const struct try_result *)ask(executor, 0).result)->error, 0);
	assert_int_equal(br_executor_stats(executor).walls, 0);
	assert_int_equal(br_executor_stats(executor).walls_missing, 0);
	assert_int_equal(br_executor_free(executor), 0);
}

/* Calls that a task says it makes. */
static void test_calls_beside(void **state)
{
	const enum br_executor_mode *mode = *state;
	struct br_executor_options options = options_of(*mode, BR_EXECUTOR_SANDBOX_REQUIRE);
	struct br_executor *executor;

	need(ALL);
	options.sandbox_without = BR_EXECUTOR_WALL_FILES;
	options.sandbox_calls = "dup openat  newfstatat";
	executor = make(options);
	for (unsigned i = 0; i < attempt_count; i++) {
		const char *name = attempts[i].name;
		const bool let = strcmp(name, "open") == 0 || strcmp(name, "openat") == 0 ||
		                 strcmp(name, "stat") == 0 || strcmp(name, "dup") == 0;

		if (strcmp(name, "create") == 0)
			continue;
		if (((const struct try_result *)ask(executor, i).result)->error !=
		    (let ? 0 : attempts[i].error))
			fail_msg("%s", name);
	}
	assert_int_equal(br_executor_free(executor), 0);
	options.sandbox_calls = "openat no_such_call";
	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
}

static void test_options_that_make_no_sense(void **state)
{
	struct br_executor_options options =
	    options_of(BR_EXECUTOR_THREAD, BR_EXECUTOR_SANDBOX_REQUIRE);
	struct br_executor *executor;
	char many[BR_EXECUTOR_CALLS_MAX + 1];

	(void)state;
	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
	options.mode = BR_EXECUTOR_SERIAL;
	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
	options.mode = BR_EXECUTOR_PROCESS;
	options.sandbox = (enum br_executor_sandbox)3;
	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
	options.sandbox = BR_EXECUTOR_SANDBOX_AUTO;
	memset(many, ' ', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	options.sandbox_calls = many;
	assert_int_equal(br_executor_new(&executor, &options), -EINVAL);
}

static void test_names(void **state)
{
	char names[BR_EXECUTOR_WALL_NAMES_MAX];

	(void)state;
	assert_string_equal(br_executor_wall_name(BR_EXECUTOR_WALL_CALLS), "seccomp");
	assert_string_equal(br_executor_wall_name(BR_EXECUTOR_WALL_FILES), "landlock");
	assert_string_equal(br_executor_wall_name((enum br_executor_wall)0), "");
	assert_string_equal(br_executor_wall_names(0, ", ", names), "");
	assert_string_equal(br_executor_wall_names(~0U, ", ", names),
	                    "no_new_privs, seccomp, landlock, landlock-network, landlock-signals");
	assert_string_equal(
	    br_executor_wall_names(BR_EXECUTOR_WALL_CALLS | BR_EXECUTOR_WALL_FILES, " ", names),
	    "seccomp landlock");
	/* none stands that this build has not */
	assert_int_equal(walls_here() & ~br_executor_walls(), 0);
}

/* --- what only an open process can make ------------------------------------------------------- */

/* In each process its own: set in the one that workers come from. */
static int made;

static void make_it(void *ctx)
{
	(void)ctx;
	made = 1;
}

static int want_it(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	struct try_result *result = out;

	(void)ctx;
	/* every third job wants it */
	if (((const struct try_job *)data)->attempt % 3 == 2)
		(void)br_executor_prepare(slot);
	result->value = made;
	return 0;
}

static const struct br_task_ops prepared_ops = {.prepare = make_it, .transform = want_it};

static struct br_executor_options preparing(enum br_executor_mode mode,
                                            enum br_executor_sandbox sandbox)
{
	struct br_executor_options options = options_of(mode, sandbox);

	options.function = NULL;
	options.ops = &prepared_ops;
	options.workers = 2;
	options.ordered = true;
	return options;
}

#define JOBS 30U

static void run_prepared(struct br_executor *executor, bool shut_in)
{
	struct br_executor_result result;

	for (unsigned i = 0; i < JOBS; i++) {
		const struct try_job job = {i};

		assert_int_equal(br_executor_submit(executor, &job, i), 0);
	}
	for (unsigned i = 0; i < JOBS; i++) {
		while (br_executor_next(executor, &result, -1) == -EAGAIN)
			;
		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(result.attempt, 1);
		if (i % 3 == 2)
			assert_int_equal(value_of(result), shut_in);
	}
	const struct br_executor_stats stats = br_executor_stats(executor);

	assert_int_equal(stats.crashes, 0);
	assert_int_equal(stats.timeouts, 0);
	/* each that was there first is replaced once at most */
	assert_in_range(stats.workers_started, shut_in ? 2 : 1, shut_in ? 4 : 2);
	assert_int_equal(br_executor_free(executor), 0);
}

static void test_prepared_when_first_wanted(void **state)
{
	const enum br_executor_mode *mode = *state;

	need(ALL);
	run_prepared(make(preparing(*mode, BR_EXECUTOR_SANDBOX_REQUIRE)), true);
}

static void test_nobody_prepares_an_open_worker(void **state)
{
	const enum br_executor_mode *mode = *state;

	run_prepared(make(preparing(*mode, BR_EXECUTOR_SANDBOX_OFF)), false);
}

/* The same from a process that was made early. */
static void test_sandbox_from_a_zygote(void **state)
{
	const enum br_executor_mode *mode = *state;
	struct br_executor_options options = preparing(*mode, BR_EXECUTOR_SANDBOX_REQUIRE);
	char calls[] = "dup";

	need(ALL);
	assert_int_equal(br_executor_zygote_new(&options.zygote), 0);
	options.sandbox_calls = calls; /* nothing that the zygote has seen */
	run_prepared(make(options), true);
	br_executor_zygote_free(options.zygote);
}

int main(void)
{
	static enum br_executor_mode process = BR_EXECUTOR_PROCESS, hybrid = BR_EXECUTOR_HYBRID;
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_prestate(test_everything_is_refused, &process),
	    cmocka_unit_test_prestate(test_everything_is_refused, &hybrid),
	    cmocka_unit_test_prestate(test_everything_is_seen, &process),
	    cmocka_unit_test_prestate(test_everything_is_seen, &hybrid),
	    cmocka_unit_test_prestate(test_what_is_well_goes_on, &process),
	    cmocka_unit_test_prestate(test_what_is_well_goes_on, &hybrid),
	    cmocka_unit_test_prestate(test_nothing_else_is_open, &process),
	    cmocka_unit_test_prestate(test_nothing_else_is_open, &hybrid),
	    cmocka_unit_test_prestate(test_no_job_lies_ahead_of_who_is_secluded, &process),
	    cmocka_unit_test_prestate(test_no_job_lies_ahead_of_who_is_secluded, &hybrid),
	    cmocka_unit_test(test_each_wall_stands_alone),
	    cmocka_unit_test(test_off_is_the_default),
	    cmocka_unit_test_prestate(test_calls_beside, &process),
	    cmocka_unit_test_prestate(test_calls_beside, &hybrid),
	    cmocka_unit_test(test_options_that_make_no_sense),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test_prestate(test_prepared_when_first_wanted, &process),
	    cmocka_unit_test_prestate(test_prepared_when_first_wanted, &hybrid),
	    cmocka_unit_test_prestate(test_nobody_prepares_an_open_worker, &process),
	    cmocka_unit_test_prestate(test_nobody_prepares_an_open_worker, &hybrid),
	    cmocka_unit_test_prestate(test_sandbox_from_a_zygote, &process),
	    cmocka_unit_test_prestate(test_sandbox_from_a_zygote, &hybrid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
