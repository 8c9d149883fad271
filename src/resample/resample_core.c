/* resample_core.c - takes lines as they come, keeps as many as the filter spans, gives lines out.
 *
 * Bytes are resampled as they are if no alpha says otherwise: colours multiplied by it need more
 * than 8 bits and go through floats, but only those lines that something translucent has a share in
 * (most pictures with alpha are opaque, and floats take four times as long). RGB with alpha goes
 * without it until something translucent comes. 16 bits go through floats as well, because
 * integers of that size would spoil them. Those were measured: they took half the time, a small
 * part of what decoding such a picture takes; weights of 14 bits left them off by up to 2 in 65535,
 * and sums of 16 bits between the passes cut the filter's overshoot, by which noise of black and
 * white was off by up to 2400.
 */
#include "resample/resample_core.h"

#include <stdlib.h>
#include <string.h>

#include <batchresize/error.h>

#include "base/base.h"
#include "resample/raster.h"
#include "resample/resampler.h"

#define CACHE_LINE 64

/* Lines by number, of which a window slides down; of bytes or floats. */
struct line_window {
	struct resampler_rows rows; /* as the resampler sees them */
	unsigned char *ring;        /* NULL: lines are used where they lie */
	uint32_t end;               /* lines that are there, or were */
};

struct work {
	const struct resample_source *source;
	uint32_t width, height; /* of the source, pixels */
	size_t samples;         /* of a line */
	size_t line_bytes;
	struct resampler *resampler;
	bool bytes, floats;               /* what lines may be resampled as */
	struct line_window lines;         /* as they are resampled; bytes, if both may be */
	struct line_window premultiplied; /* floats, if both may be */
	struct resampler_pass byte_pass, float_pass;
	/* All lines so far are opaque, and are kept without alpha, which takes a quarter of the
	 * time less. */
	bool thin;
	struct resampler_pass thin_pass; /* while they are */
	uint32_t looked;                 /* lines in which alpha has been looked for */
	uint32_t translucent;            /* the end of the last of them that is not opaque */
	bool premultiplies;
	bool cut_short;      /* the rest of the lines can't be had */
	float *result;       /* lines of the result, as floats */
	uint32_t room_lines; /* that are there at once */
	void *room;          /* for a line of the source that is not kept as it is */
	size_t out_samples;
};

/* From one line to the next: lines begin where a line of the cache does, and each in another of its
 * sets than the one above, since the filter's vertical pass goes down all at once. */
static size_t spaced(size_t bytes)
{
	return ((bytes + CACHE_LINE - 1) / CACHE_LINE | 1) * CACHE_LINE;
}

/* Colours are multiplied by alpha, except for a filter that takes pixels as they are. */
static bool premultiplies(bool alpha, enum br_image_filter filter)
{
	return alpha && filter != BR_IMAGE_FILTER_NEAREST;
}

/* Lines of floats that may be kept beside those of bytes: pictures of 8000 pixels across to a tenth
 * have 10 MB. What has more is resampled as floats alone, or it would take more memory than that.
 */
#define BOTH_MAX (UINT64_C(16) << 20)

/* Whether lines are resampled as bytes, or may be: see `floats` for the other. */
static bool uses_bytes(const struct resampler_spec *spec, bool bytes, bool alpha)
{
	const uint64_t line = (uint64_t)spec->x.samples * spec->components;
	const uint64_t lines = kernel_taps_max(&spec->y, spec->filter) + RESAMPLE_STRIP_LINES;

	return bytes && spec->components <= RESAMPLER_BYTES_MAX &&
	       (!premultiplies(alpha, spec->filter) || line * lines * sizeof(float) <= BOTH_MAX);
}

static unsigned char *slot_of(const struct line_window *window, uint32_t y)
{
	return window->ring + y % window->rows.ring * window->rows.stride;
}

static const unsigned char *row_of(const struct line_window *window, uint32_t y)
{
	return (const unsigned char *)window->rows.base +
	       y % window->rows.ring * window->rows.stride;
}

static void make_floats(const struct work *work, float *floats, const void *pixels)
{
	const enum sample_format format = work->source->format;

	samples_to_floats(floats, pixels, format, work->samples);
	if (work->premultiplies)
		samples_premultiply(floats, work->width, work->source->bands, samples_max(format));
}

static const void *next_line(const struct work *work, uint32_t y, void *room)
{
	const struct resample_source *source = work->source;

	if (source->pixels) {
		if (source->ready)
			source->ready(source->context, y + 1);
		return (const unsigned char *)source->pixels + y * source->stride;
	}
	return source->line(source->context, y, room);
}

