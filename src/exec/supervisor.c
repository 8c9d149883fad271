/* supervisor.c - one queue, one epoll set: hand out, collect, time. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/crew.h"
#include "exec/slots.h"
#include "exec/zygote.h"

/* --- collecting ------------------------------------------------------------------------------ */

/* The job that a worker's message is about. */
static struct job *answered_job(const struct supervisor *supervisor, const struct worker *worker,
                                const struct channel_message *message)
{
	return crew_is_gang(supervisor) ? crew_find_job(worker, message->generation)
	                                : worker->jobs.first;
}

/* Whether a message can be the answer to that job. */
static bool is_answer(const struct worker *worker, const struct job *job,
                      const struct channel_message *message)
{
	return message->generation == job->serial && message->index == job->place &&
	       !worker->asks && message->size <= message->capacity && message->status >= -ERRNO_MAX;
}

/* Whether what the worker says of its output and its result can be so. */
static bool is_sound(const struct supervisor *supervisor, const struct job *job,
                     const struct channel_message *message)
{
	const struct br_executor_options *options = supervisor->options;

	if (job_is_slotted(job) &&
	    !desk_can_hold(&supervisor->shape, message->offset, message->capacity, message->size))
		return false;
	job->slot->out.size = message->size;
	if (!options->ops->check ||
	    options->ops->check(options->ctx, job->input, job->slot, job->result,
	                        supervisor->result, message->status) == 0)
		return true;
	job->slot->out.size = 0;
	return false;
}

/* In a hybrid's way: copies what was made to the job's slot, where no worker can change it any
 * more. Returns 0, or a negative errno that fails the job. */
static int take_output(const struct supervisor *supervisor, struct worker *worker, struct job *job,
                       const struct channel_message *message)
{
	struct br_slot *slot = job->slot;
	const struct desk_extent out = {message->offset, message->capacity};
	const size_t size = message->status ? 0 : slot->out.size;
	int status;

	slot->out.size = 0;
	status = slots_reserve_output(slot, size);
	if (!status)
		status = desk_take(&worker->desk, &supervisor->shape, out.at, slot->out.data, size);
	if (!status)
		slot->out.size = size;
	desk_clear(&worker->desk, &supervisor->shape, job->place, out);
	slots_note_copy(slot, 0);
	return status;
}

/* It has answered all its jobs, and is to have no more: another one comes when it has ended. */
static void retire(struct supervisor *supervisor, struct worker *worker)
{
	crew_lose(worker);
	crew_kill(supervisor, worker);
}

static void note_result(const struct supervisor *supervisor, struct job *job, int status)
{
	memcpy(job->result, supervisor->result, supervisor->options->result_size);
	job_clear_end(job);
	job->error = status;
	job->status = status ? BR_EXECUTOR_FAILED : BR_EXECUTOR_DONE;
}

static bool take_result(struct supervisor *supervisor, struct worker *worker,
                        const struct channel_message *message)
{
	struct job *job = answered_job(supervisor, worker, message);
	int untaken = 0;
	bool apart;

	if (!job || !is_answer(worker, job, message) || !is_sound(supervisor, job, message)) {
		worker->accused = job ? job->serial : 0;
		return false;
	}
	if (job_is_slotted(job))
		untaken = take_output(supervisor, worker, job, message);
	apart = crew_takes_apart(supervisor, worker, job, message->status);
	(void)job_list_remove(&worker->jobs, job->id);
	worker->pace = (worker->pace * 3 + (crew_now(supervisor) - worker->began)) / 4;
	crew_begin(supervisor, worker);
	worker->answered = job->serial;
	supervisor->answered = true;
	supervisor->failures = 0;
	supervisor->zygote_deaths = 0;
	if (apart)
		job_list_push_front(&supervisor->queue, job);
	else
		note_result(supervisor, job, message->status ? message->status : untaken);
	/* First the worker's next job, then what is to be done with this one. */
	crew_grant(supervisor);
	crew_dispatch(supervisor);
	if (!apart)
		crew_finish(supervisor, job);
	if (!worker->jobs.first && crew_is_used_up(supervisor, worker))
		retire(supervisor, worker);
	return true;
}

