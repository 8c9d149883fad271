/* figures.c - see figures.h. */
#include "html/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

/* Seconds of a bucket at first. */
#define WIDTH_FIRST 0.001
/* Bytes of a name that are kept. */
#define NAME_MAX_KEPT 4096

const char *figures_part_name(enum figures_part part)
{
	static const char *const names[FIGURES_PARTS] = {"read",   "decode",  "resize",
	                                                 "encode", "publish", "lost"};

	return names[part];
}

struct figures *figures_new(void)
{
	struct figures *figures = calloc(1, sizeof(*figures));

	if (!figures)
		return NULL;
	figures->origin = clock_ns();
	figures->width = WIDTH_FIRST;
	figures->stride = 1;
	return figures;
}

void figures_begin(struct figures *figures)
{
	figures->origin = clock_ns();
}

static void drop_jobs(struct figures *figures)
{
	while (figures->jobs > 0)
		free(figures->job[--figures->jobs].source);
}

static void drop_sample(struct figures_sample *sample)
{
	free(sample->source);
	free(sample->output);
	*sample = (struct figures_sample){0};
}

void figures_free(struct figures *figures)
{
	if (!figures)
		return;
	drop_jobs(figures);
	for (unsigned i = 0; i < figures->slows; i++)
		free(figures->slow[i].source);
	for (unsigned i = 0; i < figures->failures; i++)
		free(figures->failure[i].source);
	for (unsigned i = 0; i < figures->samples; i++)
		drop_sample(&figures->sample[i]);
	for (unsigned i = 0; i < FIGURES_WORKERS; i++)
		free(figures->lane[i]);
	free(figures);
}

static char *keep_name(struct figures *figures, const char *name)
{
	char *kept = strndup(name, NAME_MAX_KEPT);

	if (!kept)
		figures->incomplete = true;
	return kept;
}

static double seconds_at(const struct figures *figures, uint64_t ns)
{
	return ns > figures->origin ? (double)(ns - figures->origin) / 1e9 : 0;
}

double figures_now(const struct figures *figures)
{
	return seconds_at(figures, clock_ns());
}

/* --- stages ------------------------------------------------------------------------------------
 */

double figures_ms(const struct br_batch_record *record, double stage_ms[FIGURES_STAGES])
{
	const struct br_image_result *image = record->image;
	double sum = 0;

	stage_ms[FIGURES_READ] = record->read_ms;
	stage_ms[FIGURES_DECODE] = image ? (double)image->decode_ms : 0;
	stage_ms[FIGURES_RESIZE] = image ? (double)image->resize_ms : 0;
	stage_ms[FIGURES_ENCODE] = image ? (double)image->encode_ms : 0;
	stage_ms[FIGURES_PUBLISH] = record->publish_ms;
	for (unsigned i = 0; i < FIGURES_STAGES; i++)
		sum += stage_ms[i];
	return sum;
}

static unsigned class_of(double ms)
{
	const double class = 8 * log2(ms * 1000);

	return class < 0 ? 0 : class < FIGURES_CLASSES - 1 ? (unsigned)class : FIGURES_CLASSES - 1;
}

double figures_quantile(const struct figures_stage *stage, double part)
{
	const double wanted = part * (double)stage->count;
	double seen = 0;
	unsigned class = 0;

	if (stage->count == 0)
		return 0;
	for (; class + 1 < FIGURES_CLASSES; class ++) {
		seen += stage->class[class];
		if (seen >= wanted)
			break;
	}
	return exp2((class + 0.5) / 8) / 1000;
}

static void add_stages(struct figures *figures, const double stage_ms[FIGURES_STAGES])
{
	for (unsigned i = 0; i < FIGURES_STAGES; i++) {
		struct figures_stage *stage = &figures->stage[i];

		if (!(stage_ms[i] > 0))
			continue;
		stage->ms += stage_ms[i];
		stage->count++;
		stage->class[class_of(stage_ms[i])]++;
	}
}

/* --- time --------------------------------------------------------------------------------------
 */