/* From the last pixel on, since it is longer with alpha. A byte behind the colours is read, and not
 * used. */
static void add_alpha(uint8_t *out, const uint8_t *colours, size_t pixels)
{
	static const uint8_t opaque[4] = {0, 0, 0, UINT8_MAX};
	uint32_t alpha;

	memcpy(&alpha, opaque, sizeof alpha);
	while (pixels--) {
		uint32_t pixel;

		memcpy(&pixel, colours + 3 * pixels, sizeof pixel);
		pixel |= alpha;
		memcpy(out + 4 * pixels, &pixel, sizeof pixel);
	}
}

/* Gives the lines before `end` their alpha: it is not to be left out any more. */
static void thicken(struct work *work, uint32_t end)
{
	const uint32_t kept = work->lines.rows.ring - 1;

	for (uint32_t y = end > kept ? end - kept : 0; y < end; y++)
		add_alpha(slot_of(&work->lines, y), slot_of(&work->lines, y), work->width);
	work->thin = false;
	work->looked = end;
}

/* A line into its slot; zeros if there is none. */
static void keep_line(struct work *work, uint32_t y, const void *pixels)
{
	unsigned char *slot = slot_of(&work->lines, y);

	if (work->thin && pixels &&
	    resampler_colours_of(work->resampler, slot, pixels, work->width))
		return;
	if (work->thin)
		thicken(work, y);
	if (!pixels)
		memset(slot, 0, work->lines.rows.stride);
	else if (!work->bytes)
		make_floats(work, (float *)(void *)slot, pixels);
	else if (pixels != slot)
		memcpy(slot, pixels, work->line_bytes);
}

/* The next line, or zeros if it and the rest can't be had. */
static int read_line(struct work *work, struct pull *pull)
{
	const uint32_t y = work->lines.end++;
	const bool kept = work->bytes && !work->thin;
	const void *pixels = work->cut_short
	                         ? NULL
	                         : next_line(work, y, kept ? slot_of(&work->lines, y) : work->room);

	if (!pixels && !work->cut_short && pull_missing(pull, (int)y))
		return BR_ERROR_CORRUPT;
	work->cut_short = !pixels;
	keep_line(work, y, pixels);
	return 0;
}

/* Reads on until the lines before `end` are there. */
static int read_to(struct work *work, uint32_t end, struct pull *pull)
{
	int status = 0;

	while (work->lines.ring && work->lines.end < end && !status)
		status = read_line(work, pull);
	if (!work->lines.ring && work->source->ready)
		work->source->ready(work->source->context, end);
	return status;
}

/* Whether all lines of [begin, end) are opaque, of which those before work->looked are known. */
static bool is_opaque(struct work *work, uint32_t begin, uint32_t end)
{
	if (work->thin)
		return true;
	if (work->looked < begin)
		work->looked = begin;
	for (; work->looked < end; work->looked++)
		if (!raster_line_opaque(row_of(&work->lines, work->looked), work->width,
		                        work->source->bands, 8))
			work->translucent = work->looked + 1;
	return work->translucent <= begin;
}

static int premultiply(struct work *work, uint32_t begin, uint32_t end)
{
	struct line_window *window = &work->premultiplied;

	if (!window->ring)
		window->rows.base = window->ring =
		    aligned_alloc(CACHE_LINE, window->rows.stride * window->rows.ring);
	if (!window->ring)
		return BR_ERROR_MEMORY;
	for (uint32_t y = begin > window->end ? begin : window->end; y < end; y++)
		make_floats(work, (float *)(void *)slot_of(window, y), row_of(&work->lines, y));
	window->end = end;
	return 0;
}

/* Lines of the result that are made at once: all as bytes, or all as floats. */
struct group {
	uint32_t count, begin, end; /* of the lines that they are made of */
	bool bytes;
};

static void skip(struct resampler_pass *pass, uint32_t count)
{
	while (count--)
		resampler_skip(pass);
}

static void make_thin(struct work *work, const struct group *group, unsigned char *out,
                      size_t stride)
{
	const size_t pixels = work->out_samples / 4;
	uint8_t *colours = (uint8_t *)work->result;

	resampler_rows(work->resampler, &work->thin_pass, &work->lines.rows, group->count, colours,
	               3 * pixels);
	for (uint32_t i = 0; i < group->count; i++)
		add_alpha(out + i * stride, colours + 3 * pixels * i, pixels);
	skip(&work->byte_pass, group->count);
}

