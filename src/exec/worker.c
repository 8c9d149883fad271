/* worker.c - a worker process: isolate, initialise, then job after job. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "exec/admission.h"
#include "exec/channel.h"
#include "exec/worker.h"

/* The supervisor has gone, or talks nonsense: there is nobody to tell. */
#define EXIT_CHANNEL  0
#define EXIT_PROTOCOL 71 /* EX_OSERR of sysexits.h */

#define FIRST_KEPT 3
#define CLOSE_MAX  65536

/* stdin and stdout belong to the program's pipeline, which would not see its end while a worker
 * holds them. */
static int close_standard(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Without one, anything that is no pipe of others will do. */
	if (null < 0)
		null = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (null < 0)
		return -errno;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -errno;
	if (null > STDERR_FILENO)
		(void)close(null);
	return 0;
}

/* Closes every descriptor from `first` on that is listed below /proc. False when they are not: the
 * one that reads the list is always in it. */
static bool close_listed(int first)
{
	DIR *list = opendir("/proc/self/fd");
	const struct dirent *entry;
	bool listed = false;

	if (!list)
		return false;
	while ((entry = readdir(list))) {
		int fd = atoi(entry->d_name); /* 0 for "." and ".." */

		listed |= fd == dirfd(list);
		if (fd >= first && fd != dirfd(list))
			(void)close(fd);
	}
	(void)closedir(list);
	return listed;
}

/* close_range(2) is younger than many a kernel, and refused by older containers' filters. Without
 * it and without /proc, descriptors above CLOSE_MAX stay open, if there are any. */
static void close_from(int first)
{
	struct rlimit limit = {.rlim_cur = CLOSE_MAX};

	if (close_range((unsigned)first, ~0U, 0) == 0 || close_listed(first))
		return;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	for (int fd = first; fd < CLOSE_MAX && (rlim_t)fd < limit.rlim_cur; fd++)
		(void)close(fd);
}

/* Moves the kept descriptors down to 3, 4, ... and closes all others. They are first moved up out
 * of each other's way. */
static int keep_only(int *keep, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int high = fcntl(keep[i], F_DUPFD_CLOEXEC, FIRST_KEPT + (int)count);

		if (high < 0)
			return -errno;
		keep[i] = high;
	}
	for (unsigned i = 0; i < count; i++) {
		if (dup3(keep[i], FIRST_KEPT + (int)i, O_CLOEXEC) < 0)
			return -errno;
		keep[i] = FIRST_KEPT + (int)i;
	}
	close_from(FIRST_KEPT + (int)count);
	return 0;
}

int worker_isolate(pid_t parent, const char *name, int *keep, unsigned count)
{
	static const int ignored[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
	                              SIGXFSZ, SIGUSR1, SIGUSR2, SIGXCPU};
	sigset_t none;

	/* If it is refused, the end of the channel ends this process, after the job under way.
	 */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before the line above. */
	if (getppid() != parent)
		return -ESRCH;
	(void)prctl(PR_SET_NAME, name);
	for (unsigned i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	int status = close_standard();

	return status ? status : keep_only(keep, count);
}

/* Of all processes of the run a worker is the one that can be replaced: it is offered to the kernel
 * first when memory runs out. Where /proc can't be written, the kernel chooses by size alone. */
static void volunteer_for_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "500", 3);
	(void)close(fd);
}

/* What the program had before it forked (a sanitizer's shadow, say) does not count. */
static void limit_memory(size_t bytes)
{
	struct rlimit core = {0, 0};
	struct rlimit data;

	/* A hostile image is to cost its image, not a gigabyte of core file each time. */
	(void)setrlimit(RLIMIT_CORE, &core);
	if (bytes == 0 || getrlimit(RLIMIT_DATA, &data) != 0)
		return;
	rlim_t wanted = (rlim_t)(memory_private() + bytes);

	if (data.rlim_max != RLIM_INFINITY && wanted > data.rlim_max)
		wanted = data.rlim_max;
	data.rlim_cur = wanted;
	(void)setrlimit(RLIMIT_DATA, &data);
}

