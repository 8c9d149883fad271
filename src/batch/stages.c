/* stages.c - open, read, transform, write, commit: the life of one image. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/hash.h"
#include "batch/existing.h"
#include "batch/fetched.h"
#include "batch/files.h"
#include "batch/outcome.h"
#include "batch/plug.h"
#include "batch/stages.h"
#include "batch/task.h"
#include "batch/unsettled.h"
#include "io/io.h"
#include "state/file.h"

enum { FD_SOURCE = FILES_SOURCE };

_Static_assert(sizeof(struct task_outcome) <= BR_EXECUTOR_MESSAGE_MAX,
               "a result of too many bytes");

/* For the case that this process dies of it. */
static void note(const struct br_slot *slot, enum task_note which, uint64_t value)
{
	if (slot->notes)
		__atomic_store_n(&slot->notes[which], value, __ATOMIC_RELAXED);
}

/* A step that was begun then has been taken. */
static void note_step(struct task_outcome *outcome, enum br_batch_step step, uint64_t begin)
{
	outcome->step[step] = (struct br_batch_span){.begin = begin, .end = clock_ns()};
}

/* --- opening source and outputs -------------------------------------------------------------- */

/* Whether what was opened is not what the walk of a directory has found: then a symbolic link may
 * have led there that was put in its place since, or in that of a directory above it. */
static bool may_be_elsewhere(const struct task_context *context, uint64_t item,
                             const struct stat *st)
{
	const struct state_file file = state_file_of(st);

	return !context->options->follow && plan_is_found(context->plan, item) &&
	       plan_item(context->plan, item)->identity != state_identity(&file);
}

static int open_file(const struct task_context *context, uint64_t item, struct stat *st,
                     struct br_error *error)
{
	char path[PATH_MAX];
	int fd;

	if (task_is_pipe(context)) {
		fd = fcntl(context->pipe_source, F_DUPFD_CLOEXEC, 0);
		if (fd < 0 || fstat(fd, st) != 0)
			return br_error_system(error, errno, "it can't be read again");
		return fd;
	}
	int status = plan_source(context->plan, item, path, sizeof(path));

	if (status < 0)
		return br_error_system(error, -status, "the path is too long");
	fd = input_open(path, st, error);
	if (fd < 0 || !may_be_elsewhere(context, item, st))
		return fd;
	(void)close(fd); /* nothing was written */
	return input_open_below(path, plan_root(context->plan, item), st, error);
}

/* What is known of outputs is asked before a server is, unless the source's time has a part in it.
 */
static int fetch_source(const struct task_context *context, uint64_t item, int *fd,
                        struct task_outcome *outcome)
{
	int status = 0;

	if (context->options->existing != BR_BATCH_EXISTING_UPDATE)
		status = files_judge(context, item, outcome);
	return status ? status : fetched_open(context, item, fd, outcome);
}

static int open_source(const struct task_context *context, uint64_t item, int *fd,
                       struct task_outcome *outcome)
{
	bool typed;

	if (!task_is_pipe(context) && plan_url(context->plan, item, &typed))
		return fetch_source(context, item, fd, outcome);
	*fd = open_file(context, item, &outcome->source, &outcome->error);
	return *fd < 0 ? *fd : 0;
}

static int task_open(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct task_context *context = ctx;
	const struct task_job *job = data;
	struct task_outcome *outcome = result;
	int fd;
	int status = open_source(context, job->item, &fd, outcome);

	if (status)
		return status;
	slot->fd[FD_SOURCE] = fd;
	slot->fds = FILES_FIRST;
	outcome->bytes_in = (uint64_t)outcome->source.st_size;
	slot->expects = outcome->bytes_in;
	slot->at_hand = context->asks_at_hand && input_is_at_hand(fd, slot->expects);
	plug_name(context, job->item, outcome);
	if (context->options->explain)
		existing_look(context, job->item, outcome);
	return files_open(context, job->item, slot, outcome);
}

/* --- read, transform, write ------------------------------------------------------------------ */

/* Nothing is made of a source that has the bytes which it is expected to have. */
static int hash_source(const struct br_slot *slot, struct task_outcome *outcome)
{
	outcome->hash = hash_bytes(slot->in.data, slot->in.size, 0);
	if (outcome->expected == 0 || outcome->hash != outcome->expected)
		return 0;
	if (outcome->suspect)
		return br_error_set(&outcome->error, BR_ERROR_POISON,
		                    "the source has the bytes that ended a worker before");
	return br_error_set(&outcome->error, BR_ERROR_SKIPPED,
	                    "the source has the same bytes (--existing update)");
}

static void hash_outputs(const struct br_slot *slot, struct task_outcome *outcome)
{
	const struct br_image_result *image = &outcome->image;

	for (unsigned i = 0; i < image->outputs; i++)
		if (image->output[i].size > 0)
			outcome->output_hash[i] = hash_bytes(
			    slot->out.data + image->output[i].offset, image->output[i].size, 0);
	outcome->versions =
	    br_image_versions(image->info.format, image->out_format, image->library);
}

static int task_read(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct task_context *context = ctx;
	struct task_outcome *outcome = result;
	uint64_t begin = clock_ns();

	(void)data;
	note(slot, TASK_NOTE_STAGE, BR_BATCH_STAGE_READ);
	int status = input_read(slot->fd[FD_SOURCE], &outcome->source, TASK_SOURCE_MAX, &slot->in,
	                        &outcome->error);

	if (!status && context->remembers)
		status = hash_source(slot, outcome);
	outcome->read_ms = clock_ms_since(begin);
	note_step(outcome, BR_BATCH_STEP_READ, begin);
	return status;
}

