/* supervisor.c - one queue, one epoll set: hand out, collect, bury, time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/crew.h"
#include "exec/zygote.h"

/* Jobs that a worker may have: brief ones, short ones. */
#define PREFETCH_BRIEF 4
#define PREFETCH_SHORT 2

/* --- handing out ----------------------------------------------------------------------------- */

static void start_clock(const struct supervisor *supervisor, struct worker *worker)
{
	worker->began = clock_ns();
	worker->deadline = UINT64_MAX;
	if (supervisor->options->timeout_ms && worker->tasks.first)
		worker->deadline =
		    worker->began + (uint64_t)supervisor->options->timeout_ms * NS_PER_MS;
}

/* The first of a worker's tasks begins, or it has none. */
static void begin(struct supervisor *supervisor, struct worker *worker)
{
	struct task *task = worker->tasks.first;

	admission_end(&supervisor->admission, crew_index(supervisor, worker));
	worker->asks = false;
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
		begin(supervisor, worker);
	return true;
}

static unsigned jobs_ahead(const struct worker *worker)
{
	if (worker->pace < BRIEF_JOB_NS)
		return PREFETCH_BRIEF;
	return worker->pace < SHORT_JOB_NS ? PREFETCH_SHORT : 1;
}

/* Gives every worker that may take more a task, those with the fewest first. */
static void dispatch(struct supervisor *supervisor)
{
	for (unsigned depth = 0; depth < PREFETCH_BRIEF; depth++) {
		for (unsigned i = 0; i < supervisor->options->workers; i++) {
			struct worker *worker = &supervisor->workers[i];
			struct task *task;

			if (worker->state != WORKER_READY || worker->tasks.count != depth)
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

/* Gives memory to those who wait and whose turn has come; with none left, jobs may begin again. */
static void grant(struct supervisor *supervisor)
{
	int index;

	while ((index = admission_grant(&supervisor->admission)) >= 0)
		answer(supervisor, &supervisor->workers[index], 0);
}

static void take_ask(struct supervisor *supervisor, struct worker *worker, uint64_t bytes)
{
	int status = admission_ask(&supervisor->admission, crew_index(supervisor, worker), bytes);

	if (status) {
		answer(supervisor, worker, status);
		return;
	}
	worker->asks = true;
	worker->deadline = UINT64_MAX;
	grant(supervisor);
}

/* --- collecting ------------------------------------------------------------------------------ */

static void take_result(struct supervisor *supervisor, struct worker *worker,
                        const struct channel_message *message)
{
	struct task *task = task_list_pop(&worker->tasks);
	int status = message->status;

	supervisor->running--;
	worker->pace = (worker->pace * 3 + (clock_ns() - worker->began)) / 4;
	begin(supervisor, worker);
	memcpy(task->result, supervisor->result, supervisor->options->result_size);
	if (supervisor->slots)
		status =
		    slots_output(supervisor->slots, task->slot, message->size, message->capacity)
			? -EPROTO
			: status;
	task->error = status;
	task->status = status ? EXECUTOR_FAILED : EXECUTOR_DONE;
	/* First the worker's next job, then what is to be done with this one. */
	grant(supervisor);
	dispatch(supervisor);
	crew_finish(supervisor, task);
}

static void become_ready(struct supervisor *supervisor, struct worker *worker, int status)
{
	if (status) {
		supervisor->last_error = status; /* its exit comes next */
		return;
	}
	worker->state = WORKER_READY;
	worker->proved = true;
	supervisor->failures = 0;
	dispatch(supervisor);
}

/* Reads one message of a worker's. False when there is none. */
static bool receive(struct supervisor *supervisor, struct worker *worker)
{
	struct channel_message message = {0};
	ssize_t got = channel_receive(worker->channel, &message, supervisor->result,
	                              supervisor->options->result_size, NULL, NULL, false);

	if (got == -EAGAIN)
		return false;
	if (got >= 0 && message.kind == CHANNEL_READY && worker->state == WORKER_STARTING) {
		become_ready(supervisor, worker, message.status);
		return true;
	}
	if (got == 0 && message.kind == CHANNEL_ASK && worker->tasks.first && !worker->asks) {
		take_ask(supervisor, worker, message.size);
		return true;
	}
	if (got == (ssize_t)supervisor->options->result_size && message.kind == CHANNEL_RESULT &&
	    worker->tasks.first) {
		take_result(supervisor, worker, &message);
		return true;
	}
	/* It is dying, or its memory is so broken that it talks nonsense. */
	crew_lose(worker);
	crew_kill(supervisor, worker);
	return false;
}

/* --- burying --------------------------------------------------------------------------------- */

/* What becomes of the task that a worker died on. */
static void blame(struct supervisor *supervisor, struct worker *worker, struct task *task,
                  int wait_status)
{
	bool again = task->attempt <= supervisor->options->retries && !supervisor->cancelled;

	if (supervisor->slots)
		slots_drop_output(supervisor->slots, task->slot);
	task->error = 0;
	task->signal = 0;
	if (worker->doom == DOOM_CANCEL) {
		task_cancel(task);
		again = false;
	} else if (worker->doom == DOOM_TIMEOUT) {
		task->status = EXECUTOR_TIMEOUT;
		supervisor->stats.timeouts++;
	} else {
		task->status = EXECUTOR_CRASHED;
		task->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
		task->error = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0;
		supervisor->stats.crashes++;
	}
	if (again)
		task_list_push_front(&supervisor->queue, task);
	else
		crew_finish(supervisor, task);
}

/* Those that it had not begun go back to the front of the queue, in their order. */
static void return_tasks(struct supervisor *supervisor, struct worker *worker)
{
	struct task_list rest = worker->tasks;

	worker->tasks = (struct task_list){0};
	task_list_append(&rest, &supervisor->queue);
	supervisor->queue = rest;
}

static void bury(struct supervisor *supervisor, const struct channel_message *exit)
{
	struct worker *worker = &supervisor->workers[exit->index];
	struct task *task;

	/* Its last results may still be in the channel. */
	while (worker->channel >= 0 && receive(supervisor, worker))
		;
	crew_lose(worker);
	worker->state = WORKER_NONE;
	worker->spawn_at = 0;
	if (exit->size > supervisor->stats.peak_worker_rss)
		supervisor->stats.peak_worker_rss = exit->size;
	admission_end(&supervisor->admission, exit->index);
	worker->asks = false;
	grant(supervisor);
	supervisor->running -= worker->tasks.count;
	task = task_list_pop(&worker->tasks);
	return_tasks(supervisor, worker);
	if (task)
		blame(supervisor, worker, task, exit->status);
	if (!worker->proved)
		crew_refused(supervisor, worker,
		             supervisor->last_error ? supervisor->last_error : -ECHILD);
}

static void take_control(struct supervisor *supervisor)
{
	struct channel_message message = {0};
	ssize_t got = channel_receive(supervisor->control, &message, NULL, 0, NULL, NULL, false);

	if (got == -EAGAIN)
		return;
	if (got < 0 || message.index >= supervisor->options->workers) {
		/* Without the zygote nobody tells how workers end, and its death killed them. */
		supervisor->last_error = -ECHILD;
		crew_give_up(supervisor);
		return;
	}
	struct worker *worker = &supervisor->workers[message.index];

	if (message.generation != worker->generation)
		return;
	if (message.kind == CHANNEL_EXITED)
		bury(supervisor, &message);
	else if (message.status < 0)
		crew_refused(supervisor, worker, message.status);
	else
		supervisor->stats.workers_started++;
}

/* --- time ------------------------------------------------------------------------------------ */

static void doom_worker(const struct supervisor *supervisor, struct worker *worker,
                        enum worker_doom doom)
{
	worker->doom = doom;
	worker->deadline = UINT64_MAX;
	crew_kill(supervisor, worker);
}

/* Kills who is over time; when to look again. */
static uint64_t next_deadline(struct supervisor *supervisor)
{
	uint64_t next = UINT64_MAX, now = 0;

	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];
		uint64_t at = worker->state == WORKER_NONE ? worker->spawn_at : worker->deadline;

		if (worker->state != WORKER_NONE && !worker->tasks.first)
			continue;
		if (at == UINT64_MAX)
			continue;
		if (!now)
			now = clock_ns();
		if (worker->state != WORKER_NONE && at <= now)
			doom_worker(supervisor, worker, DOOM_TIMEOUT);
		else if (at < next)
			next = at;
	}
	return next;
}

static int poll_timeout(uint64_t deadline)
{
	uint64_t now;

	if (deadline == UINT64_MAX)
		return -1;
	now = clock_ns();
	if (deadline <= now)
		return 0;
	/* Rounded up, lest a loop turn without pause in the last millisecond. */
	uint64_t ms = (deadline - now + NS_PER_MS - 1) / NS_PER_MS;

	return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void clear_wake(const struct supervisor *supervisor)
{
	uint64_t count;

	(void)!read(supervisor->wake, &count, sizeof(count));
}

static void handle(struct supervisor *supervisor, int event)
{
	if (event == EVENT_CONTROL) {
		take_control(supervisor);
	} else if (event == EVENT_WAKE) {
		clear_wake(supervisor);
	} else {
		struct worker *worker = &supervisor->workers[event];

		/* An earlier event of this round may have closed it. */
		while (worker->channel >= 0 && receive(supervisor, worker) && worker->tasks.first)
			;
	}
}

int supervisor_step(struct supervisor *supervisor, uint64_t deadline)
{
	struct epoll_event events[32];

	if (supervisor->hopeless)
		return -ECHILD;
	crew_respawn(supervisor);
	dispatch(supervisor);
	uint64_t next = next_deadline(supervisor);
	int count = epoll_wait(supervisor->epoll, events, sizeof(events) / sizeof(events[0]),
	                       poll_timeout(next < deadline ? next : deadline));

	if (count < 0)
		return errno == EINTR ? -EINTR : -errno;
	for (int i = 0; i < count && !supervisor->hopeless; i++)
		handle(supervisor, events[i].data.fd);
	return supervisor->hopeless ? -ECHILD : 0;
}

/* --- the rest of the interface --------------------------------------------------------------- */

void supervisor_submit(struct supervisor *supervisor, struct task *task)
{
	if (supervisor->hopeless) {
		task_cancel(task);
		crew_finish(supervisor, task);
		return;
	}
	task_list_push(&supervisor->queue, task);
	dispatch(supervisor);
}

unsigned supervisor_queued(const struct supervisor *supervisor)
{
	return supervisor->queue.count;
}

unsigned supervisor_running(const struct supervisor *supervisor)
{
	return supervisor->running;
}

void supervisor_cancel(struct supervisor *supervisor, bool kill)
{
	supervisor->cancelled = true;
	crew_cancel(supervisor, &supervisor->queue);
	for (unsigned i = 0; kill && i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];

		if (worker->tasks.first && worker->doom == DOOM_NONE)
			doom_worker(supervisor, worker, DOOM_CANCEL);
	}
}

void supervisor_stats(const struct supervisor *supervisor, struct executor_stats *stats)
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
	if (supervisor->control >= 0)
		(void)close(supervisor->control);
	/* Its control closed, the zygote kills its workers and goes. */
	while (supervisor->zygote > 0 && waitpid(supervisor->zygote, NULL, 0) < 0 && errno == EINTR)
		;
	if (supervisor->epoll >= 0)
		(void)close(supervisor->epoll);
	admission_release(&supervisor->admission);
	free(supervisor->workers);
	free(supervisor->result);
	free(supervisor);
}