/* Jobs that can lie ahead in the channel while a worker waits for memory. */
#define AHEAD_MAX 4

/* A message that has been taken from the channel. */
struct mail {
	struct channel_message message;
	int fds[BR_EXECUTOR_FDS_MAX];
	unsigned fd_count;
	ssize_t size; /* of body */
	unsigned char body[2 * BR_EXECUTOR_MESSAGE_MAX];
};

struct self {
	const struct worker_setup *setup;
	int channel;
	void *state;        /* the task's */
	struct br_slot own; /* without a slot table */
	struct desk_view *desk;
	struct mail now;              /* the job under way */
	struct mail ahead[AHEAD_MAX]; /* jobs that came before an answer did */
	unsigned aheads;
	alignas(max_align_t) unsigned char result[BR_EXECUTOR_MESSAGE_MAX];
	alignas(max_align_t) unsigned char job[BR_EXECUTOR_MESSAGE_MAX];
};

static ssize_t receive(const struct self *self, struct mail *mail)
{
	mail->message = (struct channel_message){0};
	mail->fd_count = 0;
	mail->size = channel_receive(self->channel, &mail->message, mail->body, sizeof(mail->body),
	                             mail->fds, &mail->fd_count, true);
	return mail->size;
}

/* Asks the supervisor for memory. The jobs that it had sent before it knew come first. */
static int ask(struct br_slot *slot, uint64_t bytes)
{
	struct self *self = slot->asker;
	struct channel_message question = {.kind = CHANNEL_ASK, .size = bytes};
	int status = channel_tell(self->channel, &question, NULL, 0);

	while (!status && self->aheads < AHEAD_MAX) {
		struct mail *mail = &self->ahead[self->aheads];

		if (receive(self, mail) < 0)
			break;
		if (mail->message.kind == CHANNEL_GRANT)
			return mail->message.status;
		self->aheads++;
	}
	/* The supervisor is gone, or talks nonsense. */
	_exit(EXIT_PROTOCOL);
}

/* What it can't have any more, another worker can. */
static int prepare(struct br_slot *slot)
{
	const struct self *self = slot->asker;
	const struct channel_message want = {.kind = CHANNEL_UNPREPARED};

	if (!self->setup->sandbox || self->setup->prepared || !self->setup->options->ops->prepare)
		return 0;
	(void)channel_tell(self->channel, &want, NULL, 0);
	_exit(EXIT_CHANNEL);
}

/* The next message: one that came ahead, or from the channel. */
static ssize_t next_mail(struct self *self)
{
	if (!self->aheads)
		return receive(self, &self->now);
	self->now = self->ahead[0];
	self->aheads--;
	memmove(&self->ahead[0], &self->ahead[1], self->aheads * sizeof(self->ahead[0]));
	return self->now.size;
}

/* The stages that a worker runs, on the slot that is ready for them. */
static int run_stages(struct self *self, struct br_slot *slot)
{
	const struct br_executor_options *options = self->setup->options;
	const struct br_task_ops *ops = options->ops;
	br_task_stage *const whole[] = {ops->read, ops->transform, ops->write};
	int status = 0;

	if (slot != &self->own)
		return ops->transform(options->ctx, self->job, slot, self->result);
	for (unsigned i = 0; !status && i < sizeof(whole) / sizeof(whole[0]); i++) {
		if (whole[i])
			status = whole[i](options->ctx, self->job, slot, self->result);
	}
	return status;
}

/* Before the answer: a file that is closed after it was called done, or is removed while it is
 * still open here, is not what file systems over a network expect. A stage may have closed some
 * itself. */
static void close_files(const struct br_slot *slot)
{
	for (unsigned i = 0; i < slot->fds; i++)
		if (slot->fd[i] >= 0)
			(void)close(slot->fd[i]);
}

static int run_job(struct self *self, struct channel_message *message, struct br_slot *slot)
{
	message->kind = CHANNEL_RESULT;
	message->status = run_stages(self, slot);
	close_files(slot);
	message->size = slot->out.size;
	message->capacity = slot->out.capacity;
	return channel_tell(self->channel, message, self->result,
	                    self->setup->options->result_size);
}

