/* files.c - see files.h. */
#include "batch/plug.h"
#include "batch/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/transfer.h"
#include "batch/existing.h"
#include "batch/keys.h"
#include "batch/made.h"
#include "batch/outcome.h"
#include "io/io.h"
#include "io/stream.h"
#include "plan/name.h"

_Static_assert(OUTPUT_GROUP_MAX >= BR_IMAGE_SIZES_MAX,
               "an image has more outputs than are published");
_Static_assert(FILES_FIRST + BR_IMAGE_SIZES_MAX <= BR_EXECUTOR_FDS_MAX,
               "more outputs than descriptors");

struct target {
	struct output output;
	const struct output_directory
	    *directory; /* that it lies in; NULL: nobody knows, or it is no file */
	char *path;     /* its own, or with {width} and {height} in it: it lies in that directory */
};

/* slot->local */
struct files {
	unsigned count;
	struct target target[];
};

/* Whether the file system, rather than the picture, is why an output could not be written: then the
 * next one will most likely fail as well. */
static bool is_refusal(int status)
{
	switch (-status) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EACCES:
	case EPERM:
	case EIO:
	case ENOTDIR:
		return true;
	default:
		return false;
	}
}

/* The same of a directory that is not what it was. */
static int note_gone(struct task_outcome *outcome, int status)
{
	outcome->gone = status == -ESTALE;
	return status;
}

static int note_refusal(struct task_outcome *outcome, int status)
{
	outcome->refused = is_refusal(status);
	return status;
}

int files_decide(const struct br_batch_options *options, const struct br_image_options *image,
                 struct br_image_worker *worker, const struct br_slot *slot,
                 struct task_outcome *outcome)
{
	uint32_t sizes;
	int status;

	if (outcome->present == 0)
		return 0;
	status =
	    br_image_plan(worker, slot->in.data, slot->in.size, image, &sizes, &outcome->error);
	return status ? status : existing_judge(options, sizes, outcome->present, &outcome->error);
}

/* --- opening the outputs -----------------------------------------------------------------------
 */

/* A path of the heap. Returns 0 or a negative errno. */
static int find_path(const struct task_context *context, uint64_t item, unsigned number,
                     const struct br_image_output *made, char **path, struct br_error *error)
{
	char text[PATH_MAX];
	const int status = plan_output(context->plan, item, number, made, text, sizeof(text));

	if (status < 0)
		return br_error_system(error, -status, "the output's path is too long");
	*path = strdup(text);
	return *path ? 0 : br_error_system(error, ENOMEM, "no memory");
}

static int open_output(const struct task_context *context, uint64_t item, unsigned number,
                       struct target *target, struct br_error *error)
{
	struct output *output = &target->output;
	size_t made;
	int status;

	*target = (struct target){.output = {.fd = -1, .directory = -1}};
	status = find_path(context, item, number, NULL, &target->path, error);
	if (status)
		return status;
	if (task_is_pipe(context) || plan_has_keys(context->plan, item)) {
		output->fd = stream_memory("the output", error);
		return output->fd < 0 ? output->fd : 0;
	}
	status = footing_take(context->footing, target->path, &made, &target->directory, error);
	if (status == 0)
		status = output_open_in(target->directory ? &target->directory->place : NULL,
		                        target->path, output, error);
	made_add(context->made, target->path, made ? made : output->made);
	if (status == 0)
		sweeper_watch(context->sweeper, output, target->path);
	return status;
}

void files_visit(const struct task_context *context, uint64_t item)
{
	const unsigned count =
	    plan_names_directories(context->plan) ? plan_outputs(context->plan) : 1;
	char path[PATH_MAX];

	if (plan_has_keys(context->plan, item))
		return;
	for (unsigned i = 0; i < count; i++)
		if (plan_output(context->plan, item, i, NULL, path, sizeof(path)) >= 0)
			sweeper_visit(context->sweeper, path);
}

void files_skip(const struct task_context *context, uint64_t item, struct task_outcome *outcome)
{
	files_visit(context, item);
	if (!context->options->tell_existing)
		return;
	existing_list(context, item, NULL, &outcome->image);
	outcome->listed = true;
}

/* Those of all outputs, before they are held. */
static int check_directories(const struct task_context *context, uint64_t item,
                             struct br_error *error)
{
	const unsigned count =
	    plan_names_directories(context->plan) ? plan_outputs(context->plan) : 1;
	char path[PATH_MAX];
	int status = 0;

	if (task_is_pipe(context) || plan_has_keys(context->plan, item))
		return 0;
	for (unsigned i = 0; i < count && !status; i++)
		if (plan_output(context->plan, item, i, NULL, path, sizeof(path)) >= 0)
			status = footing_of_output(context->footing, path, error);
	return status;
}

