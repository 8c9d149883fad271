/* nursery.c - see nursery.h. */
#include "exec/nursery.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/channel.h"
#include "exec/children.h"
#include "exec/internal.h"
#include "exec/zygote.h"

/* In which a nursery answers, before it is told to go on, and after that. */
#define ANSWER_MS 3000U

struct br_executor_zygote {
	pthread_mutex_t mutex; /* one order at a time */
	struct zygote process; /* as far as its end is concerned it is one */
	uint32_t orders;
};

/* What a zygote is told of its pool. The ctx of options.ctx_size bytes follows. */
struct order {
	struct br_executor_options options; /* as they were given: without the adapter */
	struct br_task_ops ops;             /* theirs, if they have any */
	char calls[BR_EXECUTOR_CALLS_MAX];  /* options.sandbox_calls, if there are any */
	struct desk_shape desk;             /* of its workers */
};

/* --- the nursery's process ---------------------------------------------------------------------
 */

struct process {
	pid_t parent;
	int control;
	struct children zygotes;
	struct {
		struct order order;
		unsigned char ctx[BR_EXECUTOR_MESSAGE_MAX];
	} mail;
};

/* The options as they hold in this process. */
static int adopt(struct process *process)
{
	struct order *order = &process->mail.order;
	struct br_executor_options *options = &order->options;
	struct adapter *adapter;

	options->reason = NULL;
	options->zygote = NULL;
	if (options->sandbox_calls)
		options->sandbox_calls = order->calls;
	if (options->ctx_size)
		options->ctx = process->mail.ctx;
	options->ops = &order->ops;
	if (!options->function)
		return 0;
	adapter = adapter_new(options->function, options->ctx);
	if (!adapter)
		return -ENOMEM;
	options->ops = &adapter->ops;
	options->ctx = adapter;
	return 0;
}

/* The child's side: becomes the zygote that it was made for. */
static _Noreturn void become_zygote(struct process *process, pid_t parent, const int *fds)
{
	const struct order *order = &process->mail.order;
	struct worker_setup setup = {
	    .options = &order->options, .desk = order->desk, .desk_fd = -1};
	const int status = adopt(process);

	(void)close(process->control);
	if (status)
		_exit(EXIT_FAILURE);
	zygote_main(&setup, parent, fds[0]);
}

/* A place for one more child. NULL without memory. */
static struct child *free_place(struct children *children)
{
	for (unsigned i = 0; i < children->count; i++) {
		if (!children->child[i].pid)
			return &children->child[i];
	}
	const unsigned before = children->count, count = before ? before * 2 : 1;
	struct child *more = realloc(children->child, count * sizeof(*more));

	if (!more)
		return NULL;
	memset(more + before, 0, (count - before) * sizeof(*more));
	children->child = more;
	children->count = count;
	return &more[before];
}

static int bear(struct process *process, uint32_t number, const int *fds)
{
	struct child *child = free_place(&process->zygotes);
	const pid_t parent = getpid();

	if (!child)
		return -ENOMEM;
	pid_t pid = fork();

	if (pid == 0)
		become_zygote(process, parent, fds);
	if (pid < 0)
		return -errno;
	*child = (struct child){.pid = pid, .generation = number};
	return pid;
}

static void send_signal(const struct process *process, const struct channel_message *message)
{
	for (unsigned i = 0; i < process->zygotes.count; i++) {
		const struct child *child = &process->zygotes.child[i];

		if (child->pid && child->generation == message->generation)
			(void)kill(child->pid, message->status);
	}
}

/* One order. -EPIPE when the program has gone. */
static int obey(struct process *process)
{
	struct channel_message message = {0};
	int fds[BR_EXECUTOR_FDS_MAX];
	unsigned fd_count = 0;
	ssize_t got = channel_receive(process->control, &message, &process->mail,
	                              sizeof(process->mail), fds, &fd_count, true);

	if (got < 0 && got != -EMFILE)
		return (int)got;
	if (message.kind == CHANNEL_SIGNAL) {
		send_signal(process, &message);
		return 0;
	}
	message.status = got < 0 ? (int)got : bear(process, message.generation, fds);
	message.kind = CHANNEL_SPAWNED;
	for (unsigned i = 0; i < fd_count; i++)
		(void)close(fds[i]);
	return channel_tell(process->control, &message, NULL, 0);
}

static int loop(struct process *process)
{
	struct rusage usage;
	int how;

	for (;;) {
		const int ordered = children_poll(&process->zygotes, process->control);
		int status = ordered < 0 ? ordered : 0;

		while (children_reap(&process->zygotes, &how, &usage) >= 0)
			;
		if (getppid() != process->parent)
			return -ESRCH;
		if (!status && ordered)
			status = obey(process);
		if (status)
			return status;
	}
}

static _Noreturn void nursery_main(pid_t parent, int control)
{
	/* Static, since the zygotes' options lie in it. */
	static struct process process;

	if (worker_isolate(parent, "nursery", &control, 1) != 0 ||
	    children_init(&process.zygotes, 4) != 0)
		_exit(EXIT_FAILURE);
	process.control = control;
	process.parent = parent;
	(void)loop(&process);
	children_end(&process.zygotes);
	_exit(EXIT_SUCCESS);
}

