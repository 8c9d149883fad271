/* known_poison.c - pictures of which nothing was made, since they have ended their workers or the
 * plugin has dropped them; see known.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "base/memory.h"
#include "batch/fingerprint.h"
#include "batch/known_parts.h"
#include "batch/memory.h"

/* --- what it is bound to -----------------------------------------------------------------------
 */

/* What has to stay the same: the options, whatever the output will be; and where memory ran out,
 * how much there was. */
static const char *poison_text(struct known *known, enum br_error_code code)
{
	const bool memory = code == BR_ERROR_MEMORY;
	char **text = &known->poison_text[memory], *made = NULL;
	const struct br_batch_options *options = known->options;
	const char *all = *text ? NULL : known_text(known, BR_IMAGE_FORMAT_UNKNOWN);

	if (!all)
		return *text;
	if (memory && asprintf(&made, "poison\nmemory=%" PRIu64 ",%" PRIu64 "\n%s",
	                       options->max_memory ? options->max_memory : memory_limit(),
	                       memory_room().allowed, all) < 0)
		return NULL;
	if (!memory && asprintf(&made, "poison\n%s", all) < 0)
		return NULL;
	*text = made;
	return made;
}

/* Whether the run would meet with the same: what was not done within some time is not done in less
 * either. */
static bool is_current(struct known *known, const struct state_poison *poison)
{
	const struct state_setup *setup = &poison->setup;
	const char *text = poison_text(known, (enum br_error_code)poison->code);

	if (poison->code == BR_ERROR_TIMEOUT &&
	    (known->options->timeout_ms == 0 || known->options->timeout_ms > poison->ms))
		return false;
	return text && strcmp(text, setup->options) == 0 &&
	       setup->versions == br_image_versions((enum br_image_format)setup->source,
	                                            (enum br_image_format)setup->output,
	                                            setup->library);
}

static bool is_sane(const struct state_poison *poison)
{
	return (poison->code == BR_ERROR_CRASHED || poison->code == BR_ERROR_TIMEOUT ||
	        poison->code == BR_ERROR_MEMORY || poison->code == BR_ERROR_DROPPED) &&
	       poison->signal >= 0 && poison->signal < NSIG && poison->stage < BR_BATCH_STAGES &&
	       poison->setup.source < BR_IMAGE_FORMATS && poison->setup.output < BR_IMAGE_FORMATS;
}

/* --- reading -----------------------------------------------------------------------------------
 */

struct poison_reading {
	struct known *known;
	struct known_root *root;
	uint64_t names;
};

static int take_poison(void *ctx, const struct state_poison *poison)
{
	const struct poison_reading *reading = ctx;
	struct known_root *root = reading->root;
	struct known_poison *grown;

	if (poison->names != reading->names || !is_sane(poison))
		return 0;
	grown = realloc(root->poison, (root->poisons + 1) * sizeof(*grown));
	if (!grown)
		return 0; /* it is tried again */
	root->poison = grown;
	grown[root->poisons++] = (struct known_poison){
	    .key = state_key(state_key_path(poison->directory), poison->name, strlen(poison->name)),
	    .file = poison->file,
	    .code = (enum br_error_code)poison->code,
	    .stage = (enum br_batch_stage)poison->stage,
	    .signal = poison->signal,
	    .current = is_current(reading->known, poison),
	    .memory = poison->memory,
	    .ms = poison->ms,
	    .time = poison->time,
	};
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const uint64_t one = ((const struct known_poison *)a)->key;
	const uint64_t other = ((const struct known_poison *)b)->key;

	return one < other ? -1 : one > other;
}

int known_read_poison(struct known *known, struct known_root *root)
{
	struct poison_reading reading = {known, root, fingerprint_names(known->options)};
	const int status = state_each_poison(root->state, take_poison, &reading);

	if (root->poisons > 1)
		qsort(root->poison, root->poisons, sizeof(*root->poison), compare_keys);
	return status;
}

/* --- asking ------------------------------------------------------------------------------------
 */

static const struct known_poison *find_poison(const struct known *known,
                                              const struct known_root *root, uint64_t item)
{
	char buffer[KNOWN_NAME_MAX];
	const char *name = known_name(known, item, buffer);
	const struct known_poison wanted = {
	    .key = state_key(known_directory_key(known, item), name, strlen(name))};

	return bsearch(&wanted, root->poison, root->poisons, sizeof(wanted), compare_keys);
}

/* Whether the picture is the one that was met: it costs less to meet it again than to pass over a
 * good one. */
