/* start.c - see start.h. */
#include "batch/made.h"
#include "batch/start.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "auto/sight.h"
#include "base/base.h"
#include "base/threads.h"
#include "batch/advice.h"
#include "batch/descriptors.h"
#include "batch/existing.h"
#include "batch/known.h"
#include "batch/memory.h"
#include "batch/outlook.h"
#include "batch/plug.h"
#include "batch/shut_in.h"
#include "batch/signals.h"
#include "batch/stages.h"
#include "batch/tell.h"
#include "io/io.h"
#include "plugin/plugin.h"

/* Threads that open and publish for worker processes. One that waits for a disk or a server keeps a
 * picture from its worker; and with --fsync all of them wait, for what many can share: the file
 * system's journal is written once for those who come together. */
#define IO_THREADS       8
#define IO_THREADS_FSYNC 48
/* So many where each call takes its time: on a network mount with 20 ms for each, a thread serves
 * 16 small pictures a second, or 8 with --fsync. */
#define IO_THREADS_MOST 192

/* At most so many pictures are there to be made; UINT_MAX if nobody knows yet. */
static unsigned most_pictures(const struct pump *pump)
{
	const struct br_batch_options *options = pump->options;
	struct stat st;

	if (pump->streams)
		return UINT_MAX;
	if (pump->plan && pump->items < UINT_MAX) {
		const size_t asked = pump->items - plan_standing(pump->plan);

		return asked > 0 ? (unsigned)asked : 1;
	}
	if (pump->choice.pictures > 0)
		return pump->choice.pictures;
	if (options->files_from || options->path_count == 0 || options->path_count >= UINT_MAX)
		return UINT_MAX;
	for (size_t i = 0; i < options->path_count; i++) {
		if (stat(options->paths[i], &st) == 0 && S_ISDIR(st.st_mode))
			return UINT_MAX;
	}
	return (unsigned)options->path_count;
}

/* A batch over a few files needs no more workers than files. */
static unsigned useful_jobs(const struct pump *pump, unsigned pictures)
{
	unsigned jobs = pump->options->jobs ? pump->options->jobs : cpu_count();

	if (pump->choice.workers > 0 && pump->choice.workers < jobs)
		jobs = pump->choice.workers;
	return pictures < jobs ? pictures : jobs;
}

/* Whether the user has said how many threads read and write. */
static bool is_fixed(const struct br_batch_options *options)
{
	return options->io_threads > 0 &&
	       (options->mode == BR_EXECUTOR_HYBRID || options->mode == BR_EXECUTOR_AUTO);
}

static unsigned io_threads(const struct pump *pump, unsigned pictures)
{
	const struct br_batch_options *options = pump->options;
	unsigned useful = options->fsync ? IO_THREADS_FSYNC : IO_THREADS;

	if (pump->choice.io_threads > useful)
		useful = pump->choice.io_threads;
	if (is_fixed(options))
		return options->io_threads;
	return pictures < useful ? pictures : useful;
}

static unsigned most_io_threads(const struct br_batch_options *options, unsigned pictures)
{
	if (is_fixed(options))
		return options->io_threads;
	return pictures < IO_THREADS_MOST ? pictures : IO_THREADS_MOST;
}

/* As many worker processes as can be had, of so many. */
static unsigned had_jobs(struct pump *pump, unsigned jobs)
{
	const unsigned most = task_in_processes(pump->options) ? descriptors_workers(jobs) : jobs;
	char text[128];

	if (most < jobs) {
		(void)snprintf(text, sizeof(text),
		               "%u instead of %u: for more raise the limit of open files "
		               "(ulimit -n)",
		               most, jobs);
		tell_notice_of(pump, BR_BATCH_WARNING, "workers", text);
	}
	return most;
}

void start_choose(struct pump *pump, struct br_batch_options *options)
{
	const unsigned jobs = options->jobs ? options->jobs : cpu_count();
	struct sight sight;

	if (options->mode != BR_EXECUTOR_AUTO || options->dry_run)
		return;
	sight = sight_take(options->paths, options->path_count, options->output,
	                   options->files_from != NULL || options->hidden, options->trusted);
	pump->choice = choice_make(&sight, jobs, options->trusted, options->max_memory);
	options->mode = pump->choice.mode;
	tell_notice_of(pump, BR_BATCH_REMARK, "--mode=auto", pump->choice.why);
}