/* Two buckets become one. */
static void fold(struct figures *figures)
{
	const unsigned half = FIGURES_BUCKETS / 2;

	for (unsigned i = 0; i < FIGURES_BUCKETS; i++) {
		const struct figures_bucket from = figures->bucket[i];
		struct figures_bucket *to = &figures->bucket[i / 2];

		if (i % 2 == 0)
			*to = (struct figures_bucket){0};
		to->made += from.made;
		to->skipped += from.skipped;
		to->failed += from.failed;
		to->bytes_in += from.bytes_in;
		to->bytes_out += from.bytes_out;
		figures->io[i / 2] = (i % 2 ? figures->io[i / 2] : 0) + figures->io[i];
	}
	memset(figures->bucket + half, 0, half * sizeof(figures->bucket[0]));
	memset(figures->io + half, 0, half * sizeof(figures->io[0]));
	for (unsigned w = 0; w < FIGURES_WORKERS; w++) {
		struct figures_lane *lane = figures->lane[w];

		for (unsigned i = 0; lane && i < FIGURES_BUCKETS; i++)
			for (unsigned p = 0; p < FIGURES_PARTS; p++)
				lane->busy[i / 2][p] =
				    (i % 2 ? lane->busy[i / 2][p] : 0) + lane->busy[i][p];
		if (lane)
			memset(lane->busy + half, 0, half * sizeof(lane->busy[0]));
	}
	figures->width *= 2;
}

/* The bucket of a time, which there is then. */
static unsigned bucket_at(struct figures *figures, double seconds)
{
	while (seconds >= figures->width * FIGURES_BUCKETS)
		fold(figures);
	return (unsigned)(seconds / figures->width);
}

/* Spreads a span over buckets, `step` floats from each other. */
static void spread(struct figures *figures, float *busy, size_t step, double begin, double end)
{
	const unsigned last = bucket_at(figures, end);

	for (unsigned i = bucket_at(figures, begin); i <= last; i++) {
		const double from = fmax(begin, i * figures->width);
		const double to = fmin(end, (i + 1) * figures->width);

		if (to > from)
			busy[i * step] += (float)(to - from);
	}
}

static void add_ending(struct figures *figures, const struct br_batch_record *record)
{
	struct figures_bucket *bucket = &figures->bucket[bucket_at(figures, figures->last)];

	switch (record->status) {
	case BR_BATCH_OK:
		bucket->made++;
		bucket->bytes_in += record->bytes_in;
		bucket->bytes_out += record->bytes_out;
		break;
	case BR_BATCH_SKIPPED:
		bucket->skipped++;
		break;
	case BR_BATCH_FAILED:
	case BR_BATCH_CRASHED:
	case BR_BATCH_TIMEOUT:
		bucket->failed++;
		break;
	default: /* it was not begun */
		break;
	}
}

/* --- lanes -------------------------------------------------------------------------------------
 */

static void put_bar(struct figures_job *job, enum figures_part part, double begin, double end)
{
	if (end > begin && job->bars < FIGURES_PARTS)
		job->bar[job->bars++] = (struct figures_bar){part, begin, end};
}

/* The three stages of making lie at the end of the step: what comes before them is waiting for
 * memory. They may work hand in hand: what is shown is how much each took. */
static void put_making(struct figures_job *job, const struct br_image_result *image, double begin,
                       double end)
{
	const double ms[] = {image ? (double)image->decode_ms : 0,
	                     image ? (double)image->resize_ms : 0,
	                     image ? (double)image->encode_ms : 0};
	const double sum = (ms[0] + ms[1] + ms[2]) / 1e3;
	double at = fmax(begin, end - sum);

	if (sum <= 0) { /* it failed before anything was measured */
		put_bar(job, FIGURES_DECODE, begin, end);
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		const double next = fmin(end, at + ms[i] / 1e3);

		put_bar(job, FIGURES_DECODE + i, at, next);
		at = next;
	}
}

