/* test_executor.c - one contract, run over all four executors with tasks that have nothing to do
 * with images: they add, sleep, spin, fail, crash and hang. Also an example of how another program
 * would use include/batchresize/executor.h.
 */
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
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <batchresize/executor.h>

enum kind {
	ADD,
	SLEEP,
	SPIN,
	CRASH,
	CRASH_ONCE,
	EXIT,
	HANG,
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
};

/* What stages count, in memory that all processes of the test share. */
struct counters {
	int opened, committed, discarded, initialised, tries;
};

struct fixture {
	enum executor_mode mode;
	struct counters *counters;
};

static struct counters *counters_of(void *ctx)
{
	return ((struct fixture *)ctx)->counters;
}

static void count(int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int counted(int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

static void pause_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

static int sum_open(void *ctx, const void *data, struct slot *slot, void *out)
{
	const struct sum_job *job = data;
	struct sum_result *result = out;

	count(&counters_of(ctx)->opened);
	result->stages |= 1;
	if (job->kind == FAIL_OPEN)
		return -EACCES;
	int fd = memfd_create("output", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	slot->fd[slot->fds++] = fd;
	slot->local = malloc(1);
	return slot->local ? 0 : -ENOMEM;
}

static int sum_read(void *ctx, const void *data, struct slot *slot, void *out)
{
	const struct sum_job *job = data;
	int numbers[2] = {job->a, job->b};

	(void)ctx;
	((struct sum_result *)out)->stages |= 2;
	if (job->kind == FAIL_READ)
		return -EIO;
	int status = buffer_append(&slot->in, numbers, sizeof(numbers));

	if (!status && job->bytes) {
		status = buffer_reserve(&slot->in, job->bytes);
		if (!status) {
			memset(slot->in.data + slot->in.size, 0x5a, job->bytes - slot->in.size);
			slot->in.size = job->bytes;
		}
	}
	return status;
}

static void misbehave(const struct sum_job *job, struct counters *counters)
{
	volatile unsigned turns = 0;

	switch (job->kind) {
	case SLEEP:
		pause_ms(job->milliseconds);
		break;
	case SPIN:
		while (turns < 2000000)
			turns = turns + 1;
		break;
	case CRASH_ONCE:
		if (__atomic_add_fetch(&counters->tries, 1, __ATOMIC_SEQ_CST) > 1)
			break;
		/* fall through */
	case CRASH:
		(void)signal(SIGSEGV, SIG_DFL); /* past a sanitizer's handler */
		(void)raise(SIGSEGV);
		break;
	case EXIT:
		_exit(7);
	case HANG:
		for (;;)
			pause_ms(1000);
	default:
		break;
	}
}

static int sum_transform(void *ctx, const void *data, struct slot *slot, void *out)
{
	const struct sum_job *job = data;
	struct sum_result *result = out;
	int numbers[2];

	result->stages |= 4;
	result->pid = getpid();
	misbehave(job, counters_of(ctx));
	if (job->kind == FAIL_TRANSFORM)
		return 17;
	assert_true(slot->in.size >= sizeof(numbers));
	memcpy(numbers, slot->in.data, sizeof(numbers));
	for (size_t i = sizeof(numbers); i < job->bytes; i++) {
		if (slot->in.data[i] != 0x5a)
			return 18;
	}
	result->sum = numbers[0] + numbers[1];
	return buffer_append(&slot->out, &result->sum, sizeof(result->sum));
}

static int sum_write(void *ctx, const void *data, struct slot *slot, void *out)
{
	(void)ctx;
	((struct sum_result *)out)->stages |= 8;
	if (((const struct sum_job *)data)->kind == FAIL_WRITE)
		return -ENOSPC;
	ssize_t written = pwrite(slot->fd[0], slot->out.data, slot->out.size, 0);

	return written == (ssize_t)slot->out.size ? 0 : -EIO;
}

static int sum_commit(void *ctx, const void *data, struct slot *slot, void *out)
{
	struct sum_result *result = out;
	int sum = 0;

	if (((const struct sum_job *)data)->kind == FAIL_COMMIT)
		return -EROFS;
	if (pread(slot->fd[0], &sum, sizeof(sum), 0) != sizeof(sum) || sum != result->sum)
		return -EIO;
	result->stages |= 16;
	(void)close(slot->fd[0]);
	free(slot->local);
	count(&counters_of(ctx)->committed);
	return 0;
}

static int sum_discard(void *ctx, const void *data, struct slot *slot, void *out)
{
	(void)data;
	(void)out;
	if (slot->fds)
		(void)close(slot->fd[0]);
	free(slot->local);
	count(&counters_of(ctx)->discarded);
	return 0;
}

static int sum_init(void *ctx)
{
	count(&counters_of(ctx)->initialised);
	return 0;
}

static const struct task_ops sum_ops = {
    .open = sum_open,
    .read = sum_read,
    .transform = sum_transform,
    .write = sum_write,
    .commit = sum_commit,
    .discard = sum_discard,
    .worker_init = sum_init,
};

static int setup(void **state)
{
	struct fixture *fixture = *state;

	fixture->counters = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE,
	                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return fixture->counters == MAP_FAILED;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	return munmap(fixture->counters, sizeof(struct counters));
}

static struct executor_options options_for(struct fixture *fixture)
{
	return (struct executor_options){
	    .mode = fixture->mode,
	    .workers = 2,
	    .io_threads = 2,
	    .job_size = sizeof(struct sum_job),
	    .result_size = sizeof(struct sum_result),
	    .ops = &sum_ops,
	    .ctx = fixture,
	};
}

static bool isolated(const struct fixture *fixture)
{
	return fixture->mode == EXECUTOR_PROCESS || fixture->mode == EXECUTOR_HYBRID;
}

static struct executor *make(struct executor_options options)
{
	struct executor *executor;

	assert_int_equal(executor_new(&executor, &options), 0);
	return executor;
}

static void submit(struct executor *executor, struct sum_job job, uint64_t tag)
{
	assert_int_equal(executor_submit(executor, &job, tag), 0);
}

static struct executor_result next(struct executor *executor)
{
	struct executor_result result;
	int status;

	do {
		status = executor_next(executor, &result, 30000);
	} while (status == -EAGAIN);
	assert_int_equal(status, 0);
	return result;
}

/* Everything that was opened has been closed, one way or the other. */
static void assert_balanced(const struct fixture *fixture)
{
	assert_int_equal(counted(&fixture->counters->opened),
	                 counted(&fixture->counters->committed) +
	                     counted(&fixture->counters->discarded));
}

static int descriptors(void)
{
	int used = 0;

	for (int fd = 0; fd < 1024; fd++)
		used += fcntl(fd, F_GETFD) >= 0;
	return used;
}

/* --- the contract ---------------------------------------------------------------------------- */

static void test_results(void **state)
{
	struct fixture *fixture = *state;
	int before = descriptors();
	struct executor *executor = make(options_for(fixture));
	bool seen[100] = {false};
	unsigned submitted = 0, got = 0;

	while (got < 100) {
		struct sum_job job = {.kind = ADD, .a = (int)submitted, .b = 1000};

		if (submitted < 100 && executor_submit(executor, &job, submitted) == 0) {
			submitted++;
			continue;
		}
		struct executor_result result = next(executor);
		const struct sum_result *sum = result.result;

		assert_int_equal(result.status, EXECUTOR_DONE);
		assert_int_equal(result.id, result.tag);
		assert_false(seen[result.tag]);
		seen[result.tag] = true;
		assert_int_equal(sum->sum, (int)result.tag + 1000);
		assert_int_equal(sum->stages, 31);
		assert_int_equal(((const struct sum_job *)result.job)->a, (int)result.tag);
		assert_int_equal(result.attempt, 1);
		assert_true(result.worker < 2);
		got++;
	}
	struct executor_result none;

	assert_int_equal(executor_next(executor, &none, 0), -ENODATA);
	assert_int_equal(executor_stats(executor).crashes, 0);
	executor_free(executor);
	assert_int_equal(counted(&fixture->counters->committed), 100);
	assert_balanced(fixture);
	assert_int_equal(descriptors(), before);
}

static void test_ordered(void **state)
{
	struct executor_options options = options_for(*state);

	options.ordered = true;
	struct executor *executor = make(options);

	for (unsigned i = 0; i < 12; i++)
		submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = (12 - i) * 3}, i);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(next(executor).id, i);
	executor_free(executor);
}

static void test_back_pressure(void **state)
{
	struct executor_options options = options_for(*state);
	struct sum_job job = {.kind = ADD};

	options.capacity = 3;
	struct executor *executor = make(options);

	for (unsigned i = 0; i < 3; i++)
		submit(executor, job, i);
	assert_int_equal(executor_submit(executor, &job, 3), -EAGAIN);
	assert_int_equal(executor_stats(executor).under_way, 3);
	(void)next(executor);
	assert_int_equal(executor_submit(executor, &job, 3), 0);
	assert_int_equal(executor_submit(executor, &job, 4), -EAGAIN);
	executor_free(executor);
}

static void test_stage_failures(void **state)
{
	static const struct {
		enum kind kind;
		int error;
		unsigned stages;
	} cases[] = {{FAIL_OPEN, -EACCES, 1},
	             {FAIL_READ, -EIO, 3},
	             {FAIL_TRANSFORM, 17, 7},
	             {FAIL_WRITE, -ENOSPC, 15},
	             {FAIL_COMMIT, -EROFS, 15}};
	struct fixture *fixture = *state;
	struct executor_options options = options_for(fixture);

	options.ordered = true;
	struct executor *executor = make(options);

	for (unsigned i = 0; i < 5; i++)
		submit(executor, (struct sum_job){.kind = cases[i].kind}, i);
	for (unsigned i = 0; i < 5; i++) {
		struct executor_result result = next(executor);

		assert_int_equal(result.status, EXECUTOR_FAILED);
		assert_int_equal(result.error, cases[i].error);
		assert_int_equal(((const struct sum_result *)result.result)->stages,
		                 cases[i].stages);
		assert_int_equal(result.attempt, 1);
	}
	executor_free(executor);
	assert_int_equal(counted(&fixture->counters->discarded), 5);
	assert_balanced(fixture);
}

static void test_wait_times_out(void **state)
{
	struct fixture *fixture = *state;
	struct executor *executor = make(options_for(fixture));
	struct executor_result result;

	if (fixture->mode == EXECUTOR_SERIAL) {
		executor_free(executor);
		skip();
	}
	submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 500}, 0);
	assert_int_equal(executor_next(executor, &result, 1), -EAGAIN);
	assert_int_equal(next(executor).status, EXECUTOR_DONE);
	executor_free(executor);
}

