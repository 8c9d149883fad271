/* suspects.c - jobs that ended their worker and are to be tried again: alone.
 *
 * What killed it may have been too little memory for all that ran beside it; and a job that kills
 * may take others with it. So it waits until nothing else runs. That would keep all workers idle
 * but one, so several are put off together, though not for long.
 */
#include "base/base.h"
#include "exec/crew.h"

/* The longest that one waits until the others make room for it. */
#define WAIT_MS 5000U

static bool any_at_work(const struct supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		if (supervisor->workers[i].jobs.first)
			return true;
	}
	return false;
}

static bool is_time(struct supervisor *supervisor)
{
	if (!supervisor->suspects.first)
		return false;
	return supervisor->suspects.count >= supervisor->options->workers ||
	       (!supervisor->queue.first && !any_at_work(supervisor)) ||
	       crew_now(supervisor) >= supervisor->alone_at;
}

void crew_suspect(struct supervisor *supervisor, struct job *job)
{
	if (!supervisor->suspects.first)
		supervisor->alone_at = crew_now(supervisor) + WAIT_MS * NS_PER_MS;
	job_list_push(&supervisor->suspects, job);
}

uint64_t crew_alone_at(const struct supervisor *supervisor)
{
	if (!supervisor->suspects.first || supervisor->alone)
		return UINT64_MAX;
	return supervisor->alone_at;
}

bool crew_dispatch_alone(struct supervisor *supervisor)
{
	if (!supervisor->alone && !is_time(supervisor))
		return false;
	supervisor->alone = supervisor->suspects.first || any_at_work(supervisor);
	if (any_at_work(supervisor))
		return true;
	for (unsigned i = 0; supervisor->suspects.first && i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];
		struct job *job;

		if (!crew_takes_jobs(supervisor, worker))
			continue;
		job = job_list_pop(&supervisor->suspects);
		if (crew_send(supervisor, worker, job))
			job_list_push_front(&supervisor->suspects, job);
		break;
	}
	return supervisor->alone;
}