/* The same of those that are held, once each. */
static int check_held(const struct task_context *context, const struct files *files,
                      struct br_error *error)
{
	const struct output_directory *last = NULL;
	int status = 0;

	for (unsigned i = 0; i < files->count && !status; i++) {
		const struct output_directory *directory = files->target[i].directory;

		if (directory != last)
			status = footing_of_taken(context->footing, directory, error);
		last = directory;
	}
	return status;
}

void files_look_at_ground(const struct task_context *context, uint64_t item,
                          struct task_outcome *outcome)
{
	if (footing_of_all(context->footing, &outcome->error) != 0)
		outcome->lost = true;
	else if (check_directories(context, item, &outcome->error) != 0)
		outcome->gone = true;
}

int files_judge(const struct task_context *context, uint64_t item, struct task_outcome *outcome)
{
	/* or what is there would be another directory's */
	int status = check_directories(context, item, &outcome->error);

	if (!status)
		status = existing_judge_early(context, item, outcome);
	if (status == BR_ERROR_SKIPPED)
		files_skip(context, item, outcome);
	return status;
}

int files_open(const struct task_context *context, uint64_t item, struct br_slot *slot,
               struct task_outcome *outcome)
{
	const unsigned count = plan_outputs(context->plan);
	struct files *files;
	int status = files_judge(context, item, outcome);

	if (status)
		return status;
	files = malloc(sizeof(*files) + count * sizeof(files->target[0]));
	if (!files)
		return br_error_system(&outcome->error, ENOMEM, "no memory");
	files->count = 0;
	slot->local = files;
	for (unsigned i = 0; i < count && !status; i++) {
		status = open_output(context, item, i, &files->target[i], &outcome->error);
		files->count++;
		slot->fd[FILES_FIRST + i] = files->target[i].output.fd;
	}
	/* in what is held, whatever was there when it was judged */
	if (!status)
		status = check_held(context, files, &outcome->error);
	if (!status)
		slot->fds = FILES_FIRST + count;
	return note_refusal(outcome, note_gone(outcome, status));
}

/* --- writing them ------------------------------------------------------------------------------
 */

/* close() reports an error once, to the process that closes first: so each process closes its
 * descriptors of the file, and checks, before it calls the file written. */
static int settle(struct br_slot *slot, unsigned number, struct br_error *error)
{
	const struct files *files = slot->local;
	int *fd = &slot->fd[FILES_FIRST + number];
	int own = *fd;

	if (files)
		return output_settle(&files->target[number].output, error);
	*fd = -1; /* this is another process than the one that opened it */
	return output_close(own, error);
}

static int write_output(struct br_slot *slot, unsigned number, struct task_outcome *outcome)
{
	const struct br_image_output *made = &outcome->image.output[number];
	const int fd = slot->fd[FILES_FIRST + number];
	struct br_error *error = &outcome->error;
	int status = output_write(fd, slot->out.data + made->offset, made->size, error);

	return status ? status : settle(slot, number, error);
}

int files_write(struct br_slot *slot, struct task_outcome *outcome)
{
	int status = 0;

	for (unsigned i = 0; i < outcome->image.outputs && !status; i++)
		if (outcome->image.output[i].size > 0)
			status = write_output(slot, i, outcome);
	return note_refusal(outcome, status);
}

/* --- commit ------------------------------------------------------------------------------------
 */

/* Copies the nameless file to standard output, and checks what closing that would return. */
static int commit_pipe(const struct task_context *context, const struct output *output,
                       struct br_error *error)
{
	char block[1 << 16];
	off_t offset = 0;
	ssize_t got;
	int status = 0;

	while (!status && (got = transfer_read_at(output->fd, block, sizeof(block), offset)) != 0) {
		if (got < 0)
			return br_error_system(error, (int)-got, "cannot read the output again");
		status = stream_write(context->pipe_output, block, (size_t)got);
		offset += got;
	}
	if (!status)
		status = stream_settle(context->pipe_output);
	return status ? br_error_system(error, -status, "cannot write to standard output") : 0;
}

/* What is to be published: of each size that was made, in the order of the sizes. */
struct batch_of_files {
	unsigned count;
	struct output_file file[BR_IMAGE_SIZES_MAX];
	unsigned number[BR_IMAGE_SIZES_MAX]; /* of its size */
	int source;                          /* descriptor of what they were made of */
};

static int check_file(enum br_executor_mode mode, const struct output *output,
                      const struct br_image_output *made, struct task_outcome *outcome)
{
	int status = 0;

	/* a worker process that keeps the descriptor could write to what has been looked at */
	if (mode == BR_EXECUTOR_PROCESS)
		status = output_seal(output, &outcome->error);
	return status < 0 ? status
	                  : outcome_check_file(output->fd, made, outcome->image.out_format,
	                                       &outcome->error);
}

