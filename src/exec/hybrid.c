/* hybrid.c - I/O threads fill and drain slots of shared memory; worker processes turn one into
 * another.
 *
 * A task goes round: fill list -> I/O thread (open, read) -> ready list -> caller -> worker
 * (transform) -> caller -> drain list -> I/O thread (write, commit) -> done list. The mutex guards
 * the lists between the I/O threads and the caller, within this process; the supervisor is the
 * caller's alone.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/slots.h"
#include "exec/supervisor.h"

#define SLOT_MEMORY_DEFAULT ((size_t)1 << 30)

struct hybrid {
	const struct executor_options *options;
	struct slot_table *slots;
	struct supervisor *supervisor;
	int wake; /* eventfd: ready or done have something, and the caller waits */
	pthread_mutex_t mutex;
	pthread_cond_t work; /* an I/O thread may find something to do */
	struct task_list fill, drain, ready, done;
	unsigned slots_free;
	unsigned slots_total;
	bool starved; /* memory or descriptors ran out: nothing is filled until a slot comes back */
	bool caller_waits;
	bool stopping;
	unsigned threads_started;
	pthread_t *threads;
};

/* With the mutex held: the caller has something to look at. */
static void notify(struct hybrid *hybrid)
{
	uint64_t one = 1;

	if (!hybrid->caller_waits)
		return;
	hybrid->caller_waits = false;
	(void)!write(hybrid->wake, &one, sizeof(one));
}

/* With the mutex held: a task leaves its slot and is done. */
static void complete(struct hybrid *hybrid, struct task *task)
{
	slots_give(hybrid->slots, task->slot);
	task->slot = NULL;
	hybrid->slots_free++;
	hybrid->starved = false;
	task_list_push(&hybrid->done, task);
	notify(hybrid);
	(void)pthread_cond_signal(&hybrid->work);
}

/* The task's failure may be only that others hold what it needs: shared memory, descriptors. */
static bool is_starvation(const struct task *task)
{
	return task->error == -EMFILE || task->error == -ENFILE ||
	       (task->error == -EFBIG && slots_refused(task->slot));
}

/* With the mutex held: takes back a task that could not be filled now, for when others have given
 * something back. False when there are no others. */
static bool postpone(struct hybrid *hybrid, struct task *task)
{
	if (!is_starvation(task) || hybrid->slots_free + 1 >= hybrid->slots_total)
		return false;
	slots_give(hybrid->slots, task->slot);
	task->slot = NULL;
	hybrid->slots_free++;
	hybrid->starved = true;
	memset(task->result, 0, hybrid->options->result_size);
	task_list_push_front(&hybrid->fill, task);
	return true;
}

/* With the mutex held, which is released meanwhile. */
static void fill(struct hybrid *hybrid, struct task *task)
{
	const struct executor_options *options = hybrid->options;

	task->slot = slots_take(hybrid->slots);
	hybrid->slots_free--;
	(void)pthread_mutex_unlock(&hybrid->mutex);
	bool well = task_open(options, task, task->slot);

	if (well) {
		task->error = stage_run(options, options->ops->read, task, task->slot);
		well = !task->error;
	}
	if (!well) {
		int error = task->error;

		task->status = EXECUTOR_FAILED;
		task_close(options, task, task->slot);
		task->error = error;
	}
	(void)pthread_mutex_lock(&hybrid->mutex);
	if (well) {
		task_list_push(&hybrid->ready, task);
		notify(hybrid);
	} else if (!postpone(hybrid, task)) {
		task->attempt = 1;
		complete(hybrid, task);
	}
}

/* The same for a task that its worker is done with. */
static void drain(struct hybrid *hybrid, struct task *task)
{
	const struct executor_options *options = hybrid->options;

	(void)pthread_mutex_unlock(&hybrid->mutex);
	if (task->status == EXECUTOR_DONE) {
		task->error = stage_run(options, options->ops->write, task, task->slot);
		if (task->error)
			task->status = EXECUTOR_FAILED;
	}
	task_close(options, task, task->slot);
	(void)pthread_mutex_lock(&hybrid->mutex);
	complete(hybrid, task);
}