/* The spans of the steps that the worker itself took. */
static void put_bars(struct figures *figures, struct figures_job *job,
                     const struct br_batch_record *record)
{
	const struct br_batch_span *step = record->step;
	const bool alone = record->mode == BR_EXECUTOR_SERIAL || record->mode == BR_EXECUTOR_THREAD;
	double begin[BR_BATCH_STEPS], end[BR_BATCH_STEPS];

	for (unsigned i = 0; i < BR_BATCH_STEPS; i++) {
		begin[i] = seconds_at(figures, step[i].begin);
		end[i] = fmax(begin[i], seconds_at(figures, step[i].end));
	}
	if (record->status == BR_BATCH_CRASHED || record->status == BR_BATCH_TIMEOUT) {
		put_bar(job, FIGURES_LOST, begin[BR_BATCH_STEP_MAKE], end[BR_BATCH_STEP_MAKE]);
		return;
	}
	if (record->mode != BR_EXECUTOR_HYBRID)
		put_bar(job, FIGURES_READ, begin[BR_BATCH_STEP_READ], end[BR_BATCH_STEP_READ]);
	put_making(job, record->image, begin[BR_BATCH_STEP_MAKE], end[BR_BATCH_STEP_MAKE]);
	if (record->mode == BR_EXECUTOR_HYBRID)
		return;
	/* one behind the other, in one thread */
	put_bar(job, FIGURES_PUBLISH, begin[BR_BATCH_STEP_WRITE],
	        alone && end[BR_BATCH_STEP_PUBLISH] > 0 ? end[BR_BATCH_STEP_PUBLISH]
	                                                : end[BR_BATCH_STEP_WRITE]);
}

static void add_io_step(struct figures *figures, const struct br_batch_span *step)
{
	const double begin = seconds_at(figures, step->begin);
	const double end = seconds_at(figures, step->end);

	if (end <= begin)
		return;
	spread(figures, figures->io, 1, begin, end);
	figures->io_seconds += end - begin;
}

/* What I/O threads did. */
static void add_io(struct figures *figures, const struct br_batch_record *record)
{
	if (record->mode == BR_EXECUTOR_SERIAL || record->mode == BR_EXECUTOR_THREAD)
		return;
	add_io_step(figures, &record->step[BR_BATCH_STEP_PUBLISH]);
	if (record->mode == BR_EXECUTOR_PROCESS)
		return;
	add_io_step(figures, &record->step[BR_BATCH_STEP_READ]);
	add_io_step(figures, &record->step[BR_BATCH_STEP_WRITE]);
}

static void add_to_lane(struct figures *figures, const struct figures_job *job)
{
	struct figures_lane **lane = &figures->lane[job->worker % FIGURES_WORKERS];

	if (!*lane)
		*lane = calloc(1, sizeof(**lane));
	if (!*lane) {
		figures->incomplete = true;
		return;
	}
	(*lane)->images++;
	(*lane)->lost += job->status == BR_BATCH_CRASHED || job->status == BR_BATCH_TIMEOUT;
	for (unsigned i = 0; i < job->bars; i++) {
		const struct figures_bar *bar = &job->bar[i];

		(*lane)->seconds[bar->part] += bar->end - bar->begin;
		spread(figures, &(*lane)->busy[0][bar->part], FIGURES_PARTS, bar->begin, bar->end);
	}
}

double figures_busy(const struct figures *figures, unsigned *workers)
{
	double seconds = 0;

	*workers = 0;
	for (unsigned i = 0; i < FIGURES_WORKERS; i++) {
		const struct figures_lane *lane = figures->lane[i];

		*workers += lane != NULL;
		for (unsigned p = 0; p < FIGURES_PARTS && lane; p++)
			seconds += lane->seconds[p];
	}
	return seconds;
}

static void add_work(struct figures *figures, const struct br_batch_record *record)
{
	struct figures_job job = {.worker = record->worker, .status = record->status};

	if (record->attempt == 0)
		return;
	figures->way[record->mode]++;
	put_bars(figures, &job, record);
	add_to_lane(figures, &job);
	add_io(figures, record);
	if (figures->too_many)
		return;
	if (figures->jobs == FIGURES_JOBS) {
		figures->too_many = true;
		drop_jobs(figures);
		return;
	}
	job.source = keep_name(figures, record->source);
	if (job.source)
		figures->job[figures->jobs++] = job;
}

/* --- lists -------------------------------------------------------------------------------------
 */

static void add_slow(struct figures *figures, const struct br_batch_record *record, double ms,
                     const double stage_ms[FIGURES_STAGES])
{
	struct figures_slow *slow = figures->slow;
	unsigned at = figures->slows;

	if (!(ms > 0) || (at == FIGURES_SLOWEST && ms <= slow[at - 1].ms))
		return;
	if (at == FIGURES_SLOWEST)
		free(slow[--at].source);
	for (; at > 0 && slow[at - 1].ms < ms; at--)
		slow[at] = slow[at - 1];
	slow[at] = (struct figures_slow){
	    .source = keep_name(figures, record->source), .ms = ms, .bytes_in = record->bytes_in};
	memcpy(slow[at].stage_ms, stage_ms, sizeof(slow[at].stage_ms));
	if (record->image) {
		slow[at].width = record->image->info.width;
		slow[at].height = record->image->info.height;
	}
	figures->slows += figures->slows < FIGURES_SLOWEST;
}

