/* lineage.c - the supervisor and the processes that its workers come from: orders to the zygote,
 * what becomes of the workers when it dies, and the spare that takes its place.
 */
#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/crew.h"

/* In which a zygote answers, before it is told to go on, and how often it is reminded before it is
 * given up: the first time it is told to go on, then it is killed. */
#define ANSWER_MS     3000U
#define REMINDERS_MAX 3

/* Orders that may be unanswered beyond two for each worker: far less than a channel has room for,
 * unless there are very many workers. */
#define OWED_MAX 32

/* In which the end of a worker whose zygote has died is told. */
#define ORPHAN_MS 3000U

/* Zygotes that may die while no job is answered. */
#define DEATHS_MAX 8

/* When a spare that could not be made, or has died, is made anew. */
#define SPARE_MS 1000U

/* --- orders and answers ---------------------------------------------------------------------- */

static void await_answer(struct supervisor *supervisor)
{
	supervisor->answer_by = crew_now(supervisor) + ANSWER_MS * NS_PER_MS;
	supervisor->reminders = 0;
}

int crew_order(struct supervisor *supervisor, const struct channel_message *order, const int *fds,
               unsigned fd_count)
{
	struct zygote *zygote = &supervisor->zygote;

	if (zygote->owes >= OWED_MAX + 2 * supervisor->options->workers)
		return -EAGAIN;
	int status = channel_send(zygote->control, order, NULL, 0, NULL, 0, fds, fd_count, false);

	if (!status && zygote->owes++ == 0)
		await_answer(supervisor);
	return status;
}

uint64_t crew_look_after_zygote(struct supervisor *supervisor, uint64_t now)
{
	if (!supervisor->zygote.owes || supervisor->hopeless)
		return UINT64_MAX;
	if (now < supervisor->answer_by)
		return supervisor->answer_by;
	supervisor->answer_by = now + ANSWER_MS * NS_PER_MS;
	if (supervisor->reminders++ < REMINDERS_MAX) {
		zygote_signal(&supervisor->zygote, supervisor->reminders == 1 ? SIGCONT : SIGKILL);
		return supervisor->answer_by;
	}
	supervisor->last_error = refused(supervisor->options, -ETIME,
	                                 "the process that workers come from does not answer");
	crew_give_up(supervisor);
	return now;
}

/* --- one takes the place of another ---------------------------------------------------------- */

void crew_bury_orphan(struct supervisor *supervisor, struct worker *worker)
{
	const struct channel_message exit = {.kind = CHANNEL_EXITED, .status = SIGKILL};

	crew_bury(supervisor, worker, &exit);
}

/* Its zygote has died, and so does it. */
static void orphan(struct supervisor *supervisor, struct worker *worker)
{
	if (worker->state == WORKER_NONE)
		return;
	/* what could not be sent may have been told first */
	if (worker->doom == DOOM_NONE || worker->doom == DOOM_DEAF)
		worker->doom = DOOM_ORPHAN;
	if (worker->channel < 0) {
		crew_bury_orphan(supervisor, worker);
		return;
	}
	worker->dead_by = crew_now(supervisor) + ORPHAN_MS * NS_PER_MS;
}

static int watch_zygote(const struct supervisor *supervisor, bool watched)
{
	struct epoll_event interest = {.events = EPOLLIN, .data.fd = EVENT_CONTROL};
	const int fd = supervisor->zygote.control;

	if (!watched)
		return crew_watch(supervisor, fd, EVENT_CONTROL);
	return epoll_ctl(supervisor->epoll, EPOLL_CTL_MOD, fd, &interest) ? -errno : 0;
}

/* The spare, or another one if this process can still have one. */
static int succeed(struct supervisor *supervisor)
{
	const bool spare = supervisor->spare.control >= 0;
	int status = 0;

	if (spare) {
		supervisor->zygote = supervisor->spare;
		supervisor->spare = ZYGOTE_NONE;
		supervisor->spare_at = 0;
	} else {
		status = zygote_start(&supervisor->setup, &supervisor->zygote);
	}
	return status ? status : watch_zygote(supervisor, spare);
}

static void release(struct zygote *zygote)
{
	(void)close(zygote->control); /* epoll forgets it with the last descriptor */
	*zygote = ZYGOTE_NONE;
}

static void replace_zygote(struct supervisor *supervisor)
{
	int how = 0;

	/* It is dead, unless it talks nonsense. */
	zygote_signal(&supervisor->zygote, SIGKILL);
	const bool known = zygote_wait(&supervisor->zygote, &how);

	release(&supervisor->zygote);
	supervisor->lineage++;
	if (++supervisor->zygote_deaths > DEATHS_MAX || succeed(supervisor)) {
		static const char what[] = "the process that workers come from ended";

		/* One that was killed before its first word: nobody knows who it was. */
		supervisor->last_error = known ? crew_explain_exit(supervisor, what, how)
		                               : refused(supervisor->options, -ECHILD, "%s", what);
		crew_give_up(supervisor);
		return;
	}
	await_answer(supervisor);
	for (unsigned i = 0; i < supervisor->options->workers; i++)
		orphan(supervisor, &supervisor->workers[i]);
}

