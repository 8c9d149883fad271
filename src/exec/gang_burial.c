/* gang_burial.c - workers that have several jobs under way: how long each may take, and which of
 * them is to blame for a death.
 *
 * A worker says in its mark which job it works at, and with that how far it has come. What it dies
 * of in one job's own work costs that job; in what it does for several, each of these is begun
 * again without others.
 */
#include <string.h>

#include "base/base.h"
#include "exec/crew.h"

/* How many times its jobs' own time a worker may take for them in all, whatever steps it says that
 * it takes. */
#define TIMES_MOST 4

struct job *crew_find_job(const struct worker *worker, uint32_t serial)
{
	struct job *job = worker->jobs.first;

	while (job && job->serial != serial)
		job = job->next;
	return job;
}

uint32_t crew_active(const struct worker *worker)
{
	uint64_t note[BR_EXECUTOR_NOTES];
	struct desk_step step;

	(void)desk_read_step(&worker->desk, &step, note);
	return step.active;
}

/* --- time ------------------------------------------------------------------------------------ */

/* Of all jobs together, ns; UINT64_MAX if one has no limit. */
static uint64_t time_of_all(const struct worker *worker)
{
	uint64_t ns = 0;

	for (const struct job *job = worker->jobs.first; job; job = job->next) {
		if (!job->timeout_ms)
			return UINT64_MAX;
		ns += job->timeout_ms * NS_PER_MS;
	}
	return ns;
}

void crew_see_step(struct supervisor *supervisor, struct worker *worker, uint64_t now)
{
	uint64_t note[BR_EXECUTOR_NOTES], all;
	struct desk_step step;
	const struct job *job;

	if (!crew_is_gang(supervisor) || !worker->jobs.first || worker->asks ||
	    worker->state != WORKER_READY || worker->doom != DOOM_NONE)
		return;
	all = time_of_all(worker);
	if (!desk_read_step(&worker->desk, &step, note))
		worker->deadline = all == UINT64_MAX ? all : worker->began + all;
	else if (step.number != worker->step) {
		worker->step = step.number;
		job = crew_find_job(worker, step.active);
		if (job)
			worker->deadline = deadline_after(now, job->timeout_ms);
		else
			worker->deadline = all == UINT64_MAX ? all : now + all;
	}
	if (all != UINT64_MAX)
		worker->deadline = earlier(worker->deadline, worker->began + TIMES_MOST * all);
}

/* --- blame ----------------------------------------------------------------------------------- */

/* What is known of a death. */
struct death {
	struct desk_step step;
	uint64_t note[BR_EXECUTOR_NOTES];
	bool read;      /* the two */
	bool forgiven;  /* no job is to blame */
	unsigned begun; /* of its jobs */
};

static bool has_begun(const struct death *death, const struct job *job)
{
	return !death->read || (int32_t)(death->step.begun - job->serial) >= 0;
}

static struct death look_at(const struct worker *worker)
{
	struct death death = {0};

	death.read = desk_read_step(&worker->desk, &death.step, death.note);
	death.forgiven = worker->doom == DOOM_CANCEL || worker->doom == DOOM_UNPREPARED ||
	                 worker->doom == DOOM_ORPHAN ||
	                 (worker->doom == DOOM_TIMEOUT && death.step.active != worker->accused);
	for (const struct job *job = worker->jobs.first; job; job = job->next)
		death.begun += has_begun(&death, job);
	return death;
}

/* The one that is to blame, or NULL. */
static struct job *guilty_of(const struct worker *worker, const struct death *death)
{
	const bool spoke = worker->doom == DOOM_NONSENSE && worker->accused;
	struct job *job = crew_find_job(worker, spoke ? worker->accused : death->step.active);

	if (worker->doom == DOOM_ORPHAN && job)
		job->spared += ORPHAN_COUNTS;
	for (struct job *other = worker->jobs.first; other; other = other->next)
		if (other->lone && other->spared >= SPARED_MAX)
			return other;
	if (death->forgiven || death->begun == 0)
		return NULL;
	if (job && has_begun(death, job))
		return job;
	return death->begun == 1 ? worker->jobs.first : NULL;
}

/* One that is not to blame, as far as is known. */
static void spare(const struct death *death, struct job *job, bool known)
{
	job->attempt--;
	if (death->forgiven)
		return;
	job->spared++;
	if ((!known && has_begun(death, job)) || job->spared >= SPARED_MAX)
		job->lone = true;
}

struct job *crew_blame_gang(struct supervisor *supervisor, struct worker *worker,
                            const struct channel_message *exit, struct job_list *rest)
{
	const struct death death = look_at(worker);
	struct job *const guilty = guilty_of(worker, &death);
	struct job *job;

	while ((job = job_list_pop(&worker->jobs))) {
		if (job == guilty)
			continue;
		spare(&death, job, guilty != NULL);
		job_list_push(rest, job);
	}
	if (!guilty)
		return NULL;
	if (guilty->cancelled) {
		job_cancel(guilty);
		return guilty;
	}
	memcpy(guilty->note, death.note, sizeof(guilty->note));
	guilty->lone = true;
	return crew_charge(supervisor, worker, guilty, exit, rest);
}
