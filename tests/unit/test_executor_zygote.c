/* test_executor_zygote.c - several executors in one program, whose workers come from one process
 * that was made early: beside threads, beside each other, and after one of them died.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor_fixture.h"

/* Nobody is left who came from here. */
static void assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static struct br_executor_zygote *make_zygote(void)
{
	struct br_executor_zygote *zygote;

	assert_int_equal(br_executor_zygote_new(&zygote), 0);
	return zygote;
}

static struct br_executor_options options_from(struct br_executor_zygote *zygote,
                                               struct fixture *fixture, enum br_executor_mode mode)
{
	struct br_executor_options options = options_for(fixture);

	options.mode = mode;
	options.zygote = zygote;
	return options;
}

#define POOLS 5

static void test_several_at_once(void **state)
{
	static const enum br_executor_mode modes[POOLS] = {BR_EXECUTOR_PROCESS, BR_EXECUTOR_HYBRID,
	                                                   BR_EXECUTOR_THREAD, BR_EXECUTOR_PROCESS,
	                                                   BR_EXECUTOR_HYBRID};
	struct fixture *fixture = *state;
	const int before = descriptors();
	struct br_executor_zygote *zygote = make_zygote();
	struct br_executor *pools[POOLS];

	for (unsigned i = 0; i < POOLS; i++)
		pools[i] = make_executor(options_from(zygote, fixture, modes[i]));
	for (int i = 0; i < 20; i++)
		for (int p = 0; p < POOLS; p++)
			submit(pools[p], (struct sum_job){.kind = ADD, .a = i, .b = p * 100},
			       (uint64_t)i);
	for (int p = POOLS - 1; p >= 0; p--) {
		for (unsigned i = 0; i < 20; i++) {
			struct br_executor_result result = next_result(pools[p]);
			const struct sum_result *sum = result.result;

			assert_int_equal(result.status, BR_EXECUTOR_DONE);
			assert_int_equal(sum->sum, (int)result.tag + p * 100);
			assert_int_equal(sum->pid == getpid(), modes[p] == BR_EXECUTOR_THREAD);
		}
	}
	for (unsigned i = 0; i < POOLS; i++)
		assert_int_equal(br_executor_free(pools[i]), 0);
	br_executor_zygote_free(zygote);
	assert_no_children();
	assert_int_equal(descriptors(), before);
	assert_balanced(fixture);
}

/* A crash costs its job, a timeout too; the pool goes on. */
static void test_crash_and_timeout(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_zygote *zygote = make_zygote();
	struct br_executor_options options = options_from(zygote, fixture, fixture->mode);
	unsigned statuses[BR_EXECUTOR_CANCELLED + 1] = {0};

	options.retries = 1;
	options.worker_memory = (size_t)1 << 30;
	struct br_executor *executor = make_executor(options);

	for (unsigned i = 0; i < 12; i++) {
		const struct sum_job sum = {.kind = i == 3   ? CRASH
		                                    : i == 5 ? CRASH_ONCE
		                                    : i == 7 ? HANG
		                                             : ADD};
		const struct br_executor_job job = {.bytes = &sum, .timeout_ms = i == 7 ? 300 : 0};

		assert_int_equal(br_executor_submit_job(executor, &job), 0);
	}
	for (unsigned i = 0; i < 12; i++)
		statuses[next_result(executor).status]++;
	assert_int_equal(statuses[BR_EXECUTOR_CRASHED], 1);
	assert_int_equal(statuses[BR_EXECUTOR_TIMEOUT], 1);
	assert_int_equal(statuses[BR_EXECUTOR_DONE], 10);
	assert_int_equal(br_executor_stats(executor).crashes, 3);
	br_executor_free(executor);
	br_executor_zygote_free(zygote);
	assert_balanced(fixture);
}

static int who(void *ctx, const void *job, void *result)
{
	pid_t *pids = result;

	(void)job;
	pids[0] = getppid();
	pids[1] = *(const int *)ctx;
	return 0;
}

/* The process that one pool's workers come from is killed: it gets another one, which is as the
 * first was, and the other pool does not notice. */
