/* test_executor_storm.c - workers that are killed one after the other, at jobs and between them:
 * each death is blamed on the job that was begun and on no other, and every job comes back once.
 *
 * STORM_KILLS: how many of them, in each mode (60).
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <batchresize/executor.h>

#define WORKERS 3
#define JOBS    2000
#define RETRIES 3
#define PIDS    16384

/* In memory that all processes share. */
struct stage {
	pid_t at[JOBS];   /* who is at that job */
	pid_t pids[PIDS]; /* all workers that there ever were */
	unsigned count;
};

static void spin(unsigned microseconds)
{
	struct timespec begin, now;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - begin.tv_sec) * 1000000 + (now.tv_nsec - begin.tv_nsec) / 1000 <
	         (long)microseconds);
}

/* Brief ones and long ones: of the brief ones several lie ahead of a worker. */
static int work(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	struct stage *stage = ctx;
	const unsigned tag = *(const unsigned *)job;

	(void)slot;
	__atomic_store_n(&stage->at[tag], getpid(), __ATOMIC_SEQ_CST);
	spin(tag % 500 < 400 ? 120 : 6000);
	*(unsigned *)result = tag + 1;
	__atomic_store_n(&stage->at[tag], 0, __ATOMIC_SEQ_CST);
	return 0;
}

static int enter(void *ctx, void **state)
{
	struct stage *stage = ctx;

	*state = NULL;
	stage->pids[__atomic_fetch_add(&stage->count, 1, __ATOMIC_SEQ_CST) % PIDS] = getpid();
	return 0;
}

/* R, S, T (stopped), ...; X for one that has gone. */
static char state_of(pid_t pid)
{
	char path[64], letter = 'X';

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");

	if (!file)
		return 'X';
	if (fscanf(file, "%*d (%*[^)]) %c", &letter) != 1)
		letter = 'X';
	(void)fclose(file);
	return letter;
}

/* Whether one that is stopped had been waiting for a job. */
static bool is_idle(pid_t pid)
{
	char path[64];
	long number = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	(void)fclose(file);
	return number == SYS_recvmsg;
}

static int job_of(const struct stage *stage, pid_t pid)
{
	for (int i = 0; i < JOBS; i++) {
		if (__atomic_load_n(&stage->at[i], __ATOMIC_SEQ_CST) == pid)
			return i;
	}
	return -1;
}

/* Kills a worker that is known to be at a job, which is counted in `struck`, or at none. False when
 * it was somewhere between, and goes on. */
static bool strike(struct stage *stage, unsigned chance, unsigned struck[JOBS])
{
	const unsigned count = __atomic_load_n(&stage->count, __ATOMIC_SEQ_CST);
	const unsigned latest = count < WORKERS ? count : WORKERS;
	const pid_t pid = latest ? stage->pids[(count - 1 - chance % latest) % PIDS] : 0;
	int tag;
	char letter;

	if (!pid || kill(pid, SIGSTOP) != 0)
		return false;
	while ((letter = state_of(pid)) != 'T' && letter != 'X' && letter != 'Z')
		(void)usleep(50);
	tag = job_of(stage, pid);
	if (letter != 'T' || (tag < 0 && !is_idle(pid))) {
		(void)kill(pid, SIGCONT);
		return false;
	}
	if (tag >= 0) {
		struck[tag]++;
		__atomic_store_n(&stage->at[tag], 0, __ATOMIC_SEQ_CST);
	}
	return kill(pid, SIGKILL) == 0;
}

static void check_result(const struct br_executor_result *result, const unsigned struck[JOBS],
                         bool seen[JOBS])
{
	const unsigned deaths = struck[result->tag];

	assert_false(seen[result->tag]);
	seen[result->tag] = true;
	if (deaths > RETRIES) {
		assert_int_equal(result->status, BR_EXECUTOR_CRASHED);
		assert_int_equal(result->signal, SIGKILL);
		assert_int_equal(result->attempt, RETRIES + 1);
		return;
	}
	assert_int_equal(result->status, BR_EXECUTOR_DONE);
	assert_int_equal(result->attempt, deaths + 1);
	assert_int_equal(*(const unsigned *)result->result, result->tag + 1);
}

static unsigned kills_wanted(void)
{
	const char *text = getenv("STORM_KILLS");

	return text ? (unsigned)atoi(text) : 60;
}

/* All jobs, and after some results a strike, as long as there are any. Returns the strikes. */
static unsigned round_of(struct br_executor *executor, struct stage *stage, unsigned kills)
{
	static unsigned struck[JOBS], chance;
	static bool seen[JOBS];
	struct br_executor_result result;
	unsigned given = 0, got = 0, done = 0;

	memset(struck, 0, sizeof(struck));
	memset(seen, 0, sizeof(seen));
	while (got < JOBS) {
		while (given < JOBS && br_executor_submit(executor, &given, given) == 0)
			given++;
		const int status = br_executor_next(executor, &result, 1);

		assert_true(status == 0 || status == -EAGAIN);
		if (!status) {
			check_result(&result, struck, seen);
			got++;
		}
		chance = chance * 1103515245 + 12345;
		if (done < kills && (chance >> 16) % 4 == 0)
			done += strike(stage, chance >> 18, struck);
	}
	return done;
}

static void test_storm(void **state)
{
	static const struct br_task_ops ops = {.worker_init = enter, .transform = work};
	struct stage *stage =
	    mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct br_executor_options options = {
	    .mode = *(const enum br_executor_mode *)*state,
	    .workers = WORKERS,
	    .job_size = sizeof(unsigned),
	    .result_size = sizeof(unsigned),
	    .retries = RETRIES,
	    .ops = &ops,
	    .ctx = stage,
	};
	struct br_executor *executor;
	unsigned left = kills_wanted();

	assert_true(stage != MAP_FAILED);
	assert_int_equal(br_executor_new(&executor, &options), 0);
	while (left > 0) {
		const unsigned done = round_of(executor, stage, left);

		assert_true(done > 0);
		left -= done;
	}
	br_executor_free(executor);
	assert_int_equal(munmap(stage, sizeof(*stage)), 0);
}

int main(void)
{
	static enum br_executor_mode modes[] = {BR_EXECUTOR_PROCESS, BR_EXECUTOR_HYBRID};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_prestate(test_storm, &modes[0]),
	    cmocka_unit_test_prestate(test_storm, &modes[1]),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
