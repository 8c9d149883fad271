/* process_pool.c - the process, the hybrid and the auto executor: worker processes run the middle
 * of a job, I/O threads both of its ends.
 *
 * They differ in where that middle begins. A process executor's threads open and commit, and its
 * workers get the descriptors. A hybrid's threads read and write as well, in slots of their
 * own; its workers get a copy of what was read, and what they make is copied from them. An auto
 * executor can do both: way.h says how it decides.
 *
 * This is the caller's side, between the threads and the supervisor: it waits on both at once.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/desk.h"
#include "exec/io_pool.h"
#include "exec/supervisor.h"

#define SLOT_MEMORY_DEFAULT ((size_t)1 << 30)

/* Jobs that are open at a time, for each worker. Process: as many as a worker can have, and some
 * that wait, so that it never waits for open(2); no more, since each holds descriptors. Hybrid: one
 * that it works on and a full one that waits, since each holds memory. */
#define OPEN_PER_PROCESS 6
#define OPEN_PER_SLOTTED 2

struct process_pool {
	struct io_pool *io; /* NULL: no stage of the task is for a thread */
	struct supervisor *supervisor;
	struct job_list done; /* without threads: finished */
	int wake;             /* ends a sleep */
	unsigned enough;      /* opened jobs that wait for a worker: for all to go on */
};

static void finished(void *arg, struct job *job)
{
	struct process_pool *pool = ((struct br_executor *)arg)->state;

	if (pool->io)
		io_pool_drain(pool->io, job);
	else
		job_list_push(&pool->done, job);
}

static void sleeps(void *arg, bool begins)
{
	if (begins)
		executor_unlock(arg);
	else
		executor_lock(arg);
}

static void process_submit(struct br_executor *executor, struct job *job)
{
	struct process_pool *pool = executor->state;

	if (pool->io) {
		io_pool_fill(pool->io, job);
		return;
	}
	job->slot = &job->descriptors;
	slot_clear(job->slot);
	supervisor_submit(pool->supervisor, job);
}

/* Nothing can be run any more: all that there is comes back as CANCELLED. */
static void end(struct br_executor *executor, int status)
{
	struct process_pool *pool = executor->state;

	executor->dead = status;
	if (pool->io)
		io_pool_cancel(pool->io, false);
	supervisor_give_up(pool->supervisor);
}

/* Whether the workers have enough to do for a while. */
static bool has_backlog(const struct process_pool *pool)
{
	return pool->io && supervisor_queued(pool->supervisor) >= pool->enough;
}

static bool is_empty(const struct process_pool *pool)
{
	return pool->io ? io_pool_is_empty(pool->io) : !pool->done.first;
}

/* Opened jobs to the workers, a finished one to the caller. */
static struct job *collect(struct br_executor *executor, bool patient, uint64_t *deadline)
{
	struct process_pool *pool = executor->state;
	struct job_list ready = {0};
	struct job *job, *next;

	if (!pool->io) {
		*deadline = UINT64_MAX;
		return job_list_pop(&pool->done);
	}
	job = io_pool_collect(pool->io, &ready, patient, deadline);
	while ((next = job_list_pop(&ready)))
		supervisor_submit(pool->supervisor, next);
	if (!executor->dead && io_pool_is_dead(pool->io))
		end(executor, -ETIMEDOUT);
	return job;
}

/* Without a supervisor only the wake tells of what the threads do. */
static int wait_for_wake(struct br_executor *executor, uint64_t deadline)
{
	const struct process_pool *pool = executor->state;
	struct pollfd wake = {.fd = pool->wake, .events = POLLIN};
	uint64_t count;

	executor_unlock(executor);
	int status = poll(&wake, 1, timeout_until(deadline)) < 0 ? -errno : 0;

	executor_lock(executor);
	(void)!read(wake.fd, &count, sizeof(count));
	return status;
}

static int step(struct br_executor *executor, uint64_t deadline)
{
	struct process_pool *pool = executor->state;
	int status;

	if (executor->dead)
		return wait_for_wake(executor, deadline);
	status = supervisor_step(pool->supervisor, deadline);
	if (status == 0 || status == -EINTR)
		return status;
	end(executor, status == -ECHILD ? supervisor_cause(pool->supervisor) : status);
	return 0;
}

/* By when the next call of process_wait() is due, if the threads' deadline is `next`. */
static uint64_t look_at(struct br_executor *executor, uint64_t next)
{
	struct process_pool *pool = executor->state;

	return executor->dead ? next : earlier(next, supervisor_look_by(pool->supervisor));
}

static int process_wait(struct br_executor *executor, struct job **out, uint64_t deadline)
{
	struct process_pool *pool = executor->state;
	const uint64_t patience = clock_ns() + PATIENCE_NS;
	bool patient = has_backlog(pool) && patience < deadline;
	bool looked = false;
	uint64_t next;
	int status = 0;

	while (!(*out = collect(executor, patient, &next))) {
		if (executor->dead && is_empty(pool))
			return -ECHILD;
		if (status == -EINTR ||
		    (looked && deadline != UINT64_MAX && clock_ns() >= deadline)) {
			executor->look_by = look_at(executor, next);
			return -EAGAIN;
		}
		next = earlier(next, deadline);
		status = step(executor, patient ? earlier(next, patience) : next);
		looked = true;
		patient = patient && has_backlog(pool) && clock_ns() < patience;
	}
	return 0;
}