static bool can_fill(const struct hybrid *hybrid)
{
	return hybrid->fill.first && hybrid->slots_free > 0 && !hybrid->starved;
}

static void *io_thread(void *arg)
{
	struct hybrid *hybrid = arg;

	(void)pthread_mutex_lock(&hybrid->mutex);
	for (;;) {
		if (hybrid->drain.first)
			drain(hybrid, task_list_pop(&hybrid->drain));
		else if (hybrid->stopping)
			break;
		else if (can_fill(hybrid))
			fill(hybrid, task_list_pop(&hybrid->fill));
		else
			(void)pthread_cond_wait(&hybrid->work, &hybrid->mutex);
	}
	(void)pthread_mutex_unlock(&hybrid->mutex);
	return NULL;
}

/* From the supervisor, in the caller's thread. */
static void finished(void *arg, struct task *task)
{
	struct hybrid *hybrid = arg;

	(void)pthread_mutex_lock(&hybrid->mutex);
	task_list_push(&hybrid->drain, task);
	(void)pthread_cond_signal(&hybrid->work);
	(void)pthread_mutex_unlock(&hybrid->mutex);
}

static void hybrid_submit(struct executor *executor, struct task *task)
{
	struct hybrid *hybrid = executor->state;

	(void)pthread_mutex_lock(&hybrid->mutex);
	task_list_push(&hybrid->fill, task);
	(void)pthread_cond_signal(&hybrid->work);
	(void)pthread_mutex_unlock(&hybrid->mutex);
}

/* With the mutex held. */
static void cancel_fill(struct hybrid *hybrid)
{
	struct task *task;

	while ((task = task_list_pop(&hybrid->fill))) {
		task_cancel(task);
		task_list_push(&hybrid->done, task);
	}
}

/* Takes what the I/O threads have put down: full slots to the workers, a done task to the caller.
 * Says beforehand whether they are to wake us. */
static struct task *collect(struct hybrid *hybrid, bool hopeless)
{
	struct task_list full = {0};
	struct task *task;

	(void)pthread_mutex_lock(&hybrid->mutex);
	if (hopeless)
		cancel_fill(hybrid);
	task_list_append(&full, &hybrid->ready);
	task = task_list_pop(&hybrid->done);
	hybrid->caller_waits = !task;
	(void)pthread_mutex_unlock(&hybrid->mutex);
	struct task *next;

	while ((next = task_list_pop(&full)))
		supervisor_submit(hybrid->supervisor, next);
	return task;
}

static bool all_idle(struct hybrid *hybrid)
{
	(void)pthread_mutex_lock(&hybrid->mutex);
	bool idle =
	    hybrid->slots_free == hybrid->slots_total && !hybrid->fill.first && !hybrid->done.first;

	(void)pthread_mutex_unlock(&hybrid->mutex);
	return idle;
}

/* Without workers only the wake tells that I/O threads have given tasks back. */
static void wait_for_wake(const struct hybrid *hybrid)
{
	uint64_t count;

	(void)!read(hybrid->wake, &count, sizeof(count));
}

static int hybrid_wait(struct executor *executor, struct task **out, uint64_t deadline)
{
	struct hybrid *hybrid = executor->state;
	int status = 0;

	while (!(*out = collect(hybrid, status == -ECHILD))) {
		if (status == -ECHILD) {
			if (all_idle(hybrid))
				return status;
			wait_for_wake(hybrid);
			continue;
		}
		if (status == -EINTR || (deadline != UINT64_MAX && clock_ns() >= deadline))
			return -EAGAIN;
		if (status)
			return status;
		status = supervisor_step(hybrid->supervisor, deadline);
		executor->dead = status == -ECHILD;
	}
	return 0;
}

static void hybrid_cancel(struct executor *executor, bool kill)
{
	struct hybrid *hybrid = executor->state;
	struct task_list full = {0};
	struct task *task;

	(void)pthread_mutex_lock(&hybrid->mutex);
	cancel_fill(hybrid);
	task_list_append(&full, &hybrid->ready);
	(void)pthread_mutex_unlock(&hybrid->mutex);
	while ((task = task_list_pop(&full))) {
		task_cancel(task);
		finished(hybrid, task);
	}
	supervisor_cancel(hybrid->supervisor, kill);
}