/* Asks for what a picture takes beyond what a worker has anyway. */
static int admit(void *arg, uint64_t bytes)
{
	return br_executor_admit(arg, bytes);
}

/* The library is wanted, and not loaded. */
static void want_library(void *arg)
{
	(void)br_executor_prepare(arg);
}

static int make(const struct task_context *context, const struct task_job *job,
                struct br_image_worker *worker, struct br_slot *slot, struct task_outcome *outcome)
{
	struct br_image_options options = context->options->image;
	uint64_t begin = clock_ns();
	struct plug plug = {
	    .context = context, .slot = slot, .outcome = outcome, .size = job->size};
	int status;

	options.size[0] = job->size;
	options.format = job->format;
	options.stage = slot->notes ? &slot->notes[TASK_NOTE_STAGE] : NULL;
	note(slot, TASK_NOTE_FORMAT, br_image_sniff(slot->in.data, slot->in.size));
	note(slot, TASK_NOTE_HASH, outcome->hash);
	status = files_decide(context->options, &options, worker, slot, outcome);
	if (status)
		return status;
	/* A process runs one stage at a time; threads are not shut in. */
	if (slot->notes)
		br_image_ask_before_library(want_library, slot);
	options.admit = admit;
	options.admit_arg = slot;
	/* the other half is for a picture that is small enough to ask for nothing */
	options.keep = slot->share / 2;
	outcome->looked = true;
	plug_in(&plug, &options);
	status = br_image_resize(worker, slot->in.data, slot->in.size, &options, &slot->out,
	                         &outcome->image, &outcome->error);

	if (!status)
		outcome->bytes_out = slot->out.size;
	if (!status && context->remembers)
		hash_outputs(slot, outcome);
	note_step(outcome, BR_BATCH_STEP_MAKE, begin);
	return status;
}

static int task_transform(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	struct br_image_worker *worker = plug_take_image_worker(slot);
	struct task_outcome *outcome = result;
	int status;

	if (worker) {
		status = make(ctx, data, worker, slot, outcome);
		plug_return_image_worker(slot, worker);
	} else {
		status = br_error_set(&outcome->error, BR_ERROR_MEMORY, "no memory to begin with");
	}
	/* as the executor knows it: beside other pictures there may be too little */
	return status == BR_ERROR_MEMORY ? -ENOMEM : status;
}

static int task_write(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	struct task_outcome *outcome = result;
	uint64_t begin = clock_ns();
	int status;

	(void)ctx;
	(void)data;
	note(slot, TASK_NOTE_STAGE, BR_BATCH_STAGE_WRITE);
	status = files_write(slot, outcome);
	outcome->publish_ms = clock_ms_since(begin);
	note_step(outcome, BR_BATCH_STEP_WRITE, begin);
	return status;
}

/* --- commit, discard ------------------------------------------------------------------------- */

static int task_commit(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct task_context *context = ctx;
	const struct task_job *job = data;
	struct task_outcome *outcome = result;
	uint64_t begin = clock_ns();
	int status = files_commit(context, job->item, slot, outcome);

	if (status)
		return status;
	outcome->publish_ms += clock_ms_since(begin);
	note_step(outcome, BR_BATCH_STEP_PUBLISH, begin);
	outcome->committed = true;
	fetched_close(context, job->item, slot->fd[FD_SOURCE]);
	(void)close(slot->fd[FD_SOURCE]);
	return 0;
}

/* What the system refused may be due to the ground that the run stands on. */
static void look_at_ground(const struct task_context *context, uint64_t item,
                           struct task_outcome *outcome)
{
	if (outcome->error.code == BR_ERROR_SYSTEM && context->footing)
		files_look_at_ground(context, item, outcome);
}

static int task_discard(void *ctx, const void *data, struct br_slot *slot, void *result)
{
	const struct task_job *job = data;
	struct task_outcome *outcome = result;

	look_at_ground(ctx, job->item, outcome);
	outcome->unsettled = unsettled_is(ctx, job->item, outcome);
	files_discard(ctx, slot);
	if (slot->fds > FD_SOURCE) {
		fetched_close(ctx, job->item, slot->fd[FD_SOURCE]);
		(void)close(slot->fd[FD_SOURCE]);
	}
	return 0;
}

static int task_init(void *ctx, void **state)
{
	int status = br_image_init(NULL);
	struct plug_worker *worker = NULL;

	if (status)
		return status > 0 ? -ENOEXEC : status;
	status = plug_worker_new(ctx, &worker);
	*state = worker;
	return status;
}

/* For the pictures that take it, which no worker can load once it is shut in. */
static void task_prepare(void *ctx)
{
	(void)ctx;
	(void)br_image_load_library(NULL);
}

static void task_exit(void *ctx, void *state)
{
	(void)ctx;
	plug_worker_free(state);
}

const struct br_task_ops task_image_ops = {
    .open = task_open,
    .read = task_read,
    .transform = task_transform,
    .write = task_write,
    .commit = task_commit,
    .discard = task_discard,
    .check = outcome_check,
    .prepare = task_prepare,
    .worker_init = task_init,
    .worker_exit = task_exit,
};
