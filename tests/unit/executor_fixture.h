/* executor_fixture.h - a task that has nothing to do with images, for the tests of the executors:
 * it adds two numbers, or sleeps, spins, fails, crashes or hangs instead. Also an example of how
 * another program would use include/batchresize/executor.h.
 */
#ifndef EXECUTOR_FIXTURE_H
#define EXECUTOR_FIXTURE_H

#include <sys/types.h>

#include <batchresize/executor.h>

enum kind {
	ADD,
	SLEEP,
	MEET, /* until two of them are under way */
	SPIN,
	CRASH,
	CRASH_ONCE,
	EXIT,
	STOP, /* its worker, by SIGSTOP */
	HANG, /* these, until counters.let_go, or in a process until it is killed */
	HANG_OPEN,
	HANG_READ,
	HANG_WRITE,
	HANG_COMMIT,
	SLOW_OPEN, /* these wait for so many milliseconds first */
	SLOW_COMMIT,
	ADMIT,       /* takes `a` MiB of the memory that there is, for so many milliseconds */
	ADMIT_CRASH, /* the same, and crashes with it */
	FAIL_OPEN,
	FAIL_READ,
	FAIL_TRANSFORM,
	FAIL_WRITE,
	FAIL_COMMIT
};

struct sum_job {
	enum kind kind;
	unsigned milliseconds;
	int a, b;
	size_t bytes;
};

struct sum_result {
	int sum;
	pid_t pid;
	unsigned stages; /* bits, in order: open read transform write commit */
	int nth;         /* job of its worker, from 1 */
};

/* What stages count, in memory that all processes of the test share. */
struct counters {
	int opened, committed, discarded, initialised, tries, begun;
	int at_work;  /* in transform() */
	int together; /* CRASH_ONCE was tried again beside others */
	int waiting;  /* calls that have begun to hang, to be slow, or to meet */
	int let_go;
	uint64_t held, most_held; /* by ADMIT */
};

struct fixture {
	enum br_executor_mode mode;
	struct counters *counters;
};

extern const struct br_task_ops sum_ops;

/* cmocka's setup and teardown; the test's state is a struct fixture with its mode set. */
int executor_setup(void **state);
int executor_teardown(void **state);

/* Two workers, two I/O threads, sum_ops. */
struct br_executor_options options_for(struct fixture *fixture);
/* Whether the mode's workers are processes. */
bool isolated(const struct fixture *fixture);

/* These fail the test when the executor refuses. */
struct br_executor *make_executor(struct br_executor_options options);
void submit(struct br_executor *executor, struct sum_job job, uint64_t tag);
struct br_executor_result next_result(struct br_executor *executor);

/* A job that sleeps for 30 ms, if it is to, with all else as in `job`. */
void submit_with(struct br_executor *executor, enum kind kind, struct br_executor_job job);
struct br_executor_future *submit_future(struct br_executor *executor, struct sum_job job);
/* Of a job that is DONE. */
int sum_of(struct br_executor_result result);
/* Lets go what hangs. */
void release_hanging(struct fixture *fixture);

int counted(int *counter);
/* States of workers that have been freed, in this process, so far. */
int ended_states(void);
void pause_ms(unsigned ms);
/* Every job that was opened has been committed or discarded. */
void assert_balanced(const struct fixture *fixture);
/* Lets go what hangs, and waits until no thread is left with it. */
void let_go(struct fixture *fixture);
/* Open descriptors of this process. */
int descriptors(void);

#define EXECUTOR_TEST(test, fixture) \
	cmocka_unit_test_prestate_setup_teardown(test, executor_setup, executor_teardown, fixture)

/* In a job that is under way with others: says in its worker's mark, as code does that has taken it
 * over, that the worker is at the job sent after it, and perhaps that it has not begun itself. */
void accuse_next(const struct br_slot *slot, bool deny);

#endif