/* One picture may take what the caller allows it, and no more than there is for all. */
static void limit_picture(struct br_image_options *image, uint64_t memory)
{
	if (image->max_memory == 0 || image->max_memory > memory)
		image->max_memory = memory;
}

int start_executor(struct pump *pump, struct br_error *error)
{
	const struct br_batch_options *options = pump->options;
	const unsigned most = most_pictures(pump);
	unsigned jobs = had_jobs(pump, memory_jobs(options, useful_jobs(pump, most)));
	const unsigned together = plugin_together(pump->context->plugin);
	unsigned capacity = descriptors_capacity(jobs, together, options->image.sizes);
	const uint64_t pictures = memory_of_pictures(options, jobs);
	const size_t slots = memory_of_slots(options, pictures);
	struct br_executor_options setup = {
	    .reason = pump->reason,
	    .mode = options->mode,
	    .workers = jobs,
	    .io_threads = io_threads(pump, most),
	    .io_threads_most = most_io_threads(options, most),
	    .capacity = capacity,
	    .job_size = sizeof(struct task_job),
	    .result_size = plug_result_size(pump->context),
	    .start_ms = plug_start_ms(options),
	    .timeout_ms = options->timeout_ms,
	    .retries = options->retries,
	    .together = together,
	    .secluded = !options->trusted,
	    .sandbox = options->sandbox,
	    .slot_memory = slots,
	    .worker_memory = memory_of_worker(options),
	    .worker_file = memory_of_worker(options), /* it writes what it has in memory */
	    .memory = pictures - slots,
	    .ops = &task_image_ops,
	    .ctx = pump->context,
	};
	int status;

	/* If it is missing, each picture that needs it will say so. */
	if (task_in_processes(options) && outlook_needs_library(options))
		(void)br_image_load_library(NULL);
	limit_picture(&pump->ground->options.image, pictures - slots);
	status = br_executor_new(&pump->executor, &setup);
	if (status && plugin_blame(pump->context->plugin, pump->reason, error))
		return (int)error->code;
	if (status)
		return advice_start(error, status, pump->reason, options->mode, jobs);
	shut_in_tell(pump);
	pump->outcome->workers = options->mode == BR_EXECUTOR_SERIAL ? 1 : jobs;
	return 0;
}

/* Makes it if it is missing, where opening a file in it would be tried in vain; whether it was.
 * What fails is told by whoever opens that file. */
static bool make_directory_of(const struct pump *pump, char path[PATH_MAX])
{
	char *slash = strrchr(path, '/');
	size_t highest = 0;
	struct stat st;
	bool made = false;

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	if (stat(path, &st) != 0 && errno == ENOENT)
		made = output_make_directories(path, &highest) == 0;
	*slash = '/';
	made_add(pump->context->made, path, highest);
	return made;
}

/* Whether a picture, from `item` on, is to be made: all may be there, on a disk that can only be
 * read, and nothing that remembers it. */
static bool is_any_to_be_made(const struct pump *pump, uint64_t item)
{
	char source[PATH_MAX];

	for (; item < pump->items; item++) {
		struct task_outcome outcome = {0};

		if (pump_is_idle(pump, item))
			continue;
		if (plan_source(pump->plan, item, source, sizeof(source)) < 0 ||
		    stat(source, &outcome.source) != 0 ||
		    existing_judge_early(pump->context, item, &outcome) != BR_ERROR_SKIPPED)
			return true;
	}
	return false;
}

/* The first item and output that tell of all; false: there is none. */
static bool find_first(const struct pump *pump, uint64_t *item, char path[PATH_MAX])
{
	*item = pump->next;
	while (*item < pump->items && pump_is_idle(pump, *item))
		++*item;
	return *item < pump->items && (pump->options->output || pump->options->path_count == 1) &&
	       !plan_has_keys(pump->plan, *item) && /* whose server says what it takes */
	       plan_output(pump->plan, *item, 0, NULL, path, PATH_MAX) >= 0;
}

