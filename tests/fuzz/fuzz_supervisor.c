/* fuzz_supervisor.c - the parent's side of worker processes, without any: the input says what
 * workers and zygote say, and when, how the clock goes and what the pool asks for. Whatever that
 * is, each job is finished once, and once everybody behaves all of them are, in a bounded number of
 * steps.
 *
 * The first three bytes are the options; then follow actions, a byte each with its arguments behind
 * it. The program is linked with its own zygote and its own clock (see the Makefile).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/channel.h"
#include "exec/crew.h"
#include "exec/slots.h"
#include "fuzz.h"

#define WORKERS_MAX 3
#define JOBS_MAX    12
#define ACTIONS_MAX 400
#define HELD_MAX    8
#define ZYGOTES     2 /* one, and its spare */
#define RESULT_SIZE 16
#define MEMORY      1000
#define TIMEOUT_MS  2000
/* In which all that is under way comes to an end when everybody behaves. */
#define STEPS_MAX 2000
#define STEP_NS   (100 * NS_PER_MS)

enum action {
	ACTION_STEP,
	ACTION_SUBMIT,
	ACTION_ZYGOTE, /* does what it was told */
	ACTION_READY,
	ACTION_ANSWER, /* as it should be */
	ACTION_SAY,    /* anything */
	ACTION_CLOSE,
	ACTION_EXIT,
	ACTION_ZYGOTE_SAYS, /* anything */
	ACTION_CLOCK,
	ACTION_CANCEL,
	ACTION_CANCEL_JOB,
	ACTION_STORE, /* at its desk */
	ACTION_ZYGOTE_DIES,
	ACTIONS
};

/* A worker, as far as anybody can tell. */
struct puppet {
	int channel, desk; /* -1: none */
	unsigned zygote;   /* where it came from */
	uint32_t generation;
	bool ready;
	struct channel_message held[HELD_MAX]; /* jobs that it has read */
	unsigned holds;
};

struct play {
	struct input input;
	struct br_executor_options options;
	struct desk_shape shape;
	struct slot_table *slots;
	struct supervisor *supervisor;
	struct puppet puppets[WORKERS_MAX];
	int control[ZYGOTES]; /* the ends of zygotes; -1: none */
	pid_t pid[ZYGOTES];
	pid_t pids; /* given away */
	struct job *jobs[JOBS_MAX];
	bool submitted[JOBS_MAX], finished[JOBS_MAX];
	unsigned count;
};

static struct play *playing;
static uint64_t now;

int __wrap_zygote_start(const struct worker_setup *setup, struct zygote *zygote);
void __wrap_zygote_signal(const struct zygote *zygote, int signal);
bool __wrap_zygote_wait(struct zygote *zygote, int *status);
void __wrap_zygote_retire(const struct zygote *zygote);
void __wrap_zygote_end(struct zygote *zygote);
uint64_t __wrap_clock_ns(void);

uint64_t __wrap_clock_ns(void)
{
	return now;
}

/* --- zygote and workers ----------------------------------------------------------------------- */

static void close_end(int *end)
{
	if (*end >= 0)
		(void)close(*end);
	*end = -1;
}

static void tell(int end, struct channel_message message, const void *body, size_t size)
{
	if (end >= 0)
		(void)channel_send(end, &message, body, size, NULL, 0, NULL, 0, false);
}

static int free_zygote(const struct play *play)
{
	for (int i = 0; i < ZYGOTES; i++)
		if (play->control[i] < 0)
			return i;
	return -1;
}

/* Its workers die with it, and nobody tells of that. */
static void end_zygote(struct play *play, unsigned which)
{
	close_end(&play->control[which]);
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		if (play->puppets[i].zygote != which)
			continue;
		close_end(&play->puppets[i].channel);
		close_end(&play->puppets[i].desk);
	}
}

int __wrap_zygote_start(const struct worker_setup *setup, struct zygote *zygote)
{
	const int which = free_zygote(playing);
	int ends[2];

	(void)setup;
	if (which < 0)
		return -EAGAIN;
	check(channel_pair(ends) == 0);
	*zygote = ZYGOTE_NONE;
	zygote->control = ends[0];
	zygote->pid = playing->pid[which] = ++playing->pids;
	playing->control[which] = ends[1];
	return 0;
}

