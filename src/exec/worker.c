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
#include "exec/gang.h"
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

/* A worker that was taken over is not to fill the disk with its output. Its desk is a file as well.
 */
static void limit_files(const struct worker_setup *setup)
{
	const uint64_t desk = desk_bytes(&setup->desk), file = setup->options->worker_file;
	const rlim_t most = file > desk ? file : desk;
	struct rlimit files;

	if (file == 0 || getrlimit(RLIMIT_FSIZE, &files) != 0 || files.rlim_cur <= most)
		return;
	files = (struct rlimit){.rlim_cur = most, .rlim_max = most};
	(void)setrlimit(RLIMIT_FSIZE, &files);
}

/* Jobs that can lie ahead in the channel while a worker waits for memory: of one that has no more
 * than one under way. */
#define AHEAD_MAX DESK_PLACES

/* A message that has been taken from the channel. */
struct mail {
	struct channel_message message;
	int fds[BR_EXECUTOR_FDS_MAX];
	unsigned fd_count;
	ssize_t size; /* of body */
	unsigned char body[2 * BR_EXECUTOR_MESSAGE_MAX];
};

/* A job under way. */
struct task {
	struct self *self;
	unsigned seat;
	struct mail mail;
	struct br_slot own; /* without a slot table */
	struct br_slot *slot;
	uint64_t notes[BR_EXECUTOR_NOTES]; /* while others are at work */
	alignas(max_align_t) unsigned char result[BR_EXECUTOR_MESSAGE_MAX];
	alignas(max_align_t) unsigned char job[BR_EXECUTOR_MESSAGE_MAX];
};

struct self {
	const struct worker_setup *setup;
	int channel;
	void *state; /* the task's */
	struct desk_view *desk;
	struct gang *gang;  /* NULL: one job at a time */
	struct task *tasks; /* one for each that can be under way */
	struct mail *ahead; /* jobs that came before an answer did */
	unsigned aheads, aheads_most;
};

static ssize_t receive(const struct self *self, struct mail *mail, bool wait)
{
	mail->message = (struct channel_message){0};
	mail->fd_count = 0;
	mail->size = channel_receive(self->channel, &mail->message, mail->body, sizeof(mail->body),
	                             mail->fds, &mail->fd_count, wait);
	return mail->size;
}

/* Asks the supervisor for memory. The jobs that it had sent before it knew come first. */
static int ask_supervisor(struct self *self, uint64_t bytes)
{
	struct channel_message question = {.kind = CHANNEL_ASK, .size = bytes};
	int status = channel_tell(self->channel, &question, NULL, 0);

	while (!status && self->aheads < self->aheads_most) {
		struct mail *mail = &self->ahead[self->aheads];

		if (receive(self, mail, true) < 0)
			break;
		if (mail->message.kind == CHANNEL_GRANT)
			return mail->message.status;
		self->aheads++;
	}
	/* The supervisor is gone, or talks nonsense. */
	_exit(EXIT_PROTOCOL);
}

static int ask(struct br_slot *slot, uint64_t bytes)
{
	struct task *task = slot->asker;
	struct self *self = task->self;

	if (self->gang && gang_admit(self->gang, task->seat, bytes))
		return 0;
	return ask_supervisor(self, bytes);
}

/* What it can't have any more, another worker can. */
static int prepare(struct br_slot *slot)
{
	const struct self *self = ((const struct task *)slot->asker)->self;
	const struct channel_message want = {.kind = CHANNEL_UNPREPARED};

	if (!self->setup->sandbox || self->setup->prepared || !self->setup->options->ops->prepare)
		return 0;
	(void)channel_tell(self->channel, &want, NULL, 0);
	_exit(EXIT_CHANNEL);
}

/* The notes of a worker are those of the job that it works at. */
static void gather(struct br_slot *slot, void *piece, br_executor_together *function, void *arg)
{
	struct task *task = slot->asker;

	memcpy(task->notes, slot->notes, sizeof(task->notes));
	gang_gather(task->self->gang, task->seat, piece, function, arg);
}

/* The next message: one that came ahead, or from the channel. */
static ssize_t next_mail(struct self *self, struct mail *mail, bool wait)
{
	if (!self->aheads)
		return receive(self, mail, wait);
	*mail = self->ahead[0];
	self->aheads--;
	memmove(&self->ahead[0], &self->ahead[1], self->aheads * sizeof(self->ahead[0]));
	return mail->size;
}