/* Before anything gets a name: whether what was said to be written is there. */
static int check_files(enum br_executor_mode mode, const struct files *files,
                       struct task_outcome *outcome)
{
	const struct br_image_result *image = &outcome->image;
	int status = 0;

	for (unsigned i = 0; i < files->count && !status; i++)
		if (image->output[i].size > 0)
			status =
			    check_file(mode, &files->target[i].output, &image->output[i], outcome);
	return status;
}

static int add_file(const struct task_context *context, uint64_t item, unsigned number,
                    struct files *files, struct batch_of_files *batch, struct task_outcome *outcome)
{
	const struct br_image_output *made = &outcome->image.output[number];
	struct br_error *error = &outcome->error;
	struct target *target = &files->target[number];

	if (plan_names_sides(context->plan)) {
		char *path = NULL;
		const int status = find_path(context, item, number, made, &path, error);

		if (status)
			return status;
		free(target->path);
		target->path = path;
	}
	for (unsigned i = 0; i < batch->count; i++)
		if (strcmp(batch->file[i].path, target->path) == 0)
			return br_error_set(error, BR_ERROR_COLLISION,
			                    "two of its sizes would be written to one output: put "
			                    "{size} into --name");
	batch->number[batch->count] = number;
	batch->file[batch->count++] =
	    (struct output_file){.output = &target->output, .path = target->path};
	return plan_check(context->plan, item, number, made, error);
}

/* --existing, when the names were not known before. */
static int judge_late(const struct task_context *context, uint64_t item,
                      struct task_outcome *outcome)
{
	const struct br_image_result *image = &outcome->image;
	uint32_t made = 0;
	int status;

	if (context->options->existing == BR_BATCH_EXISTING_OVERWRITE ||
	    !plan_names_sides(context->plan))
		return 0;
	for (unsigned i = 0; i < image->outputs; i++)
		if (image->output[i].size > 0)
			made |= UINT32_C(1) << i;
	status = existing_find(context, item, image->output, outcome);
	return status ? status
	              : existing_judge(context->options, made, outcome->present, &outcome->error);
}

/* The content keeps its format, or has the one that was asked for; the name may promise another. */
static void note_name(struct br_image_result *image, const char *path)
{
	const char *extension = name_extension(path);
	enum br_image_format promised =
	    extension ? br_image_format_of_extension(extension, strlen(extension))
		      : BR_IMAGE_FORMAT_UNKNOWN;

	if (promised != BR_IMAGE_FORMAT_UNKNOWN && promised != image->out_format)
		image->notes |= BR_IMAGE_NOTE_CHANGED_FORMAT;
}

static void note_source(const struct task_context *context, uint64_t item,
                        const struct batch_of_files *batch, struct task_outcome *outcome)
{
	const char *output[BR_IMAGE_SIZES_MAX];
	char source[PATH_MAX];
	bool typed;

	for (unsigned i = 0; i < batch->count; i++)
		output[i] = batch->file[i].path;
	if (!plan_url(context->plan, item, &typed) &&
	    plan_source(context->plan, item, source, sizeof(source)) >= 0 &&
	    existing_settle(source, &outcome->source, output, batch->count))
		outcome->image.notes |= BR_IMAGE_NOTE_SOURCE_CHANGED;
}

/* What was published, once nothing of it will be changed any more. */
static void note_left(const struct batch_of_files *batch, struct task_outcome *outcome)
{
	for (unsigned i = 0; i < batch->count; i++) {
		const struct output_file *file = &batch->file[i];

		outcome->left[batch->number[i]] = file->left.st_nlink > 0
		                                      ? existing_left_as(&file->left)
		                                      : existing_left(file->path);
	}
}

static void note_lacks(struct task_outcome *outcome, const struct output *output)
{
	if (output->lacks & OUTPUT_LACKS_ATTRIBUTES)
		outcome->notes |= BR_BATCH_NOTE_PRESERVE_REFUSED;
	if (output->lacks & OUTPUT_LACKS_FSYNC)
		outcome->notes |= BR_BATCH_NOTE_NOT_DURABLE;
}

struct confirmed {
	const struct task_context *context;
	struct br_slot *slot;
};

/* The paths of the outputs' directories must lead to where they did. */
static int confirm(void *arg)
{
	const struct confirmed *confirmed = arg;
	const int status = br_executor_confirm(confirmed->slot);

	return status ? status : check_held(confirmed->context, confirmed->slot->local, NULL);
}

