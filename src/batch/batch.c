/* batch.c - the pump: feeds the plan to an executor and hands results to the observer.
 *
 * Workers are made before the plan: a plan of a million files is memory that they need not carry.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/memory.h"
#include "batch/advice.h"
#include "batch/descriptors.h"
#include "batch/existing.h"
#include "batch/memory.h"
#include "batch/outlook.h"
#include "batch/pipe.h"
#include "batch/record.h"
#include "batch/signals.h"
#include "batch/task.h"
#include "io/io.h"

/* How long the pump sleeps at most before it looks at signals and lets the observer tick, ms. */
#define TICK_MS 100

/* So many outputs in a row that the file system refused, and none written in between, end the run:
 * a full disk would fail 400,000 images one by one. And so many at a run's end mean that it could
 * not have gone on. */
#define REFUSALS_MAX    8
#define REFUSALS_AT_END 2

/* What tasks use, and with them threads that were left behind in a call that hangs. Where there are
 * such, it is not freed. */
struct ground {
	struct batch_options options; /* a copy, completed: see complete_options() */
	struct task_context context;
};

struct pump {
	struct ground *ground;
	const struct batch_options *options; /* of the ground */
	struct task_context *context;        /* of the ground */
	const struct batch_observer *observer;
	struct batch_outcome *outcome;
	struct executor *executor;
	char reason[EXECUTOR_REASON_MAX]; /* the executor's */
	struct plan *plan;
	size_t items;
	size_t next;
	bool cancelled;
	bool killed;
	unsigned refusals; /* in a row */
	bool wrote;        /* an output at least */
	struct error refusal;
	struct record_paths paths; /* of the record that is told */
	struct signals signals;
	uint64_t begin; /* when work began, 0 before */
	uint64_t kills; /* memory_kills() then */
	uint64_t ticked;
};

/* --- telling the observer -------------------------------------------------------------------- */

static void count_time(struct pump *pump)
{
	pump->outcome->progress.elapsed = (double)(clock_ns() - pump->begin) / 1e9;
}

static void tell_finished(struct pump *pump, const struct batch_record *record, uint64_t bytes)
{
	const struct batch_observer *observer = pump->observer;
	struct batch_progress *progress = &pump->outcome->progress;
	int verdict = 0;

	progress_count(progress, record, bytes);
	count_time(pump);
	if (observer->finished)
		verdict = observer->finished(observer->ctx, record, progress);
	if (verdict && !pump->outcome->stopped)
		pump->outcome->stopped = verdict;
	signals_progress();
}

static void tell_notice(void *ctx, bool serious, const char *path, const char *text)
{
	struct pump *pump = ctx;

	if (serious)
		pump->outcome->notices++;
	if (pump->observer->notice)
		pump->observer->notice(pump->observer->ctx, serious, path, text);
}

static void count_attempts(struct pump *pump)
{
	if (pump->executor) {
		struct executor_stats stats = executor_stats(pump->executor);

		pump->outcome->progress.crashes = stats.crashes;
		pump->outcome->progress.timeouts = stats.timeouts;
	}
}

static void tell_tick(struct pump *pump)
{
	const struct batch_observer *observer = pump->observer;
	const uint64_t now = clock_ns();
	const bool asked = signals_asked();

	if (!asked && now - pump->ticked < (uint64_t)TICK_MS * 1000000U)
		return;
	pump->ticked = now;
	count_attempts(pump);
	count_time(pump);
	if (observer->tick)
		observer->tick(observer->ctx, &pump->outcome->progress);
	if (asked && observer->asked)
		observer->asked(observer->ctx, &pump->outcome->progress);
}

/* --- without an executor: refused items, and dry runs ------------------------------------------
 */

static void begin_record(struct pump *pump, struct batch_record *record, uint64_t item)
{
	record_begin(record, &pump->paths, pump->plan, item, pump->options);
}

static void record_refusal(struct pump *pump, size_t item)
{
	struct batch_record record;

	begin_record(pump, &record, item);
	record.status = plan_is_passed_over(pump->plan, item) ? BATCH_SKIPPED : BATCH_FAILED;
	(void)plan_refusal(pump->plan, item, &record.error);
	record.kind = plan_kind(pump->plan, item);
	record.bytes_in = plan_item(pump->plan, item)->size;
	/* the source has gone; others have no output of their own */
	if (record.error.code == ERROR_SYSTEM)
		record_there(&record, &pump->paths, pump->context, item, NULL);
	tell_finished(pump, &record, 0);
}

