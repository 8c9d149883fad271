/* test_executor_orphans.c - what a task forks in a worker ends with the worker, and with the
 * program, however that ends.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "executor_fixture.h"

enum { FORK, FORK_AND_CRASH };

/* Twice, out of its session, so that it is nobody's any more; the last one tells who it is. */
static int fork_twice(void *ctx, const void *job, void *result)
{
	int ends[2];
	pid_t *orphan = result;

	(void)ctx;
	if (pipe(ends) != 0)
		return -1;
	pid_t child = fork();

	if (child == 0) {
		(void)setsid();
		if (fork() != 0)
			_exit(0);
		const pid_t self = getpid();

		(void)!write(ends[1], &self, sizeof(self));
		for (;;)
			(void)pause();
	}
	if (child < 0 || waitpid(child, NULL, 0) != child ||
	    read(ends[0], orphan, sizeof(*orphan)) != (ssize_t)sizeof(*orphan))
		return -1;
	(void)close(ends[0]);
	(void)close(ends[1]);
	if (*(const int *)job == FORK_AND_CRASH) {
		/* the result goes with it */
		*(volatile pid_t *)ctx = *orphan;
		(void)raise(SIGKILL);
	}
	return 0;
}

static struct br_executor_options options_with(pid_t *shared)
{
	return (struct br_executor_options){
	    .mode = BR_EXECUTOR_PROCESS,
	    .workers = 2,
	    .job_size = sizeof(int),
	    .result_size = sizeof(pid_t),
	    .function = fork_twice,
	    .ctx = shared,
	};
}

static pid_t *shared_pid(void)
{
	pid_t *pid =
	    mmap(NULL, sizeof(*pid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(pid != MAP_FAILED);
	return pid;
}

/* Gone, or a corpse that its new parent has not buried yet. */
static bool is_dead(pid_t pid)
{
	char path[64], state = 'X';

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");

	if (!file)
		return kill(pid, 0) != 0;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X'; /* it ended meanwhile */
	(void)fclose(file);
	return state == 'Z' || state == 'X';
}

static void assert_dies(pid_t pid)
{
	assert_true(pid > 0);
	for (unsigned i = 0; i < 6000 && !is_dead(pid); i++)
		pause_ms(5);
	assert_true(is_dead(pid));
}

static bool has_lists(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return access(path, R_OK) == 0;
}

static void test_end_of_the_pool(void **state)
{
	pid_t *shared = shared_pid();

	(void)state;
	if (!has_lists())
		skip();
	struct br_executor *executor = make_executor(options_with(shared));

	assert_int_equal(br_executor_submit(executor, &(int){FORK}, 0), 0);
	const struct br_executor_result result = next_result(executor);

	assert_int_equal(result.status, BR_EXECUTOR_DONE);
	const pid_t orphan = *(const pid_t *)result.result;

	br_executor_free(executor);
	assert_dies(orphan);
	assert_int_equal(munmap(shared, sizeof(*shared)), 0);
}

/* While the pool goes on. */
static void test_end_of_the_worker(void **state)
{
	pid_t *shared = shared_pid();

	(void)state;
	if (!has_lists())
		skip();
	struct br_executor *executor = make_executor(options_with(shared));

	assert_int_equal(br_executor_submit(executor, &(int){FORK_AND_CRASH}, 0), 0);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_CRASHED);
	assert_dies(*shared);
	br_executor_free(executor);
	assert_int_equal(munmap(shared, sizeof(*shared)), 0);
}

/* The first of a process's children: the zygote. */
static pid_t child_of(pid_t pid)
{
	char path[64];
	int child = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &child), 1);
	(void)fclose(file);
	return child;
}

/* By SIGKILL, which leaves it nothing to do; in `stopped`, also beside a zygote that is stopped. */
static void kill_program(bool stopped)
{
	pid_t *shared = shared_pid();
	const pid_t program = fork();

	if (program == 0) {
		struct br_executor *executor = make_executor(options_with(shared));

		(void)br_executor_submit(executor, &(int){FORK}, 0);
		__atomic_store_n(shared, *(const pid_t *)next_result(executor).result,
		                 __ATOMIC_SEQ_CST);
		for (;;)
			(void)pause();
	}
	for (unsigned i = 0; i < 6000 && !counted(shared); i++)
		pause_ms(5);
	const pid_t zygote = child_of(program);

	assert_false(is_dead(*shared));
	if (stopped)
		assert_int_equal(kill(zygote, SIGSTOP), 0);
	assert_int_equal(kill(program, SIGKILL), 0);
	assert_int_equal(waitpid(program, NULL, 0), program);
	assert_dies(*shared);
	assert_dies(zygote);
	assert_int_equal(munmap(shared, sizeof(*shared)), 0);
}

static void test_end_of_the_program(void **state)
{
	(void)state;
	if (!has_lists())
		skip();
	kill_program(false);
	kill_program(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_end_of_the_pool),
	    cmocka_unit_test(test_end_of_the_worker),
	    cmocka_unit_test(test_end_of_the_program),
	};

	return cmocka_run_group_tests_name("orphans", tests, NULL, NULL);
}