/* The zygote says that a worker was started, and so does its first word, which may be read before.
 */
void crew_count_start(struct supervisor *supervisor, struct worker *worker)
{
	if (!worker->counted)
		supervisor->stats.workers_started++;
	worker->counted = true;
}

/* Whether what a worker says of its sandbox can be so; what it is made of is written down. */
static bool take_walls(struct supervisor *supervisor, const struct channel_message *message)
{
	struct br_executor_stats *stats = &supervisor->stats;

	if (((message->size | message->capacity) & ~(uint64_t)SANDBOX_WALLS) ||
	    (message->size & message->capacity) || message->index > ERRNO_MAX)
		return false;
	stats->walls = (unsigned)message->size;
	stats->walls_missing = (unsigned)message->capacity;
	stats->walls_error = (int)message->index;
	return true;
}

/* Why a worker is none, when it says so. */
static int refuse_worker(const struct supervisor *supervisor, int status)
{
	const struct br_executor_stats *stats = &supervisor->stats;
	const unsigned not_built = stats->walls_missing & ~br_executor_walls();
	char missing[BR_EXECUTOR_WALL_NAMES_MAX];

	if (not_built && not_built == stats->walls_missing && status == -EOPNOTSUPP)
		return refused(supervisor->options, status,
		               "the sandbox lacks %s, which this build is made without",
		               br_executor_wall_names(not_built, ", ", missing));
	if (stats->walls_missing && status == -EOPNOTSUPP)
		return refused(supervisor->options, status, "the sandbox lacks %s (%s)",
		               br_executor_wall_names(stats->walls_missing, ", ", missing),
		               strerror(stats->walls_error));
	return refused(supervisor->options, status, "preparing a worker");
}

static bool become_ready(struct supervisor *supervisor, struct worker *worker,
                         const struct channel_message *message)
{
	const int status = message->status;

	if (worker->state != WORKER_STARTING || status > 0 || status < -ERRNO_MAX ||
	    !take_walls(supervisor, message))
		return false;
	if (status) {
		/* its exit comes next */
		worker->failure = refuse_worker(supervisor, status);
		return true;
	}
	worker->state = WORKER_READY;
	worker->deadline = UINT64_MAX;
	worker->proved = true;
	crew_count_start(supervisor, worker);
	crew_dispatch(supervisor);
	return true;
}

/* A worker ends for want of what ops->prepare() makes: the next ones will have it. False if this
 * one has. */
static bool prepare(struct supervisor *supervisor, struct worker *worker)
{
	if (worker->prepared || !worker->jobs.first || worker->asks ||
	    !supervisor->options->ops->prepare)
		return false;
	supervisor->prepared = true;
	crew_lose(worker);
	crew_doom(supervisor, worker, DOOM_UNPREPARED);
	return true;
}

/* Deals with a message that has `size` bytes behind its head. False for nonsense. */
static bool take_message(struct supervisor *supervisor, struct worker *worker,
                         const struct channel_message *message, size_t size)
{
	const bool is_bare =
	    message->index == 0 && message->generation == 0 && message->capacity == 0 && size == 0;

	switch (message->kind) {
	case CHANNEL_READY:
		return size == 0 && message->generation == 0 &&
		       become_ready(supervisor, worker, message);
	case CHANNEL_UNPREPARED:
		return is_bare && message->status == 0 && message->size == 0 &&
		       prepare(supervisor, worker);
	case CHANNEL_ASK:
		return is_bare && message->status == 0 &&
		       crew_ask(supervisor, worker, message->size);
	case CHANNEL_RESULT:
		return size == supervisor->options->result_size &&
		       take_result(supervisor, worker, message);
	default:
		return false;
	}
}

/* It has closed its channel: it is dying. */
static void end_of(struct supervisor *supervisor, struct worker *worker)
{
	crew_lose(worker);
	if (worker->lineage != supervisor->lineage)
		crew_bury_orphan(supervisor, worker);
	else
		crew_kill(supervisor, worker);
}

