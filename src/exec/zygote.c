/* zygote.c - a loop over orders from the supervisor and deaths of workers; and the supervisor's
 * hold on it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/channel.h"
#include "exec/children.h"
#include "exec/nursery.h"
#include "exec/zygote.h"

/* In which a zygote ends by itself: it waits for its workers for a second. */
#define ZYGOTE_END_MS 3000

/* --- the zygote's process ----------------------------------------------------------------------
 */

struct process {
	struct worker_setup setup;
	int control;
	struct children workers; /* options->workers of them, by index */
};

static int report(const struct process *process, const struct channel_message *message)
{
	return channel_tell(process->control, message, NULL, 0);
}

/* With the worker's end of its channel, and its desk or -1, which are closed here. */
static int spawn(struct process *process, struct channel_message *message, int channel, int desk)
{
	struct child *child = &process->workers.child[message->index];
	pid_t pid = fork();
	int error = errno;

	if (pid == 0) {
		process->setup.index = message->index;
		process->setup.desk_fd = desk;
		worker_main(&process->setup, channel);
	}
	(void)close(channel);
	if (desk >= 0)
		(void)close(desk);
	message->kind = CHANNEL_SPAWNED;
	message->status = pid < 0 ? -error : pid;
	if (pid > 0)
		*child = (struct child){.pid = pid, .generation = message->generation};
	return report(process, message);
}

/* One order. -EPIPE when the supervisor has gone. */
static int obey(struct process *process)
{
	struct channel_message message = {0};
	int fds[BR_EXECUTOR_FDS_MAX];
	unsigned fd_count = 0;
	ssize_t got = channel_receive(process->control, &message, NULL, 0, fds, &fd_count, true);

	if (got == -EMFILE) {
		/* The worker's channel got lost: as if fork() had failed for that reason. */
		message.kind = CHANNEL_SPAWNED;
		message.status = -EMFILE;
		return report(process, &message);
	}
	if (got < 0)
		return (int)got;
	if (message.index >= process->workers.count)
		return -EPROTO;
	if (message.kind == CHANNEL_SPAWN && (fd_count == 1 || fd_count == 2))
		return spawn(process, &message, fds[0], fd_count == 2 ? fds[1] : -1);
	const struct child *child = &process->workers.child[message.index];

	if (message.kind == CHANNEL_KILL && child->pid && child->generation == message.generation)
		(void)kill(child->pid, SIGKILL);
	return 0;
}

static int reap(struct process *process)
{
	struct rusage usage;
	int status, index, outcome = 0;

	while (!outcome && (index = children_reap(&process->workers, &status, &usage)) >= 0) {
		const struct channel_message message = {
		    .kind = CHANNEL_EXITED,
		    .index = (uint32_t)index,
		    .generation = process->workers.child[index].generation,
		    .status = status,
		    .size = (uint64_t)usage.ru_maxrss * 1024, /* it is in KiB: getrusage(2) */
		};

		outcome = report(process, &message);
	}
	return outcome;
}

static int loop(struct process *process)
{
	for (;;) {
		const int ordered = children_poll(&process->workers, process->control);
		/* Deaths first: a spawn into the same place comes after its exit was told. */
		int status = ordered < 0 ? ordered : reap(process);

		if (!status && ordered)
			status = obey(process);
		if (status)
			return status;
	}
}

_Noreturn void zygote_main(const struct worker_setup *setup, pid_t parent, int control)
{
	struct process process = {.setup = *setup};

	if (worker_isolate(parent, "zygote", &control, 1) != 0)
		_exit(EXIT_FAILURE);
	process.control = control;
	process.setup.parent = getpid();
	if (children_init(&process.workers, setup->options->workers) != 0)
		_exit(EXIT_FAILURE);
	(void)loop(&process);
	children_end(&process.workers);
	_exit(EXIT_SUCCESS);
}

/* --- its supervisor's ---------------------------------------------------------------------------
 */

/* Forks it here and now. `ends` is the channel. */
static int fork_here(const struct worker_setup *setup, const int ends[2], struct zygote *zygote)
{
	const pid_t parent = getpid();

	/* 0: /proc is not mounted; then it is the caller's word that there are none. */
	if (thread_count() > 1)
		return refused(setup->options, -EBUSY, "the program has threads already: fork(2)");
	zygote->pid = fork();
	if (zygote->pid == 0) {
		/* Whatever else stays open: with this one it would never see its parent's end. */
		(void)close(ends[0]);
		zygote_main(setup, parent, ends[1]);
	}
	if (zygote->pid > 0)
		return 0;
	zygote->pid = 0;
	return refused(setup->options, -errno, "fork(2)");
}

int zygote_start(const struct worker_setup *setup, struct zygote *zygote)
{
	int ends[2];
	int status = channel_pair(ends);

	*zygote = ZYGOTE_NONE;
	if (status)
		return refused(setup->options, status, "socketpair(2)");
	zygote->nursery = setup->options->zygote;
	if (zygote->nursery)
		status = refused(setup->options,
		                 nursery_fork(zygote->nursery, setup, ends[1], &zygote->number),
		                 "a process from the br_executor_zygote");
	else
		status = fork_here(setup, ends, zygote);
	(void)close(ends[1]);
	if (status)
		(void)close(ends[0]);
	else
		zygote->control = ends[0];
	return status;
}

void zygote_signal(const struct zygote *zygote, int signal)
{
	if (zygote->nursery)
		nursery_signal(zygote->nursery, zygote->number, signal);
	else if (zygote->pid > 0)
		(void)kill(zygote->pid, signal);
}

bool zygote_wait(struct zygote *zygote, int *status)
{
	if (zygote->pid <= 0 || waitpid(zygote->pid, status, 0) < 0)
		return false;
	zygote->pid = 0;
	return true;
}

void zygote_end(struct zygote *zygote)
{
	struct pollfd gone = {.fd = zygote->control};

	if (zygote->control < 0)
		return;
	(void)shutdown(zygote->control, SHUT_WR);
	if (poll(&gone, 1, ZYGOTE_END_MS) != 1)
		zygote_signal(zygote, SIGKILL);
	while (zygote->pid > 0 && waitpid(zygote->pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)close(zygote->control);
	*zygote = ZYGOTE_NONE;
}