static void record_planned(struct pump *pump, size_t item)
{
	struct batch_record record;
	struct stat st;

	begin_record(pump, &record, item);
	record.status = BATCH_PLANNED;
	record.bytes_in = plan_item(pump->plan, item)->size;
	if (pump->options->existing != BATCH_EXISTING_OVERWRITE && stat(record.source, &st) == 0) {
		uint32_t present;
		int status =
		    existing_judge_early(pump->context, item, &st, &present, &record.error);

		if (status)
			record.status = status == ERROR_SKIPPED ? BATCH_SKIPPED : BATCH_FAILED;
	}
	if (record.status == BATCH_PLANNED)
		record_planned_outputs(&record, &pump->paths, pump->plan, item);
	tell_finished(pump, &record, record.bytes_in);
}

static bool is_refused(const struct pump *pump, size_t item)
{
	return plan_item(pump->plan, item)->refusal != ERROR_NONE;
}

static bool is_stopped(const struct pump *pump)
{
	return pump->outcome->stopped || signals_count() > 0;
}

static void record_refusals(struct pump *pump)
{
	for (size_t i = 0; i < pump->items && !is_stopped(pump); i++) {
		if (is_refused(pump, i))
			record_refusal(pump, i);
		tell_tick(pump);
	}
}

static void dry_run(struct pump *pump)
{
	for (size_t i = 0; i < pump->items && !is_stopped(pump); i++) {
		if (!is_refused(pump, i))
			record_planned(pump, i);
		tell_tick(pump);
	}
}

/* --- with one -------------------------------------------------------------------------------- */

static void feed(struct pump *pump)
{
	while (!pump->cancelled && pump->next < pump->items) {
		struct task_job job = {.item = pump->next};

		if (pump->plan && is_refused(pump, pump->next)) {
			pump->next++;
			continue;
		}
		if (!pump->plan)
			job.item = TASK_PIPE;
		if (executor_submit(pump->executor, &job, job.item) != 0)
			break;
		pump->next++;
	}
}

/* What was never submitted is reported as well: every source has its record. */
static void record_rest(struct pump *pump)
{
	struct batch_record record;

	for (; pump->plan && pump->next < pump->items; pump->next++) {
		if (is_refused(pump, pump->next))
			continue;
		begin_record(pump, &record, pump->next);
		record.status = BATCH_CANCELLED;
		record.bytes_in = plan_item(pump->plan, pump->next)->size;
		(void)error_set(&record.error, ERROR_CANCELLED,
		                "the run was stopped first: start it again");
		tell_finished(pump, &record, record.bytes_in);
	}
}

static void watch_refusals(struct pump *pump, const struct batch_record *record,
                           const struct task_outcome *outcome)
{
	if (record->status == BATCH_OK) {
		pump->wrote = true;
		pump->refusals = 0;
	} else if (record->status == BATCH_FAILED && outcome->refused) {
		pump->refusals++;
		pump->refusal = record->error;
	}
}

static void take_result(struct pump *pump, const struct executor_result *result)
{
	const struct task_outcome *outcome = result->result;
	struct batch_record record;
	uint64_t bytes;

	begin_record(pump, &record, result->tag);
	record_from_result(&record, result, pump->options, pump->kills);
	if (pump->plan && !pump->options->strict && plan_is_stray(pump->plan, result->tag))
		record_pass_over(&record);
	if (record.status == BATCH_OK)
		record_made_outputs(&record, &pump->paths, pump->plan, result->tag);
	else
		record_there(&record, &pump->paths, pump->context, result->tag, outcome);
	bytes = pump->plan ? plan_item(pump->plan, result->tag)->size : record.bytes_in;
	if (result->attempt == 0)
		record.bytes_in = bytes;
	watch_refusals(pump, &record, outcome);
	/* Whoever closed standard output wants no more of it. */
	if (!pump->plan && record.error.sys_errno == EPIPE)
		pump->outcome->stopped = -EPIPE;
	tell_finished(pump, &record, bytes);
}

/* The first reason to stop cancels what has not begun, a second signal kills what runs. */
static void obey_signals(struct pump *pump)
{
	if (!pump->cancelled && (is_stopped(pump) || pump->refusals >= REFUSALS_MAX)) {
		pump->cancelled = true;
		executor_cancel(pump->executor, false);
	}
	if (!pump->killed && signals_count() > 1) {
		pump->killed = true;
		executor_cancel(pump->executor, true);
	}
}

