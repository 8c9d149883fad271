/* crew.c - starting workers, losing them, giving up. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/base.h"
#include "exec/crew.h"

/* HOPELESS refusals mean it if it took them so long. */
#define HOPELESS_MS 5000U
/* In which a worker that was forked gets ready, however busy the machine. */
#define START_MS 10000U
/* When an order that the zygote has no room for is tried again. */
#define LATER_MS 5U
/* In which the death of a worker that was killed is told. */
#define DEATH_MS 3000U

int crew_watch(const struct supervisor *supervisor, int fd, int event)
{
	struct epoll_event interest = {.events = EPOLLIN, .data.fd = event};

	return epoll_ctl(supervisor->epoll, EPOLL_CTL_ADD, fd, &interest) ? -errno : 0;
}

void crew_finish(struct supervisor *supervisor, struct job *job)
{
	supervisor->hooks.finished(supervisor->hooks.arg, job);
}

uint64_t crew_now(struct supervisor *supervisor)
{
	return run_clock_look(&supervisor->clock, AWAY_NS);
}

unsigned crew_index(const struct supervisor *supervisor, const struct worker *worker)
{
	return (unsigned)(worker - supervisor->workers);
}

/* --- giving up ------------------------------------------------------------------------------- */

void crew_cancel(struct supervisor *supervisor, struct job_list *list)
{
	struct job *job;

	job_list_cancel(list);
	while ((job = job_list_pop(list)))
		crew_finish(supervisor, job);
}

void crew_give_up(struct supervisor *supervisor)
{
	supervisor->hopeless = true;
	for (unsigned i = 0; i < supervisor->options->workers; i++)
		crew_cancel(supervisor, &supervisor->workers[i].jobs);
	crew_cancel(supervisor, &supervisor->suspects);
	crew_cancel(supervisor, &supervisor->queue);
}

static bool any_alive(const struct supervisor *supervisor)
{
	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		if (supervisor->workers[i].state != WORKER_NONE)
			return true;
	}
	return false;
}

/* --- what the caller is told ----------------------------------------------------------------- */

int crew_explain_exit(const struct supervisor *supervisor, const char *what, int wait_status)
{
	const int signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;

	if (signal)
		return refused(supervisor->options, -ECHILD, "%s (signal %d, %s)", what, signal,
		               sigdescr_np(signal) ? sigdescr_np(signal) : "unknown");
	return refused(supervisor->options, -ECHILD, "%s (exit status %d)", what,
	               WEXITSTATUS(wait_status));
}

/* --- starting -------------------------------------------------------------------------------- */

void crew_refused(struct supervisor *supervisor, struct worker *worker, int error)
{
	const uint64_t now = crew_now(supervisor);

	if (worker->channel >= 0)
		(void)close(worker->channel);
	worker->channel = -1;
	desk_free(&worker->desk);
	worker->state = WORKER_NONE;
	worker->spawn_at =
	    now + NS_PER_MS * backoff_doubled(PAUSE_MS, PAUSE_LAST_MS, supervisor->failures);
	if (supervisor->failures++ == 0)
		supervisor->failing_since = now;
	supervisor->last_error = error;
	if (supervisor->failures >= HOPELESS &&
	    now - supervisor->failing_since >= HOPELESS_MS * NS_PER_MS && !any_alive(supervisor))
		crew_give_up(supervisor);
}

/* The zygote has died, or has too much to do: that is no failure of this worker's. */
static void put_off(struct supervisor *supervisor, struct worker *worker)
{
	crew_lose(worker);
	desk_free(&worker->desk);
	worker->state = WORKER_NONE;
	worker->spawn_at = crew_now(supervisor) + LATER_MS * NS_PER_MS;
}

static uint64_t start_by(struct supervisor *supervisor)
{
	const unsigned ms = supervisor->options->start_ms;

	if (ms == UINT_MAX)
		return UINT64_MAX;
	return deadline_after(crew_now(supervisor), ms ? ms : START_MS);
}

/* A worker's place as it is before there is anything known of it. */
static void clear_place(struct supervisor *supervisor, struct worker *worker)
{
	worker->generation++;
	worker->lineage = supervisor->lineage;
	worker->state = WORKER_STARTING;
	worker->doom = DOOM_NONE;
	worker->dead_by = 0;
	worker->deadline = start_by(supervisor);
	worker->proved = false;
	worker->answered = 0;
	worker->counted = false;
	worker->prepared = supervisor->prepared;
	worker->failure = 0;
	worker->given = 0;
	worker->crammed = false;
	worker->step = 0;
	worker->since.began = 0;
	worker->accused = 0;
	worker->pace = SHORT_JOB_NS; /* no prefetch until it has shown that its jobs are short */
}

