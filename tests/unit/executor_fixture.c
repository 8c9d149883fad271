/* executor_fixture.c - see executor_fixture.h. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "executor_fixture.h"

static struct counters *counters_of(void *ctx)
{
	return ((struct fixture *)ctx)->counters;
}

static void count(int *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

int counted(int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_SEQ_CST);
}

void pause_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

/* As in a call that does not return. */
static void hang(const struct sum_job *job, enum kind kind, void *ctx)
{
	if (job->kind != kind)
		return;
	count(&counters_of(ctx)->waiting);
	while (!counted(&counters_of(ctx)->let_go))
		pause_ms(5);
}

static void wait_first(const struct sum_job *job, enum kind kind, void *ctx)
{
	if (job->kind != kind)
		return;
	count(&counters_of(ctx)->waiting);
	pause_ms(job->milliseconds);
}

static int sum_open(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	const struct sum_job *job = data;
	struct sum_result *result = out;

	count(&counters_of(ctx)->opened);
	result->stages |= 1;
	if (job->kind == FAIL_OPEN)
		return -EACCES;
	hang(job, HANG_OPEN, ctx);
	wait_first(job, SLOW_OPEN, ctx);
	int fd = memfd_create("output", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	slot->fd[slot->fds++] = fd;
	/* an auto executor takes some for large */
	slot->expects = job->bytes + (job->a % 2 ? (uint64_t)1 << 20 : 0);
	slot->local = malloc(1);
	return slot->local ? 0 : -ENOMEM;
}

static int sum_read(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	const struct sum_job *job = data;
	int numbers[2] = {job->a, job->b};

	((struct sum_result *)out)->stages |= 2;
	hang(job, HANG_READ, ctx);
	if (job->kind == FAIL_READ)
		return -EIO;
	int status = br_buffer_append(&slot->in, numbers, sizeof(numbers));

	if (!status && job->bytes) {
		status = br_buffer_reserve(&slot->in, job->bytes);
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
	case MEET:
		count(&counters->waiting);
		while (counted(&counters->waiting) < 2)
			pause_ms(1);
		break;
	case SPIN:
		while (turns < 2000000)
			turns = turns + 1;
		break;
	case CRASH_ONCE:
		if (__atomic_add_fetch(&counters->tries, 1, __ATOMIC_SEQ_CST) > 1) {
			pause_ms(job->milliseconds);
			if (counted(&counters->at_work) > 1)
				count(&counters->together);
			break;
		}
		/* fall through */
	case CRASH:
		(void)__atomic_sub_fetch(&counters->at_work, 1, __ATOMIC_SEQ_CST);
		(void)signal(SIGSEGV, SIG_DFL); /* past a sanitizer's handler */
		(void)raise(SIGSEGV);
		break;
	case EXIT:
		_exit(7);
	case STOP:
		(void)raise(SIGSTOP);
		break;
	default:
		break;
	}
}

/* Takes memory, as far as the counters are concerned. */
static int take_memory(const struct sum_job *job, struct br_slot *slot, struct counters *counters)
{
	const uint64_t bytes = (uint64_t)job->a << 20;
	uint64_t held, most;
	int status = br_executor_admit(slot, bytes);

	if (status)
		return status;
	held = __atomic_add_fetch(&counters->held, bytes, __ATOMIC_SEQ_CST);
	most = __atomic_load_n(&counters->most_held, __ATOMIC_SEQ_CST);
	while (most < held && !__atomic_compare_exchange_n(&counters->most_held, &most, held, false,
	                                                   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	pause_ms(job->milliseconds);
	(void)__atomic_sub_fetch(&counters->held, bytes, __ATOMIC_SEQ_CST);
	if (job->kind == ADMIT_CRASH)
		(void)raise(SIGKILL);
	return 0;
}

/* What a worker's state begins with. */
#define STATE_MARK 0x53544154

struct state {
	int mark;
	int jobs; /* transformed with it */
};

static int sum_transform(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	const struct sum_job *job = data;
	struct sum_result *result = out;
	struct state *state = slot->state;
	int numbers[2];

	if (!state || state->mark != STATE_MARK)
		return 19;
	result->nth = ++state->jobs;
	result->stages |= 4;
	result->pid = getpid();
	count(&counters_of(ctx)->begun);
	if (slot->notes)
		slot->notes[BR_EXECUTOR_NOTES - 1] = (uint64_t)job->a;
	count(&counters_of(ctx)->at_work);
	misbehave(job, counters_of(ctx));
	(void)__atomic_sub_fetch(&counters_of(ctx)->at_work, 1, __ATOMIC_SEQ_CST);
	hang(job, HANG, ctx);
	if (job->kind == ADMIT || job->kind == ADMIT_CRASH) {
		int status = take_memory(job, slot, counters_of(ctx));

		if (status)
			return status;
	}
	if (job->kind == FAIL_TRANSFORM)
		return 17;
	assert_true(slot->in.size >= sizeof(numbers));
	memcpy(numbers, slot->in.data, sizeof(numbers));
	for (size_t i = sizeof(numbers); i < job->bytes; i++) {
		if (slot->in.data[i] != 0x5a)
			return 18;
	}
	result->sum = numbers[0] + numbers[1];
	return br_buffer_append(&slot->out, &result->sum, sizeof(result->sum));
}

static int sum_write(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	((struct sum_result *)out)->stages |= 8;
	hang(data, HANG_WRITE, ctx);
	if (((const struct sum_job *)data)->kind == FAIL_WRITE)
		return -ENOSPC;
	ssize_t written = pwrite(slot->fd[0], slot->out.data, slot->out.size, 0);

	return written == (ssize_t)slot->out.size ? 0 : -EIO;
}

static int sum_commit(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	struct sum_result *result = out;
	int sum = 0;

	hang(data, HANG_COMMIT, ctx);
	wait_first(data, SLOW_COMMIT, ctx);
	if (br_executor_confirm(slot))
		return -ECANCELED;
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

static int sum_discard(void *ctx, const void *data, struct br_slot *slot, void *out)
{
	(void)data;
	(void)out;
	if (slot->fds)
		(void)close(slot->fd[0]);
	free(slot->local);
	count(&counters_of(ctx)->discarded);
	return 0;
}

static int sum_init(void *ctx, void **state)
{
	struct state *own = malloc(sizeof(*own));

	if (!own)
		return -ENOMEM;
	*own = (struct state){.mark = STATE_MARK};
	*state = own;
	count(&counters_of(ctx)->initialised);
	return 0;
}

/* A thread that was abandoned comes here when its test, with its counters, is long over. */
static int states_ended;

static void sum_exit(void *ctx, void *state)
{
	(void)ctx;
	free(state);
	count(&states_ended);
}

int ended_states(void)
{
	return counted(&states_ended);
}

const struct br_task_ops sum_ops = {
    .open = sum_open,
    .read = sum_read,
    .transform = sum_transform,
    .write = sum_write,
    .commit = sum_commit,
    .discard = sum_discard,
    .worker_init = sum_init,
    .worker_exit = sum_exit,
};

int executor_setup(void **state)
{
	struct fixture *fixture = *state;

	fixture->counters = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE,
	                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return fixture->counters == MAP_FAILED;
}

int executor_teardown(void **state)
{
	struct fixture *fixture = *state;

	return munmap(fixture->counters, sizeof(struct counters));
}

struct br_executor_options options_for(struct fixture *fixture)
{
	return (struct br_executor_options){
	    .mode = fixture->mode,
	    .workers = 2,
	    .io_threads = 2,
	    .job_size = sizeof(struct sum_job),
	    .result_size = sizeof(struct sum_result),
	    .ops = &sum_ops,
	    .ctx = fixture,
	};
}

bool isolated(const struct fixture *fixture)
{
	return fixture->mode >= BR_EXECUTOR_PROCESS;
}

struct br_executor *make_executor(struct br_executor_options options)
{
	struct br_executor *executor;

	assert_int_equal(br_executor_new(&executor, &options), 0);
	return executor;
}

void submit(struct br_executor *executor, struct sum_job job, uint64_t tag)
{
	assert_int_equal(br_executor_submit(executor, &job, tag), 0);
}

struct br_executor_result next_result(struct br_executor *executor)
{
	struct br_executor_result result;
	int status;

	do {
		status = br_executor_next(executor, &result, 30000);
	} while (status == -EAGAIN);
	assert_int_equal(status, 0);
	return result;
}

/* Everything that was opened has been closed, one way or the other. */
void assert_balanced(const struct fixture *fixture)
{
	assert_int_equal(counted(&fixture->counters->opened),
	                 counted(&fixture->counters->committed) +
	                     counted(&fixture->counters->discarded));
}

void let_go(struct fixture *fixture)
{
	__atomic_store_n(&fixture->counters->let_go, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 1000 && thread_count() > 1; i++)
		pause_ms(10);
	assert_true(thread_count() <= 1);
	assert_balanced(fixture);
}

int descriptors(void)
{
	int used = 0;

	for (int fd = 0; fd < 1024; fd++)
		used += fcntl(fd, F_GETFD) >= 0;
	return used;
}

struct br_executor_future *submit_future(struct br_executor *executor, struct sum_job job)
{
	struct br_executor_future *future;

	assert_int_equal(
	    br_executor_submit_future(executor, &(struct br_executor_job){.bytes = &job}, &future),
	    0);
	return future;
}

int sum_of(struct br_executor_result result)
{
	assert_int_equal(result.status, BR_EXECUTOR_DONE);
	return ((const struct sum_result *)result.result)->sum;
}

void release_hanging(struct fixture *fixture)
{
	__atomic_store_n(&fixture->counters->let_go, 1, __ATOMIC_SEQ_CST);
}

void submit_with(struct br_executor *executor, enum kind kind, struct br_executor_job job)
{
	const struct sum_job sum = {.kind = kind, .milliseconds = 30};

	job.bytes = &sum;
	assert_int_equal(br_executor_submit_job(executor, &job), 0);
}

void accuse_next(const struct br_slot *slot, bool deny)
{
	/* in front of the notes: see desk.c */
	uint32_t *const mark = (uint32_t *)(void *)slot->notes - 4;
	const uint32_t own = mark[1];

	mark[1] = own + 1;
	if (deny)
		mark[0] = own - 1;
}