static void test_one_is_killed(void **state)
{
	int number = 1;
	struct br_executor_zygote *zygote = make_zygote();
	struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS,
	                                      .workers = 2,
	                                      .job_size = sizeof(int),
	                                      .result_size = 2 * sizeof(pid_t),
	                                      .function = who,
	                                      .ctx = &number,
	                                      .ctx_size = sizeof(number),
	                                      .zygote = zygote};
	struct br_executor *pools[2];
	pid_t parents[2];
	struct br_executor_result result;

	(void)state;
	for (int i = 0; i < 2; i++) {
		number = 10 + i; /* what it is when the executor is made counts */
		pools[i] = make_executor(options);
	}
	number = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(br_executor_submit(pools[i], &(int){0}, 0), 0);
		result = next_result(pools[i]);
		parents[i] = ((const pid_t *)result.result)[0];
		assert_int_equal(((const pid_t *)result.result)[1], 10 + i);
	}
	assert_int_equal(kill(parents[0], SIGKILL), 0);
	do {
		assert_int_equal(br_executor_submit(pools[0], &(int){0}, 0), 0);
		result = next_result(pools[0]);
		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		assert_int_equal(((const pid_t *)result.result)[1], 10);
	} while (((const pid_t *)result.result)[0] == parents[0]);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(br_executor_submit(pools[1], &(int){0}, 0), 0);
		assert_int_equal(next_result(pools[1]).status, BR_EXECUTOR_DONE);
	}
	br_executor_free(pools[0]);
	/* and a third one can be made */
	pools[0] = make_executor(options);
	br_executor_free(pools[0]);
	br_executor_free(pools[1]);
	br_executor_zygote_free(zygote);
	assert_no_children();
}

struct user {
	struct br_executor_zygote *zygote;
	int sum;
};

static int twice(void *ctx, const void *job, void *result)
{
	(void)ctx;
	*(int *)result = *(const int *)job * 2;
	return 0;
}

static void *make_and_use(void *arg)
{
	struct user *user = arg;
	const struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS,
	                                            .workers = 1,
	                                            .job_size = sizeof(int),
	                                            .result_size = sizeof(int),
	                                            .function = twice,
	                                            .zygote = user->zygote};
	int jobs[50], results[50] = {0};

	for (int i = 0; i < 50; i++)
		jobs[i] = i;
	if (br_executor_array(&options, jobs, results, 50) == 0)
		for (int i = 0; i < 50; i++)
			user->sum += results[i];
	return NULL;
}

static void test_in_threads(void **state)
{
	struct user user[3];
	pthread_t threads[3];
	struct br_executor_zygote *zygote = make_zygote();

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		user[i] = (struct user){.zygote = zygote};
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_use, &user[i]), 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(user[i].sum, 49 * 50);
	}
	br_executor_zygote_free(zygote);
	assert_no_children();
}

static void *wait_for_word(void *arg)
{
	char word;

	(void)!read(*(const int *)arg, &word, 1);
	return NULL;
}

/* Without one that was made before, a program that has threads is told so. */
static void test_too_late(void **state)
{
	struct br_executor_options options = options_for(*state);
	struct br_executor_zygote *early = make_zygote(), *late;
	struct br_executor *executor;
	pthread_t thread;
	int ends[2];

	options.mode = BR_EXECUTOR_PROCESS;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_word, &ends[0]), 0);
	assert_int_equal(br_executor_zygote_new(&late), -EBUSY);
	assert_null(late);
	assert_int_equal(br_executor_new(&executor, &options), -EBUSY);
	options.zygote = early;
	br_executor_free(make_executor(options));
	(void)close(ends[1]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)close(ends[0]);
	br_executor_zygote_free(early);
	br_executor_zygote_free(NULL);
}

static void *end_soon(void *arg)
{
	pause_ms(20);
	return arg;
}

/* As one does that was joined and that the kernel is not done with. */
static void test_a_thread_that_ends_is_waited_for(void **state)
{
	struct br_executor_options options = options_for(*state);
	pthread_t thread;

	options.mode = BR_EXECUTOR_PROCESS;
	assert_int_equal(pthread_create(&thread, NULL, end_soon, NULL), 0);
	assert_int_equal(pthread_detach(thread), 0);
	br_executor_free(make_executor(options));
	assert_int_equal(pthread_create(&thread, NULL, end_soon, NULL), 0);
	assert_int_equal(pthread_detach(thread), 0);
	br_executor_zygote_free(make_zygote());
}