void __wrap_zygote_signal(const struct zygote *zygote, int signal)
{
	for (unsigned i = 0; signal == SIGKILL && i < ZYGOTES; i++)
		if (zygote->pid > 0 && playing->pid[i] == zygote->pid)
			end_zygote(playing, i);
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

static void end_puppet(struct play *play, unsigned index, int status)
{
	struct puppet *puppet = &play->puppets[index];

	if (puppet->channel < 0 && puppet->desk < 0)
		return;
	close_end(&puppet->channel);
	close_end(&puppet->desk);
	tell(play->control[puppet->zygote],
	     (struct channel_message){.kind = CHANNEL_EXITED,
	                              .index = index,
	                              .generation = puppet->generation,
	                              .status = status,
	                              .size = 1 << 20},
	     NULL, 0);
}

static void make_puppet(struct play *play, unsigned zygote, struct channel_message order,
                        const int *fds, unsigned count)
{
	struct puppet *puppet = &play->puppets[order.index];

	/* the one before has been told of, or there would be no order */
	close_end(&puppet->channel);
	close_end(&puppet->desk);
	*puppet = (struct puppet){.channel = fds[0],
	                          .desk = count > 1 ? fds[1] : -1,
	                          .zygote = zygote,
	                          .generation = order.generation};
	order.kind = CHANNEL_SPAWNED;
	order.status = 1000;
	tell(play->control[zygote], order, NULL, 0);
}

/* A spare says who it is, and so does who made it. */
static void make_spare(struct play *play, unsigned zygote, struct channel_message order,
                       int control)
{
	const int which = free_zygote(play);

	order.kind = CHANNEL_SPAWNED;
	order.status = -EAGAIN;
	if (which < 0) {
		(void)close(control);
	} else {
		play->control[which] = control;
		play->pid[which] = order.status = ++play->pids;
		tell(control,
		     (struct channel_message){
			 .kind = CHANNEL_ALIVE, .index = ZYGOTE_INDEX, .status = order.status},
		     NULL, 0);
	}
	tell(play->control[zygote], order, NULL, 0);
}

static void kill_puppet(struct play *play, unsigned zygote, struct channel_message order)
{
	const struct puppet *puppet = &play->puppets[order.index];

	if (puppet->generation == order.generation && puppet->zygote == zygote)
		end_puppet(play, order.index, SIGKILL);
	order.kind = CHANNEL_ALIVE;
	tell(play->control[zygote], order, NULL, 0);
}

/* Carries out a zygote's orders. */
static void obey_as(struct play *play, unsigned zygote)
{
	struct channel_message order;
	int fds[BR_EXECUTOR_FDS_MAX];
	unsigned count = 0;
	ssize_t got;

	while (play->control[zygote] >= 0) {
		got = channel_receive(play->control[zygote], &order, NULL, 0, fds, &count, false);
		if (got == -EPIPE)
			end_zygote(play, zygote);
		if (got < 0)
			return;
		if (order.kind == CHANNEL_FORK) {
			make_spare(play, zygote, order, fds[0]);
			continue;
		}
		check(order.index < play->options.workers);
		if (order.kind == CHANNEL_SPAWN)
			make_puppet(play, zygote, order, fds, count);
		else
			kill_puppet(play, zygote, order);
	}
}

static void obey(struct play *play)
{
	for (unsigned i = 0; i < ZYGOTES; i++)
		obey_as(play, i);
}

/* Reads what the supervisor has sent to it. */
static void listen_to_all(struct puppet *puppet)
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

static void say_ready(struct puppet *puppet)
{
	tell(puppet->channel, (struct channel_message){.kind = CHANNEL_READY}, NULL, 0);
	puppet->ready = true;
}

/* Its first job is done, without output. */
static void answer(struct puppet *puppet)
{
	static const unsigned char result[RESULT_SIZE] = {1};
	struct channel_message message;

	listen_to_all(puppet);
	if (!puppet->holds)
		return;
	message = puppet->held[0];
	memmove(&puppet->held[0], &puppet->held[1], --puppet->holds * sizeof(message));
	message.kind = CHANNEL_RESULT;
	message.status = 0;
	message.size = 0;
	tell(puppet->channel, message, result, sizeof(result));
}

/* --- the pool --------------------------------------------------------------------------------- */

/* What a sound worker says begins with a one. */
static int check_result(void *ctx, const void *job, const struct br_slot *slot, const void *sent,
                        const void *result, int status)
{
	(void)ctx;
	(void)job;
	(void)slot;
	(void)sent;
	return status == 0 && *(const unsigned char *)result != 1;
}

static int transform(void *ctx, const void *job, struct br_slot *slot, void *result)
{
	(void)ctx;
	(void)job;
	(void)slot;
	(void)result;
	return 0;
}

static const struct br_task_ops ops = {.transform = transform, .check = check_result};

static void finished(void *arg, struct job *job)
{
	struct play *play = arg;

	check(job->id < play->count && play->submitted[job->id] && !play->finished[job->id]);
	play->finished[job->id] = true;
	check(job->status <= BR_EXECUTOR_CANCELLED && !job->next);
	check(job->status != BR_EXECUTOR_DONE || job->result[0] == 1);
	if (play->slots) {
		unsigned char sum = 0;

		check(job->slot->out.size <= job->slot->out.capacity);
		for (size_t i = 0; i < job->slot->out.size; i++)
			sum = (unsigned char)(sum + job->slot->out.data[i]);
		job->bytes[0] = sum;
		slots_give(play->slots, job->slot);
		job->slot = NULL;
	}
}

/* Whoever is to come next: nobody can be waited for. */
static void behave(struct play *play)
{
	obey(play);
	for (unsigned i = 0; i < play->options.workers; i++) {
		struct puppet *puppet = &play->puppets[i];

		if (puppet->channel < 0 && puppet->desk >= 0)
			end_puppet(play, i, SIGKILL);
		else if (!puppet->ready)
			say_ready(puppet);
		else
			answer(puppet);
	}
}

static void sleeps(void *arg, bool begins)
{
	if (begins)
		behave(arg);
}

static void submit(struct play *play, uint8_t priority)
{
	struct job *job;

	if (play->count == JOBS_MAX)
		return;
	job = job_new(&play->options);
	check(job != NULL);
	job->id = play->count;
	job->priority = priority & 3;
	job->timeout_ms = priority & 4 ? TIMEOUT_MS : 0;
	job->slot = play->slots ? slots_take(play->slots) : &job->descriptors;
	check(job->slot != NULL);
	if (play->slots)
		check(br_buffer_append(&job->slot->in, "input", 5) == 0);
	play->jobs[play->count] = job;
	play->submitted[play->count++] = true;
	supervisor_submit(play->supervisor, job);
}

/* --- actions ---------------------------------------------------------------------------------- */

/* A number that may be believed, or any. */
static uint64_t number(struct input *input, uint64_t likely)
{
	const uint8_t choice = input_byte(input);
	uint64_t value = input_byte(input);

	switch (choice & 7) {
	case 0:
		return value;
	case 1:
		return likely + value;
	case 2:
		return likely - value;
	case 3:
		return UINT64_MAX - value;
	case 4:
		return value << 18; /* a step of memory */
	case 5:
		return value << (choice >> 3);
	default:
		return likely;
	}
}

/* A message of no particular sense, by what would be right. */
static void say_anything(struct input *input, int end, struct channel_message likely)
{
	static const size_t sizes[] = {RESULT_SIZE, 0, 1, RESULT_SIZE - 1, RESULT_SIZE + 1, 64};
	unsigned char body[64] = {0};
	struct channel_message message;

	message.kind = (uint32_t)number(input, likely.kind);
	message.index = (uint32_t)number(input, likely.index);
	message.generation = (uint32_t)number(input, likely.generation);
	message.status = (int32_t)number(input, (uint64_t)(int64_t)likely.status);
	message.size = number(input, likely.size);
	message.capacity = number(input, likely.capacity);
	body[0] = input_byte(input);
	tell(end, message, body, sizes[input_byte(input) % (sizeof(sizes) / sizeof(sizes[0]))]);
}

static void store(struct play *play, const struct puppet *puppet)
{
	const uint64_t at = number(&play->input, 0);
	const uint8_t value = input_byte(&play->input);

	if (puppet->desk >= 0 && at < MEMORY_STEP)
		(void)!pwrite(puppet->desk, &value, 1, (off_t)at);
}

static void say(struct play *play, struct puppet *puppet)
{
	struct channel_message likely = {.kind = CHANNEL_RESULT};

	listen_to_all(puppet);
	if (puppet->holds)
		likely = puppet->held[0];
	likely.kind = CHANNEL_RESULT;
	likely.size = 0;
	likely.status = 0;
	say_anything(&play->input, puppet->channel, likely);
}

static void step(struct play *play)
{
	(void)supervisor_step(play->supervisor, 0);
}

static void act(struct play *play, uint8_t byte)
{
	struct input *input = &play->input;
	const unsigned index = byte / ACTIONS % play->options.workers;
	struct puppet *puppet = &play->puppets[index];

	switch ((enum action)(byte % ACTIONS)) {
	case ACTION_STEP:
		step(play);
		break;
	case ACTION_SUBMIT:
		submit(play, input_byte(input));
		break;
	case ACTION_ZYGOTE:
		obey(play);
		break;
	case ACTION_READY:
		say_ready(puppet);
		break;
	case ACTION_ANSWER:
		answer(puppet);
		break;
	case ACTION_SAY:
		say(play, puppet);
		break;
	case ACTION_CLOSE:
		close_end(&puppet->channel);
		break;
	case ACTION_EXIT:
		end_puppet(play, index, input_byte(input));
		break;
	case ACTION_ZYGOTE_SAYS:
		say_anything(input, play->control[puppet->zygote],
		             (struct channel_message){.kind = CHANNEL_SPAWNED,
		                                      .index = index,
		                                      .generation = puppet->generation});
		break;
	case ACTION_CLOCK:
		now += (uint64_t)input_byte(input) * 10 * NS_PER_MS;
		break;
	case ACTION_CANCEL:
		supervisor_cancel(play->supervisor, input_byte(input) & 1);
		break;
	case ACTION_CANCEL_JOB:
		(void)supervisor_cancel_job(play->supervisor, input_byte(input) % JOBS_MAX,
		                            input_byte(input) & 1);
		break;
	case ACTION_STORE:
		store(play, puppet);
		break;
	case ACTION_ZYGOTE_DIES:
		end_zygote(play, input_byte(input) % ZYGOTES);
		break;
	case ACTIONS:
		break;
	}
}

/* --- a play from its beginning to its end ----------------------------------------------------- */

static bool all_finished(const struct play *play)
{
	for (unsigned i = 0; i < play->count; i++)
		if (!play->finished[i])
			return false;
	return true;
}

static void begin(struct play *play)
{
	const uint8_t choice = input_byte(&play->input);
	const struct supervisor_hooks hooks = {.arg = play, .finished = finished, .sleeps = sleeps};

	play->options = (struct br_executor_options){
	    .ops = &ops,
	    .workers = 1 + input_byte(&play->input) % WORKERS_MAX,
	    .job_size = sizeof(uint64_t),
	    .result_size = RESULT_SIZE,
	    .retries = choice & 3,
	    .max_jobs_per_worker = choice & 4 ? 2 : 0,
	    .memory = choice & 8 ? MEMORY : 0,
	};
	if (choice & 16) {
		check(desk_choose(&play->shape, MEMORY_STEP * 4) == 0);
		check(slots_new(&play->slots, JOBS_MAX, MEMORY_STEP * 64) == 0);
	}
	check(supervisor_new(&play->supervisor, &play->options, &play->shape, &hooks, -1) == 0);
}

/* Everybody does as he should: nothing may be left. */
static void finish(struct play *play)
{
	for (unsigned i = 0; i < STEPS_MAX && !all_finished(play); i++) {
		behave(play);
		step(play);
		now += STEP_NS;
	}
	check(all_finished(play));
}

static void end(struct play *play)
{
	supervisor_free(play->supervisor);
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		close_end(&play->puppets[i].channel);
		close_end(&play->puppets[i].desk);
	}
	for (unsigned i = 0; i < ZYGOTES; i++)
		close_end(&play->control[i]);
	for (unsigned i = 0; i < play->count; i++)
		job_free(play->jobs[i]);
	slots_free(play->slots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play play = {.input = {data, size}, .control = {-1, -1}};
	const int before = dup(STDERR_FILENO);

	for (unsigned i = 0; i < WORKERS_MAX; i++)
		play.puppets[i] = (struct puppet){.channel = -1, .desk = -1};
	(void)close(before);
	playing = &play;
	now = NS_PER_S;
	begin(&play);
	for (unsigned i = 0; i < ACTIONS_MAX && play.input.size > 0; i++) {
		act(&play, input_byte(&play.input));
		/* orders do not pile up until the channel is full */
		if (i % 16 == 0)
			obey(&play);
	}
	finish(&play);
	end(&play);
	/* no descriptor is left */
	const int after = dup(STDERR_FILENO);

	check(after == before);
	(void)close(after);
	return 0;
}
