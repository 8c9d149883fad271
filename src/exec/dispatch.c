/* dispatch.c - which worker gets which job, and which gets memory. */
#include <errno.h>

#include "base/base.h"
#include "exec/crew.h"
#include "exec/slots.h"

/* Jobs that a worker may have: brief ones, short ones. */
#define PREFETCH_BRIEF DESK_PLACES
#define PREFETCH_SHORT 2

/* Nothing can be sent, and nobody is at work whose end could change that: for how long it is tried,
 * and how often. */
#define CHOKED_MS      10000U
#define CHOKED_LOOK_MS 100U

/* --- handing out ----------------------------------------------------------------------------- */

static void start_clock(struct supervisor *supervisor, struct worker *worker)
{
	const struct job *job = worker->jobs.first;

	worker->began = crew_now(supervisor);
	worker->deadline = job ? deadline_after(worker->began, job->timeout_ms) : UINT64_MAX;
}

static void note_attempt(const struct supervisor *supervisor, const struct worker *worker,
                         struct job *job)
{
	job->attempt++;
	job->worker = crew_index(supervisor, worker);
}

void crew_begin(struct supervisor *supervisor, struct worker *worker)
{
	struct job *job = worker->jobs.first;

	admission_end(&supervisor->admission, crew_index(supervisor, worker));
	worker->asks = false;
	worker->asked = false;
	worker->owed = false;
	start_clock(supervisor, worker);
	if (!job)
		return;
	admission_begin(&supervisor->admission, crew_index(supervisor, worker));
	if (!crew_is_gang(supervisor))
		note_attempt(supervisor, worker, job);
}

/* --- sending -----------------------------------------------------------------------------------
 */

/* What became of a message to a worker: `status`, which it returns. Full is a channel that has
 * something in it, and the end of a worker that has gone is told elsewhere; all else is the
 * system's state, which may pass: another program of the user's has descriptors under way
 * (ETOOMANYREFS, see unix(7)), there is no memory for a message (ENOBUFS, ENOMEM). */
static int note_sent(struct supervisor *supervisor, struct worker *worker, int status)
{
	if (status == 0)
		supervisor->choked = 0;
	else if (status == -EPIPE && worker->doom == DOOM_NONE)
		crew_doom(supervisor, worker, DOOM_DEAF); /* or it would be waited for in vain */
	else if (status != -EPIPE && (status != -EAGAIN || !worker->jobs.first)) {
		if (!supervisor->choked)
			supervisor->choked_at = crew_now(supervisor);
		/* A channel that has no room although it is empty. */
		supervisor->choked = status == -EAGAIN ? -ENOBUFS : status;
	}
	return status;
}

/* Whether anything will come of the workers by itself: one is at a job, and does not wait to be
 * told something, or it comes or goes. */
static bool any_works(const struct supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		const struct worker *worker = &supervisor->workers[i];

		if (worker->state == WORKER_STARTING || worker->state == WORKER_DYING ||
		    (worker->jobs.first && !worker->asks))
			return true;
	}
	return false;
}

static bool any_owed(const struct supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		if (supervisor->workers[i].owed)
			return true;
	}
	return false;
}

uint64_t crew_choked_until(struct supervisor *supervisor, uint64_t now)
{
	if (!supervisor->queue.first && !supervisor->suspects.first && !any_owed(supervisor))
		supervisor->choked = 0;
	if (!supervisor->choked)
		return UINT64_MAX;
	if (any_works(supervisor))
		supervisor->choked_at = now;
	if (now - supervisor->choked_at < CHOKED_MS * NS_PER_MS)
		return deadline_after(now, CHOKED_LOOK_MS);
	supervisor->last_error = refused(supervisor->options, supervisor->choked,
	                                 "sendmsg(2) to a worker, for %u s", CHOKED_MS / 1000);
	crew_give_up(supervisor);
	return now;
}

/* There is no memory to have it copied to a worker's desk. Another worker would not fare better. */
static int refuse_job(struct supervisor *supervisor, struct job *job, int status)
{
	job_clear_end(job);
	job->status = BR_EXECUTOR_FAILED;
	job->error = status;
	job->attempt++;
	crew_finish(supervisor, job);
	return 0;
}