/* --- what a zygote says ---------------------------------------------------------------------- */

static void take_answer(struct supervisor *supervisor, struct zygote *zygote,
                        const struct channel_message *message)
{
	if (message->kind != CHANNEL_EXITED && zygote->owes)
		zygote->owes--;
	await_answer(supervisor);
	zygote_note(zygote, message);
}

/* Whether it can say so of that worker, which is the one that it means. */
static bool is_news(const struct worker *worker, const struct channel_message *message)
{
	const int status = message->status;

	switch (message->kind) {
	case CHANNEL_ALIVE:
		return true;
	case CHANNEL_EXITED:
		return worker->state != WORKER_NONE && (WIFEXITED(status) || WIFSIGNALED(status));
	case CHANNEL_SPAWNED:
		return status > 0 || (status < 0 && status >= -ERRNO_MAX && !worker->proved &&
		                      worker->state != WORKER_NONE);
	default:
		return false;
	}
}

/* Whether a message makes sense. Of a worker that was in that place before there is nothing more to
 * know. */
static bool is_sound(const struct supervisor *supervisor, const struct channel_message *message)
{
	const struct worker *worker;

	if (message->index == ZYGOTE_INDEX)
		return message->kind == CHANNEL_SPAWNED || message->kind == CHANNEL_ALIVE;
	if (message->index >= supervisor->options->workers)
		return false;
	worker = &supervisor->workers[message->index];
	return message->generation != worker->generation || is_news(worker, message);
}

static void take_word_of(struct supervisor *supervisor, struct worker *worker,
                         const struct channel_message *message)
{
	if (message->generation != worker->generation)
		return;
	if (message->kind == CHANNEL_EXITED) {
		/* Its last results may still be in the channel. */
		crew_hear(supervisor, worker);
		crew_bury(supervisor, worker, message);
	} else if (message->status < 0) {
		crew_refused(supervisor, worker,
		             refused(supervisor->options, message->status, "fork(2)"));
	} else {
		crew_count_start(supervisor, worker);
	}
}

/* The zygote says who the spare is that it has made, which may have died since. */
static void take_pid_of_spare(struct supervisor *supervisor, const struct channel_message *message)
{
	struct zygote dead = {.pid = message->status, .control = -1};
	int how;

	if (message->status <= 0)
		return;
	if (supervisor->spare.control >= 0 && supervisor->spare.number == message->generation)
		supervisor->spare.pid = message->status;
	else
		(void)zygote_wait(&dead, &how);
}

void crew_take_control(struct supervisor *supervisor)
{
	struct channel_message message = {0};
	ssize_t got =
	    channel_receive(supervisor->zygote.control, &message, NULL, 0, NULL, NULL, false);

	if (got == -EAGAIN)
		return;
	if (got < 0 || !is_sound(supervisor, &message)) {
		replace_zygote(supervisor);
		return;
	}
	const bool of_worker = message.index != ZYGOTE_INDEX;

	take_answer(supervisor, &supervisor->zygote, &message);
	if (!of_worker && message.kind == CHANNEL_SPAWNED)
		take_pid_of_spare(supervisor, &message);
	else if (of_worker && message.kind != CHANNEL_ALIVE)
		take_word_of(supervisor, &supervisor->workers[message.index], &message);
}

/* --- the spare ------------------------------------------------------------------------------- */

void crew_take_spare(struct supervisor *supervisor)
{
	struct channel_message message = {0};
	int how;
	ssize_t got =
	    channel_receive(supervisor->spare.control, &message, NULL, 0, NULL, NULL, false);

	if (got == -EAGAIN)
		return;
	if (got >= 0) {
		take_answer(supervisor, &supervisor->spare, &message);
		return;
	}
	(void)zygote_wait(&supervisor->spare, &how);
	release(&supervisor->spare);
	supervisor->spare_at = crew_now(supervisor) + SPARE_MS * NS_PER_MS;
}

void crew_keep_spare(struct supervisor *supervisor)
{
	const struct channel_message order = {
	    .kind = CHANNEL_FORK, .index = ZYGOTE_INDEX, .generation = supervisor->spares + 1};
	int ends[2];

	/* A nursery makes one when it is needed. */
	if (supervisor->spare.control >= 0 || supervisor->zygote.nursery ||
	    crew_now(supervisor) < supervisor->spare_at)
		return;
	supervisor->spare_at = crew_now(supervisor) + SPARE_MS * NS_PER_MS;
	if (channel_pair(ends) != 0)
		return;
	int status = crew_watch(supervisor, ends[0], EVENT_SPARE);

	if (!status)
		status = crew_order(supervisor, &order, &ends[1], 1);
	(void)close(ends[1]);
	if (status)
		(void)close(ends[0]);
	else
		supervisor->spare =
		    (struct zygote){.control = ends[0], .owes = 1, .number = ++supervisor->spares};
}
