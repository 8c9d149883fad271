/* known_ways.c - how outputs were made of which nothing else is known, since the state is gone or
 * knows another part of them; see known.h and state/ways.h.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/base.h"
#include "base/hash.h"
#include "base/threads.h"
#include "batch/fingerprint.h"
#include "batch/known_parts.h"

/* So long a way waits for others before it is written, ns. A thread does that: on a disk where each
 * call takes its time no worker waits for it, nor the end of the run. */
#define WRITE_NS UINT64_C(200000000)

/* For so long the end of a run waits for that, s. */
#define WRITE_MOST 10

/* Why what was made in that way is not what this run would make; NONE: it is. */
static enum br_batch_reason compare(struct known *known, const struct state_way *way)
{
	const enum br_image_format output = (enum br_image_format)way->output;
	const char *text = known_text(known, output);

	if (!text || hash_bytes(text, strlen(text), 0) != way->options)
		return BR_BATCH_REASON_OPTION;
	return way->versions ==
	               br_image_versions((enum br_image_format)way->source, output, way->library)
	           ? BR_BATCH_REASON_NONE
	           : BR_BATCH_REASON_VERSION;
}

static void judge_own(struct known *known, const struct known_root *root,
                      const struct state_way *way, struct known_belief *belief)
{
	const enum br_batch_reason reason = compare(known, way);

	belief->told = true;
	if (reason == BR_BATCH_REASON_NONE && way->since <= root->ways.since)
		return;
	if (reason != BR_BATCH_REASON_NONE)
		belief->since = INT64_MAX;
	else if (belief->since < way->since)
		belief->since = way->since;
	if (belief->reason != BR_BATCH_REASON_OPTION)
		belief->reason =
		    reason == BR_BATCH_REASON_VERSION ? reason : BR_BATCH_REASON_OPTION;
}

/* Runs that call their outputs otherwise may have made one of the same name: that is what this run
 * would make as long as all but the sizes is the same. */
static void judge_other(struct known *known, const struct state_way *way,
                        struct known_belief *belief)
{
	const char *text = known_text(known, (enum br_image_format)way->output);

	if (!known->options->by_times &&
	    (!text || fingerprint_kind(known->options, text) != way->kind))
		belief->since = INT64_MAX;
}

void known_read_ways(struct known *known, struct known_root *root)
{
	const uint64_t names = fingerprint_names(known->options);
	int64_t since = INT64_MIN;

	ways_read(root->output, &root->ways);
	/* if times are to serve, nothing but what was made otherwise counts against them */
	if (root->ways.since != 0 && !known->options->by_times)
		since = root->ways.since;
	for (unsigned i = 0; i < BR_IMAGE_FORMATS; i++)
		root->belief[i] =
		    (struct known_belief){.since = since, .reason = BR_BATCH_REASON_UNKNOWN};
	for (size_t i = 0; i < root->ways.count; i++) {
		const struct state_way *way = &root->ways.way[i];

		if (way->output >= BR_IMAGE_FORMATS)
			continue;
		if (way->names == names)
			judge_own(known, root, way, &root->belief[way->output]);
		else
			judge_other(known, way, &root->belief[way->output]);
	}
}

/* Of outputs of a format; of one that the name does not promise, the worst of all. */
static struct known_belief belief_of(const struct known_root *root, enum br_image_format format)
{
	struct known_belief belief = root->belief[format];

	for (unsigned i = 0; format == BR_IMAGE_FORMAT_UNKNOWN && i < BR_IMAGE_FORMATS; i++)
		if (root->belief[i].since > belief.since)
			belief = root->belief[i];
	return belief;
}

enum br_batch_reason known_doubt_way(const struct known *known, const struct known_root *root,
                                     uint64_t item, const struct state_file *output)
{
	const struct known_belief belief = belief_of(root, known_promised(known, item));
	/* such an output has its source's */
	const bool own_time = !(known->options->preserve & BR_BATCH_PRESERVE_TIMES);

	return output->changed < belief.since || (own_time && output->modified < belief.since)
	           ? belief.reason
	           : BR_BATCH_REASON_NONE;
}

bool known_tells_way(const struct known *known, const struct known_root *root, uint64_t item)
{
	return belief_of(root, known_promised(known, item)).told;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static void *write_ways(void *arg)
{
	struct known_writing *writing = arg;

	/* if it fails, pictures are made again if need be */
	(void)ways_note(writing->root->output, &writing->ways, &writing->fresh, writing->begin);
	return NULL;
}

/* Whether the thread is at work. Who is patient waits for it, unless it hangs. */
static bool still_writes(struct known *known, bool patient)
{
	struct known_writing *writing = &known->writing;
	struct timespec until = {0};
	struct known_root *root;

	if (!writing->under_way)
		return false;
	(void)clock_gettime(CLOCK_REALTIME, &until); /* it exists */
	until.tv_sec += patient ? WRITE_MOST : 0;
	writing->under_way = pthread_timedjoin_np(writing->thread, NULL, &until) == ETIMEDOUT;
	if (writing->under_way && patient) {
		(void)pthread_detach(writing->thread);
		known->left_behind = true;
	}
	if (writing->under_way)
		return true;
	root = &known->root[writing->root - known->root];
	ways_free(&root->ways);
	root->ways = writing->ways;
	writing->ways = (struct ways){0};
	ways_free(&writing->fresh);
	return false;
}

static bool is_being_written(const struct known *known, const struct known_root *root,
                             const struct state_way *way)
{
	const struct known_writing *writing = &known->writing;

	return writing->under_way && writing->root == root && ways_has(&writing->fresh, way);
}

void known_note_way(struct known *known, struct known_root *root, uint64_t item,
                    const struct state_setup *setup)
{
	char asked[1]; /* what it is does not matter */
	const bool own = plan_asked(known->plan, item, asked, sizeof(asked));
	struct state_way way = way_of(setup, fingerprint_names(known->options) ^ own);

	if (known->options->dry_run || ways_has(&root->ways, &way) ||
	    ways_has(&root->fresh, &way) || is_being_written(known, root, &way))
		return;
	/* what a line of a list has asked for is like no run's: 0 is no kind */
	way.kind = own ? 0 : fingerprint_kind(known->options, setup->options);
	if (root->fresh.count == 0)
		root->noted = clock_ns();
	(void)ways_add(&root->fresh, &way); /* its pictures are made again if need be */
}

static bool start_writing(struct known *known, struct known_root *root)
{
	struct known_writing *writing = &known->writing;

	writing->root = root;
	writing->begin = known->begin;
	writing->fresh = root->fresh;
	writing->under_way = threads_start(&writing->thread, NULL, write_ways, writing) == 0;
	if (writing->under_way)
		root->fresh = (struct ways){0};
	else
		writing->fresh = (struct ways){0};
	return writing->under_way;
}

void known_write_ways(struct known *known, struct known_root *root, bool now)
{
	if (still_writes(known, now) || known->left_behind)
		return;
	if (root->fresh.count == 0) {
		if (now && root->ways.unfinished && !known->options->dry_run)
			ways_sweep(root->output);
		return;
	}
	if (!now && clock_ns() - root->noted < WRITE_NS)
		return;
	/* a directory that was put in the place of the one of this run has outputs of its own */
	if (footing_of_outputs(known->context->footing, NULL) == 0) {
		if (start_writing(known, root)) {
			if (now)
				(void)still_writes(known, true);
			return;
		}
		(void)ways_note(root->output, &root->ways, &root->fresh, known->begin);
	}
	ways_free(&root->fresh);
}