/* Returns 0 for a job that the worker has, or that is finished. */
int crew_send(struct supervisor *supervisor, struct worker *worker, struct job *job)
{
	const struct br_executor_options *options = supervisor->options;
	struct channel_message message = {.kind = CHANNEL_JOB};
	const struct br_slot *slot = job->slot;
	unsigned fds = slot->fds;
	int status;

	job->serial = ++supervisor->sent;
	message.generation = job->serial;
	job->place = DESK_NO_PLACE;
	if (job_is_slotted(job)) {
		/* In a hybrid's way the worker gets memory and no descriptor. */
		size_t at;
		const int place = desk_put(&worker->desk, &supervisor->shape, slot, &at);

		/* it waits for the end of one of those that the worker has */
		if (place == -EAGAIN)
			return place;
		if (place < 0)
			return refuse_job(supervisor, job, place);
		job->place = (unsigned)place;
		slots_note_copy(job->slot, slot->in.size);
		message.offset = at;
		message.size = slot->in.size;
		fds = 0;
	}
	message.index = job->place;
	status = channel_send(worker->channel, &message, job->result, options->result_size,
	                      job->input, options->job_size, slot->fd, fds, false);

	if (note_sent(supervisor, worker, status)) {
		if (job_is_slotted(job))
			desk_withdraw(&worker->desk, &supervisor->shape, job->place);
		return status;
	}
	job_list_push(&worker->jobs, job);
	worker->given++;
	if (crew_is_gang(supervisor))
		note_attempt(supervisor, worker, job);
	if (worker->jobs.count == 1)
		crew_begin(supervisor, worker);
	return 0;
}

static unsigned jobs_ahead(const struct supervisor *supervisor, const struct worker *worker)
{
	if (crew_is_gang(supervisor))
		return supervisor->options->together;
	if (supervisor->options->secluded)
		return 1;
	if (worker->pace < BRIEF_JOB_NS)
		return PREFETCH_BRIEF;
	return worker->pace < SHORT_JOB_NS ? PREFETCH_SHORT : 1;
}

bool crew_takes_jobs(const struct supervisor *supervisor, const struct worker *worker)
{
	return worker->state == WORKER_READY && worker->doom == DOOM_NONE &&
	       !crew_is_used_up(supervisor, worker);
}

/* Whether the worker may have that job beside those that it has. */
static bool is_company(const struct worker *worker, const struct job *job)
{
	return !worker->jobs.first || !job || job->company == worker->jobs.first->company;
}

void crew_dispatch(struct supervisor *supervisor)
{
	const unsigned most =
	    crew_is_gang(supervisor) ? supervisor->options->together : PREFETCH_BRIEF;

	if (crew_dispatch_alone(supervisor))
		return;
	for (unsigned depth = 0; depth < most && supervisor->queue.first; depth++) {
		for (unsigned i = 0; i < supervisor->options->workers; i++) {
			struct worker *worker = &supervisor->workers[i];
			struct job *job;

			if (!crew_takes_jobs(supervisor, worker) || worker->jobs.count != depth)
				continue;
			if (depth >= jobs_ahead(supervisor, worker))
				continue;
			if (admission_closed(&supervisor->admission) &&
			    (!depth || supervisor->admission.waiting))
				continue;
			if (!is_company(worker, supervisor->queue.first))
				continue;
			job = job_list_pop(&supervisor->queue);
			if (!job)
				return;
			if (crew_send(supervisor, worker, job))
				job_list_push_front(&supervisor->queue, job);
		}
	}
}

/* --- memory ---------------------------------------------------------------------------------- */

static void answer(struct supervisor *supervisor, struct worker *worker, int status)
{
	struct channel_message message = {.kind = CHANNEL_GRANT, .status = status};

	worker->answer = status;
	status = channel_send(worker->channel, &message, NULL, 0, NULL, 0, NULL, 0, false);
	/* It waits for this, so it is tried again, unless the worker is dying. */
	worker->owed = note_sent(supervisor, worker, status) && status != -EPIPE;
	worker->asks = worker->owed;
	if (worker->owed)
		worker->deadline = UINT64_MAX;
	else
		start_clock(supervisor, worker);
}

void crew_answer_again(struct supervisor *supervisor)
{
	for (unsigned i = 0; supervisor->choked && i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];

		if (worker->owed)
			answer(supervisor, worker, worker->answer);
	}
}

void crew_grant(struct supervisor *supervisor)
{
	int index;

	while ((index = admission_grant(&supervisor->admission)) >= 0)
		answer(supervisor, &supervisor->workers[index], 0);
}

bool crew_ask(struct supervisor *supervisor, struct worker *worker, uint64_t bytes)
{
	const struct br_executor_options *options = supervisor->options;
	int status;

	/* A job that could ask again and again would never run out of time. */
	if (!worker->jobs.first || worker->asked ||
	    bytes <= admission_share(options->memory, options->workers))
		return false;
	worker->asked = true;
	status = admission_ask(&supervisor->admission, crew_index(supervisor, worker), bytes);
	if (status) {
		answer(supervisor, worker, status);
		return true;
	}
	worker->asks = true;
	worker->deadline = UINT64_MAX;
	crew_grant(supervisor);
	return true;
}
