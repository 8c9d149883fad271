/* jobs.c - a job's way in and its result's way out, for any number of threads.
 *
 * Who waits does the executor's work: the first who has to wait drives, in backend->wait(), which
 * lets the lock go while it sleeps; others follow, and one of them goes on when the first has what
 * it waited for. So a program with one thread pays for no other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "exec/internal.h"

struct br_executor_future {
	struct br_executor *executor;
	struct br_executor_future *next, **link; /* in executor->futures */
	struct job *job;                         /* finished; NULL before */
	uint64_t id;
	bool dropped; /* nobody has it any more */
};

void executor_lock(struct br_executor *executor)
{
	(void)pthread_mutex_lock(&executor->mutex);
}

bool executor_try_lock(struct br_executor *executor)
{
	return pthread_mutex_trylock(&executor->mutex) == 0;
}

void executor_unlock(struct br_executor *executor)
{
	(void)pthread_mutex_unlock(&executor->mutex);
}

/* --- submitting ------------------------------------------------------------------------------ */

/* An unused job made ready, or why there is none: 0, -EAGAIN, -ECANCELED, -ECHILD. */
static int take_unused(struct br_executor *executor, struct job **out)
{
	if (executor->cancelled)
		return -ECANCELED;
	if (executor->dead)
		return -ECHILD;
	if (executor->under_way >= executor->options.capacity)
		return -EAGAIN;
	struct job *job = job_list_pop(&executor->unused);

	if (!job)
		job = job_new(&executor->options);
	if (!job)
		return -EAGAIN; /* without memory for one more, one of those under way ends first */
	job->status = BR_EXECUTOR_DONE;
	job->error = 0;
	job->signal = 0;
	job_clear_end(job);
	job->attempt = 0;
	job->worker = 0;
	job->spared = 0;
	job->apart = 0;
	job->company = 0;
	job->cancelled = false;
	job->opened = false;
	job->slot = NULL;
	*out = job;
	return 0;
}

static unsigned timeout_of(const struct br_executor *executor, const struct br_executor_job *asked)
{
	if (asked->timeout_ms == BR_EXECUTOR_NO_TIMEOUT)
		return 0;
	return asked->timeout_ms ? asked->timeout_ms : executor->options.timeout_ms;
}

/* With the lock held. */
static int submit(struct br_executor *executor, const struct br_executor_job *asked,
                  struct br_executor_future *future)
{
	const struct br_executor_options *options = &executor->options;
	struct job *job;
	int status = take_unused(executor, &job);

	if (status)
		return status;
	job->id = executor->submitted++;
	job->turn = executor->turns;
	executor->turns += !future;
	executor->under_way++;
	executor->unfinished++;
	job->tag = asked->tag;
	job->priority = asked->priority;
	job->mode = options->mode == BR_EXECUTOR_AUTO ? BR_EXECUTOR_HYBRID : options->mode;
	job->timeout_ms = timeout_of(executor, asked);
	job->future = future;
	memcpy(job->input, asked->bytes, options->job_size);
	memset(job->result, 0, options->result_size);
	if (future)
		future->id = job->id;
	executor->backend->submit(executor, job);
	executor_wake(executor);
	return 0;
}

int br_executor_submit_job(struct br_executor *executor, const struct br_executor_job *job)
{
	executor_lock(executor);
	int status = submit(executor, job, NULL);

	if (executor->watch.on)
		watch_arm(executor);
	executor_unlock(executor);
	return status;
}

int br_executor_submit(struct br_executor *executor, const void *job, uint64_t tag)
{
	return br_executor_submit_job(executor,
	                              &(struct br_executor_job){.bytes = job, .tag = tag});
}

/* --- waiting --------------------------------------------------------------------------------- */

/* What was used last is used next: it is still in the CPU's cache. */
static void give_back(struct br_executor *executor, struct job *job)
{
	job_list_push_front(&executor->unused, job);
	executor->under_way--;
}

static void forget(struct br_executor_future *future)
{
	*future->link = future->next;
	if (future->next)
		future->next->link = future->link;
	free(future);
}

/* A finished job goes to whom it is for. */
static void deliver(struct br_executor *executor, struct job *job)
{
	struct br_executor_future *future = job->future;

	executor->unfinished--;
	if (!future) {
		if (executor->waiting)
			executor->waiting[job->turn % executor->options.capacity] = job;
		else
			job_list_push(&executor->finished, job);
		return;
	}
	future->job = job;
	if (!future->dropped)
		return;
	give_back(executor, job);
	forget(future);
}

/* Waits until another thread, who drives, says that there is something new. */
static int follow(struct br_executor *executor, uint64_t deadline)
{
	if (clock_ns() >= deadline)
		return -EAGAIN;
	executor->followers++;
	wait_until(&executor->changed, &executor->mutex, deadline);
	executor->followers--;
	return 0;
}

int executor_drive(struct br_executor *executor, uint64_t deadline)
{
	struct job *job;

	if (executor->driven)
		return follow(executor, deadline);
	executor->driven = true;
	int status = executor->backend->wait(executor, &job, deadline);

	executor->driven = false;
	if (!status) {
		deliver(executor, job);
		if (executor->watch.on)
			watch_ring(executor);
	}
	if (executor->followers)
		(void)pthread_cond_broadcast(&executor->changed);
	return status;
}