/* The stages that a worker runs, on the slot that is ready for them. */
static int run_stages(struct task *task)
{
	const struct br_executor_options *options = task->self->setup->options;
	const struct br_task_ops *ops = options->ops;
	br_task_stage *const whole[] = {ops->read, ops->transform, ops->write};
	int status = 0;

	if (task->slot != &task->own)
		return ops->transform(options->ctx, task->job, task->slot, task->result);
	for (unsigned i = 0; !status && i < sizeof(whole) / sizeof(whole[0]); i++) {
		if (whole[i])
			status = whole[i](options->ctx, task->job, task->slot, task->result);
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

/* Runs the job and answers it. */
static int run_task(struct task *task)
{
	struct channel_message *message = &task->mail.message;

	message->kind = CHANNEL_RESULT;
	message->status = run_stages(task);
	close_files(task->slot);
	message->size = task->slot->out.size;
	message->capacity = task->slot->out.capacity;
	message->offset = 0;
	if (task->slot != &task->own)
		message->offset = desk_answer(task->self->desk, message->index);
	return channel_tell(task->self->channel, message, task->result,
	                    task->self->setup->options->result_size);
}

/* The slot for a job, its descriptors in place. NULL when the message makes no sense. */
static struct br_slot *slot_for(struct task *task)
{
	const struct self *self = task->self;
	const struct channel_message *message = &task->mail.message;
	const struct br_executor_options *options = self->setup->options;
	struct br_slot *slot = &task->own;

	if (message->index != DESK_NO_PLACE)
		slot = desk_slot(self->desk, message->index, message->offset, message->size);
	else
		slot_clear(slot);
	if (!slot)
		return NULL;
	memcpy(slot->fd, task->mail.fds, task->mail.fd_count * sizeof(int));
	slot->fds = task->mail.fd_count;
	slot->state = self->state;
	slot->share = self->gang ? gang_least(self->gang)
	                         : admission_share(options->memory, options->workers);
	slot->ask = ask;
	slot->prepare = prepare;
	slot->gather = self->gang ? gather : NULL;
	slot->asker = task;
	slot->notes = desk_notes(self->desk);
	return slot;
}

/* Takes a job from the channel: 0, or a negative errno, -EAGAIN for none. */
static int take_task(struct task *task, bool wait)
{
	const struct br_executor_options *options = task->self->setup->options;
	const ssize_t got = next_mail(task->self, &task->mail, wait);

	if (got < 0)
		return (int)got;
	if (task->mail.message.kind != CHANNEL_JOB ||
	    (size_t)got != options->result_size + options->job_size)
		return -EPROTO;
	/* Apart, so that each is aligned as the struct that the task makes of it. */
	memcpy(task->result, task->mail.body, options->result_size);
	memcpy(task->job, task->mail.body + options->result_size, options->job_size);
	task->slot = slot_for(task);
	if (!task->slot)
		return -EPROTO;
	/* from here on the job is what this worker dies of */
	desk_begin(task->self->desk, task->mail.message.generation);
	return 0;
}

static _Noreturn void end(int status)
{
	_exit(status == -EPIPE ? EXIT_CHANNEL : EXIT_PROTOCOL);
}

/* --- several jobs under way ------------------------------------------------------------------ */

static int seat_take(void *arg, unsigned seat, bool wait)
{
	struct self *self = arg;
	const int status = take_task(&self->tasks[seat], wait);

	/* nobody waits for those that wait here */
	if (status && status != -EAGAIN)
		end(status);
	if (!status)
		memset(self->tasks[seat].notes, 0, sizeof(self->tasks[seat].notes));
	return status;
}

static void seat_run(void *arg, unsigned seat)
{
	struct self *self = arg;
	const int status = run_task(&self->tasks[seat]);

	if (status)
		end(status);
}

static void seat_step(void *arg, unsigned seat, unsigned first, unsigned count)
{
	const struct self *self = arg;
	const struct task *task = &self->tasks[seat == GANG_ALL ? first : seat];
	const bool alone = seat != GANG_ALL || count == 1;

	memcpy(desk_notes(self->desk), task->notes, sizeof(task->notes));
	desk_go_on(self->desk, alone ? task->mail.message.generation : 0);
}

static const struct gang_ops seat_ops = {.take = seat_take, .run = seat_run, .step = seat_step};

static int make_tasks(struct self *self)
{
	const struct br_executor_options *options = self->setup->options;
	const unsigned most = options->together;

	self->aheads_most = most > AHEAD_MAX ? most : AHEAD_MAX;
	self->tasks = calloc(most, sizeof(*self->tasks));
	self->ahead = calloc(self->aheads_most, sizeof(*self->ahead));
	if (!self->tasks || !self->ahead)
		return -ENOMEM;
	for (unsigned i = 0; i < most; i++) {
		self->tasks[i].self = self;
		self->tasks[i].seat = i;
		self->tasks[i].own.in = BR_BUFFER_HEAP;
		self->tasks[i].own.out = BR_BUFFER_HEAP;
	}
	return most > 1
	           ? gang_new(&self->gang, most, admission_share(options->memory, options->workers),
	                      &seat_ops, self)
	           : 0;
}

/* Job after job, until the channel ends. */
static int serve(struct self *self)
{
	int status = 0;

	if (self->gang)
		return gang_work(self->gang);
	while (!status) {
		status = take_task(&self->tasks[0], true);
		if (!status)
			status = run_task(&self->tasks[0]);
	}
	return status;
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
	/* what it has made does not count: jobs have as much as without; nor the seats' stacks */
	limit_memory(self->setup->options->worker_memory
	                 ? self->setup->options->worker_memory + gang_stacks(self->gang)
	                 : 0);
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
	struct self self = {0};
	int keep[2] = {channel, setup->desk_fd};
	const unsigned kept = keep[1] < 0 ? 1 : 2;
	int status = worker_isolate(setup->parent, "worker", keep, kept);

	if (status)
		report_failure(channel, status);
	status = desk_attach(&self.desk, &setup->desk, keep[1]);
	if (status)
		report_failure(keep[0], status);
	volunteer_for_oom();
	limit_files(setup);
	limit_memory(setup->options->worker_memory);
	self.setup = setup;
	self.channel = keep[0];
	status = make_tasks(&self);
	if (status)
		report_failure(keep[0], status);
	status = greet(&self);
	if (!status)
		status = serve(&self);
	end(status);
}