static int try_output(const struct pump *pump, struct br_error *error)
{
	char path[PATH_MAX];
	struct output output;
	uint64_t item;

	if (!find_first(pump, &item, path)) /* or its own record will say so */
		return 0;
	/* what has just been made there has tried it, and each call may ask a server */
	if (make_directory_of(pump, path))
		return 0;
	int status = output_open(path, &output, error);

	made_add(pump->context->made, path, output.made);
	sweeper_discard(pump->context->sweeper, &output, path);
	switch (-status) {
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOSPC:
	case EDQUOT:
	case ENOTDIR:
		return is_any_to_be_made(pump, item) ? status : 0;
	default:
		return 0;
	}
}

/* --- what other runs do ------------------------------------------------------------------------
 */

static int look_while_settling(void *ctx)
{
	const struct pump *pump = ctx;

	return signals_count() > 0 || time_limit_left(&pump->limit) <= 0;
}

void start_settle(const struct pump *pump)
{
	if (pump->streams)
		known_settle_piece(pump->known, pump->plan, &pump->piece);
	else
		known_settle(pump->known, pump->plan, look_while_settling);
}

static int take_hold(struct pump *pump, struct br_error *error)
{
	const int status = hold_take(pump, pump->plan, true, error);

	if (status == 0 && pump->hold->late) {
		known_read_again(pump->known, pump->plan);
		start_settle(pump);
	}
	return status;
}

/* --- the directory of outputs ------------------------------------------------------------------
 */

/* Whether the first output is to lie where the lock's place is yet to be made: in the only
 * directory that outputs are written below. */
static bool is_first_in_root(const struct pump *pump)
{
	char path[PATH_MAX], directory[PATH_MAX];
	const uint32_t *root;
	uint64_t item;
	size_t length;

	if (pump->options->lock == BR_BATCH_LOCK_OFF || pump->hold->count > 0 ||
	    plan_roots(pump->plan, &root) != 1 || !find_first(pump, &item, path) ||
	    plan_directory(pump->plan, root[0], directory, sizeof(directory)) < 0)
		return false;
	length = strlen(directory);
	return strncmp(path, directory, length) == 0 && path[length] == '/' &&
	       !strchr(path + length + 1, '/');
}

struct footing_errand {
	const struct pump *pump;
	struct footing *footing;
};

static void *make_footing(void *arg)
{
	struct footing_errand *errand = arg;
	const struct pump *pump = errand->pump;

	errand->footing = footing_new(pump->plan, false, pump->options->orders);
	return NULL;
}

/* Takes the lock in a place that is made for it, which tries the directory as well as a temporary
 * would; meanwhile the directory is opened. */
static int hold_and_try(struct pump *pump, struct br_error *error)
{
	struct footing_errand errand = {.pump = pump};
	char path[PATH_MAX];
	uint64_t item;
	pthread_t thread;
	const bool started = threads_start(&thread, NULL, make_footing, &errand) == 0;
	int status = take_hold(pump, error);

	if (started)
		(void)pthread_join(thread, NULL); /* it can't fail */
	pump->context->footing = errand.footing;
	if (find_first(pump, &item, path))
		made_add(pump->context->made, path, pump->hold->made);
	return status || pump->hold->fresh ? status : try_output(pump, error);
}

static int try_and_hold(struct pump *pump, bool work, struct br_error *error)
{
	const int status = try_output(pump, error);

	return status || !work ? status : take_hold(pump, error);
}

int start_ground(struct pump *pump, bool work, struct br_error *error)
{
	const int status = work && is_first_in_root(pump) ? hold_and_try(pump, error)
	                                                  : try_and_hold(pump, work, error);

	if (status)
		return status;
	hold_tell_lack(pump, pump->plan);
	/* another run may have put it there while it was waited for */
	if (!footing_has_outputs(pump->context->footing, pump->plan) || pump->hold->late) {
		footing_free(pump->context->footing);
		pump->context->footing = footing_new(pump->plan, work, pump->options->orders);
	}
	return 0;
}
