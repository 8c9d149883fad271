/* puppets.c - see puppets.h. */
#include "puppets.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/zygote.h"
#include "fuzz.h"

static struct troupe *on_stage;
uint64_t troupe_clock;

int __wrap_zygote_start(const struct worker_setup *setup, struct zygote *zygote);
void __wrap_zygote_signal(const struct zygote *zygote, int signal);
bool __wrap_zygote_wait(struct zygote *zygote, int *status);
void __wrap_zygote_retire(const struct zygote *zygote);
void __wrap_zygote_end(struct zygote *zygote);
uint64_t __wrap_clock_ns(void);

uint64_t __wrap_clock_ns(void)
{
	return troupe_clock;
}

static void close_end(int *end)
{
	if (*end >= 0)
		(void)close(*end);
	*end = -1;
}

void puppet_tell(int end, struct channel_message message, const void *body, size_t size)
{
	if (end >= 0)
		(void)channel_send(end, &message, body, size, NULL, 0, NULL, 0, false);
}

static int free_zygote(const struct troupe *troupe)
{
	for (int i = 0; i < ZYGOTES; i++)
		if (troupe->control[i] < 0)
			return i;
	return -1;
}

/* Its workers die with it, and nobody tells of that. */
void troupe_end_zygote(struct troupe *troupe, unsigned which)
{
	close_end(&troupe->control[which]);
	for (unsigned i = 0; i < PUPPETS_MAX; i++) {
		if (troupe->puppets[i].zygote != which)
			continue;
		close_end(&troupe->puppets[i].channel);
		close_end(&troupe->puppets[i].desk);
	}
}

int __wrap_zygote_start(const struct worker_setup *setup, struct zygote *zygote)
{
	const int which = free_zygote(on_stage);
	int ends[2];

	(void)setup;
	if (which < 0)
		return -EAGAIN;
	check(channel_pair(ends) == 0);
	*zygote = ZYGOTE_NONE;
	zygote->control = ends[0];
	zygote->pid = on_stage->pid[which] = ++on_stage->pids;
	on_stage->control[which] = ends[1];
	return 0;
}

void __wrap_zygote_signal(const struct zygote *zygote, int signal)
{
	for (unsigned i = 0; signal == SIGKILL && i < ZYGOTES; i++)
		if (zygote->pid > 0 && on_stage->pid[i] == zygote->pid)
			troupe_end_zygote(on_stage, i);
}

bool __wrap_zygote_wait(struct zygote *zygote, int *status)
{
	*status = 0;
	zygote->pid = 0;
	return true;
}

void __wrap_zygote_retire(const struct zygote *zygote)
{
	if (zygote->control >= 0)
		(void)shutdown(zygote->control, SHUT_WR);
}

void __wrap_zygote_end(struct zygote *zygote)
{
	if (zygote->control >= 0)
		(void)close(zygote->control);
	*zygote = ZYGOTE_NONE;
}

void puppet_end(struct troupe *troupe, unsigned index, int status)
{
	struct puppet *puppet = &troupe->puppets[index];

	if (puppet->channel < 0 && puppet->desk < 0)
		return;
	close_end(&puppet->channel);
	close_end(&puppet->desk);
	puppet_tell(troupe->control[puppet->zygote],
	            (struct channel_message){.kind = CHANNEL_EXITED,
	                                     .index = index,
	                                     .generation = puppet->generation,
	                                     .status = status,
	                                     .size = 1 << 20},
	            NULL, 0);
}

static void make_puppet(struct troupe *troupe, unsigned zygote, struct channel_message order,
                        const int *fds, unsigned count)
{
	struct puppet *puppet = &troupe->puppets[order.index];

	/* the one before has been told of, or there would be no order */
	close_end(&puppet->channel);
	close_end(&puppet->desk);
	*puppet = (struct puppet){.channel = fds[0],
	                          .desk = count > 1 ? fds[1] : -1,
	                          .zygote = zygote,
	                          .generation = order.generation};
	order.kind = CHANNEL_SPAWNED;
	order.status = 1000;
	puppet_tell(troupe->control[zygote], order, NULL, 0);
}

/* A spare says who it is, and so does who made it. */
static void make_spare(struct troupe *troupe, unsigned zygote, struct channel_message order,
                       int control)
{
	const int which = free_zygote(troupe);

	order.kind = CHANNEL_SPAWNED;
	order.status = -EAGAIN;
	if (which < 0) {
		(void)close(control);
	} else {
		troupe->control[which] = control;
		troupe->pid[which] = order.status = ++troupe->pids;
		puppet_tell(control,
		            (struct channel_message){.kind = CHANNEL_ALIVE,
		                                     .index = ZYGOTE_INDEX,
		                                     .status = order.status},
		            NULL, 0);
	}
	puppet_tell(troupe->control[zygote], order, NULL, 0);
}

