/* keys.c - see keys.h. */
#include "batch/keys.h"

#include <errno.h>
#include <stdlib.h>

#include "base/transfer.h"
#include "io/path.h"
#include "redis/values.h"

/* The key in the question, whose name an error begins with. */
static int name(int status, const struct redis_address *address, struct br_error *error)
{
	const struct br_error said = *error;

	if (status == 0 || status == BR_ERROR_EXISTS)
		return status;
	(void)br_error_set(error, said.code, "its output '%s': %s",
	                   path_shown_within(address->shown, 60).text, said.msg);
	error->sys_errno = said.sys_errno;
	return status;
}

int keys_look(const struct task_context *context, uint64_t item, unsigned number,
              const struct br_image_output *made, bool *there, struct br_error *error)
{
	struct redis_address address;
	struct values_question question = {.address = &address,
	                                   .timeout_ms = context->options->timeout_ms};
	uint64_t bytes;
	bool exists;
	int status;

	*there = false;
	if (context->options->existing == BR_BATCH_EXISTING_UPDATE ||
	    !plan_key(context->plan, item, number, made, &address, &question.typed))
		return 0;
	status = values_look(context->values, &question, &bytes, &exists, error);
	*there = context->options->existing == BR_BATCH_EXISTING_ERROR ? exists : bytes > 0;
	/* what is of another type is there */
	if (status == BR_ERROR_NOT_IMAGE && context->options->existing == BR_BATCH_EXISTING_ERROR) {
		*there = true;
		return 0;
	}
	return name(status, &address, error);
}

static int publish(const struct task_context *context, uint64_t item, unsigned number, int fd,
                   const struct br_image_output *made, struct br_error *error)
{
	struct redis_address address;
	struct values_question question = {.address = &address,
	                                   .timeout_ms = context->options->timeout_ms};
	const bool replace = context->options->existing != BR_BATCH_EXISTING_ERROR;
	void *bytes;
	ssize_t got;
	int status;

	if (!plan_key(context->plan, item, number, made, &address, &question.typed))
		return br_error_set(error, BR_ERROR_INTERNAL, "its output is no key");
	/* a copy: whoever made it could change the file still */
	bytes = malloc(made->size);
	if (!bytes)
		return br_error_system(error, ENOMEM, "no memory for the output");
	got = transfer_read_at(fd, bytes, made->size, 0);
	if (got < 0 || (uint64_t)got != made->size)
		status = br_error_system(error, got < 0 ? (int)-got : EIO,
		                         "cannot read the output again");
	else
		status = values_put(context->values, &question, bytes, made->size, replace, error);
	free(bytes);
	return name(status, &address, error);
}

int keys_publish(const struct task_context *context, uint64_t item, const int *fd,
                 struct task_outcome *outcome)
{
	const struct br_image_result *image = &outcome->image;
	int status = 0;

	for (unsigned i = 0; i < image->outputs && !status; i++)
		if (image->output[i].size > 0)
			status =
			    plan_check(context->plan, item, i, &image->output[i], &outcome->error);
	for (unsigned i = 0; i < image->outputs && !status; i++)
		if (image->output[i].size > 0)
			status =
			    publish(context, item, i, fd[i], &image->output[i], &outcome->error);
	return status;
}