static int commit_batch(const struct task_context *context, uint64_t item, struct br_slot *slot,
                        struct batch_of_files *batch, struct task_outcome *outcome)
{
	struct files *files = slot->local;
	const struct br_batch_options *options = context->options;
	const struct stat *source = &outcome->source;
	struct confirmed confirmed = {.context = context, .slot = slot};
	struct stat owner;
	const bool owned = options->preserve & BR_BATCH_PRESERVE_OWNER &&
	                   fstat(batch->source, &owner) == 0; /* not as a worker tells it */
	const struct output_attributes attributes = {
	    .fsync = options->fsync,
	    .syncer = context->syncer,
	    .sweeper = context->sweeper,
	    .replace = options->existing != BR_BATCH_EXISTING_ERROR,
	    .times = options->preserve & BR_BATCH_PRESERVE_TIMES ? source : existing_times(source),
	    .mode = options->preserve & BR_BATCH_PRESERVE_MODE ? source : NULL,
	    .owner = owned ? &owner : NULL,
	    .acl = options->preserve & BR_BATCH_PRESERVE_ACL,
	    .xattr = options->preserve & BR_BATCH_PRESERVE_XATTR,
	    .source = batch->source,
	    .confirm = confirm,
	    .confirm_arg = &confirmed,
	};
	int status = judge_late(context, item, outcome);

	for (unsigned i = 0; i < files->count && !status; i++)
		if (outcome->image.output[i].size > 0)
			status = add_file(context, item, i, files, batch, outcome);
	if (!status)
		status = output_commit_all(batch->file, batch->count, &attributes, &outcome->error);
	for (unsigned i = 0; i < batch->count && !status; i++)
		note_lacks(outcome, batch->file[i].output);
	for (unsigned i = 0; i < batch->count && !status; i++)
		note_name(&outcome->image, batch->file[i].path);
	if (!status)
		note_source(context, item, batch, outcome);
	if (!status && context->remembers)
		note_left(batch, outcome);
	return status;
}

static int commit_files(const struct task_context *context, uint64_t item, struct br_slot *slot,
                        struct task_outcome *outcome)
{
	struct batch_of_files batch = {.source = slot->fd[FILES_SOURCE]};

	return commit_batch(context, item, slot, &batch, outcome);
}

/* The same for outputs that are keys. */
static int commit_keys(const struct task_context *context, uint64_t item, struct br_slot *slot,
                       struct task_outcome *outcome)
{
	const struct files *files = slot->local;
	int fd[BR_IMAGE_SIZES_MAX];
	int status = judge_late(context, item, outcome);

	for (unsigned i = 0; i < files->count; i++)
		fd[i] = files->target[i].output.fd;
	if (!status)
		status = br_executor_confirm(slot);
	if (!status)
		status = keys_publish(context, item, fd, outcome);
	for (unsigned i = 0; i < files->count && !status; i++)
		if (outcome->image.output[i].size > 0)
			note_name(&outcome->image, files->target[i].path);
	return status;
}

/* Whether the server of --output, rather than the picture, is why. What a line of a list names is
 * that line's alone. */
static bool is_refused_by_server(const struct task_context *context, uint64_t item, int status)
{
	struct redis_address address;
	bool typed;

	return (status == BR_ERROR_NETWORK || status == -EROFS || status == -EACCES) &&
	       plan_key(context->plan, item, 0, NULL, &address, &typed) && typed;
}

static int finish_keys(const struct task_context *context, uint64_t item, struct br_slot *slot,
                       struct task_outcome *outcome)
{
	int status = check_files(slot->mode, slot->local, outcome);

	if (!status)
		status = commit_keys(context, item, slot, outcome);
	outcome->refused = is_refused_by_server(context, item, status);
	if (!status)
		files_discard(context, slot);
	return status;
}

int files_commit(const struct task_context *context, uint64_t item, struct br_slot *slot,
                 struct task_outcome *outcome)
{
	struct files *files = slot->local;
	int status;

	if (!task_is_pipe(context) && plan_has_keys(context->plan, item))
		return finish_keys(context, item, slot, outcome);
	status = check_files(slot->mode, files, outcome);
	if (!status && task_is_pipe(context))
		status = br_executor_confirm(slot);
	if (!status)
		status = task_is_pipe(context)
		             ? commit_pipe(context, &files->target[0].output, &outcome->error)
		             : commit_files(context, item, slot, outcome);
	if (status)
		return note_refusal(outcome, note_gone(outcome, status));
	files_discard(context, slot);
	return 0;
}

void files_discard(const struct task_context *context, struct br_slot *slot)
{
	struct files *files = slot->local;

	for (unsigned i = 0; files && i < files->count; i++) {
		struct target *target = &files->target[i];

		sweeper_discard(context->sweeper, &target->output, target->path);
		footing_leave(context->footing, target->directory);
		free(target->path);
	}
	free(files);
	slot->local = NULL;
}
