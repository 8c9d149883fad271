/* zygote.c - a loop over two descriptors: orders from the supervisor, and SIGCHLD. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/channel.h"
#include "exec/zygote.h"

/* How long the workers' deaths are waited for, in ms. */
#define END_MS 1000

#define LOOK_MS 10

struct child {
	pid_t pid; /* 0: none */
	uint32_t generation;
};

struct zygote {
	struct worker_setup setup;
	int control;
	int signals;            /* a signalfd, or -1 */
	struct child *children; /* options->workers of them, by index */
};

static int report(const struct zygote *zygote, const struct channel_message *message)
{
	return channel_tell(zygote->control, message, NULL, 0);
}

static int spawn(struct zygote *zygote, struct channel_message *message, int channel)
{
	pid_t pid = fork();
	int error = errno;

	if (pid == 0) {
		zygote->setup.index = message->index;
		worker_main(&zygote->setup, channel);
	}
	(void)close(channel);
	message->kind = CHANNEL_SPAWNED;
	message->status = pid < 0 ? -error : pid;
	if (pid > 0) {
		zygote->children[message->index].pid = pid;
		zygote->children[message->index].generation = message->generation;
	}
	return report(zygote, message);
}

/* One order. -EPIPE when the supervisor has gone. */
static int obey(struct zygote *zygote)
{
	struct channel_message message = {0};
	int fds[EXECUTOR_FDS_MAX];
	unsigned fd_count = 0;
	ssize_t got = channel_receive(zygote->control, &message, NULL, 0, fds, &fd_count, true);

	if (got == -EMFILE) {
		/* The worker's channel got lost: as if fork() had failed for that reason. */
		message.kind = CHANNEL_SPAWNED;
		message.status = -EMFILE;
		return report(zygote, &message);
	}
	if (got < 0)
		return (int)got;
	if (message.index >= zygote->setup.options->workers)
		return -EPROTO;
	if (message.kind == CHANNEL_SPAWN && fd_count == 1)
		return spawn(zygote, &message, fds[0]);
	const struct child *child = &zygote->children[message.index];

	if (message.kind == CHANNEL_KILL && child->pid && child->generation == message.generation)
		(void)kill(child->pid, SIGKILL);
	return 0;
}

static int report_exit(struct zygote *zygote, pid_t pid, int status, const struct rusage *usage)
{
	for (unsigned i = 0; i < zygote->setup.options->workers; i++) {
		struct child *child = &zygote->children[i];
		struct channel_message message = {
		    .kind = CHANNEL_EXITED,
		    .index = i,
		    .generation = child->generation,
		    .status = status,
		    .size = (uint64_t)usage->ru_maxrss * 1024, /* it is in KiB: getrusage(2) */
		};

		if (child->pid != pid)
			continue;
		child->pid = 0;
		return report(zygote, &message);
	}
	return 0;
}

static int reap(struct zygote *zygote)
{
	struct signalfd_siginfo info;
	struct rusage usage;
	int status, outcome = 0;
	pid_t pid;

	/* Several deaths may stand behind one signal. */
	(void)!read(zygote->signals, &info, sizeof(info));
	while (!outcome && (pid = wait4(-1, &status, WNOHANG, &usage)) > 0)
		outcome = report_exit(zygote, pid, status, &usage);
	return outcome;
}

static int loop(struct zygote *zygote)
{
	struct pollfd events[2] = {{.fd = zygote->control, .events = POLLIN},
	                           {.fd = zygote->signals, .events = POLLIN}};
	const bool blind = zygote->signals < 0;
	int status = 0;

	while (!status) {
		if (poll(events, 2, blind ? LOOK_MS : -1) < 0 && errno != EINTR)
			return -errno;
		/* Deaths first: a spawn into the same place comes after its exit was told. */
		if (events[1].revents || blind)
			status = reap(zygote);
		if (!status && events[0].revents)
			status = obey(zygote);
	}
	return status;
}

/* Kills the workers, and waits for them: what they used of the processor would count for nobody
 * otherwise, and time(1) would show a fraction of what a run takes. One that hangs in the kernel
 * (on a network mount that is gone) is not waited for longer than END_MS. */
static void end_children(const struct zygote *zygote)
{
	struct pollfd death = {.fd = zygote->signals, .events = POLLIN};
	const uint64_t begin = clock_ns();
	struct signalfd_siginfo info;
	pid_t pid;

	for (unsigned i = 0; i < zygote->setup.options->workers; i++) {
		if (zygote->children[i].pid)
			(void)kill(zygote->children[i].pid, SIGKILL);
	}
	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 && clock_ms_since(begin) < END_MS) {
		if (pid > 0)
			continue;
		(void)poll(&death, 1, zygote->signals < 0 ? LOOK_MS : END_MS);
		(void)!read(zygote->signals, &info, sizeof(info));
	}
}

/* Where there is no signalfd(2), the workers are looked at every LOOK_MS. */
static void watch_children(struct zygote *zygote)
{
	sigset_t mask;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGCHLD);
	/* Workers unblock it again: worker_isolate(). */
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	zygote->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static _Noreturn void zygote_main(struct zygote *zygote, pid_t parent, int control)
{
	const struct executor_options *options = zygote->setup.options;
	struct slot_table *slots = zygote->setup.slots;
	int keep[2] = {control, slots ? slots_fd(slots) : -1};
	const unsigned kept = keep[1] < 0 ? 1 : 2;

	if (worker_isolate(parent, "zygote", keep, kept) != 0)
		_exit(EXIT_FAILURE);
	zygote->control = keep[0];
	if (kept > 1)
		slots_moved(slots, keep[1]);
	zygote->setup.parent = getpid();
	zygote->children = calloc(options->workers, sizeof(struct child));
	if (!zygote->children)
		_exit(EXIT_FAILURE);
	watch_children(zygote);
	(void)loop(zygote);
	end_children(zygote);
	_exit(EXIT_SUCCESS);
}

int zygote_start(const struct worker_setup *setup, pid_t *pid, int *control)
{
	struct zygote zygote = {.setup = *setup};
	pid_t parent = getpid();
	int ends[2];
	int status;

	/* 0: /proc is not mounted; then it is the caller's word that there are none. */
	if (thread_count() > 1)
		return refused(setup->options, -EBUSY, "the program has threads already: fork(2)");
	status = channel_pair(ends);
	if (status)
		return refused(setup->options, status, "socketpair(2)");
	*pid = fork();
	if (*pid == 0) {
		/* Whatever else stays open: with this one it would never see its parent's end. */
		(void)close(ends[0]);
		zygote_main(&zygote, parent, ends[1]);
	}
	status = *pid < 0 ? refused(setup->options, -errno, "fork(2)") : 0;
	(void)close(ends[1]);
	if (status)
		(void)close(ends[0]);
	else
		*control = ends[0];
	return status;
}
