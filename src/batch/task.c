/* task.c - open, read, transform, write, commit: the life of one image. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "batch/task.h"
#include "io/io.h"
#include "plan/name.h"

enum { FD_SOURCE, FD_OUTPUT, FD_COUNT };

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

static int refuse(struct task_outcome *outcome, int status)
{
	outcome->refused = is_refusal(status);
	return status;
}

int task_existing(const struct batch_options *options, const char *output,
                  const struct stat *source, struct error *error)
{
	struct stat st;

	if (options->existing == BATCH_EXISTING_OVERWRITE || lstat(output, &st) != 0)
		return 0;
	switch (options->existing) {
	case BATCH_EXISTING_SKIP:
		return error_set(error, ERROR_SKIPPED, "the output exists (--existing skip)");
	case BATCH_EXISTING_UPDATE:
		if (source->st_mtim.tv_sec > st.st_mtim.tv_sec ||
		    (source->st_mtim.tv_sec == st.st_mtim.tv_sec &&
		     source->st_mtim.tv_nsec > st.st_mtim.tv_nsec))
			return 0;
		return error_set(error, ERROR_SKIPPED,
		                 "the output is not older than the source (--existing update)");
	default:
		return error_set(error, ERROR_EXISTS,
		                 "the output exists (--existing error): remove it, or choose "
		                 "--existing overwrite");
	}
}

/* --- open ------------------------------------------------------------------------------------ */

static int open_memory(struct output *output, struct error *error)
{
	*output = (struct output){.fd = memfd_create("output", MFD_CLOEXEC), .directory = -1};
	return output->fd < 0 ? error_system(error, errno, "cannot keep the output in memory") : 0;
}

static int open_source(const struct task_context *context, uint64_t item, struct stat *st,
                       struct error *error)
{
	char path[PATH_MAX];

	if (item == TASK_PIPE) {
		int fd = fcntl(context->pipe_source, F_DUPFD_CLOEXEC, 0);

		if (fd < 0 || fstat(fd, st) != 0)
			return error_system(error, errno, "cannot read standard input again");
		return fd;
	}
	int status = plan_source(context->plan, item, path, sizeof(path));

	if (status < 0)
		return error_system(error, -status, "the path is too long");
	return input_open(path, st, error);
}

static int open_output(const struct task_context *context, uint64_t item, struct output *output,
                       struct task_outcome *outcome)
{
	struct error *error = &outcome->error;
	char path[PATH_MAX];

	if (item == TASK_PIPE)
		return open_memory(output, error);
	int status = plan_output(context->plan, item, path, sizeof(path));

	if (status < 0)
		return error_system(error, -status, "the output's path is too long");
	status = task_existing(context->options, path, &outcome->source, error);
	if (status)
		return status;
	return refuse(outcome, output_open(path, output, error));
}

static int task_open(void *ctx, const void *data, struct slot *slot, void *result)
{
	const struct task_context *context = ctx;
	const struct task_job *job = data;
	struct task_outcome *outcome = result;
	struct output *output;
	int fd = open_source(context, job->item, &outcome->source, &outcome->error);

	if (fd < 0)
		return fd;
	slot->fd[FD_SOURCE] = fd;
	slot->fds = 1;
	outcome->bytes_in = (uint64_t)outcome->source.st_size;
	output = malloc(sizeof(*output));
	if (!output)
		return error_system(&outcome->error, ENOMEM, "no memory");
	*output = (struct output){.fd = -1, .directory = -1};
	slot->local = output;
	int status = open_output(context, job->item, output, outcome);

	if (status)
		return status;
	slot->fd[FD_OUTPUT] = output->fd;
	slot->fds = FD_COUNT;
	return 0;
}

/* --- read, transform, write ------------------------------------------------------------------ */

static int task_read(void *ctx, const void *data, struct slot *slot, void *result)
{
	struct task_outcome *outcome = result;
	uint64_t begin = clock_ns();

	(void)ctx;
	(void)data;
	int status = input_read(slot->fd[FD_SOURCE], &outcome->source, TASK_SOURCE_MAX, &slot->in,
	                        &outcome->error);

	outcome->read_ms = clock_ms_since(begin);
	return status;
}

static int task_transform(void *ctx, const void *data, struct slot *slot, void *result)
{
	const struct task_context *context = ctx;
	struct task_outcome *outcome = result;

	(void)data;
	outcome->looked = true;
	int status = image_resize(slot->in.data, slot->in.size, &context->options->image,
	                          &slot->out, &outcome->image, &outcome->error);

	if (!status)
		outcome->bytes_out = slot->out.size;
	return status;
}

