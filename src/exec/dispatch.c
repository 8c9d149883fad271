/* dispatch.c - which worker gets which task, and which gets memory. */
#include <errno.h>

#include "base/base.h"
#include "exec/crew.h"

/* Jobs that a worker may have: brief ones, short ones. */
#define PREFETCH_BRIEF 4
#define PREFETCH_SHORT 2

/* --- handing out ----------------------------------------------------------------------------- */

static void start_clock(struct supervisor *supervisor, struct worker *worker)
{
	worker->began = crew_now(supervisor);
	worker->deadline = worker->tasks.first
	                       ? deadline_after(worker->began, supervisor->options->timeout_ms)
	                       : UINT64_MAX;
}

void crew_begin(struct supervisor *supervisor, struct worker *worker)
{
	struct task *task = worker->tasks.first;

	admission_end(&supervisor->admission, crew_index(supervisor, worker));
	worker->asks = false;
	worker->asked = false;
	start_clock(supervisor, worker);
	if (!task)
		return;
	admission_begin(&supervisor->admission, crew_index(supervisor, worker));
	task->attempt++;
	task->worker = crew_index(supervisor, worker);
}

static bool send_task(struct supervisor *supervisor, struct worker *worker, struct task *task)
{
	const struct executor_options *options = supervisor->options;
	struct channel_message message = {.kind = CHANNEL_JOB};
	const struct slot *slot = task->slot;
	unsigned fds = slot->fds;

	task->serial = ++supervisor->sent;
	message.generation = task->serial;
	if (supervisor->slots) {
		/* A hybrid's worker gets memory and no descriptor. */
		message.index = slots_index(supervisor->slots, slot);
		message.size = slot->in.size;
		message.capacity = slot->out.capacity;
		fds = 0;
	}
	if (channel_send(worker->channel, &message, task->result, options->result_size, task->job,
	                 options->job_size, slot->fd, fds, false) != 0)
		return false; /* full, or dying: then its end of file comes next */
	task_list_push(&worker->tasks, task);
	supervisor->running++;
	if (worker->tasks.count == 1)
		crew_begin(supervisor, worker);
	return true;
}

static unsigned jobs_ahead(const struct worker *worker)
{
	if (worker->pace < BRIEF_JOB_NS)
		return PREFETCH_BRIEF;
	return worker->pace < SHORT_JOB_NS ? PREFETCH_SHORT : 1;
}

void crew_dispatch(struct supervisor *supervisor)
{
	for (unsigned depth = 0; depth < PREFETCH_BRIEF; depth++) {
		for (unsigned i = 0; i < supervisor->options->workers; i++) {
			struct worker *worker = &supervisor->workers[i];
			struct task *task;

			if (worker->state != WORKER_READY || worker->doom != DOOM_NONE ||
			    worker->tasks.count != depth)
				continue;
			if (depth >= jobs_ahead(worker))
				continue;
			if (admission_closed(&supervisor->admission) &&
			    (!depth || supervisor->admission.waiting))
				continue;
			task = task_list_pop(&supervisor->queue);
			if (!task)
				return;
			if (!send_task(supervisor, worker, task))
				task_list_push_front(&supervisor->queue, task);
		}
	}
}

/* --- memory ---------------------------------------------------------------------------------- */

static void answer(struct supervisor *supervisor, struct worker *worker, int status)
{
	struct channel_message message = {.kind = CHANNEL_GRANT, .status = status};

	worker->asks = false;
	start_clock(supervisor, worker);
	/* It waits for this and nothing else: there is room in its channel unless it is dying. */
	(void)channel_send(worker->channel, &message, NULL, 0, NULL, 0, NULL, 0, false);
}

void crew_grant(struct supervisor *supervisor)
{
	int index;

	while ((index = admission_grant(&supervisor->admission)) >= 0)
		answer(supervisor, &supervisor->workers[index], 0);
}

bool crew_ask(struct supervisor *supervisor, struct worker *worker, uint64_t bytes)
{
	const struct executor_options *options = supervisor->options;
	int status;

	/* A job that could ask again and again would never run out of time. */
	if (!worker->tasks.first || worker->asked ||
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