static int pump_run(struct pump *pump, struct error *error)
{
	struct executor_result result;
	int status;

	do {
		feed(pump);
		status = executor_next(pump->executor, &result, TICK_MS);
		if (status == 0)
			take_result(pump, &result);
		obey_signals(pump);
		tell_tick(pump);
	} while (status == 0 || status == -EAGAIN);
	record_rest(pump);
	if (status != -ENODATA && !pump->cancelled)
		return advice_end(error, executor_stats(pump->executor).error, pump->reason);
	if (pump->refusals >= REFUSALS_AT_END || (pump->refusals > 0 && !pump->wrote)) {
		*error = pump->refusal;
		return error->sys_errno ? -error->sys_errno : (int)error->code;
	}
	return 0;
}

/* --- setting up ------------------------------------------------------------------------------ */

/* A batch over a few files needs no more workers than files. */
static unsigned useful_jobs(const struct pump *pump)
{
	const struct batch_options *options = pump->options;
	unsigned jobs = options->jobs ? options->jobs : cpu_count();
	struct stat st;

	if (pump->plan && pump->items < jobs)
		return pump->items > 0 ? (unsigned)pump->items : 1;
	if (options->files_from || options->path_count == 0 || options->path_count >= jobs)
		return jobs;
	for (size_t i = 0; i < options->path_count; i++) {
		if (stat(options->paths[i], &st) == 0 && S_ISDIR(st.st_mode))
			return jobs;
	}
	return (unsigned)options->path_count;
}

static int start_executor(struct pump *pump, struct error *error)
{
	const struct batch_options *options = pump->options;
	unsigned jobs = memory_jobs(options, useful_jobs(pump));
	unsigned capacity = descriptors_capacity(jobs, options->image.sizes);
	const uint64_t pictures = memory_of_pictures(options, jobs);
	const size_t slots = memory_of_slots(options, pictures);
	struct executor_options setup = {
	    .reason = pump->reason,
	    .mode = options->mode,
	    .workers = jobs,
	    .io_threads = options->mode == EXECUTOR_HYBRID ? options->io_threads : 0,
	    .capacity = capacity,
	    .job_size = sizeof(struct task_job),
	    .result_size = sizeof(struct task_outcome),
	    .timeout_ms = options->timeout_ms,
	    .retries = options->retries,
	    .slot_memory = slots,
	    .worker_memory = memory_of_worker(options),
	    .memory = pictures - slots,
	    .ops = &task_image_ops,
	    .ctx = pump->context,
	};
	int status;

	/* Where it is missing, each picture that needs it will say so. */
	if ((options->mode == EXECUTOR_PROCESS || options->mode == EXECUTOR_HYBRID) &&
	    outlook_needs_library(options))
		(void)image_load_library(NULL);
	pump->ground->options.image.max_memory = pictures - slots;
	status = executor_new(&pump->executor, &setup);

	return status ? advice_start(error, status, pump->reason, options->mode, jobs) : 0;
}

/* An output directory that can't be written is one error, not one an image. */
static int try_output(const struct pump *pump, struct error *error)
{
	char path[PATH_MAX];
	struct output output;
	size_t item = 0;

	while (item < pump->items && is_refused(pump, item))
		item++;
	if (item == pump->items || (!pump->options->output && pump->options->path_count != 1))
		return 0;
	if (plan_output(pump->plan, item, 0, NULL, path, sizeof(path)) < 0)
		return 0; /* its own record will say so */
	int status = output_open(path, &output, error);

	sweeper_discard(pump->context->sweeper, &output, path);
	switch (-status) {
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOSPC:
	case EDQUOT:
	case ENOTDIR:
		return status;
	default:
		return 0;
	}
}

/* From here on there is work to be brought to an end: until now a signal simply ended the program.
 */
static void tell_started(struct pump *pump)
{
	struct batch_progress *progress = &pump->outcome->progress;

	progress->total = pump->items;
	progress->bytes_total = pump->plan ? plan_bytes(pump->plan) : 0;
	signals_end_gently(&pump->signals);
	pump->begin = clock_ns();
	pump->kills = memory_kills();
	if (pump->observer->started)
		pump->observer->started(pump->observer->ctx, pump->options, progress);
}

static int make_plan(struct pump *pump, struct error *error)
{
	const struct plan_observer observer = {.ctx = pump, .notice = tell_notice};
	int status = plan_make(pump->options, &observer, &pump->plan, error);

	if (status)
		return status;
	pump->context->plan = pump->plan;
	pump->items = plan_count(pump->plan);
	return 0;
}