/* Reads one message of a worker's. False when there is none. */
static bool receive(struct supervisor *supervisor, struct worker *worker)
{
	struct channel_message message = {0};
	ssize_t got = channel_receive(worker->channel, &message, supervisor->result,
	                              supervisor->options->result_size, NULL, NULL, false);

	if (got == -EAGAIN)
		return false;
	if (got >= 0 && take_message(supervisor, worker, &message, (size_t)got))
		return true;
	if (got == -EPIPE) {
		end_of(supervisor, worker);
		return false;
	}
	/* Its memory is so broken that it talks nonsense. */
	crew_deafen(supervisor, worker);
	if (worker->doom == DOOM_NONE)
		crew_doom(supervisor, worker, DOOM_NONSENSE);
	else
		crew_kill(supervisor, worker);
	return false;
}

static bool is_heard(const struct worker *worker)
{
	return worker->channel >= 0 && worker->state != WORKER_DYING;
}

void crew_hear(struct supervisor *supervisor, struct worker *worker)
{
	while (is_heard(worker) && receive(supervisor, worker))
		;
}

/* --- deadlines ------------------------------------------------------------------------------- */

/* A worker that has come to the end of its time, although all that it said has been read. */
static void expire(struct supervisor *supervisor, struct worker *worker)
{
	if (worker->lineage != supervisor->lineage) {
		/* Where prctl(2) is refused nobody kills it. */
		supervisor->last_error = refused(supervisor->options, -ECHILD,
		                                 "a worker outlived the process that it came from");
		crew_give_up(supervisor);
		return;
	}
	if (worker->state == WORKER_DYING || worker->doom != DOOM_NONE) {
		crew_kill(supervisor, worker);
		return;
	}
	if (worker->state == WORKER_STARTING)
		worker->failure =
		    refused(supervisor->options, -ETIME, "a worker did not get ready");
	crew_doom(supervisor, worker, DOOM_TIMEOUT);
}

/* Until when a worker has time; UINT64_MAX when nobody looks at the clock. */
static uint64_t deadline_of(const struct worker *worker)
{
	if (worker->state == WORKER_NONE)
		return worker->spawn_at;
	if (worker->state == WORKER_DYING || worker->doom != DOOM_NONE)
		return worker->dead_by ? worker->dead_by : UINT64_MAX;
	return worker->deadline;
}

/* Kills who is over time; until when, of clock_ns(), one may wait before the next look. */
static uint64_t judge_deadlines(struct supervisor *supervisor)
{
	const uint64_t now = crew_now(supervisor);
	uint64_t next =
	    earlier(crew_choked_until(supervisor, now), crew_look_after_zygote(supervisor, now));

	next = earlier(next, crew_alone_at(supervisor));
	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];
		uint64_t at;

		crew_see_step(supervisor, worker, now);
		at = deadline_of(worker);
		if (at == UINT64_MAX)
			continue;
		if (worker->state != WORKER_NONE && at <= now) {
			/* What it has said in time counts, however late it is read. */
			crew_hear(supervisor, worker);
			crew_see_step(supervisor, worker, now);
			if (deadline_of(worker) <= now)
				expire(supervisor, worker);
			at = deadline_of(worker);
		}
		next = earlier(next, at);
	}
	return look_by(next, now);
}

static void clear_wake(const struct supervisor *supervisor)
{
	uint64_t count;

	(void)!read(supervisor->wake, &count, sizeof(count));
}

static void handle(struct supervisor *supervisor, int event, uint32_t events)
{
	if (event == EVENT_CONTROL) {
		crew_take_control(supervisor);
	} else if (event == EVENT_SPARE) {
		crew_take_spare(supervisor);
	} else if (event == EVENT_WAKE) {
		clear_wake(supervisor);
	} else {
		struct worker *worker = &supervisor->workers[event];

		/* An earlier event of this round may have closed it. */
		if (worker->channel >= 0 && !is_heard(worker) && events & EPOLLHUP)
			end_of(supervisor, worker);
		while (is_heard(worker) && receive(supervisor, worker) && worker->jobs.first)
			;
	}
}