static void process_wake(struct br_executor *executor)
{
	const struct process_pool *pool = executor->state;
	const uint64_t one = 1;

	(void)!write(pool->wake, &one, sizeof(one));
}

static void process_cancel(struct br_executor *executor, bool kill)
{
	struct process_pool *pool = executor->state;

	if (pool->io)
		io_pool_cancel(pool->io, kill);
	supervisor_cancel(pool->supervisor, kill);
}

static int process_cancel_job(struct br_executor *executor, uint64_t id, bool kill)
{
	struct process_pool *pool = executor->state;

	if (pool->io && io_pool_cancel_job(pool->io, id))
		return 0;
	return supervisor_cancel_job(pool->supervisor, id, kill);
}

static int process_watch(struct br_executor *executor, int epoll)
{
	struct process_pool *pool = executor->state;
	const int fds[2] = {supervisor_fd(pool->supervisor), pool->wake};

	for (unsigned i = 0; i < 2; i++) {
		struct epoll_event interest = {.events = EPOLLIN, .data.fd = fds[i]};

		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &interest) != 0)
			return -errno;
	}
	return 0;
}

static unsigned process_stop(struct br_executor *executor)
{
	struct process_pool *pool = executor->state;
	unsigned left = 0;
	struct job *job;

	supervisor_free(pool->supervisor); /* its jobs come out through finished() */
	if (pool->io)
		left = io_pool_free(pool->io);
	else if (pool->wake >= 0)
		(void)close(pool->wake);
	while ((job = job_list_pop(&pool->done)))
		job_free(job);
	free(pool);
	return left;
}

/* Beyond one for each I/O thread. */
static unsigned places(const struct br_executor_options *options)
{
	const unsigned each =
	    options->mode == BR_EXECUTOR_HYBRID ? OPEN_PER_SLOTTED : OPEN_PER_PROCESS;

	return options->workers * (options->together > 1 ? options->together + each : each);
}

static unsigned desk_places(const struct br_executor_options *options)
{
	return options->together > DESK_PLACES ? options->together : DESK_PLACES;
}

/* Whether jobs can go a hybrid's way. */
static bool has_slots(const struct br_executor_options *options)
{
	return options->mode != BR_EXECUTOR_PROCESS;
}

/* Whether a stage of the task is for a thread. */
static bool needs_threads(const struct br_executor_options *options)
{
	const struct br_task_ops *ops = options->ops;

	return has_slots(options) || ops->open || ops->commit || ops->discard;
}

/* Memory that is shared with workers, and slots for what lies in it. Where there is none, auto goes
 * process's way with all. */
static int make_slots(const struct br_executor_options *options, struct desk_shape *shape,
                      struct slot_table **slots)
{
	const size_t memory = options->slot_memory ? options->slot_memory : SLOT_MEMORY_DEFAULT;
	int status;

	if (!has_slots(options))
		return 0;
	status = desk_choose(shape, desk_places(options), memory);
	if (!status)
		return slots_new(slots, places(options) + options->io_threads_most, memory);
	if (options->mode != BR_EXECUTOR_AUTO)
		return refused(options, status, "memory for the workers");
	*shape = (struct desk_shape){0};
	return 0;
}

static int make_io(struct process_pool *pool, struct br_executor *executor,
                   struct desk_shape *shape)
{
	const struct br_executor_options *options = &executor->options;
	struct slot_table *slots = NULL;
	int status;

	if (!needs_threads(options)) {
		pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		return pool->wake < 0 ? refused(options, -errno, "eventfd(2)") : 0;
	}
	status = make_slots(options, shape, &slots);
	if (!status)
		status = io_pool_new(&pool->io, options, slots, places(options));
	if (status)
		slots_free(slots);
	else
		pool->wake = io_pool_wake(pool->io);
	return status;
}

static int process_start(struct br_executor *executor)
{
	struct process_pool *pool = calloc(1, sizeof(*pool));
	struct supervisor_hooks hooks = {.arg = executor, .finished = finished, .sleeps = sleeps};
	struct desk_shape shape = {0};
	int status;

	if (!pool)
		return -ENOMEM;
	executor->state = pool;
	pool->enough = executor->options.workers;
	status = make_io(pool, executor, &shape);
	if (status) {
		free(pool);
		return status;
	}
	/* The processes first: threads may exist only afterwards. */
	status = supervisor_new(&pool->supervisor, &executor->options, &shape, &hooks, pool->wake);
	if (!status && pool->io)
		status = io_pool_start(pool->io);
	if (status)
		(void)process_stop(executor);
	return status;
}

static void process_stats(const struct br_executor *executor, struct br_executor_stats *stats)
{
	const struct process_pool *pool = executor->state;

	supervisor_stats(pool->supervisor, stats);
	if (pool->io)
		io_pool_stats(pool->io, stats);
}

const struct backend process_backend = {
    .start = process_start,
    .submit = process_submit,
    .wait = process_wait,
    .wake = process_wake,
    .cancel = process_cancel,
    .cancel_job = process_cancel_job,
    .stop = process_stop,
    .stats = process_stats,
    .watch = process_watch,
};