static bool has_failed(const struct br_batch_record *record)
{
	return record->status == BR_BATCH_FAILED || record->status == BR_BATCH_CRASHED ||
	       record->status == BR_BATCH_TIMEOUT;
}

static void add_failure(struct figures *figures, const struct br_batch_record *record)
{
	char *source;

	figures->code[record->error.code]++;
	if (figures->failures == FIGURES_FAILURES)
		return;
	source = keep_name(figures, record->source);
	if (source)
		figures->failure[figures->failures++] =
		    (struct figures_failure){source, record->status, record->error};
}

/* The smallest output of those that a person can look at. */
static const struct br_batch_output *look_of(const struct br_batch_record *record)
{
	const struct br_batch_output *look = &record->outputs[record->largest];

	for (unsigned i = 0; i < record->output_count; i++) {
		const struct br_batch_output *output = &record->outputs[i];

		if (output->bytes < look->bytes && (output->width >= 160 || output->height >= 160))
			look = output;
	}
	return look;
}

/* Every second goes when there are too many: what stays is spread evenly over the run. */
static void thin_samples(struct figures *figures)
{
	for (unsigned i = 0; i < figures->samples; i++) {
		if (i % 2)
			drop_sample(&figures->sample[i]);
		else
			figures->sample[i / 2] = figures->sample[i];
	}
	figures->samples = (figures->samples + 1) / 2;
	figures->stride *= 2;
}

static void add_sample(struct figures *figures, const struct br_batch_record *record)
{
	const struct br_batch_output *look;
	struct figures_sample sample;

	if (record->output_count == 0 || (figures->count[BR_BATCH_OK] - 1) % figures->stride != 0)
		return;
	if (figures->samples == FIGURES_SAMPLES)
		thin_samples(figures);
	look = look_of(record);
	sample = (struct figures_sample){.source = keep_name(figures, record->source),
	                                 .output = strdup(look->path),
	                                 .width = look->width,
	                                 .height = look->height,
	                                 .bytes = look->bytes,
	                                 .format = look->format};
	if (sample.source && sample.output)
		figures->sample[figures->samples++] = sample;
	else
		drop_sample(&sample);
}

void figures_add_unread(struct figures *figures, const struct br_batch_record *record)
{
	add_failure(figures, record);
}

/* --- an image ----------------------------------------------------------------------------------
 */

static void add_format(struct figures *figures, const struct br_batch_record *record, double ms)
{
	struct figures_format *format =
	    &figures->format[record->image ? record->image->info.format : record->kind];

	format->images++;
	format->ms += ms;
	format->failed += has_failed(record);
	format->skipped += record->status == BR_BATCH_SKIPPED;
	format->cancelled += record->status == BR_BATCH_CANCELLED;
	if (record->status != BR_BATCH_OK)
		return;
	format->made++;
	format->bytes_in += record->bytes_in;
	format->bytes_out += record->bytes_out;
}

static void add_made(struct figures *figures, const struct br_batch_record *record)
{
	figures->bytes_in += record->bytes_in;
	figures->bytes_out += record->bytes_out;
	figures->outputs += record->output_count;
	for (unsigned i = 0; i < BR_IMAGE_NOTES && record->image; i++)
		figures->note[i] += (record->image->notes >> i) & 1U;
	add_sample(figures, record);
}

void figures_add(struct figures *figures, const struct br_batch_record *record)
{
	double stage_ms[FIGURES_STAGES];
	const double ms = figures_ms(record, stage_ms);

	figures->count[record->status]++;
	figures->last = figures_now(figures);
	add_stages(figures, stage_ms);
	add_format(figures, record, ms);
	add_ending(figures, record);
	add_work(figures, record);
	add_slow(figures, record, ms, stage_ms);
	if (record->status == BR_BATCH_OK)
		add_made(figures, record);
	else if (record->status == BR_BATCH_SKIPPED)
		figures->skipped_code[record->error.code]++;
	else if (has_failed(record))
		add_failure(figures, record);
}
