/* burial.c - what becomes of the jobs of a worker that died, and of its place. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/base.h"
#include "exec/crew.h"

/* And so many for one that never answered a job, where others do. */
#define STILLBORN_COUNTS 20

/* Whether a worker that died has died of the first of its jobs, whose notes are read. It has not
 * when that was only queued, nor with its zygote, nor when what was too late is another one, which
 * it had finished after all. */
static bool is_to_blame(const struct supervisor *supervisor, const struct worker *worker,
                        struct job *job)
{
	const bool begun = desk_read_mark(&worker->desk, job->serial, worker->answered, job->note);

	if (worker->doom == DOOM_CANCEL || worker->doom == DOOM_UNPREPARED ||
	    (worker->doom == DOOM_TIMEOUT && worker->doomed != job->serial))
		return false;
	if (job->spared >= SPARED_MAX || (worker->doom != DOOM_ORPHAN && begun))
		return true;
	if (begun)
		job->spared += ORPHAN_COUNTS;
	else
		job->spared += !worker->answered && supervisor->answered ? STILLBORN_COUNTS : 1;
	return false;
}

static void describe_end(struct supervisor *supervisor, const struct worker *worker,
                         struct job *job, const struct channel_message *exit)
{
	const uint64_t ms = (crew_now(supervisor) - worker->began) / NS_PER_MS;

	job->worker_rss = exit->size;
	job->worker_ms = ms < UINT_MAX ? (unsigned)ms : UINT_MAX;
	job->error = 0;
	job->signal = 0;
	if (worker->doom == DOOM_TIMEOUT) {
		job->status = BR_EXECUTOR_TIMEOUT;
		supervisor->stats.timeouts++;
		return;
	}
	job->status = BR_EXECUTOR_CRASHED;
	supervisor->stats.crashes++;
	if (worker->doom == DOOM_NONSENSE)
		job->error = -EPROTO;
	else if (WIFSIGNALED(exit->status))
		job->signal = WTERMSIG(exit->status);
	else
		job->error = WEXITSTATUS(exit->status);
}

/* One that has ended a worker before is tried alone. */
static void try_again(struct supervisor *supervisor, struct job *job, struct job_list *rest)
{
	if (job->status == BR_EXECUTOR_CRASHED)
		crew_suspect(supervisor, job);
	else
		job_list_push_front(rest, job);
}

struct job *crew_charge(struct supervisor *supervisor, const struct worker *worker, struct job *job,
                        const struct channel_message *exit, struct job_list *rest)
{
	describe_end(supervisor, worker, job, exit);
	if (job->attempt > supervisor->options->retries || supervisor->cancelled)
		return job;
	try_again(supervisor, job, rest);
	return NULL;
}

/* As crew_blame_gang() for a worker of one job at a time. */
static struct job *blame_first(struct supervisor *supervisor, struct worker *worker,
                               const struct channel_message *exit, struct job_list *rest)
{
	struct job *job = job_list_pop(&worker->jobs);

	*rest = worker->jobs;
	worker->jobs = (struct job_list){0};
	if (!job)
		return NULL;
	if (job->cancelled) {
		job_cancel(job);
		return job;
	}
	if (is_to_blame(supervisor, worker, job))
		return crew_charge(supervisor, worker, job, exit, rest);
	job->attempt--;
	try_again(supervisor, job, rest);
	return NULL;
}

/* Those of the queue that were to be cancelled when a worker had them. */
static void cancel_wanted(struct supervisor *supervisor)
{
	struct job_list rest = {0}, cancelled = {0};
	struct job *job;

	while ((job = job_list_pop(&supervisor->queue)))
		job_list_push(job->cancelled ? &cancelled : &rest, job);
	supervisor->queue = rest;
	crew_cancel(supervisor, &cancelled);
}

/* The jobs of a worker that died: those that it had not begun go back to the front of the queue,
 * in their order, but behind all others if it was stillborn, so that one of them can show whether
 * workers are well; one that ended it is tried again alone. */
static void return_jobs(struct supervisor *supervisor, struct worker *worker,
                        const struct channel_message *exit, bool stillborn)
{
	struct job_list rest = {0};
	struct job *const ended = (crew_is_gang(supervisor) ? crew_blame_gang : blame_first)(
	    supervisor, worker, exit, &rest);
	struct job *job;

	while (stillborn && (job = job_list_pop(&rest)))
		job_list_insert(&supervisor->queue, job);
	job_list_append(&rest, &supervisor->queue);
	supervisor->queue = rest;
	if (supervisor->cancelled) {
		crew_cancel(supervisor, &supervisor->suspects);
		crew_cancel(supervisor, &supervisor->queue);
	} else if (worker->doom == DOOM_CANCEL)
		cancel_wanted(supervisor);
	if (ended)
		crew_finish(supervisor, ended);
}

/* Whether a worker ended without having been of any use, and not by a job: then the next one may
 * end the same way, and the one after it. */
static bool is_stillborn(const struct worker *worker)
{
	const struct job *job = worker->jobs.first;
	uint64_t note[BR_EXECUTOR_NOTES];

	if (worker->answered || worker->doom == DOOM_ORPHAN || worker->doom == DOOM_CANCEL ||
	    worker->doom == DOOM_UNPREPARED)
		return false;
	return !job || !desk_read_mark(&worker->desk, job->serial, worker->answered, note);
}

/* Why that was, for the caller. */
static int explain(const struct supervisor *supervisor, const struct worker *worker,
                   const struct channel_message *exit)
{
	if (worker->failure)
		return worker->failure;
	if (worker->doom == DOOM_NONSENSE)
		return refused(supervisor->options, -EPROTO, "what a worker said");
	return crew_explain_exit(supervisor,
	                         worker->proved ? "a worker ended before its first job"
	                                        : "a worker ended before it was ready",
	                         exit->status);
}

void crew_bury(struct supervisor *supervisor, struct worker *worker,
               const struct channel_message *exit)
{
	const bool stillborn = is_stillborn(worker);

	crew_lose(worker);
	worker->state = WORKER_NONE;
	worker->spawn_at = 0;
	/* One that talks nonsense without a job to lose could be replaced without end. */
	if (worker->doom == DOOM_NONSENSE && !worker->doomed)
		worker->spawn_at = crew_now(supervisor) + PAUSE_MS * NS_PER_MS;
	if (exit->size > supervisor->stats.peak_worker_rss)
		supervisor->stats.peak_worker_rss = exit->size;
	admission_end(&supervisor->admission, crew_index(supervisor, worker));
	worker->asks = false;
	worker->owed = false;
	crew_grant(supervisor);
	return_jobs(supervisor, worker, exit, stillborn);
	desk_free(&worker->desk);
	supervisor->struck = stillborn && worker->doom == DOOM_NONE && WIFSIGNALED(exit->status) &&
	                     WTERMSIG(exit->status) == SIGKILL;
	if (stillborn)
		crew_refused(supervisor, worker, explain(supervisor, worker, exit));
}