static bool is_same_picture(const struct known *known, uint64_t item,
                            const struct state_file *recorded)
{
	char path[PATH_MAX];
	struct state_file now;
	struct stat st;
	uint64_t hash;

	if (plan_source(known->plan, item, path, sizeof(path)) < 0 || stat(path, &st) != 0)
		return false;
	now = state_file_of(&st);
	switch (state_compare(recorded, &now, path)) {
	case STATE_ALIKE:
		return true;
	case STATE_DOUBTFUL:
		return recorded->hash != 0 && state_hash_file(path, NULL, &hash) == 0 &&
		       hash == recorded->hash;
	default:
		return false;
	}
}

enum known_judgement known_judge_poison(struct known *known, struct known_root *root, uint64_t item,
                                        enum known_judgement judgement)
{
	const struct known_poison *poison;
	bool typed;

	if (root->poisons == 0)
		return judgement;
	poison = find_poison(known, root, item);
	if (!poison || !poison->current)
		return judgement;
	if (poison->code == BR_ERROR_DROPPED
	        ? known->options->existing == BR_BATCH_EXISTING_OVERWRITE
	        : known->options->retry_poison)
		return judgement;
	if (plan_url(known->plan, item, &typed))
		return poison->file.hash != 0 && known_note_hash(known, item, poison->file.hash)
		           ? KNOWN_SUSPECT
		           : judgement;
	return is_same_picture(known, item, &poison->file) ? KNOWN_POISON : judgement;
}

/* --- in words ----------------------------------------------------------------------------------
 */

static const char *words_of(enum br_batch_stage stage)
{
	static const char *const words[BR_BATCH_STAGES] = {
	    [BR_BATCH_STAGE_HEADER] = " at its header", [BR_BATCH_STAGE_DECODE] = " decoding it",
	    [BR_BATCH_STAGE_RESIZE] = " resizing it",   [BR_BATCH_STAGE_ENCODE] = " encoding it",
	    [BR_BATCH_STAGE_READ] = " reading it",      [BR_BATCH_STAGE_WRITE] = " writing it",
	    [BR_BATCH_STAGE_PLUGIN] = " in the plugin",
	};

	return words[stage] ? words[stage] : "";
}

static void write_cause(const struct known_poison *poison, char *text, size_t size)
{
	const char *stage = words_of(poison->stage);
	const char *name = sigdescr_np(poison->signal);

	if (poison->code == BR_ERROR_TIMEOUT)
		(void)snprintf(text, size, "was not done within %g s%s", poison->ms / 1e3, stage);
	else if (poison->code == BR_ERROR_MEMORY)
		(void)snprintf(text, size, "took more memory than a worker may have%s", stage);
	else if (poison->signal > 0)
		(void)snprintf(text, size, "crashed its worker%s (signal %d, %s)", stage,
		               poison->signal, name ? name : "unknown");
	else
		(void)snprintf(text, size, "crashed its worker%s", stage);
}

void known_explain_poison(const struct known *known, uint64_t item, struct br_batch_record *record)
{
	const struct known_root *root = known_root(known, item);
	const struct known_poison *poison = root ? find_poison(known, root, item) : NULL;
	char cause[128], date[32] = "";
	struct tm local;
	time_t when;

	if (!poison)
		return;
	when = (time_t)poison->time;
	if (localtime_r(&when, &local))
		(void)strftime(date, sizeof(date), " on %Y-%m-%d %H:%M", &local);
	if (poison->code == BR_ERROR_DROPPED) {
		(void)br_error_set(&record->error, BR_ERROR_DROPPED,
		                   "the plugin dropped it%s: not asked again until it, an option "
		                   "or the plugin changes; --existing=overwrite asks",
		                   date);
		return;
	}
	write_cause(poison, cause, sizeof(cause));
	(void)br_error_set(&record->error, BR_ERROR_POISON,
	                   "it %s%s: passed over until it, an option or a version changes; "
	                   "--retry-poison tries it again",
	                   cause, date);
	record->signal = poison->signal;
	record->stage = poison->stage;
	record->worker_rss = poison->memory;
}

/* --- telling -----------------------------------------------------------------------------------
 */

/* Signals that a process gets for what it does itself, and from nobody else as a rule. */
static bool is_own_doing(int signal)
{
	switch (signal) {
	case SIGSEGV:
	case SIGBUS:
	case SIGABRT:
	case SIGFPE:
	case SIGILL:
	case SIGTRAP:
	case SIGSYS:
		return true;
	default:
		return false;
	}
}

/* The kernel ends the largest process when memory is short. It was the picture's doing if that had
 * most of what the run may have, and may have been a neighbour's otherwise. */
static bool is_too_large(const struct known *known, const struct br_executor_result *result)
{
	return result->worker_rss > memory_of_run(known->options) / 2;
}

/* Storage that does not answer is no picture's doing. */
static bool is_slow_itself(enum br_batch_stage stage, const struct br_executor_result *result)
{
	if (result->status == BR_EXECUTOR_FAILED)
		return true; /* it has looked at the clock while it was made */
	return result->error != -ETIMEDOUT &&
	       ((stage >= BR_BATCH_STAGE_HEADER && stage <= BR_BATCH_STAGE_ENCODE) ||
	        stage == BR_BATCH_STAGE_PLUGIN);
}