/* A task that has no stage for a thread leaves the program without threads, so that it can fork the
 * next pool from itself. */
static void test_simple_pools_need_no_zygote(void **state)
{
	const struct br_executor_options options = {.mode = BR_EXECUTOR_PROCESS,
	                                            .workers = 1,
	                                            .job_size = sizeof(int),
	                                            .result_size = sizeof(int),
	                                            .function = twice};
	struct br_executor *first = make_executor(options), *second = make_executor(options);

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct br_executor *executor = i % 2 ? first : second;

		assert_int_equal(br_executor_submit(executor, &i, 0), 0);
		assert_int_equal(*(const int *)next_result(executor).result, 2 * i);
	}
	br_executor_free(first);
	br_executor_free(second);
}

/* The first child of this process: the br_executor_zygote. 0 where /proc does not tell. */
static pid_t first_child(void)
{
	char path[64];
	int child = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "r");

	if (!file)
		return 0;
	if (fscanf(file, "%d", &child) != 1)
		child = 0;
	(void)fclose(file);
	return child;
}

/* It is told to go on; so it is when a pool's own zygote is to be signalled. */
static void test_stopped(void **state)
{
	struct br_executor_zygote *zygote = make_zygote();
	const pid_t pid = first_child();

	if (!pid) {
		br_executor_zygote_free(zygote);
		skip();
	}
	assert_int_equal(kill(pid, SIGSTOP), 0);
	struct br_executor *executor =
	    make_executor(options_from(zygote, *state, BR_EXECUTOR_PROCESS));

	submit(executor, (struct sum_job){.kind = ADD, .a = 2, .b = 3}, 0);
	assert_int_equal(sum_of(next_result(executor)), 5);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	br_executor_free(executor);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	br_executor_zygote_free(zygote);
	assert_no_children();
}

/* As one that hangs in the kernel. An answer that comes too late is nobody else's. */
static void test_stays_stopped(void **state)
{
	struct br_executor_zygote *zygote = make_zygote();
	const struct br_executor_options options =
	    options_from(zygote, *state, BR_EXECUTOR_PROCESS);
	const pid_t pid = first_child();
	struct br_executor *executor;

	if (!pid || ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0) {
		br_executor_zygote_free(zygote);
		skip();
	}
	assert_int_equal(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, NULL, __WALL), pid);
	assert_int_equal(br_executor_new(&executor, &options), -ETIME);
	assert_null(executor);
	assert_int_equal(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
	for (int i = 0; i < 3; i++) {
		executor = make_executor(options);
		submit(executor, (struct sum_job){.kind = ADD, .a = 2, .b = 3}, 0);
		assert_int_equal(sum_of(next_result(executor)), 5);
		br_executor_free(executor);
	}
	br_executor_zygote_free(zygote);
	assert_no_children();
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	const struct CMUnitTest tests[] = {
	    EXECUTOR_TEST(test_several_at_once, &fixtures[BR_EXECUTOR_PROCESS]),
	    EXECUTOR_TEST(test_crash_and_timeout, &fixtures[BR_EXECUTOR_PROCESS]),
	    EXECUTOR_TEST(test_crash_and_timeout, &fixtures[BR_EXECUTOR_HYBRID]),
	    cmocka_unit_test(test_one_is_killed),
	    cmocka_unit_test(test_in_threads),
	    EXECUTOR_TEST(test_too_late, &fixtures[BR_EXECUTOR_PROCESS]),
	    EXECUTOR_TEST(test_a_thread_that_ends_is_waited_for, &fixtures[BR_EXECUTOR_PROCESS]),
	    cmocka_unit_test(test_simple_pools_need_no_zygote),
	    EXECUTOR_TEST(test_stopped, &fixtures[BR_EXECUTOR_PROCESS]),
	    EXECUTOR_TEST(test_stays_stopped, &fixtures[BR_EXECUTOR_PROCESS]),
	};

	for (unsigned i = 0; i < BR_EXECUTOR_MODES; i++)
		fixtures[i].mode = (enum br_executor_mode)i;
	return cmocka_run_group_tests_name("zygote", tests, NULL, NULL);
}