int supervisor_step(struct supervisor *supervisor, uint64_t deadline)
{
	struct epoll_event events[32];

	if (supervisor->hopeless)
		return -ECHILD;
	crew_respawn(supervisor);
	crew_keep_spare(supervisor);
	crew_answer_again(supervisor);
	crew_dispatch(supervisor);
	const int wait = timeout_until(earlier(deadline, judge_deadlines(supervisor)));

	if (wait != 0)
		supervisor->hooks.sleeps(supervisor->hooks.arg, true);
	int count = epoll_wait(supervisor->epoll, events, sizeof(events) / sizeof(events[0]), wait);
	int status = count < 0 ? -errno : 0;

	if (wait != 0)
		supervisor->hooks.sleeps(supervisor->hooks.arg, false);
	(void)run_clock_look(&supervisor->clock, wait < 0 ? 0 : (uint64_t)wait * NS_PER_MS);
	if (status)
		return status;
	for (int i = 0; i < count && !supervisor->hopeless; i++)
		handle(supervisor, events[i].data.fd, events[i].events);
	return supervisor->hopeless ? -ECHILD : 0;
}

/* --- what the pool asks for ------------------------------------------------------------------ */

void supervisor_submit(struct supervisor *supervisor, struct job *job)
{
	if (supervisor->hopeless) {
		job_cancel(job);
		crew_finish(supervisor, job);
		return;
	}
	job_list_insert(&supervisor->queue, job);
	crew_dispatch(supervisor);
}

unsigned supervisor_queued(const struct supervisor *supervisor)
{
	return supervisor->queue.count;
}

void supervisor_cancel(struct supervisor *supervisor, bool kill)
{
	supervisor->cancelled = true;
	crew_cancel(supervisor, &supervisor->suspects);
	crew_cancel(supervisor, &supervisor->queue);
	for (unsigned i = 0; kill && i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];

		if (!worker->jobs.first || worker->doom != DOOM_NONE)
			continue;
		worker->jobs.first->cancelled = true;
		crew_doom(supervisor, worker, DOOM_CANCEL);
	}
}

/* A job that a worker has. */
static int kill_job(struct supervisor *supervisor, struct worker *worker, struct job *job)
{
	if (worker->doom != DOOM_NONE || worker->state != WORKER_READY)
		return -EBUSY;
	job->cancelled = true;
	crew_doom(supervisor, worker, DOOM_CANCEL);
	return 0;
}

int supervisor_cancel_job(struct supervisor *supervisor, uint64_t id, bool kill)
{
	struct job *job = job_list_remove(&supervisor->queue, id);

	if (!job)
		job = job_list_remove(&supervisor->suspects, id);
	if (job) {
		job_cancel(job);
		crew_finish(supervisor, job);
		return 0;
	}
	for (unsigned i = 0; kill && i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];

		for (job = worker->jobs.first; job; job = job->next) {
			if (job->id == id)
				return kill_job(supervisor, worker, job);
		}
	}
	return -EBUSY;
}

int supervisor_fd(const struct supervisor *supervisor)
{
	return supervisor->epoll;
}

uint64_t supervisor_look_by(struct supervisor *supervisor)
{
	return judge_deadlines(supervisor);
}

void supervisor_give_up(struct supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		if (supervisor->workers[i].jobs.first)
			crew_kill(supervisor, &supervisor->workers[i]);
	}
	crew_give_up(supervisor);
}

int supervisor_cause(const struct supervisor *supervisor)
{
	return supervisor->last_error ? supervisor->last_error : -ECHILD;
}

void supervisor_stats(const struct supervisor *supervisor, struct br_executor_stats *stats)
{
	*stats = supervisor->stats;
}