void executor_wake(struct br_executor *executor)
{
	if (executor->driven)
		executor->backend->wake(executor);
}

static uint64_t deadline_in(int timeout_ms)
{
	return timeout_ms < 0 ? UINT64_MAX : clock_ns() + (uint64_t)timeout_ms * NS_PER_MS;
}

static void describe(const struct job *job, struct br_executor_result *result)
{
	*result = (struct br_executor_result){
	    .id = job->id,
	    .tag = job->tag,
	    .status = job->status,
	    .error = job->error,
	    .signal = job->signal,
	    .attempt = job->attempt,
	    .worker = job->worker,
	    .mode = job->mode,
	    .worker_rss = job->worker_rss,
	    .worker_ms = job->worker_ms,
	    .job = job->input,
	    .result = job->result,
	};
	memcpy(result->note, job->note, sizeof(result->note));
}

/* --- taking results -------------------------------------------------------------------------- */

/* The result that is next, or NULL. At most `capacity` are under way, so their turns differ modulo
 * capacity. */
static struct job *take_finished(struct br_executor *executor)
{
	struct job **place, *job;

	if (!executor->waiting)
		return job_list_pop(&executor->finished);
	place = &executor->waiting[executor->returned % executor->options.capacity];
	job = *place;
	*place = NULL;
	return job;
}

/* The caller is done with the bytes of the last result. */
static void recycle(struct br_executor *executor)
{
	if (!executor->handed_out)
		return;
	job_list_push_front(&executor->unused, executor->handed_out);
	executor->handed_out = NULL;
}

/* With the lock held. */
static int next(struct br_executor *executor, struct job **out, int timeout_ms)
{
	const uint64_t deadline = deadline_in(timeout_ms);
	int status = 0;

	*out = take_finished(executor);
	while (!*out && !status && executor->returned != executor->turns) {
		status = executor_drive(executor, deadline);
		*out = take_finished(executor);
	}
	if (*out)
		return 0;
	if (status)
		return status;
	/* Whoever only looks does what there is to be done for futures. */
	if (timeout_ms == 0 && executor->unfinished > 0)
		(void)executor_drive(executor, deadline);
	return executor->dead ? -ECHILD : -ENODATA;
}

int br_executor_next(struct br_executor *executor, struct br_executor_result *result,
                     int timeout_ms)
{
	struct job *job;

	executor_lock(executor);
	recycle(executor);
	if (executor->watch.on)
		watch_clear(executor);
	int status = next(executor, &job, timeout_ms);

	if (!status) {
		executor->handed_out = job;
		executor->returned++;
		executor->under_way--;
		describe(job, result);
	}
	if (executor->watch.on)
		watch_arm(executor);
	executor_unlock(executor);
	return status;
}

/* --- futures --------------------------------------------------------------------------------- */

int br_executor_submit_future(struct br_executor *executor, const struct br_executor_job *job,
                              struct br_executor_future **out)
{
	struct br_executor_future *future = calloc(1, sizeof(*future));

	*out = NULL;
	if (!future)
		return -ENOMEM;
	future->executor = executor;
	executor_lock(executor);
	int status = submit(executor, job, future);

	if (!status) {
		future->next = executor->futures;
		future->link = &executor->futures;
		if (future->next)
			future->next->link = &future->next;
		executor->futures = future;
		*out = future;
		if (executor->watch.on)
			watch_arm(executor);
	}
	executor_unlock(executor);
	if (status)
		free(future);
	return status;
}

int br_executor_future_wait(struct br_executor_future *future, struct br_executor_result *result,
                            int timeout_ms)
{
	struct br_executor *executor = future->executor;
	int status = 0;

	executor_lock(executor);
	const uint64_t deadline = future->job ? 0 : deadline_in(timeout_ms);

	while (!future->job && !status)
		status = executor_drive(executor, deadline);
	if (future->job) {
		status = 0;
		describe(future->job, result);
	}
	if (executor->watch.on)
		watch_arm(executor);
	executor_unlock(executor);
	return status;
}

int br_executor_future_cancel(struct br_executor_future *future, bool kill)
{
	struct br_executor *executor = future->executor;
	int status = -EALREADY;

	executor_lock(executor);
	if (!future->job) {
		status = executor->backend->cancel_job(executor, future->id, kill);
		executor_wake(executor);
		if (executor->watch.on)
			watch_arm(executor);
	}
	executor_unlock(executor);
	return status;
}

void br_executor_future_free(struct br_executor_future *future)
{
	if (!future)
		return;
	struct br_executor *executor = future->executor;

	executor_lock(executor);
	future->dropped = true;
	if (future->job) {
		give_back(executor, future->job);
		forget(future);
	}
	executor_unlock(executor);
}

void futures_free(struct br_executor *executor)
{
	struct br_executor_future *future = executor->futures;

	executor->futures = NULL;
	while (future) {
		struct br_executor_future *next = future->next;

		if (future->job)
			job_free(future->job);
		free(future);
		future = next;
	}
}
