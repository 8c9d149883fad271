/* gang_burial.c - workers that have several jobs under way: how long each may take, and which of
 * them is to blame for a death.
 *
 * A worker says in its mark which job it works at, and with that how far it has come. What it dies
 * of in one job's own work is that job's attempt, in what it does for several nobody's. But that is
 * the word of a worker, which one of its jobs may have taken over: none is given up by it while
 * others were there. The one that it names is begun again alone, those that had begun beside it in
 * two halves, until one is left.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/base.h"
#include "exec/crew.h"

/* How many times its jobs' own time a worker may take for them in all, whatever steps it says that
 * it takes. */
#define TIMES_MOST 4

/* How often a job is begun again for want of memory. */
#define APART_MAX 2

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

struct limits {
	uint64_t all;      /* of all jobs one after the other, ns; UINT64_MAX if one has none */
	uint64_t together; /* of what is done for several */
};

/* A half of those that were late together has no more time than one of them: one that is late
 * again costs little then, and is only halved again. */
static struct limits limits_of(const struct supervisor *supervisor, const struct worker *worker)
{
	struct limits limits = {0};
	uint64_t longest = 0;

	for (const struct job *job = worker->jobs.first; job; job = job->next) {
		const uint64_t ns = job->timeout_ms * NS_PER_MS;

		if (!ns)
			return (struct limits){.all = UINT64_MAX, .together = UINT64_MAX};
		limits.all += ns;
		longest = ns > longest ? ns : longest;
	}
	limits.together =
	    worker->jobs.first->company
		? longest
		: together_limit(limits.all, longest, worker->jobs.count, supervisor->slowest);
	return limits;
}

static uint64_t time_after(uint64_t begin, uint64_t ns)
{
	return ns == UINT64_MAX ? ns : begin + ns;
}

/* Whether the worker says that it has begun it. */
static bool is_begun(const struct desk_step *step, const struct job *job)
{
	return (int32_t)(step->begun - job->serial) >= 0;
}

/* The job that it is at, or NULL for what is done for several. */
static void begin_step(struct supervisor *supervisor, struct worker *worker,
                       const struct desk_step *step, const struct job *job, uint64_t now)
{
	unsigned begun = 0;

	for (const struct job *one = worker->jobs.first; one; one = one->next)
		begun += is_begun(step, one);
	worker->step = step->number;
	together_step(&worker->since, job ? 1 : begun, now, &supervisor->slowest);
}

void crew_see_step(struct supervisor *supervisor, struct worker *worker, uint64_t now)
{
	uint64_t note[BR_EXECUTOR_NOTES];
	struct desk_step step;
	struct limits limits;
	const struct job *job;

	if (!crew_is_gang(supervisor) || !worker->jobs.first || worker->asks ||
	    worker->state != WORKER_READY || worker->doom != DOOM_NONE) {
		worker->since.began = 0;
		return;
	}
	limits = limits_of(supervisor, worker);
	if (!desk_read_step(&worker->desk, &step, note))
		worker->deadline = time_after(worker->began, limits.all);
	else if (step.number != worker->step) {
		job = crew_find_job(worker, step.active);
		begin_step(supervisor, worker, &step, job, now);
		if (job)
			worker->deadline = deadline_after(now, job->timeout_ms);
		else
			worker->deadline = time_after(now, limits.together);
	}
	if (limits.all != UINT64_MAX)
		worker->deadline =
		    earlier(worker->deadline, worker->began + TIMES_MOST * limits.all);
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

/* In place of a place. */
#define NO_PLACE UINT_MAX

static bool has_begun(const struct death *death, const struct job *job)
{
	return !death->read || is_begun(&death->step, job);
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
	struct job *const only = worker->jobs.count == 1 ? worker->jobs.first : NULL;

	if (worker->doom == DOOM_ORPHAN && job)
		job->spared += ORPHAN_COUNTS;
	if (only && only->spared >= SPARED_MAX)
		return only;
	if (death->forgiven || death->begun == 0)
		return NULL;
	if (job && has_begun(death, job))
		return job;
	return death->begun == 1 ? worker->jobs.first : NULL;
}

/* One that is not to blame, as far as is known: `place` of those in doubt, of which there are
 * `count`, or none of them. */
static void spare(struct supervisor *supervisor, const struct death *death, struct job *job,
                  unsigned place, unsigned count)
{
	job->attempt--;
	if (death->forgiven)
		return;
	job->spared++;
	if (place != NO_PLACE)
		job_part(job, &supervisor->companies, place, count);
}

/* Those that were spared too often are alone from now on. */
static void part_for_good(struct supervisor *supervisor, const struct death *death,
                          const struct job_list *rest)
{
	for (struct job *job = rest->first; job && !death->forgiven; job = job->next)
		if (job->spared >= SPARED_MAX)
			job->company = ++supervisor->companies;
}

struct job *crew_blame_gang(struct supervisor *supervisor, struct worker *worker,
                            const struct channel_message *exit, struct job_list *rest)
{
	const struct death death = look_at(worker);
	const bool alone = worker->jobs.count == 1;
	struct job *const guilty = guilty_of(worker, &death);
	const unsigned doubts = death.begun - (guilty && has_begun(&death, guilty));
	unsigned doubted = 0;
	struct job *job;

	while ((job = job_list_pop(&worker->jobs))) {
		if (job == guilty)
			continue;
		spare(supervisor, &death, job, has_begun(&death, job) ? doubted++ : NO_PLACE,
		      doubts);
		job_list_push(rest, job);
	}
	part_for_good(supervisor, &death, rest);
	if (!guilty)
		return NULL;
	if (guilty->cancelled) {
		job_cancel(guilty);
		return guilty;
	}
	memcpy(guilty->note, death.note, sizeof(guilty->note));
	guilty->company = ++supervisor->companies;
	if (!alone && guilty->attempt > supervisor->options->retries)
		guilty->attempt--;
	return crew_charge(supervisor, worker, guilty, exit, rest);
}

bool crew_takes_apart(struct supervisor *supervisor, struct worker *worker, struct job *job,
                      int status)
{
	const bool alone = worker->jobs.count == 1;

	if (!crew_is_gang(supervisor) || status != -ENOMEM || worker->given == 1 ||
	    job->apart == APART_MAX || job->cancelled || supervisor->cancelled)
		return false;
	worker->crammed |= alone;
	job->company = ++supervisor->companies;
	job->apart++;
	job->attempt--;
	return true;
}