static void make_bytes(struct work *work, const struct group *group, void *out, size_t stride)
{
	if (work->thin) {
		make_thin(work, group, out, stride);
		return;
	}
	resampler_rows(work->resampler, &work->byte_pass, &work->lines.rows, group->count, out,
	               stride);
}

static void make_by_floats(struct work *work, const struct line_window *window,
                           const struct group *group, void *out, size_t stride)
{
	const struct resample_source *source = work->source;

	resampler_rows(work->resampler, &work->float_pass, &window->rows, group->count,
	               work->result, work->out_samples * sizeof *work->result);
	for (uint32_t i = 0; i < group->count; i++) {
		float *line = work->result + i * work->out_samples;

		if (work->premultiplies)
			samples_unpremultiply(line, work->out_samples / source->bands,
			                      source->bands, samples_max(source->format));
		samples_from_floats((char *)out + i * stride, line, source->format,
		                    work->out_samples);
	}
}

/* What is not taken has its lines left out. */
static int make_group(struct work *work, const struct group *group, void *out, size_t stride)
{
	int status;

	if (group->bytes) {
		make_bytes(work, group, out, stride);
		if (work->floats)
			skip(&work->float_pass, group->count);
		return 0;
	}
	if (!work->bytes) {
		make_by_floats(work, &work->lines, group, out, stride);
		return 0;
	}
	status = premultiply(work, group->begin, group->end);
	if (status)
		return status;
	make_by_floats(work, &work->premultiplied, group, out, stride);
	skip(&work->byte_pass, group->count);
	return 0;
}

/* The lines that line number `ahead` from the next one is made of: weights that are zero as
 * integers may not be as floats. */
static void window_of(const struct work *work, uint32_t ahead, uint32_t *begin, uint32_t *end)
{
	struct resampler_pass first = work->bytes ? work->byte_pass : work->float_pass;
	struct resampler_pass other = work->floats ? work->float_pass : first;

	skip(&first, ahead);
	skip(&other, ahead);
	*begin = resampler_first_row(&first);
	if (resampler_first_row(&other) < *begin)
		*begin = resampler_first_row(&other);
	*end = resampler_end_row(&first);
	if (resampler_end_row(&other) > *end)
		*end = resampler_end_row(&other);
}

/* Adds a line to the group, if it is one of its kind and there is room for what it is made of;
 * *added is whether it was. */
static int add_line(struct work *work, struct pull *pull, struct group *group, bool *added)
{
	uint32_t begin, end;
	bool bytes;
	int status;

	*added = false;
	window_of(work, group->count, &begin, &end);
	if (group->count && end > group->begin + work->room_lines)
		return 0;
	status = read_to(work, end, pull);
	if (status)
		return status;
	bytes = work->bytes && (!work->floats || is_opaque(work, begin, end));
	if (group->count && bytes != group->bytes)
		return 0;
	if (!group->count)
		*group = (struct group){.begin = begin, .bytes = bytes};
	if (end > group->end)
		group->end = end;
	group->count++;
	*added = true;
	return 0;
}

/* The next lines of the result, `most` at most, but one at least. */
static int make_some(struct work *work, uint32_t most, struct pull *pull, struct group *group,
                     void *out, size_t stride)
{
	bool added = true;
	int status = 0;

	*group = (struct group){0};
	while (!status && added && group->count < most && group->count < RESAMPLER_ROWS_MAX)
		status = add_line(work, pull, group, &added);
	return status ? status : make_group(work, group, out, stride);
}

static int make_lines(struct work *work, uint32_t lines, struct pull *pull, unsigned char *out)
{
	const size_t bytes = work->out_samples * (work->line_bytes / work->samples);

	struct group group;

	for (uint32_t y = 0; y < lines; y += group.count) {
		const int status = make_some(work, lines - y, pull, &group, out + y * bytes, bytes);

		if (status)
			return status;
		if (y % RESAMPLE_STRIP_LINES < RESAMPLER_ROWS_MAX && run_limit_over(&pull->limit))
			return BR_ERROR_TIMEOUT;
	}
	return 0;
}

/* --- opening ------------------------------------------------------------------------- */

static int begin_pass(struct work *work, const struct resampler_spec *spec,
                      enum resampler_samples samples, struct resampler_pass *pass, uint32_t *rows)
{
	struct resampler_spec own = *spec;
	int status;

	own.samples = samples;
	status = resampler_begin(work->resampler, &own, pass, NULL);
	if (!status && resampler_height(pass) > *rows)
		*rows = resampler_height(pass);
	return status ? BR_ERROR_MEMORY : 0;
}