static void test_parallel(void **state)
{
	/* Two jobs that each wait until both run: done only if they run at once. */
	struct fixture *fixture = *state;

	if (fixture->mode == EXECUTOR_SERIAL)
		skip();
	struct executor *executor = make(options_for(fixture));
	unsigned workers = 0;

	for (unsigned i = 0; i < 2; i++)
		submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 200}, i);
	for (unsigned i = 0; i < 2; i++)
		workers |= 1U << next(executor).worker;
	assert_int_equal(workers, 3);
	executor_free(executor);
}

static void test_where_it_runs(void **state)
{
	struct fixture *fixture = *state;
	struct executor *executor = make(options_for(fixture));

	submit(executor, (struct sum_job){.kind = ADD}, 0);
	struct executor_result result = next(executor);

	assert_int_equal(((const struct sum_result *)result.result)->pid != getpid(),
	                 isolated(fixture));
	assert_true(counted(&fixture->counters->initialised) >= 1);
	executor_free(executor);
}

static void test_cancel(void **state)
{
	struct fixture *fixture = *state;
	struct executor_options options = options_for(fixture);
	unsigned done = 0, cancelled = 0;

	options.capacity = 40;
	struct executor *executor = make(options);

	for (unsigned i = 0; i < 40; i++)
		submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 20}, i);
	(void)next(executor);
	executor_cancel(executor, false);
	assert_int_equal(executor_submit(executor, &(struct sum_job){.kind = ADD}, 0), -ECANCELED);
	for (unsigned i = 1; i < 40; i++) {
		enum executor_status status = next(executor).status;

		done += status == EXECUTOR_DONE;
		cancelled += status == EXECUTOR_CANCELLED;
	}
	assert_int_equal(done + cancelled, 39);
	assert_true(cancelled > 0);
	executor_free(executor);
	assert_balanced(fixture);
}

