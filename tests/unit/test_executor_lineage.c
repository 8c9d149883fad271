/* test_executor_lineage.c - what becomes of a pool when the process that its workers come from is
 * killed or stopped: another one takes its place, as long as there is any.
 */
#include <errno.h>
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

#define MOST 8

/* This process's children: the zygotes of the one pool, the oldest first. */
static unsigned zygotes(pid_t pids[MOST])
{
	char path[64];
	unsigned count = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "r");

	if (!file)
		return 0;
	while (count < MOST && fscanf(file, "%d", &pids[count]) == 1)
		count++;
	(void)fclose(file);
	return count;
}

/* The pool, and its zygotes as soon as there are two. NULL where /proc does not tell them. */
static struct br_executor *pool_with_spare(struct br_executor_options options, pid_t pids[MOST])
{
	/* One of another test's that was killed before anybody knew who it was. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	const unsigned others = zygotes(pids);
	struct br_executor *executor = make_executor(options);
	const unsigned before = zygotes(pids);

	for (unsigned i = 0; !others && before && i < 3000; i++) {
		/* Work, so that the pool has a turn. */
		submit(executor, (struct sum_job){.kind = ADD}, 0);
		(void)next_result(executor);
		if (zygotes(pids) == 2)
			return executor;
		pause_ms(10);
	}
	br_executor_free(executor);
	assert_true(others || !before);
	return NULL;
}

static void assert_all_done(struct br_executor *executor, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct br_executor_result result = next_result(executor);

		assert_int_equal(result.status, BR_EXECUTOR_DONE);
		/* Who dies with its zygote has not died of its job. */
		assert_int_equal(result.attempt, 1);
	}
}

/* Again and again: each has a spare. */
static void test_killed(void **state)
{
	struct fixture *fixture = *state;
	pid_t pids[MOST] = {0};
	struct br_executor *executor = pool_with_spare(options_for(fixture), pids);

	if (!executor)
		skip();
	for (unsigned round = 0; round < 4; round++) {
		pid_t now[MOST] = {0};

		for (unsigned i = 0; i < 6; i++)
			submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 60}, i);
		/* others are begun then */
		assert_all_done(executor, 1);
		assert_int_equal(kill(pids[0], SIGKILL), 0);
		assert_all_done(executor, 5);
		for (unsigned i = 0; i < 3000 && (zygotes(now) != 2 || now[0] != pids[1]); i++) {
			submit(executor, (struct sum_job){.kind = ADD}, 0);
			(void)next_result(executor);
			pause_ms(10);
		}
		assert_int_equal(zygotes(now), 2);
		assert_int_equal(now[0], pids[1]);
		pids[0] = now[0];
		pids[1] = now[1];
	}
	assert_int_equal(br_executor_stats(executor).crashes, 0);
	br_executor_free(executor);
	assert_int_equal(zygotes(pids), 0);
	assert_balanced(fixture);
}

/* The spare's death is nobody's. */
static void test_spare_killed(void **state)
{
	struct fixture *fixture = *state;
	pid_t pids[MOST] = {0}, now[MOST] = {0};
	struct br_executor *executor = pool_with_spare(options_for(fixture), pids);

	if (!executor)
		skip();
	assert_int_equal(kill(pids[1], SIGKILL), 0);
	for (unsigned i = 0; i < 3000 && (zygotes(now) != 2 || now[1] == pids[1]); i++) {
		submit(executor, (struct sum_job){.kind = ADD}, 0);
		assert_all_done(executor, 1);
		pause_ms(10);
	}
	assert_int_equal(zygotes(now), 2); /* nor is it left unburied */
	assert_int_equal(now[0], pids[0]);
	br_executor_free(executor);
	assert_balanced(fixture);
}

/* All of them: what is left comes back. */
static void test_all_killed(void **state)
{
	struct fixture *fixture = *state;
	struct br_executor_result result;
	unsigned cancelled = 0;
	int status;
	pid_t pids[MOST] = {0};
	struct br_executor *executor = pool_with_spare(options_for(fixture), pids);

	if (!executor)
		skip();
	for (unsigned i = 0; i < 6; i++)
		submit(executor, (struct sum_job){.kind = HANG}, i);
	assert_int_equal(kill(pids[1], SIGKILL), 0);
	assert_int_equal(kill(pids[0], SIGKILL), 0);
	while ((status = br_executor_next(executor, &result, 20000)) == 0)
		cancelled += result.status == BR_EXECUTOR_CANCELLED;
	assert_int_equal(status, -ECHILD);
	assert_int_equal(cancelled, 6);
	assert_int_equal(br_executor_stats(executor).error, -ECHILD);
	assert_int_equal(br_executor_submit(executor, &(struct sum_job){.kind = ADD}, 7), -ECHILD);
	br_executor_free(executor);
	assert_balanced(fixture);
}

