/* fuzz_supervisor.c - the parent's side of worker processes, without any: the input says what
 * workers and zygote say, and when, how the clock goes and what the pool asks for. Whatever that
 * is, each job is finished once, and once everybody behaves all of them are, in a bounded number of
 * steps.
 *
 * The first three bytes are the options; then follow actions, a byte each with its arguments behind
 * it. The program is linked with its own zygote and its own clock (see the Makefile).
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "exec/channel.h"
#include "exec/crew.h"
#include "exec/slots.h"
#include "fuzz.h"
#include "puppets.h"

#define JOBS_MAX    12
#define ACTIONS_MAX 400
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

struct play {
	struct input input;
	struct br_executor_options options;
	struct desk_shape shape;
	struct slot_table *slots;
	struct supervisor *supervisor;
	struct troupe troupe;
	struct job *jobs[JOBS_MAX];
	bool submitted[JOBS_MAX], finished[JOBS_MAX];
	unsigned count;
};

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

static void sleeps(void *arg, bool begins)
{
	if (begins)
		troupe_behave(&((struct play *)arg)->troupe);
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
	static const size_t sizes[] = {PUPPET_RESULT_SIZE,     0, 1, PUPPET_RESULT_SIZE - 1,
	                               PUPPET_RESULT_SIZE + 1, 64};
	unsigned char body[64] = {0};
	struct channel_message message;

	message.kind = (uint32_t)number(input, likely.kind);
	message.index = (uint32_t)number(input, likely.index);
	message.generation = (uint32_t)number(input, likely.generation);
	message.status = (int32_t)number(input, (uint64_t)(int64_t)likely.status);
	message.size = number(input, likely.size);
	message.capacity = number(input, likely.capacity);
	message.offset = number(input, likely.offset);
	body[0] = input_byte(input);
	puppet_tell(end, message, body,
	            sizes[input_byte(input) % (sizeof(sizes) / sizeof(sizes[0]))]);
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

	puppet_listen(puppet);
	if (puppet->holds)
		likely = puppet->held[0];
	likely.kind = CHANNEL_RESULT;
	likely.size = 0;
	likely.offset = 0;
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
	struct puppet *puppet = &play->troupe.puppets[index];

	switch ((enum action)(byte % ACTIONS)) {
	case ACTION_STEP:
		step(play);
		break;
	case ACTION_SUBMIT:
		submit(play, input_byte(input));
		break;
	case ACTION_ZYGOTE:
		troupe_obey(&play->troupe);
		break;
	case ACTION_READY:
		puppet_ready(puppet);
		break;
	case ACTION_ANSWER:
		puppet_answer(puppet);
		break;
	case ACTION_SAY:
		say(play, puppet);
		break;
	case ACTION_CLOSE:
		puppet_close(puppet);
		break;
	case ACTION_EXIT:
		puppet_end(&play->troupe, index, input_byte(input));
		break;
	case ACTION_ZYGOTE_SAYS:
		say_anything(input, play->troupe.control[puppet->zygote],
		             (struct channel_message){.kind = CHANNEL_SPAWNED,
		                                      .index = index,
		                                      .generation = puppet->generation});
		break;
	case ACTION_CLOCK:
		troupe_clock += (uint64_t)input_byte(input) * 10 * NS_PER_MS;
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
		troupe_end_zygote(&play->troupe, input_byte(input) % ZYGOTES);
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
	    .workers = 1 + input_byte(&play->input) % PUPPETS_MAX,
	    .job_size = sizeof(uint64_t),
	    .result_size = PUPPET_RESULT_SIZE,
	    .retries = choice & 3,
	    .max_jobs_per_worker = choice & 4 ? 2 : 0,
	    .memory = choice & 8 ? MEMORY : 0,
	    .together = choice & 32 ? DESK_PLACES : 0,
	};
	troupe_begin(&play->troupe, play->options.workers);
	if (choice & 16) {
		check(desk_choose(&play->shape, DESK_PLACES, MEMORY_STEP * 4) == 0);
		check(slots_new(&play->slots, JOBS_MAX, MEMORY_STEP * 64) == 0);
	}
	check(supervisor_new(&play->supervisor, &play->options, &play->shape, &hooks, -1) == 0);
}

/* Everybody does as he should: nothing may be left. */
static void finish(struct play *play)
{
	for (unsigned i = 0; i < STEPS_MAX && !all_finished(play); i++) {
		troupe_behave(&play->troupe);
		step(play);
		troupe_clock += STEP_NS;
	}
	check(all_finished(play));
}

static void end(struct play *play)
{
	supervisor_free(play->supervisor);
	troupe_end(&play->troupe);
	for (unsigned i = 0; i < play->count; i++)
		job_free(play->jobs[i]);
	slots_free(play->slots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play play = {.input = {data, size}};
	const int before = dup(STDERR_FILENO);

	(void)close(before);
	begin(&play);
	for (unsigned i = 0; i < ACTIONS_MAX && play.input.size > 0; i++) {
		act(&play, input_byte(&play.input));
		/* orders do not pile up until the channel is full */
		if (i % 16 == 0)
			troupe_obey(&play.troupe);
	}
	finish(&play);
	end(&play);
	/* no descriptor is left */
	const int after = dup(STDERR_FILENO);

	check(after == before);
	(void)close(after);
	return 0;
}