/* Whether it would probably end another worker tomorrow. */
static bool is_poisonous(const struct known *known, const struct br_batch_record *record,
                         const struct br_executor_result *result)
{
	const bool tried_again = result->attempt > known->options->retries;

	if (record->status == BR_BATCH_TIMEOUT)
		return (result->status == BR_EXECUTOR_FAILED || tried_again) &&
		       is_slow_itself(record->stage, result);
	if (record->status != BR_BATCH_CRASHED || !tried_again)
		return false;
	if (result->signal == SIGKILL)
		return record->error.code == BR_ERROR_MEMORY && is_too_large(known, result);
	return result->signal == 0 || is_own_doing(result->signal);
}

/* How it was made, as far as that is known: maybe by the image library. */
static bool find_setup(struct known *known, const struct br_executor_result *result,
                       enum br_error_code code, struct state_setup *setup)
{
	const struct task_outcome *outcome = result->result;
	const enum br_image_format asked = known->options->image.format;
	uint64_t source = result->note[TASK_NOTE_FORMAT];

	if (result->status == BR_EXECUTOR_FAILED)
		source = outcome->image.info.format;
	if (source >= BR_IMAGE_FORMATS)
		source = BR_IMAGE_FORMAT_UNKNOWN;
	*setup = (struct state_setup){.options = poison_text(known, code),
	                              .source = (uint32_t)source,
	                              .output = asked ? asked : (uint32_t)source,
	                              .library = true};
	setup->versions = br_image_versions((enum br_image_format)setup->source,
	                                    (enum br_image_format)setup->output, true);
	return setup->options != NULL;
}

static void add_poison(struct known *known, uint64_t item, const struct state_poison *poison)
{
	struct known_root *root = known_root(known, item);
	struct br_error error;
	int status = state_add_poison(root->state, poison);

	/* there are few, and a kill would lose them for longer than pictures, see told.h; of what
	 * was dropped there may be as much as of pictures */
	if (status == 0 && poison->code != BR_ERROR_DROPPED)
		status = state_commit(root->state, true);
	if (status == 0)
		return;
	state_error(root->state, &error);
	known_drop(known, root, &error);
}

static void note(struct known *known, uint64_t item, const struct br_batch_record *record,
                 const struct br_executor_result *result, enum br_error_code code)
{
	char paths[2][PATH_MAX], name[KNOWN_NAME_MAX];
	struct state_picture picture;
	struct state_poison poison;

	if (!known_begin_picture(known, item, result->result, &picture, paths, name))
		return;
	poison = (struct state_poison){
	    .directory = picture.directory,
	    .name = picture.name,
	    .source = picture.source,
	    .file = picture.file,
	    .status = (uint32_t)record->status,
	    .code = (uint32_t)code,
	    .stage = (uint32_t)record->stage,
	    .signal = record->signal,
	    .ms = code == BR_ERROR_TIMEOUT ? known->options->timeout_ms : result->worker_ms,
	    .memory = record->worker_rss,
	    .time = (int64_t)time(NULL),
	};
	if (result->status != BR_EXECUTOR_FAILED)
		poison.file.hash = result->note[TASK_NOTE_HASH];
	if (find_setup(known, result, code, &poison.setup))
		add_poison(known, item, &poison);
}

void known_poisonous(struct known *known, uint64_t item, const struct br_batch_record *record,
                     const struct br_executor_result *result)
{
	if (known && is_poisonous(known, record, result))
		note(known, item, record, result,
		     record->status == BR_BATCH_TIMEOUT ? BR_ERROR_TIMEOUT : record->error.code);
}

void known_dropped(struct known *known, uint64_t item, const struct br_batch_record *record,
                   const struct br_executor_result *result)
{
	/* nothing waits for a slow disk to remember it: then it is asked again */
	if (known && !known_still_begins(known, true))
		note(known, item, record, result, BR_ERROR_DROPPED);
}

void known_harmless(struct known *known, uint64_t item)
{
	struct known_root *root = known_root(known, item);
	char path[PATH_MAX], name[KNOWN_NAME_MAX];
	struct br_error error;
	const char *below;

	if (!root || !root->state || root->poisons == 0 || known->options->dry_run ||
	    !find_poison(known, root, item))
		return;
	known_finish_beginning(known);
	if (!root->state)
		return;
	below = known_below(known, root, item, path);
	if (!below || state_drop_poison(root->state, below, known_name(known, item, name),
	                                state_names(root->state)) == 0)
		return;
	state_error(root->state, &error);
	known_drop(known, root, &error);
}
