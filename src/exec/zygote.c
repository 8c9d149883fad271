/* zygote.c - a loop over orders from the supervisor and deaths of workers; and the supervisor's
 * hold on it.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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
	pid_t parent;
	int control;
	struct children workers; /* options->workers of them, by index */
};

static int report(const struct process *process, const struct channel_message *message)
{
	return channel_tell(process->control, message, NULL, 0);
}

/* With the worker's end of its channel, and its desk or -1, which are closed here. */
/* Before the first worker that is to have it. */
static void prepare(struct worker_setup *setup)
{
	const struct br_executor_options *options = setup->options;

	if (options->ops->prepare && !setup->prepared)
		options->ops->prepare(options->ctx);
	setup->prepared = true;
}

static int spawn(struct process *process, struct channel_message *message, int channel, int desk)
{
	struct child *child = &process->workers.child[message->index];

	if (message->status)
		prepare(&process->setup);
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

/* fork(2), but the child is not this process's: it is its parent's. fork(2) of the C library would
 * call handlers and take locks, for threads that are not here. */
static pid_t fork_sibling(void)
{
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, NULL, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL);
#else
	return (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

static int make_spare(struct process *process, struct channel_message *message, int control)
{
	pid_t pid = fork_sibling();

	if (pid == 0) {
		const struct channel_message hello = {
		    .kind = CHANNEL_ALIVE, .index = ZYGOTE_INDEX, .status = getpid()};

		/* In case that this one dies before it has told who was made. */
		(void)channel_tell(control, &hello, NULL, 0);
		free(process->workers.child);
		zygote_main(&process->setup, process->parent, control);
	}
	message->kind = CHANNEL_SPAWNED;
	message->status = pid < 0 ? -errno : pid;
	(void)close(control);
	return report(process, message);
}

static int kill_worker(struct process *process, struct channel_message *message)
{
	const struct child *child = &process->workers.child[message->index];

	if (child->pid && child->generation == message->generation)
		(void)kill(child->pid, SIGKILL);
	message->kind = CHANNEL_ALIVE;
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
		/* The other's channel got lost: as if fork() had failed for that reason. */
		message.kind = CHANNEL_SPAWNED;
		message.status = -EMFILE;
		return report(process, &message);
	}
	if (got < 0)
		return (int)got;
	if (message.kind == CHANNEL_FORK && fd_count == 1)
		return make_spare(process, &message, fds[0]);
	if (message.index >= process->workers.count)
		return -EPROTO;
	if (message.kind == CHANNEL_SPAWN && (fd_count == 1 || fd_count == 2))
		return spawn(process, &message, fds[0], fd_count == 2 ? fds[1] : -1);
	return message.kind == CHANNEL_KILL ? kill_worker(process, &message) : -EPROTO;
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

		if (getppid() != process->parent)
			return -ESRCH;
		if (!status && ordered)
			status = obey(process);
		if (status)
			return status;
	}
}

/* For all workers: its filter takes longer to be written than to be put up. */
static int make_sandbox(struct worker_setup *setup)
{
	const struct br_executor_options *options = setup->options;

	/* a spare has its maker's */
	if (setup->sandbox || options->sandbox == BR_EXECUTOR_SANDBOX_OFF ||
	    (options->sandbox == BR_EXECUTOR_SANDBOX_AUTO && !br_executor_walls()))
		return 0;
	setup->sandbox =
	    sandbox_new(options->sandbox_without, options->sandbox_calls, options->sandbox_kills);
	return setup->sandbox ? 0 : -ENOMEM;
}

_Noreturn void zygote_main(const struct worker_setup *setup, pid_t parent, int control)
{
	struct process process = {.setup = *setup, .parent = parent};

	if (worker_isolate(parent, "zygote", &control, 1) != 0)
		_exit(EXIT_FAILURE);
	process.control = control;
	process.setup.parent = getpid();
	if (children_init(&process.workers, setup->options->workers) != 0 ||
	    make_sandbox(&process.setup) != 0)
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
	if (!thread_is_alone())
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

void zygote_note(struct zygote *zygote, const struct channel_message *message)
{
	/* once: whom it may signal does not change */
	if (message->kind == CHANNEL_ALIVE && message->index == ZYGOTE_INDEX && zygote->pid == 0 &&
	    !zygote->nursery && message->status > 0)
		zygote->pid = message->status;
}

void zygote_signal(const struct zygote *zygote, int signal)
{
	if (zygote->nursery)
		nursery_signal(zygote->nursery, zygote->number, signal);
	else if (zygote->pid > 0)
		(void)kill(zygote->pid, signal);
}

/* Who it is may be among what it has said and nobody has read. */
static void learn_pid(struct zygote *zygote)
{
	struct channel_message message;

	while (!zygote->nursery && zygote->pid == 0 && zygote->control >= 0 &&
	       channel_receive(zygote->control, &message, NULL, 0, NULL, NULL, false) >= 0)
		zygote_note(zygote, &message);
}

bool zygote_wait(struct zygote *zygote, int *status)
{
	siginfo_t child;

	learn_pid(zygote);
	if (zygote->pid <= 0 ||
	    waitid(P_PID, (id_t)zygote->pid, &child, WEXITED | WNOHANG | WNOWAIT))
		return false; /* no child of ours, whose number may be anybody's */
	(void)kill(zygote->pid, SIGKILL);
	if (waitpid(zygote->pid, status, 0) < 0)
		return false;
	zygote->pid = 0;
	return true;
}

void zygote_retire(const struct zygote *zygote)
{
	if (zygote->control >= 0)
		(void)shutdown(zygote->control, SHUT_WR);
	/* Somebody may have stopped it. */
	zygote_signal(zygote, SIGCONT);
}

void zygote_end(struct zygote *zygote)
{
	struct pollfd gone = {.fd = zygote->control};

	if (zygote->control < 0)
		return;
	zygote_retire(zygote);
	const int ended = poll(&gone, 1, ZYGOTE_END_MS);

	learn_pid(zygote);
	if (ended != 1)
		zygote_signal(zygote, SIGKILL);
	while (zygote->pid > 0 && waitpid(zygote->pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)close(zygote->control);
	*zygote = ZYGOTE_NONE;
}