static void hybrid_free(struct hybrid *hybrid)
{
	slots_free(hybrid->slots);
	if (hybrid->wake >= 0)
		(void)close(hybrid->wake);
	(void)pthread_cond_destroy(&hybrid->work);
	(void)pthread_mutex_destroy(&hybrid->mutex);
	free(hybrid->threads);
	free(hybrid);
}

static void hybrid_stop(struct executor *executor)
{
	struct hybrid *hybrid = executor->state;
	struct task *task;

	/* No I/O thread may be about to hand a full slot to a supervisor that has gone: those stay
	 * in the ready list, and are given up below. */
	supervisor_free(hybrid->supervisor);
	(void)pthread_mutex_lock(&hybrid->mutex);
	hybrid->stopping = true;
	(void)pthread_cond_broadcast(&hybrid->work);
	(void)pthread_mutex_unlock(&hybrid->mutex);
	for (unsigned i = 0; i < hybrid->threads_started; i++)
		(void)pthread_join(hybrid->threads[i], NULL);
	while ((task = task_list_pop(&hybrid->ready))) {
		task_cancel(task);
		task_close(hybrid->options, task, task->slot);
		task_list_push(&hybrid->done, task);
	}
	task_list_append(&hybrid->done, &hybrid->fill);
	while ((task = task_list_pop(&hybrid->done)))
		task_free(task);
	hybrid_free(hybrid);
}

/* As many as the system gives, one at least. */
static int start_threads(struct hybrid *hybrid)
{
	sigset_t all, before;
	int status = 0;

	hybrid->threads = calloc(hybrid->options->io_threads, sizeof(pthread_t));
	if (!hybrid->threads)
		return -ENOMEM;
	/* Signals are for the thread that runs the executor. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	while (!status && hybrid->threads_started < hybrid->options->io_threads) {
		status = -pthread_create(&hybrid->threads[hybrid->threads_started], NULL, io_thread,
		                         hybrid);
		if (!status)
			hybrid->threads_started++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return hybrid->threads_started > 0 ? 0 : status;
}

static int hybrid_start(struct executor *executor)
{
	const struct executor_options *options = &executor->options;
	size_t memory = options->slot_memory ? options->slot_memory : SLOT_MEMORY_DEFAULT;
	struct hybrid *hybrid = calloc(1, sizeof(*hybrid));
	struct supervisor_hooks hooks = {.arg = hybrid, .finished = finished};
	int status;

	if (!hybrid)
		return -ENOMEM;
	hybrid->options = options;
	/* Two a worker: one that it works on and a full one that waits; one for each I/O thread. */
	hybrid->slots_total = options->workers * 2 + options->io_threads;
	hybrid->slots_free = hybrid->slots_total;
	(void)pthread_mutex_init(&hybrid->mutex, NULL);
	(void)pthread_cond_init(&hybrid->work, NULL);
	hybrid->wake = eventfd(0, EFD_CLOEXEC);
	status = hybrid->wake < 0 ? -errno : 0;
	if (!status)
		status = slots_new(&hybrid->slots, hybrid->slots_total, memory);
	/* The processes first: threads may exist only afterwards. */
	if (!status)
		status = supervisor_new(&hybrid->supervisor, options, hybrid->slots, &hooks,
		                        hybrid->wake);
	if (status) {
		hybrid_free(hybrid);
		return status;
	}
	executor->state = hybrid;
	status = start_threads(hybrid);
	if (status)
		hybrid_stop(executor);
	return status;
}

static void hybrid_stats(const struct executor *executor, struct executor_stats *stats)
{
	const struct hybrid *hybrid = executor->state;

	supervisor_stats(hybrid->supervisor, stats);
}

const struct backend hybrid_backend = {
    .start = hybrid_start,
    .submit = hybrid_submit,
    .wait = hybrid_wait,
    .cancel = hybrid_cancel,
    .stop = hybrid_stop,
    .stats = hybrid_stats,
};