/* The slot for a job, its descriptors in place. NULL when the message makes no sense. */
static struct br_slot *slot_for(struct self *self, const struct channel_message *message,
                                const int *fds, unsigned fd_count)
{
	struct br_slot *slot = &self->own;

	if (message->index != DESK_NO_PLACE)
		slot = desk_slot(self->desk, message->index, message->size, message->capacity);
	else
		slot_clear(slot);
	if (!slot)
		return NULL;
	memcpy(slot->fd, fds, fd_count * sizeof(int));
	slot->fds = fd_count;
	slot->state = self->state;
	slot->share = admission_share(self->setup->options->memory, self->setup->options->workers);
	slot->ask = ask;
	slot->prepare = prepare;
	slot->asker = self;
	slot->notes = desk_notes(self->desk);
	return slot;
}

/* Takes one job from the channel and answers it. */
static int serve(struct self *self)
{
	const struct br_executor_options *options = self->setup->options;
	struct mail *mail = &self->now;
	ssize_t got = next_mail(self);

	if (got < 0)
		return (int)got;
	if (mail->message.kind != CHANNEL_JOB ||
	    (size_t)got != options->result_size + options->job_size)
		return -EPROTO;
	/* Apart, so that each is aligned as the struct that the task makes of it. */
	memcpy(self->result, mail->body, options->result_size);
	memcpy(self->job, mail->body + options->result_size, options->job_size);
	struct br_slot *slot = slot_for(self, &mail->message, mail->fds, mail->fd_count);

	if (!slot)
		return -EPROTO;
	/* from here on the job is what this worker dies of */
	desk_begin(self->desk, mail->message.generation);
	return run_job(self, &mail->message, slot);
}

/* From here on nothing can be opened. */
static void shut_in(const struct self *self, struct channel_message *hello)
{
	struct sandbox_state state;

	memory_keep_open();
	state = sandbox_enter(self->setup->sandbox);
	hello->size = state.on;
	hello->capacity = state.missing;
	hello->index = (uint32_t)state.error;
	if (state.missing && self->setup->options->sandbox == BR_EXECUTOR_SANDBOX_REQUIRE)
		hello->status = -EOPNOTSUPP;
}

/* Says that the worker is ready, or why it is not. */
static int greet(struct self *self)
{
	struct channel_message hello = {.kind = CHANNEL_READY};

	hello.status = state_make(self->setup->options, &self->state);
	/* what it has made does not count: jobs have as much as without */
	limit_memory(self->setup->options->worker_memory);
	if (!hello.status && self->setup->sandbox)
		shut_in(self, &hello);
	int status = channel_tell(self->channel, &hello, NULL, 0);

	return hello.status ? hello.status : status;
}

/* This process can't be made a worker. */
static _Noreturn void report_failure(int channel, int status)
{
	const struct channel_message last = {.kind = CHANNEL_READY, .status = status};

	(void)channel_tell(channel, &last, NULL, 0);
	_exit(EXIT_PROTOCOL);
}

_Noreturn void worker_main(const struct worker_setup *setup, int channel)
{
	/* Static, since it is too large for a stack that the task may need for itself. One process,
	 * one worker. */
	static struct self self;
	int keep[2] = {channel, setup->desk_fd};
	const unsigned kept = keep[1] < 0 ? 1 : 2;
	int status = worker_isolate(setup->parent, "worker", keep, kept);

	if (status)
		report_failure(channel, status);
	status = desk_attach(&self.desk, &setup->desk, keep[1]);
	if (status)
		report_failure(keep[0], status);
	volunteer_for_oom();
	limit_memory(setup->options->worker_memory);
	self.setup = setup;
	self.channel = keep[0];
	self.own.in = BR_BUFFER_HEAP;
	self.own.out = BR_BUFFER_HEAP;
	status = greet(&self);
	while (!status)
		status = serve(&self);
	_exit(status == -EPIPE ? EXIT_CHANNEL : EXIT_PROTOCOL);
}