static void test_kill(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->mode == EXECUTOR_SERIAL)
		skip();
	struct executor *executor = make(options_for(fixture));
	struct executor_result result;

	submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 2000}, 0);
	assert_int_equal(executor_next(executor, &result, 100), -EAGAIN);
	executor_cancel(executor, true);
	assert_int_equal(next(executor).status, EXECUTOR_CANCELLED);
	executor_free(executor);
	if (isolated(fixture))
		assert_balanced(fixture);
	else
		pause_ms(2500); /* the abandoned thread ends, and commits nothing */
	assert_int_equal(counted(&fixture->counters->committed), 0);
	assert_balanced(fixture);
}

static void test_free_with_jobs_under_way(void **state)
{
	struct fixture *fixture = *state;
	int before = descriptors();
	struct executor *executor = make(options_for(fixture));

	for (unsigned i = 0; i < 10; i++)
		submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 10}, i);
	executor_free(executor);
	assert_balanced(fixture);
	assert_int_equal(descriptors(), before);
}

struct numbers {
	unsigned next, count, sum;
};

static bool next_number(void *arg, void *job, uint64_t *tag)
{
	struct numbers *numbers = arg;

	if (numbers->next == numbers->count)
		return false;
	*(struct sum_job *)job = (struct sum_job){.kind = ADD, .a = (int)numbers->next, .b = 1};
	*tag = numbers->next++;
	return true;
}