void supervisor_free(struct supervisor *supervisor)
{
	if (!supervisor)
		return;
	crew_give_up(supervisor);
	for (unsigned i = 0; i < supervisor->options->workers; i++)
		crew_lose(&supervisor->workers[i]);
	for (unsigned i = 0; i < supervisor->options->workers; i++)
		desk_free(&supervisor->workers[i].desk);
	zygote_retire(&supervisor->spare);
	zygote_end(&supervisor->zygote);
	zygote_end(&supervisor->spare);
	if (supervisor->epoll >= 0)
		(void)close(supervisor->epoll);
	admission_release(&supervisor->admission);
	free(supervisor->setup.ctx);
	free(supervisor->workers);
	free(supervisor->result);
	free(supervisor);
}

/* Starting is over when a worker is ready, or each has failed. What they die of by themselves they
 * would die of again; one that was killed (for want of memory, or by hand) is begun anew. */
static int first_ready(struct supervisor *supervisor)
{
	while (!supervisor->hopeless) {
		bool starting = false;

		for (unsigned i = 0; i < supervisor->options->workers; i++) {
			if (supervisor->workers[i].state == WORKER_READY)
				return 0;
			starting |= supervisor->workers[i].state != WORKER_NONE;
		}
		if (!starting && supervisor->failures &&
		    (!supervisor->struck || supervisor->failures >= HOPELESS))
			break;
		int status = supervisor_step(supervisor, UINT64_MAX);

		if (status && status != -EINTR && status != -ECHILD)
			return status;
	}
	return supervisor->last_error ? supervisor->last_error : -ECHILD;
}

/* What a nursery hands over is what there is now, also when it is asked again. */
static int keep_ctx(struct worker_setup *setup)
{
	const struct br_executor_options *options = setup->options;
	const void *ctx = options->ctx;

	if (!options->zygote || !options->ctx_size)
		return 0;
	if (options->function)
		ctx = ((const struct adapter *)ctx)->ctx; /* as adapt() of executor.c made it */
	setup->ctx = malloc(options->ctx_size);
	if (!setup->ctx)
		return -ENOMEM;
	memcpy(setup->ctx, ctx, options->ctx_size);
	return 0;
}

static int open_events(struct supervisor *supervisor)
{
	int status;

	supervisor->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (supervisor->epoll < 0)
		return refused(supervisor->options, -errno, "epoll_create1(2)");
	status = crew_watch(supervisor, supervisor->zygote.control, EVENT_CONTROL);
	if (!status && supervisor->wake >= 0)
		status = crew_watch(supervisor, supervisor->wake, EVENT_WAKE);
	return status;
}

int supervisor_new(struct supervisor **out, const struct br_executor_options *options,
                   const struct desk_shape *shape, const struct supervisor_hooks *hooks, int wake)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int status = -ENOMEM;

	if (!supervisor)
		return status;
	*supervisor = (struct supervisor){
	    .options = options,
	    .shape = *shape,
	    .hooks = *hooks,
	    .epoll = -1,
	    .setup = {.options = options, .desk = *shape, .desk_fd = -1},
	    .zygote = ZYGOTE_NONE,
	    .spare = ZYGOTE_NONE,
	    .spare_at = UINT64_MAX, /* first the workers */
	    .wake = wake,
	    .workers = calloc(options->workers, sizeof(struct worker)),
	    .result = malloc(options->result_size + 1),
	};
	if (!supervisor->workers || !supervisor->result)
		goto out;
	for (unsigned i = 0; i < options->workers; i++)
		supervisor->workers[i] = (struct worker){.channel = -1, .desk = DESK_NONE};
	status = keep_ctx(&supervisor->setup);
	if (!status)
		status = admission_init(&supervisor->admission, options->memory, options->workers);
	if (status)
		goto out;
	status = zygote_start(&supervisor->setup, &supervisor->zygote);
	if (!status)
		status = open_events(supervisor);
	if (!status) {
		crew_respawn(supervisor);
		status = first_ready(supervisor);
		supervisor->spare_at = 0;
	}
out:
	if (!status)
		*out = supervisor;
	else if (supervisor->workers)
		supervisor_free(supervisor);
	else {
		free(supervisor->result);
		free(supervisor);
	}
	return status;
}
