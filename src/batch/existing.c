/* existing.c - see existing.h. */
#include "batch/existing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/transfer.h"
#include "batch/keys.h"
#include "batch/known.h"
#include "io/path.h"
#include "io/times.h"
#include "state/file.h"

/* --- whether an output is as new as its source -------------------------------------------------
 */

bool existing_is_older(const struct stat *output, const struct stat *source, const char *path,
                       const struct timespec *now)
{
	struct timespec made = source->st_mtim, kept;

	/* That is not when it was written: its inode knows when it came here. */
	if (times_is_later(&made, now) && times_is_later(&made, &source->st_ctim))
		made = source->st_ctim;
	kept = times_as_kept(made, &output->st_mtim, path);
	if (times_is_later(&kept, &output->st_mtim))
		return true;
	/* The output has such a time itself, from a source that had it: is it still that one? */
	kept = times_as_kept(source->st_mtim, &output->st_mtim, path);
	return times_is_later(&output->st_mtim, now) && !times_is_equal(&kept, &output->st_mtim) &&
	       times_is_later(&source->st_ctim, &output->st_ctim);
}

static struct timespec now_of_day(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now); /* it exists */
	return now;
}

const struct stat *existing_times(const struct stat *source)
{
	const struct timespec now = now_of_day();

	return times_is_later(&source->st_mtim, &now) && times_is_later(&source->st_ctim, &now)
	           ? source
	           : NULL;
}

/* --- after publishing --------------------------------------------------------------------------
 */

static bool is_what_was_read(const struct stat *read, const struct stat *now)
{
	return read->st_dev == now->st_dev && read->st_ino == now->st_ino &&
	       read->st_size == now->st_size && times_is_equal(&read->st_mtim, &now->st_mtim) &&
	       times_is_equal(&read->st_ctim, &now->st_ctim);
}

/* A time at which the source that is there now was not there yet, on any file system. */
static struct timespec before(const struct stat *source)
{
	struct timespec time =
	    times_is_later(&source->st_mtim, &source->st_ctim) ? source->st_ctim : source->st_mtim;

	time.tv_sec -= TIMES_COARSEST;
	return time;
}

static bool is_older_now(const char *output, const struct stat *source)
{
	const struct timespec now = now_of_day();
	struct stat st;

	return lstat(output, &st) == 0 && existing_is_older(&st, source, output, &now);
}

bool existing_settle(const char *source, const struct stat *read, const char *const *outputs,
                     unsigned count)
{
	struct stat st = *read;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, read->st_mtim};

	if (stat(source, &st) == 0) {
		if (is_what_was_read(read, &st))
			return false;
		times[1] = before(&st);
	}
	/* If the system does not allow it, the caller's note is all that can be done. */
	for (unsigned i = 0; i < count; i++)
		if (!is_older_now(outputs[i], &st))
			(void)utimensat(AT_FDCWD, outputs[i], times, AT_SYMLINK_NOFOLLOW);
	return true;
}

/* --- deciding by the outputs that are there ----------------------------------------------------
 */

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the output is there, and for update new enough: 0 or 1, or -EISDIR. */
static int is_present(const struct task_context *context, uint64_t item, const char *output,
                      const struct stat *source, struct br_error *error)
{
	const struct br_batch_options *options = context->options;
	struct timespec now;
	struct stat st;

	if (lstat(output, &st) != 0)
		return 0;
	if (options->existing == BR_BATCH_EXISTING_ERROR)
		return 1;
	if (S_ISDIR(st.st_mode))
		return br_error_system(
		    error, EISDIR,
		    "cannot write '%s' (a directory has that name: move it away, "
		    "or choose another --output)",
		    path_shown(output).text);
	if (S_ISLNK(st.st_mode) && stat(output, &st) != 0)
		return 0;
	if (!S_ISREG(st.st_mode) || st.st_size == 0 || is_same_file(&st, source))
		return 0;
	if (options->existing == BR_BATCH_EXISTING_SKIP)
		return 1;
	now = now_of_day();
	return known_doubt(context->known, item, &st) == BR_BATCH_REASON_NONE &&
	       !existing_is_older(&st, source, output, &now);
}

int existing_judge(const struct br_batch_options *options, uint32_t made, uint32_t present,
                   struct br_error *error)
{
	const bool several = options->image.sizes > 1;

	if (options->existing == BR_BATCH_EXISTING_OVERWRITE || (made & present) == 0)
		return 0;
	if (options->existing == BR_BATCH_EXISTING_ERROR)
		return br_error_set(error, BR_ERROR_EXISTS,
		                    "%s exists (--existing error): remove it, or choose "
		                    "--existing overwrite",
		                    several ? "one of its outputs" : "the output");
	if (made & ~present)
		return 0;
	if (options->existing == BR_BATCH_EXISTING_SKIP)
		return br_error_set(error, BR_ERROR_SKIPPED, "%s (--existing skip)",
		                    several ? "its outputs exist" : "the output exists");
	return br_error_set(error, BR_ERROR_SKIPPED,
	                    "%s not older than the source (--existing update)",
	                    several ? "its outputs are" : "the output is");
}