/* Whether starting is over: a worker is ready, or each has failed once. */
static int first_ready(struct supervisor *supervisor)
{
	while (!supervisor->hopeless) {
		bool starting = false;

		for (unsigned i = 0; i < supervisor->options->workers; i++) {
			if (supervisor->workers[i].state == WORKER_READY)
				return 0;
			starting |= supervisor->workers[i].state != WORKER_NONE;
		}
		if (!starting)
			break;
		int status = supervisor_step(supervisor, UINT64_MAX);

		if (status && status != -EINTR && status != -ECHILD)
			return status;
	}
	return supervisor->last_error ? supervisor->last_error : -ECHILD;
}

static int open_events(struct supervisor *supervisor)
{
	int status;

	supervisor->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (supervisor->epoll < 0)
		return -errno;
	status = crew_watch(supervisor, supervisor->control, EVENT_CONTROL);
	if (!status && supervisor->wake >= 0)
		status = crew_watch(supervisor, supervisor->wake, EVENT_WAKE);
	return status;
}

int supervisor_new(struct supervisor **out, const struct executor_options *options,
                   struct slot_table *slots, const struct supervisor_hooks *hooks, int wake)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	int status = -ENOMEM;

	if (!supervisor)
		return status;
	*supervisor = (struct supervisor){
	    .options = options,
	    .slots = slots,
	    .hooks = *hooks,
	    .epoll = -1,
	    .control = -1,
	    .wake = wake,
	    .workers = calloc(options->workers, sizeof(struct worker)),
	    .result = malloc(options->result_size + 1),
	};
	if (!supervisor->workers || !supervisor->result)
		goto out;
	for (unsigned i = 0; i < options->workers; i++)
		supervisor->workers[i].channel = -1;
	status = admission_init(&supervisor->admission, options->memory, options->workers);
	if (status)
		goto out;
	status = zygote_start(options, slots, &supervisor->zygote, &supervisor->control);
	if (!status)
		status = open_events(supervisor);
	if (!status) {
		crew_respawn(supervisor);
		status = first_ready(supervisor);
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