static bool is_pipe(const struct batch_options *options)
{
	return options->path_count == 1 && strcmp(options->paths[0], "-") == 0;
}

static int run_pipe(struct pump *pump, struct error *error)
{
	int status = pipe_slurp(STDIN_FILENO, TASK_SOURCE_MAX, &pump->context->pipe_source, error);

	if (status)
		return status;
	pump->items = 1;
	tell_started(pump);
	return pump_run(pump, error);
}

static int run_plan(struct pump *pump, struct error *error)
{
	int status = make_plan(pump, error);

	if (!status && !pump->options->dry_run)
		status = try_output(pump, error);
	if (!status && !pump->options->dry_run && !pump->executor)
		status = start_executor(pump, error);
	if (status)
		return status;
	tell_started(pump);
	record_refusals(pump);
	if (pump->options->dry_run)
		dry_run(pump);
	else
		status = pump_run(pump, error);
	return status;
}

static void clear_ground(struct pump *pump)
{
	sweeper_free(pump->context->sweeper);
	plan_free(pump->plan);
	if (pump->context->pipe_source >= 0)
		(void)close(pump->context->pipe_source);
	free(pump->ground);
}

static void finish(struct pump *pump)
{
	struct batch_outcome *outcome = pump->outcome;

	if (pump->executor)
		outcome->stats = executor_stats(pump->executor);
	count_attempts(pump);
	outcome->left_behind = executor_free(pump->executor);
	sweeper_end(pump->context->sweeper);
	sweeper_tell(pump->context->sweeper, pump, tell_notice);
	if (outcome->left_behind == 0)
		clear_ground(pump);
	if (pump->begin)
		count_time(pump);
	outcome->signal = signals_first();
	signals_restore(&pump->signals);
}

/* What the image core is to know of the mode: processes are killed when they are late and try
 * again, in the other modes an image can only be asked to stop; and in threads, which share one
 * image library, its words for an error may be another image's. */
static void complete_options(struct batch_options *own)
{
	bool killable = own->mode == EXECUTOR_PROCESS || own->mode == EXECUTOR_HYBRID;

	own->image.timeout_ms = killable ? 0 : own->timeout_ms;
	own->image.alone = own->mode != EXECUTOR_THREAD;
}

static int lay_ground(struct pump *pump, const struct batch_options *options, struct error *error)
{
	struct ground *ground = malloc(sizeof(*ground));

	if (!ground)
		return error_system(error, ENOMEM, "no memory");
	ground->options = *options;
	complete_options(&ground->options);
	ground->context = (struct task_context){
	    .options = &ground->options, .pipe_source = -1, .pipe_output = STDOUT_FILENO};
	pump->ground = ground;
	pump->options = &ground->options;
	pump->context = &ground->context;
	return 0;
}

/* A format that was asked for and cannot be written would fail every image: better now. The image
 * library starts no thread here, so that workers can still be forked. */
static int check_format(const struct batch_options *options, struct error *error)
{
	int status = 0;

	if (!options->dry_run || options->image.format != IMAGE_FORMAT_UNKNOWN)
		status = image_init(error);
	if (!status && options->image.format != IMAGE_FORMAT_UNKNOWN)
		status = image_check_write(options->image.format, error);
	return status;
}

/* Workers are forked before the plan makes this process large, unless more are asked for than there
 * are CPUs: only the plan says then how many have something to do. */
static bool starts_late(const struct batch_options *options)
{
	return options->jobs > cpu_count() && !is_pipe(options);
}

int batch_run(const struct batch_options *options, const struct batch_observer *observer,
              struct batch_outcome *outcome, struct error *error)
{
	struct pump pump = {.observer = observer, .outcome = outcome};
	int status;

	memset(outcome, 0, sizeof(*outcome));
	status = batch_check(options, error);
	if (!status)
		status = lay_ground(&pump, options, error);
	if (status)
		return status;
	signals_watch(&pump.signals);
	descriptors_raise();
	pump.context->sweeper = options->dry_run ? NULL : sweeper_new();
	status = check_format(options, error);
	if (!status && !options->dry_run && !starts_late(options))
		status = start_executor(&pump, error);
	if (!status)
		status = is_pipe(options) ? run_pipe(&pump, error) : run_plan(&pump, error);
	finish(&pump);
	return status;
}