struct task_left existing_left(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? existing_left_as(&st)
	                                                    : (struct task_left){0};
}

struct task_left existing_left_as(const struct stat *st)
{
	const struct state_file file = state_file_of(st);

	return (struct task_left){.size = file.size,
	                          .inode = file.inode,
	                          .modified = file.modified,
	                          .changed = file.changed};
}

/* Whether the picture is to be made for update, whatever is there: known.h says so, or can never
 * say how that was made. */
static bool is_outdated(const struct task_context *context, uint64_t item)
{
	if (context->options->existing != BR_BATCH_EXISTING_UPDATE)
		return false;
	if (plan_asks(context->plan, item))
		return true;
	if (!known_has_place(context->known, item))
		return !context->options->by_times;
	/* of nothing that is there: not even a look, except by who only wants to know what would be
	 * done */
	if (known_judgement(context->known, item) == KNOWN_NOTHING && !context->options->dry_run)
		return known_doubts_all(context->known, item);
	return known_judgement(context->known, item) > KNOWN_SAME;
}

int existing_find(const struct task_context *context, uint64_t item,
                  const struct br_image_output *made, struct task_outcome *outcome)
{
	char path[PATH_MAX];

	outcome->present = 0;
	if (is_outdated(context, item))
		return 0;
	for (unsigned i = 0; i < plan_outputs(context->plan); i++) {
		bool there;
		int status;

		if (plan_has_keys(context->plan, item)) {
			status = keys_look(context, item, i, made ? &made[i] : NULL, &there,
			                   &outcome->error);
			if (status)
				return status;
			outcome->present |= (uint32_t)there << i;
			continue;
		}
		if (plan_output(context->plan, item, i, made ? &made[i] : NULL, path,
		                sizeof(path)) < 0)
			continue;
		status = is_present(context, item, path, &outcome->source, &outcome->error);
		if (status < 0)
			return status;
		outcome->present |= (uint32_t)status << i;
		if (status > 0 && context->remembers)
			outcome->left[i] = existing_left(path);
	}
	return 0;
}

void existing_look(const struct task_context *context, uint64_t item, struct task_outcome *outcome)
{
	const struct timespec now = now_of_day();
	char path[PATH_MAX];
	struct stat st;

	if (plan_has_keys(context->plan, item))
		return;
	for (unsigned i = 0; i < plan_outputs(context->plan); i++) {
		if (plan_output(context->plan, item, i, NULL, path, sizeof(path)) < 0 ||
		    stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
			continue;
		outcome->there |= UINT32_C(1) << i;
		if (outcome->doubt == BR_BATCH_REASON_NONE)
			outcome->doubt = known_doubt(context->known, item, &st);
		outcome->older =
		    outcome->older || existing_is_older(&st, &outcome->source, path, &now);
	}
}

/* --- what is there -----------------------------------------------------------------------------
 */

static ssize_t read_output(void *ctx, void *buffer, size_t size, uint64_t offset)
{
	return transfer_read_at(*(const int *)ctx, buffer, size, (off_t)offset);
}

static void measure_output(const char *path, struct br_image_output *output,
                           enum br_image_format *format)
{
	struct br_image_info info;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const struct br_image_bytes bytes = {read_output, &fd};

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && br_image_measure(&bytes, &info)) {
		*output = (struct br_image_output){
		    .size = (uint64_t)st.st_size, .width = info.width, .height = info.height};
		*format = info.format;
	}
	(void)close(fd); /* nothing was written */
}

void existing_list(const struct task_context *context, uint64_t item,
                   const struct br_image_output *made, struct br_image_result *list)
{
	char path[PATH_MAX];

	*list = (struct br_image_result){.outputs = plan_outputs(context->plan)};
	if ((plan_names_sides(context->plan) && !made) || plan_has_keys(context->plan, item))
		return;
	for (unsigned i = 0; i < list->outputs; i++)
		if (plan_output(context->plan, item, i, made ? &made[i] : NULL, path,
		                sizeof(path)) >= 0)
			measure_output(path, &list->output[i], &list->out_format);
}

/* --- deciding before the picture is read -------------------------------------------------------
 */

static uint32_t all_sizes(const struct task_context *context)
{
	return (uint32_t)((UINT64_C(1) << plan_outputs(context->plan)) - 1);
}

int existing_judge_early(const struct task_context *context, uint64_t item,
                         struct task_outcome *outcome)
{
	const struct br_batch_options *options = context->options;
	int status;

	outcome->present = 0;
	if (options->existing == BR_BATCH_EXISTING_UPDATE)
		outcome->expected = known_hash(context->known, item);
	if (known_judgement(context->known, item) == KNOWN_SUSPECT) {
		outcome->expected = known_hash(context->known, item);
		outcome->suspect = true;
	}
	if (options->existing == BR_BATCH_EXISTING_OVERWRITE || plan_names_sides(context->plan))
		return 0;
	status = existing_find(context, item, NULL, outcome);
	if (status != 0 || outcome->present != all_sizes(context))
		return status;
	return existing_judge(options, outcome->present, outcome->present, &outcome->error);
}