/* What supervisor and worker share. *call tells what failed. Without a desk a hybrid has no worker;
 * of one of a process executor it is only not known which job it has begun. */
static int connect_worker(struct supervisor *supervisor, struct worker *worker, int *end,
                          const char **call)
{
	int ends[2];
	int status = channel_pair(ends);

	*call = "socketpair(2)";
	if (status)
		return status;
	*end = ends[1];
	worker->channel = ends[0];
	*call = "epoll_ctl(2)";
	status = crew_watch(supervisor, ends[0], (int)crew_index(supervisor, worker));
	if (status)
		return status;
	*call = "memfd_create(2)";
	status = desk_new(&worker->desk, &supervisor->shape);
	return supervisor->shape.in ? status : 0;
}

/* Has the zygote fork it. */
static int order_worker(struct supervisor *supervisor, const struct worker *worker, int end)
{
	const struct channel_message order = {.kind = CHANNEL_SPAWN,
	                                      .index = crew_index(supervisor, worker),
	                                      .status = worker->prepared,
	                                      .generation = worker->generation};
	const int fds[2] = {end, worker->desk.fd};

	return crew_order(supervisor, &order, fds, worker->desk.fd < 0 ? 1 : 2);
}

static void spawn(struct supervisor *supervisor, struct worker *worker)
{
	const char *call;
	int end = -1;
	int status;

	clear_place(supervisor, worker);
	status = connect_worker(supervisor, worker, &end, &call);
	if (!status) {
		call = "sendmsg(2)";
		status = order_worker(supervisor, worker, end);
	}
	if (end >= 0)
		(void)close(end);
	if (status == -EPIPE || status == -EAGAIN)
		put_off(supervisor, worker);
	else if (status)
		crew_refused(supervisor, worker, refused(supervisor->options, status, "%s", call));
}

void crew_respawn(struct supervisor *supervisor)
{
	uint64_t now = 0;

	for (unsigned i = 0; i < supervisor->options->workers; i++) {
		struct worker *worker = &supervisor->workers[i];

		if (worker->state != WORKER_NONE || supervisor->hopeless)
			continue;
		if (!now)
			now = crew_now(supervisor);
		if (worker->spawn_at <= now)
			spawn(supervisor, worker);
	}
}

bool crew_is_used_up(const struct supervisor *supervisor, const struct worker *worker)
{
	const unsigned most = supervisor->options->max_jobs_per_worker;

	return worker->crammed || (most && worker->given >= most);
}

/* --- workers that are lost or killed ---------------------------------------------------------- */

void crew_lose(struct worker *worker)
{
	if (worker->channel >= 0)
		(void)close(worker->channel); /* epoll forgets it with the last descriptor */
	worker->channel = -1;
	worker->state = WORKER_DYING;
}

void crew_deafen(const struct supervisor *supervisor, struct worker *worker)
{
	/* EPOLLHUP comes unasked. */
	struct epoll_event end = {.data.fd = (int)crew_index(supervisor, worker)};

	worker->state = WORKER_DYING;
	if (epoll_ctl(supervisor->epoll, EPOLL_CTL_MOD, worker->channel, &end) != 0)
		crew_lose(worker);
}

void crew_kill(struct supervisor *supervisor, struct worker *worker)
{
	struct channel_message order = {.kind = CHANNEL_KILL,
	                                .index = crew_index(supervisor, worker),
	                                .generation = worker->generation};

	worker->dead_by = crew_now(supervisor) + DEATH_MS * NS_PER_MS;
	/* If the zygote is gone its workers are dead or dying; if it has too much to do, there is
	 * another time. */
	(void)crew_order(supervisor, &order, NULL, 0);
}

void crew_doom(struct supervisor *supervisor, struct worker *worker, enum worker_doom doom)
{
	worker->doom = doom;
	worker->doomed = worker->jobs.first ? worker->jobs.first->serial : 0;
	if (doom == DOOM_TIMEOUT && crew_is_gang(supervisor))
		worker->accused = crew_active(worker);
	worker->deadline = UINT64_MAX;
	crew_kill(supervisor, worker);
}