static int add_up(void *arg, const struct executor_result *result)
{
	((struct numbers *)arg)->sum += (unsigned)((const struct sum_result *)result->result)->sum;
	return 0;
}

static int stop_at_once(void *arg, const struct executor_result *result)
{
	(void)result;
	((struct numbers *)arg)->sum++;
	return 42;
}

static void test_map(void **state)
{
	struct numbers numbers = {.count = 500};
	struct executor *executor = make(options_for(*state));

	assert_int_equal(executor_map(executor, next_number, add_up, &numbers), 0);
	assert_int_equal(numbers.sum, 500 * 501 / 2);
	executor_free(executor);
	executor = make(options_for(*state));
	numbers = (struct numbers){.count = 100000};
	assert_int_equal(executor_map(executor, next_number, stop_at_once, &numbers), 42);
	assert_true(numbers.next < 100000);
	assert_int_equal(numbers.sum, numbers.next);
	executor_free(executor);
}

static void test_spin(void **state)
{
	struct executor *executor = make(options_for(*state));

	for (unsigned i = 0; i < 8; i++)
		submit(executor, (struct sum_job){.kind = SPIN, .a = 1, .b = 2}, i);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(next(executor).status, EXECUTOR_DONE);
	executor_free(executor);
}

static void test_large_data(void **state)
{
	struct fixture *fixture = *state;
	struct executor_options options = options_for(fixture);

	options.slot_memory = (size_t)64 << 20;
	struct executor *executor = make(options);

	/* Together more than the budget, each less: they take turns. */
	for (unsigned i = 0; i < 12; i++)
		submit(executor, (struct sum_job){.kind = ADD, .bytes = (size_t)30 << 20}, i);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(next(executor).status, EXECUTOR_DONE);
	submit(executor, (struct sum_job){.kind = ADD, .bytes = (size_t)100 << 20}, 12);
	struct executor_result result = next(executor);

	if (fixture->mode == EXECUTOR_HYBRID) {
		assert_int_equal(result.status, EXECUTOR_FAILED);
		assert_int_equal(result.error, -EFBIG);
	} else {
		assert_int_equal(result.status, EXECUTOR_DONE);
	}
	submit(executor, (struct sum_job){.kind = ADD}, 13);
	assert_int_equal(next(executor).status, EXECUTOR_DONE);
	executor_free(executor);
	assert_balanced(fixture);
}

static void test_bad_options(void **state)
{
	struct executor_options good = options_for(*state), bad;
	struct executor *executor = (void *)1;

	bad = good;
	bad.workers = 0;
	assert_int_equal(executor_new(&executor, &bad), -EINVAL);
	assert_null(executor);
	bad = good;
	bad.ops = NULL;
	assert_int_equal(executor_new(&executor, &bad), -EINVAL);
	bad = good;
	bad.job_size = EXECUTOR_MESSAGE_MAX + 1;
	assert_int_equal(executor_new(&executor, &bad), -EINVAL);
	executor_free(NULL);
}

static int refuse_init(void *ctx)
{
	(void)ctx;
	return -ENODEV;
}

static void test_init_fails(void **state)
{
	struct executor_options options = options_for(*state);
	struct task_ops ops = sum_ops;
	struct executor *executor;

	ops.worker_init = refuse_init;
	options.ops = &ops;
	assert_int_equal(executor_new(&executor, &options), -ENODEV);
	assert_null(executor);
}

/* --- what only isolation survives --------------------------------------------------------------
 */