struct asked {
	unsigned jobs, results, cancelled;
};

static bool next_sleep(void *arg, void *job, uint64_t *tag)
{
	struct asked *asked = arg;

	*(struct sum_job *)job = (struct sum_job){.kind = SLEEP, .milliseconds = 5};
	*tag = asked->jobs++;
	return true;
}

static int kill_zygotes(void *arg, const struct br_executor_result *result)
{
	struct asked *asked = arg;
	pid_t pids[MOST] = {0};

	asked->results++;
	for (unsigned left = zygotes(pids); left > 0; left--)
		assert_int_equal(kill(pids[left - 1], SIGKILL), 0);
	asked->cancelled += result->status == BR_EXECUTOR_CANCELLED;
	return 0;
}

/* Jobs without end: who drops what can't be done any more never returns. */
static void test_map_ends_with_the_zygotes(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked = {0};
	pid_t pids[MOST] = {0};
	const struct br_executor_loop loop = {
	    .next_job = next_sleep, .finished = kill_zygotes, .arg = &asked};
	struct br_executor *executor = pool_with_spare(options_for(fixture), pids);

	if (!executor)
		skip();
	assert_int_equal(br_executor_map(executor, &loop), -ECHILD);
	assert_int_equal(asked.results, asked.jobs);
	assert_true(asked.cancelled > 0);
	assert_int_equal(br_executor_stats(executor).error, -ECHILD);
	br_executor_free(executor);
	assert_balanced(fixture);
}

/* Who is to kill a worker and to replace it is stopped itself: it is told to go on. */
static void test_stopped(void **state)
{
	struct br_executor_options options = options_for(*state);
	pid_t pids[MOST] = {0};

	options.timeout_ms = 200;
	struct br_executor *executor = pool_with_spare(options, pids);

	if (!executor)
		skip();
	assert_int_equal(kill(pids[0], SIGSTOP), 0);
	submit(executor, (struct sum_job){.kind = HANG}, 0);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_TIMEOUT);
	/* and at the end it is told again */
	assert_int_equal(kill(pids[0], SIGSTOP), 0);
	br_executor_free(executor);
}

/* The spare takes the place of one that can't go on. */
static void test_stays_stopped(void **state)
{
	struct br_executor_options options = options_for(*state);
	pid_t pids[MOST] = {0}, now[MOST] = {0};

	options.timeout_ms = 200;
	struct br_executor *executor = pool_with_spare(options, pids);

	if (!executor)
		skip();
	/* As one that hangs in the kernel: SIGCONT does not make it go on. */
	if (ptrace(PTRACE_SEIZE, pids[0], NULL, NULL) != 0) {
		br_executor_free(executor);
		skip();
	}
	assert_int_equal(ptrace(PTRACE_INTERRUPT, pids[0], NULL, NULL), 0);
	submit(executor, (struct sum_job){.kind = HANG}, 0);
	assert_int_equal(next_result(executor).status, BR_EXECUTOR_TIMEOUT);
	submit(executor, (struct sum_job){.kind = ADD, .a = 2, .b = 3}, 0);
	assert_int_equal(sum_of(next_result(executor)), 5);
	assert_true(zygotes(now) > 0);
	assert_int_not_equal(now[0], pids[0]);
	br_executor_free(executor);
}

int main(void)
{
	static struct fixture fixtures[BR_EXECUTOR_MODES];
	int failed = 0;

	for (unsigned i = BR_EXECUTOR_PROCESS; i <= BR_EXECUTOR_AUTO; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest tests[] = {
		    EXECUTOR_TEST(test_killed, f),
		    EXECUTOR_TEST(test_spare_killed, f),
		    EXECUTOR_TEST(test_all_killed, f),
		    EXECUTOR_TEST(test_map_ends_with_the_zygotes, f),
		};

		f->mode = (enum br_executor_mode)i;
		failed +=
		    cmocka_run_group_tests_name(br_executor_mode_name(f->mode), tests, NULL, NULL);
	}
	/* These wait for seconds: in one mode. */
	const struct CMUnitTest stops[] = {
	    EXECUTOR_TEST(test_stopped, &fixtures[BR_EXECUTOR_HYBRID]),
	    EXECUTOR_TEST(test_stays_stopped, &fixtures[BR_EXECUTOR_HYBRID]),
	};

	failed += cmocka_run_group_tests_name("stopped", stops, NULL, NULL);
	return failed;
}