static int open_windows(struct work *work, uint32_t rows)
{
	const void *pixels = work->source->pixels;
	struct line_window *lines = &work->lines;

	work->premultiplied.rows.stride = spaced(work->samples * sizeof(float));
	work->premultiplied.rows.ring = work->room_lines = rows;
	if (pixels && work->bytes) {
		lines->rows = (struct resampler_rows){
		    .base = pixels, .stride = work->source->stride, .ring = work->height};
		return 0;
	}
	if (!pixels && (!work->bytes || work->thin) &&
	    !(work->room = malloc(work->line_bytes + RESAMPLE_ROOM)))
		return BR_ERROR_MEMORY;
	lines->rows.stride = spaced(work->bytes ? work->line_bytes : work->samples * sizeof(float));
	lines->rows.ring = rows;
	lines->rows.base = lines->ring =
	    aligned_alloc(CACHE_LINE, lines->rows.stride * rows + RESAMPLE_ROOM);
	return lines->ring ? 0 : BR_ERROR_MEMORY;
}

static int open_work(struct work *work, const struct kernel_axis *x, const struct kernel_axis *y,
                     enum br_image_filter filter)
{
	const struct resample_source *source = work->source;
	const struct resampler_spec spec = {
	    .x = *x, .y = *y, .filter = filter, .components = source->bands};
	struct resampler_spec colours = spec;
	uint32_t rows = 0;
	int status = 0;

	colours.components = 3;
	if (source->format == SAMPLE_OTHER || source->bands > RESAMPLER_FLOATS_MAX)
		return BR_ERROR_UNSUPPORTED;
	work->premultiplies = premultiplies(source->alpha, filter);
	work->bytes = uses_bytes(&spec, source->format == SAMPLE_U8, source->alpha);
	work->floats = !work->bytes || work->premultiplies;
	work->resampler = source->resampler ? source->resampler : resampler_new();
	work->result = calloc(work->out_samples * RESAMPLER_ROWS_MAX, sizeof *work->result);
	if (!work->resampler || !work->result)
		return BR_ERROR_MEMORY;
	resampler_recycle(work->resampler);
	if (work->bytes)
		status = begin_pass(work, &spec, RESAMPLER_BYTES, &work->byte_pass, &rows);
	work->thin = work->bytes && work->premultiplies && !source->pixels && source->bands == 4;
	if (!status && work->thin)
		status = begin_pass(work, &colours, RESAMPLER_BYTES, &work->thin_pass, &rows);
	if (!status && work->floats)
		status = begin_pass(work, &spec, RESAMPLER_FLOATS, &work->float_pass, &rows);
	return status ? status : open_windows(work, rows + RESAMPLE_STRIP_LINES);
}

int resample_lines(const struct resample_source *source, const struct kernel_axis *x,
                   const struct kernel_axis *y, enum br_image_filter filter, struct pull *pull,
                   void *out)
{
	struct work work = {.source = source,
	                    .width = x->samples,
	                    .height = y->samples,
	                    .samples = (size_t)x->samples * source->bands,
	                    .out_samples = (size_t)x->size * source->bands};
	int status;

	work.line_bytes = work.samples * samples_size(source->format);
	status = open_work(&work, x, y, filter);
	if (!status)
		status = make_lines(&work, y->size, pull, out);
	if (!source->resampler)
		resampler_free(work.resampler);
	free(work.lines.ring);
	free(work.premultiplied.ring);
	free(work.result);
	free(work.room);
	return status;
}

uint64_t resample_cost(const struct resample_job *job)
{
	const uint64_t sample = (job->bits + 7) / 8, line = (uint64_t)job->in_width * job->bands;
	struct resampler_spec spec = {.x = kernel_axis_whole(job->in_width, job->width),
	                              .y = kernel_axis_whole(job->in_height, job->height),
	                              .filter = job->filter,
	                              .components = job->bands};
	const bool bytes = uses_bytes(&spec, job->bits == 8, job->alpha);
	const bool floats = !bytes || premultiplies(job->alpha, job->filter);
	const uint64_t lines = kernel_taps_max(&spec.y, job->filter) + RESAMPLE_STRIP_LINES;
	uint64_t cost = (uint64_t)job->width * job->bands * sizeof(float) * RESAMPLER_ROWS_MAX +
	                (uint64_t)job->width * job->height * job->bands * sample;

	spec.samples = RESAMPLER_BYTES;
	if (bytes)
		cost += spaced(line) * lines + resampler_cost(&spec);
	spec.samples = RESAMPLER_FLOATS;
	if (floats)
		cost +=
		    spaced(line * sizeof(float)) * lines + line * sample + resampler_cost(&spec);
	return cost;
}