static void test_crash(void **state)
{
	struct fixture *fixture = *state;
	struct executor_options options = options_for(fixture);
	unsigned done = 0;

	options.retries = 1;
	options.capacity = 64;
	struct executor *executor = make(options);

	for (unsigned i = 0; i < 50; i++)
		submit(executor,
		       (struct sum_job){.kind = i == 20   ? CRASH
		                                : i == 30 ? EXIT
		                                          : ADD},
		       i);
	for (unsigned i = 0; i < 50; i++) {
		struct executor_result result = next(executor);

		if (result.tag == 20 || result.tag == 30) {
			assert_int_equal(result.status, EXECUTOR_CRASHED);
			assert_int_equal(result.signal, result.tag == 20 ? SIGSEGV : 0);
			assert_int_equal(result.error, result.tag == 20 ? 0 : 7);
			assert_int_equal(result.attempt, 2);
		} else {
			assert_int_equal(result.status, EXECUTOR_DONE);
			assert_int_equal(result.attempt, 1);
			done++;
		}
	}
	assert_int_equal(done, 48);
	assert_int_equal(executor_stats(executor).crashes, 4);
	/* and it goes on */
	submit(executor, (struct sum_job){.kind = ADD}, 99);
	assert_int_equal(next(executor).status, EXECUTOR_DONE);
	executor_free(executor);
	assert_balanced(fixture);
}

static void test_crash_once(void **state)
{
	struct executor_options options = options_for(*state);

	options.retries = 1;
	struct executor *executor = make(options);

	submit(executor, (struct sum_job){.kind = CRASH_ONCE, .a = 2, .b = 3}, 0);
	struct executor_result result = next(executor);

	assert_int_equal(result.status, EXECUTOR_DONE);
	assert_int_equal(result.attempt, 2);
	assert_int_equal(((const struct sum_result *)result.result)->sum, 5);
	executor_free(executor);
}

static void test_hang(void **state)
{
	struct fixture *fixture = *state;
	struct executor_options options = options_for(fixture);
	unsigned done = 0, late = 0;

	options.timeout_ms = 300;
	options.retries = isolated(fixture) ? 1 : 0;
	struct executor *executor = make(options);

	for (unsigned i = 0; i < 10; i++)
		submit(executor, (struct sum_job){.kind = i == 3 ? HANG : ADD}, i);
	for (unsigned i = 0; i < 10; i++) {
		struct executor_result result = next(executor);

		done += result.status == EXECUTOR_DONE;
		if (result.status == EXECUTOR_TIMEOUT) {
			assert_int_equal(result.tag, 3);
			assert_int_equal(result.attempt, options.retries + 1);
			late++;
		}
	}
	assert_int_equal(done, 9);
	assert_int_equal(late, 1);
	assert_int_equal(executor_stats(executor).timeouts, options.retries + 1);
	executor_free(executor);
}

static void test_serial_too_late(void **state)
{
	struct fixture *fixture = *state;
	struct executor_options options = options_for(fixture);

	options.timeout_ms = 5;
	struct executor *executor = make(options);

	submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 30}, 0);
	assert_int_equal(next(executor).status, EXECUTOR_TIMEOUT);
	executor_free(executor);
	assert_int_equal(counted(&fixture->counters->committed), 0);
	assert_balanced(fixture);
}

static void test_worker_killed_while_idle(void **state)
{
	struct fixture *fixture = *state;
	struct executor *executor = make(options_for(fixture));

	submit(executor, (struct sum_job){.kind = ADD}, 0);
	struct executor_result result = next(executor);

	assert_int_equal(kill(((const struct sum_result *)result.result)->pid, SIGKILL), 0);
	for (unsigned i = 1; i < 20; i++) {
		submit(executor, (struct sum_job){.kind = ADD}, i);
		enum executor_status status = next(executor).status;

		/* A job that was sent to it just as it died is the one that is blamed. */
		assert_true(status == EXECUTOR_DONE || (status == EXECUTOR_CRASHED && i == 1));
	}
	executor_free(executor);
}

static pid_t zygote_pid(void)
{
	char path[64], line[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "r");

	if (!file)
		return 0;
	char *got = fgets(line, sizeof(line), file);

	(void)fclose(file);
	return got ? (pid_t)atoi(line) : 0;
}