/* --- the program's side --------------------------------------------------------------------------
 */

int br_executor_zygote_new(struct br_executor_zygote **out)
{
	struct br_executor_zygote *nursery = calloc(1, sizeof(*nursery));
	const pid_t parent = getpid();
	int ends[2];
	int status = nursery ? channel_pair(ends) : -ENOMEM;

	*out = NULL;
	if (!status && !thread_is_alone()) {
		(void)close(ends[0]);
		(void)close(ends[1]);
		status = -EBUSY;
	}
	if (status) {
		free(nursery);
		return status;
	}
	nursery->process.pid = fork();
	if (nursery->process.pid == 0) {
		(void)close(ends[0]);
		nursery_main(parent, ends[1]);
	}
	status = nursery->process.pid < 0 ? -errno : 0;
	(void)close(ends[1]);
	nursery->process.control = ends[0];
	if (status) {
		(void)close(ends[0]);
		free(nursery);
		return status;
	}
	(void)pthread_mutex_init(&nursery->mutex, NULL);
	*out = nursery;
	return 0;
}

void br_executor_zygote_free(struct br_executor_zygote *zygote)
{
	if (!zygote)
		return;
	zygote_end(&zygote->process);
	(void)pthread_mutex_destroy(&zygote->mutex);
	free(zygote);
}

static struct order order_of(const struct worker_setup *setup)
{
	const struct br_executor_options *options = setup->options;
	struct order order = {.options = *options, .desk = setup->desk};

	if (options->function) {
		/* As adapt() of executor.c made it. */
		order.options.ctx = ((const struct adapter *)options->ctx)->ctx;
	} else {
		order.ops = *options->ops;
	}
	if (setup->ctx)
		order.options.ctx = setup->ctx;
	if (options->sandbox_calls)
		(void)strncpy(order.calls, options->sandbox_calls, sizeof(order.calls) - 1);
	return order;
}

/* Waits until something can be read from the nursery, or sent to it (POLLIN, POLLOUT). One that
 * does not answer is told to go on, in case that somebody has stopped it. 0 or -ETIME. */
static int await(const struct br_executor_zygote *nursery, short event)
{
	struct pollfd end = {.fd = nursery->process.control, .events = event};

	for (unsigned i = 0; i < 2; i++) {
		const uint64_t until = deadline_after(clock_ns(), ANSWER_MS);
		int count;

		do {
			count = poll(&end, 1, timeout_until(until));
		} while (count < 0 && errno == EINTR);
		if (count != 0)
			return count < 0 ? -errno : 0;
		zygote_signal(&nursery->process, SIGCONT);
	}
	return -ETIME;
}

static int send_order(const struct br_executor_zygote *nursery,
                      const struct channel_message *message, const struct order *order, int control)
{
	const void *ctx = order->options.ctx_size ? order->options.ctx : NULL;
	const int end = nursery->process.control;
	int status;

	do {
		status = await(nursery, POLLOUT);
		if (!status)
			status = channel_send(end, message, order, sizeof(*order), ctx,
			                      order->options.ctx_size, &control, 1, false);
	} while (status == -EAGAIN);
	return status;
}

/* Sends an order and waits for its answer, with the mutex held. */
static int ask(const struct br_executor_zygote *nursery, struct channel_message *message,
               const struct order *order, int control)
{
	const uint32_t number = message->generation;
	int status = send_order(nursery, message, order, control);

	/* To an order whose answer was waited for in vain there may be one still. */
	do {
		if (!status)
			status = await(nursery, POLLIN);
		if (!status && channel_receive(nursery->process.control, message, NULL, 0, NULL,
		                               NULL, false) < 0)
			status = -EPIPE;
	} while (!status && message->generation != number);
	if (status)
		return status;
	return message->status < 0 ? message->status : 0;
}

int nursery_fork(struct br_executor_zygote *nursery, const struct worker_setup *setup, int control,
                 uint32_t *number)
{
	const struct order order = order_of(setup);
	struct channel_message message = {.kind = CHANNEL_POOL};

	(void)pthread_mutex_lock(&nursery->mutex);
	*number = message.generation = ++nursery->orders;
	int status = ask(nursery, &message, &order, control);

	(void)pthread_mutex_unlock(&nursery->mutex);
	return status;
}

void nursery_signal(struct br_executor_zygote *nursery, uint32_t number, int signal)
{
	const struct channel_message message = {
	    .kind = CHANNEL_SIGNAL, .generation = number, .status = signal};

	(void)pthread_mutex_lock(&nursery->mutex);
	/* Somebody may have stopped it. If it is gone, its children are dead or dying; if it has
	 * too much to do, there is another time. */
	zygote_signal(&nursery->process, SIGCONT);
	(void)channel_send(nursery->process.control, &message, NULL, 0, NULL, 0, NULL, 0, false);
	(void)pthread_mutex_unlock(&nursery->mutex);
}