static int task_write(void *ctx, const void *data, struct slot *slot, void *result)
{
	const struct task_context *context = ctx;
	const struct task_job *job = data;
	struct task_outcome *outcome = result;
	uint64_t begin = clock_ns();
	int fd = slot->fd[FD_OUTPUT];
	int status = output_write(fd, slot->out.data, slot->out.size, &outcome->error);

	/* Here and not only in commit, where in process mode every worker would wait for it. */
	if (!status && context->options->fsync && job->item != TASK_PIPE && fsync(fd) != 0)
		status = error_system(&outcome->error, errno,
		                      "cannot make the output durable (is the disk healthy?)");
	outcome->publish_ms = clock_ms_since(begin);
	return refuse(outcome, status);
}

/* --- commit, discard ------------------------------------------------------------------------- */

/* The content keeps its format, or has the one that was asked for; the name may promise another. */
static void note_name(struct task_outcome *outcome, const char *path)
{
	const char *extension = name_extension(path);
	enum image_format promised = extension
	                                 ? image_format_of_extension(extension, strlen(extension))
	                                 : IMAGE_FORMAT_UNKNOWN;

	if (promised != IMAGE_FORMAT_UNKNOWN && promised != outcome->image.out_format)
		outcome->image.notes |= IMAGE_NOTE_CHANGED_FORMAT;
}

static int commit_file(const struct task_context *context, uint64_t item, struct output *output,
                       struct task_outcome *outcome)
{
	const struct batch_options *options = context->options;
	const struct output_attributes attributes = {
	    .fsync = options->fsync,
	    .replace = options->existing != BATCH_EXISTING_ERROR,
	    .times = options->preserve & BATCH_PRESERVE_TIMES ? &outcome->source : NULL,
	    .mode = options->preserve & BATCH_PRESERVE_MODE ? &outcome->source : NULL,
	};
	char path[PATH_MAX];
	int status = plan_output(context->plan, item, path, sizeof(path));

	if (status < 0)
		return error_system(&outcome->error, -status, "the output's path is too long");
	status = output_commit(output, path, &attributes, &outcome->error);
	if (!status)
		note_name(outcome, path);
	return refuse(outcome, status);
}

/* Copies the memfd to standard output. */
static int commit_pipe(const struct task_context *context, struct output *output,
                       struct task_outcome *outcome)
{
	char block[1 << 16];
	off_t offset = 0;
	ssize_t got;

	while ((got = pread(output->fd, block, sizeof(block), offset)) > 0) {
		for (ssize_t sent = 0; sent < got;) {
			ssize_t part =
			    write(context->pipe_output, block + sent, (size_t)(got - sent));

			if (part < 0 && errno == EINTR)
				continue;
			if (part < 0)
				return refuse(outcome,
				              error_system(&outcome->error, errno,
				                           "cannot write to standard output"));
			sent += part;
		}
		offset += got;
	}
	output_discard(output);
	return 0;
}

static int task_commit(void *ctx, const void *data, struct slot *slot, void *result)
{
	const struct task_context *context = ctx;
	const struct task_job *job = data;
	struct task_outcome *outcome = result;
	uint64_t begin = clock_ns();
	int status = job->item == TASK_PIPE ? commit_pipe(context, slot->local, outcome)
	                                    : commit_file(context, job->item, slot->local, outcome);

	if (status)
		return status;
	outcome->publish_ms += clock_ms_since(begin);
	outcome->committed = true;
	(void)close(slot->fd[FD_SOURCE]);
	free(slot->local);
	return 0;
}

static int task_discard(void *ctx, const void *data, struct slot *slot, void *result)
{
	(void)ctx;
	(void)data;
	(void)result;
	if (slot->local)
		output_discard(slot->local);
	if (slot->fds > FD_SOURCE)
		(void)close(slot->fd[FD_SOURCE]);
	free(slot->local);
	return 0;
}

static int task_init(void *ctx)
{
	int status = image_init(NULL);

	(void)ctx;
	return status > 0 ? -ENOEXEC : status;
}

const struct task_ops task_image_ops = {
    .open = task_open,
    .read = task_read,
    .transform = task_transform,
    .write = task_write,
    .commit = task_commit,
    .discard = task_discard,
    .worker_init = task_init,
};