static void test_zygote_killed(void **state)
{
	struct fixture *fixture = *state;
	struct executor *executor = make(options_for(fixture));
	struct executor_result result;
	unsigned cancelled = 0;
	int status;
	pid_t zygote = zygote_pid();

	if (zygote <= 0) {
		executor_free(executor);
		skip();
	}
	for (unsigned i = 0; i < 6; i++)
		submit(executor, (struct sum_job){.kind = SLEEP, .milliseconds = 200}, i);
	assert_int_equal(kill(zygote, SIGKILL), 0);
	while ((status = executor_next(executor, &result, 20000)) == 0)
		cancelled += result.status == EXECUTOR_CANCELLED;
	assert_int_equal(status, -ECHILD);
	assert_int_equal(cancelled, 6);
	assert_int_equal(executor_submit(executor, &(struct sum_job){.kind = ADD}, 7), -ECHILD);
	executor_free(executor);
	assert_balanced(fixture);
}

static void test_worker_memory(void **state)
{
	struct executor_options options = options_for(*state);

	if (options.mode != EXECUTOR_PROCESS)
		skip(); /* a hybrid's worker grows nothing of its own here */
	options.worker_memory = (size_t)32 << 20;
	struct executor *executor = make(options);

	submit(executor, (struct sum_job){.kind = ADD, .bytes = (size_t)256 << 20}, 0);
	struct executor_result result = next(executor);

	assert_int_equal(result.status, EXECUTOR_FAILED);
	assert_int_equal(result.error, -ENOMEM);
	submit(executor, (struct sum_job){.kind = ADD}, 1);
	assert_int_equal(next(executor).status, EXECUTOR_DONE);
	executor_free(executor);
}

/* --- names -------------------------------------------------------------------------------------
 */

static void test_names(void **state)
{
	enum executor_mode mode;

	(void)state;
	for (unsigned i = 0; i < EXECUTOR_MODES; i++) {
		assert_int_equal(
		    executor_mode_parse(executor_mode_name((enum executor_mode)i), &mode), 0);
		assert_int_equal(mode, i);
	}
	assert_int_equal(executor_mode_parse("proces", &mode), -EINVAL);
}

#define CASE(test, fixture) cmocka_unit_test_prestate_setup_teardown(test, setup, teardown, fixture)

int main(void)
{
	static struct fixture fixtures[EXECUTOR_MODES];
	const struct CMUnitTest names[] = {cmocka_unit_test(test_names)};
	int failed = cmocka_run_group_tests_name("names", names, NULL, NULL);

	for (unsigned i = 0; i < EXECUTOR_MODES; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest contract[] = {
		    CASE(test_results, f),
		    CASE(test_ordered, f),
		    CASE(test_back_pressure, f),
		    CASE(test_stage_failures, f),
		    CASE(test_wait_times_out, f),
		    CASE(test_parallel, f),
		    CASE(test_where_it_runs, f),
		    CASE(test_cancel, f),
		    CASE(test_free_with_jobs_under_way, f),
		    CASE(test_map, f),
		    CASE(test_spin, f),
		    CASE(test_large_data, f),
		    CASE(test_bad_options, f),
		    CASE(test_init_fails, f),
		};

		f->mode = (enum executor_mode)i;
		failed +=
		    cmocka_run_group_tests_name(executor_mode_name(f->mode), contract, NULL, NULL);
	}
	for (unsigned i = EXECUTOR_PROCESS; i <= EXECUTOR_HYBRID; i++) {
		struct fixture *f = &fixtures[i];
		const struct CMUnitTest isolation[] = {
		    CASE(test_crash, f),         CASE(test_crash_once, f),
		    CASE(test_hang, f),          CASE(test_worker_killed_while_idle, f),
		    CASE(test_zygote_killed, f), CASE(test_worker_memory, f),
		    CASE(test_kill, f),
		};

		failed +=
		    cmocka_run_group_tests_name(executor_mode_name(f->mode), isolation, NULL, NULL);
	}
	const struct CMUnitTest serial[] = {CASE(test_serial_too_late, &fixtures[EXECUTOR_SERIAL])};
	/* Last, since they leave threads behind: no process executor could start after them. */
	const struct CMUnitTest threads[] = {CASE(test_kill, &fixtures[EXECUTOR_THREAD]),
	                                     CASE(test_hang, &fixtures[EXECUTOR_THREAD])};

	failed += cmocka_run_group_tests_name("serial", serial, NULL, NULL);
	failed += cmocka_run_group_tests_name("thread", threads, NULL, NULL);
	return failed;
}