static void kill_puppet(struct troupe *troupe, unsigned zygote, struct channel_message order)
{
	const struct puppet *puppet = &troupe->puppets[order.index];

	if (puppet->generation == order.generation && puppet->zygote == zygote)
		puppet_end(troupe, order.index, SIGKILL);
	order.kind = CHANNEL_ALIVE;
	puppet_tell(troupe->control[zygote], order, NULL, 0);
}

/* Carries out a zygote's orders. */
static void obey_as(struct troupe *troupe, unsigned zygote)
{
	struct channel_message order;
	int fds[BR_EXECUTOR_FDS_MAX];
	unsigned count = 0;
	ssize_t got;

	while (troupe->control[zygote] >= 0) {
		got = channel_receive(troupe->control[zygote], &order, NULL, 0, fds, &count, false);
		if (got == -EPIPE)
			troupe_end_zygote(troupe, zygote);
		if (got < 0)
			return;
		if (order.kind == CHANNEL_FORK) {
			make_spare(troupe, zygote, order, fds[0]);
			continue;
		}
		check(order.index < troupe->workers);
		if (order.kind == CHANNEL_SPAWN)
			make_puppet(troupe, zygote, order, fds, count);
		else
			kill_puppet(troupe, zygote, order);
	}
}

void troupe_obey(struct troupe *troupe)
{
	for (unsigned i = 0; i < ZYGOTES; i++)
		obey_as(troupe, i);
}

void puppet_listen(struct puppet *puppet)
{
	unsigned char body[64];
	struct channel_message message;
	int fds[BR_EXECUTOR_FDS_MAX];
	unsigned count = 0;

	while (puppet->channel >= 0 && puppet->holds < HELD_MAX &&
	       channel_receive(puppet->channel, &message, body, sizeof(body), fds, &count, false) >=
	           0) {
		for (unsigned i = 0; i < count; i++)
			(void)close(fds[i]);
		if (message.kind == CHANNEL_JOB)
			puppet->held[puppet->holds++] = message;
	}
}

void puppet_ready(struct puppet *puppet)
{
	puppet_tell(puppet->channel, (struct channel_message){.kind = CHANNEL_READY}, NULL, 0);
	puppet->ready = true;
}

void puppet_answer(struct puppet *puppet)
{
	static const unsigned char result[PUPPET_RESULT_SIZE] = {1};
	struct channel_message message;

	puppet_listen(puppet);
	if (!puppet->holds)
		return;
	message = puppet->held[0];
	memmove(&puppet->held[0], &puppet->held[1], --puppet->holds * sizeof(message));
	message.kind = CHANNEL_RESULT;
	message.status = 0;
	message.size = 0;
	message.offset = 0;
	puppet_tell(puppet->channel, message, result, sizeof(result));
}

/* --- all of them ------------------------------------------------------------------------------ */

void troupe_begin(struct troupe *troupe, unsigned workers)
{
	*troupe = (struct troupe){.workers = workers, .control = {-1, -1}};
	for (unsigned i = 0; i < PUPPETS_MAX; i++)
		troupe->puppets[i] = (struct puppet){.channel = -1, .desk = -1};
	on_stage = troupe;
	troupe_clock = NS_PER_S;
}

void troupe_behave(struct troupe *troupe)
{
	troupe_obey(troupe);
	for (unsigned i = 0; i < troupe->workers; i++) {
		struct puppet *puppet = &troupe->puppets[i];

		if (puppet->channel < 0 && puppet->desk >= 0)
			puppet_end(troupe, i, SIGKILL);
		else if (!puppet->ready)
			puppet_ready(puppet);
		else
			puppet_answer(puppet);
	}
}

void puppet_close(struct puppet *puppet)
{
	close_end(&puppet->channel);
}

void troupe_end(struct troupe *troupe)
{
	for (unsigned i = 0; i < PUPPETS_MAX; i++) {
		close_end(&troupe->puppets[i].channel);
		close_end(&troupe->puppets[i].desk);
	}
	for (unsigned i = 0; i < ZYGOTES; i++)
		close_end(&troupe->control[i]);
	on_stage = NULL;
}
