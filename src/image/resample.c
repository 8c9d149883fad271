/* resample.c - takes lines as they come, keeps as many as the filter spans, gives lines out.
 *
 * Bytes without alpha are resampled as they are. All else goes through floats: alpha, because
 * colours multiplied by it need more than 8 bits; 16 bits, because integers of that size would
 * spoil them. Those were measured: they took half the time, a small part of what decoding such a
 * picture takes; weights of 14 bits left them off by up to 2 in 65535, and sums of 16 bits between
 * the passes cut the filter's overshoot, by which noise of black and white was off by up to 2400.
 */
#include "image/resample.h"

#include <stdlib.h>
#include <string.h>

#include <batchresize/error.h>

#include "base/base.h"
#include "image/resampler.h"
#include "image/samples.h"

/* Lines of the source by number, of which a window slides down. Lines of bytes in memory are used
 * where they lie; all others are kept in a ring. */
struct lines {
	VipsImage *image;
	VipsRegion *region;         /* NULL: the pixels are in memory */
	struct resampler_rows rows; /* as the resampler sees them */
	unsigned char *ring;        /* NULL: lines are used where they lie */
	size_t samples;             /* of a line */
	bool floats;                /* kept as floats */
	bool premultiplied;
	uint32_t end;   /* lines read so far */
	bool cut_short; /* the rest can't be had */
};

struct work {
	struct lines lines;
	struct resampler *resampler;
	struct resampler_pass pass;
	float *result; /* a line of the result, as floats */
	VipsImage *out;
};

/* Of pixels in that form, what is resampled. Colours are multiplied by alpha, but for a filter that
 * takes pixels as they are. */
static bool premultiplies(bool alpha, enum image_filter filter)
{
	return alpha && filter != IMAGE_FILTER_NEAREST;
}

static bool needs_floats(uint32_t bands, bool bytes, bool alpha, enum image_filter filter)
{
	return !bytes || bands > RESAMPLER_BYTES_MAX || premultiplies(alpha, filter);
}

static unsigned char *slot_of(const struct lines *lines, uint32_t y)
{
	return lines->ring + y % lines->rows.ring * lines->rows.stride;
}

static void keep_line(struct lines *lines, const void *pixels)
{
	const VipsImage *image = lines->image;
	unsigned char *slot = slot_of(lines, lines->end);
	float *floats = (float *)(void *)slot;

	if (!lines->floats) {
		memcpy(slot, pixels, lines->samples);
		return;
	}
	samples_to_floats(floats, pixels, image->BandFmt, lines->samples);
	if (lines->premultiplied)
		samples_premultiply(floats, (size_t)image->Xsize, (unsigned)image->Bands,
		                    samples_max(image->BandFmt));
}

/* What VIPS_REGION_ADDR() is, in the types that lengths have. The region spans whole lines. */
static const void *region_line(const VipsRegion *region, int y)
{
	return region->data + (size_t)(y - region->valid.top) * (size_t)region->bpl;
}

/* A strip, or zeros from its first line to the picture's last where the rest can't be had. */
static int read_strip(struct lines *lines, struct pull *pull)
{
	const int top = (int)lines->end;
	VipsRect strip = {0, top, lines->image->Xsize,
	                  VIPS_MIN(RESAMPLE_STRIP_LINES, lines->image->Ysize - top)};
	const bool missing =
	    lines->cut_short || (lines->region && vips_region_prepare(lines->region, &strip));

	if (missing && pixels_missing(pull, top))
		return ERROR_CORRUPT;
	lines->cut_short = missing;
	for (int y = top; y < top + strip.height; y++) {
		if (missing)
			memset(slot_of(lines, lines->end), 0, lines->rows.stride);
		else
			keep_line(lines, lines->region ? region_line(lines->region, y)
			                               : pixels_line(lines->image, (uint32_t)y));
		lines->end++;
	}
	return 0;
}

/* Reads on until the lines before `end` are there. */
static int read_to(struct lines *lines, uint32_t end, struct pull *pull)
{
	int status = 0;

	while (lines->ring && lines->end < end && !status)
		status = read_strip(lines, pull);
	return status;
}

static void make_line(struct work *work, uint32_t y)
{
	const struct lines *lines = &work->lines;
	const VipsImage *image = work->out;
	void *out = pixels_line(image, y);

	if (!lines->floats) {
		resampler_row(work->resampler, &work->pass, &lines->rows, out);
		return;
	}
	resampler_row(work->resampler, &work->pass, &lines->rows, work->result);
	if (lines->premultiplied)
		samples_unpremultiply(work->result, (size_t)image->Xsize, (unsigned)image->Bands,
		                      samples_max(image->BandFmt));
	samples_from_floats(out, work->result, image->BandFmt,
	                    (size_t)image->Xsize * (size_t)image->Bands);
}

static int make_lines(struct work *work, struct pull *pull)
{
	for (uint32_t y = 0; y < (uint32_t)work->out->Ysize; y++) {
		const int status = read_to(&work->lines, resampler_end_row(&work->pass), pull);

		if (status)
			return status;
		make_line(work, y);
		if (pull->deadline && y % RESAMPLE_STRIP_LINES == 0 && clock_ns() > pull->deadline)
			return ERROR_TIMEOUT;
	}
	return 0;
}

static int open_lines(struct lines *lines, uint32_t height)
{
	VipsImage *image = lines->image;
	const bool settled = pixels_settled(image);

	if (settled && !lines->floats) {
		lines->rows = (struct resampler_rows){
		    .base = image->data, .stride = lines->samples, .ring = (uint32_t)image->Ysize};
		return 0;
	}
	lines->rows.stride = lines->samples * (lines->floats ? sizeof(float) : 1);
	lines->rows.ring = height + RESAMPLE_STRIP_LINES;
	lines->rows.base = lines->ring = malloc(lines->rows.stride * lines->rows.ring);
	if (!lines->ring)
		return ERROR_MEMORY;
	if (!settled && (vips_image_pio_input(image) || !(lines->region = vips_region_new(image))))
		return ERROR_CORRUPT;
	return 0;
}

static int open_work(struct work *work, VipsImage *image, const struct kernel_axis *x,
                     const struct kernel_axis *y, enum image_filter filter)
{
	const bool alpha = vips_image_hasalpha(image);
	const uint32_t bands = (uint32_t)image->Bands;
	struct lines *lines = &work->lines;
	struct resampler_spec spec = {.x = *x, .y = *y, .filter = filter, .components = bands};

	if (!samples_known(image->BandFmt) || bands > RESAMPLER_FLOATS_MAX)
		return ERROR_UNSUPPORTED;
	*lines = (struct lines){
	    .image = image,
	    .samples = (size_t)image->Xsize * bands,
	    .floats = needs_floats(bands, image->BandFmt == VIPS_FORMAT_UCHAR, alpha, filter),
	    .premultiplied = premultiplies(alpha, filter)};
	spec.samples = lines->floats ? RESAMPLER_FLOATS : RESAMPLER_BYTES;
	work->resampler = resampler_new();
	work->result = calloc((size_t)x->size * bands, sizeof *work->result);
	work->out = pixels_new(image, (int)x->size, (int)y->size);
	if (!work->resampler || !work->result || !work->out ||
	    resampler_begin(work->resampler, &spec, &work->pass, NULL))
		return ERROR_MEMORY;
	return open_lines(lines, resampler_height(&work->pass));
}

int resample(VipsImage **image, uint32_t width, uint32_t height, enum image_filter filter,
             struct pull *pull)
{
	return resample_extent(image, (*image)->Xsize, (*image)->Ysize, width, height, filter,
	                       pull);
}

int resample_extent(VipsImage **image, double across, double down, uint32_t width, uint32_t height,
                    enum image_filter filter, struct pull *pull)
{
	const struct kernel_axis x = {.extent = across,
	                              .samples = (uint32_t)(*image)->Xsize,
	                              .size = width},
				 y = {.extent = down,
	                              .samples = (uint32_t)(*image)->Ysize,
	                              .size = height};
	struct work work = {0};
	int status = open_work(&work, *image, &x, &y, filter);

	if (!status)
		status = make_lines(&work, pull);
	VIPS_UNREF(work.lines.region);
	resampler_free(work.resampler);
	free(work.lines.ring);
	free(work.result);
	if (status)
		VIPS_UNREF(work.out);
	else
		pixels_step(image, work.out);
	return status;
}

uint64_t resample_cost(const struct resample_job *job)
{
	const uint64_t sample = (job->bits + 7) / 8, line = (uint64_t)job->in_width * job->bands;
	const bool floats = needs_floats(job->bands, job->bits == 8, job->alpha, job->filter);
	const struct resampler_spec spec = {.x = kernel_axis_whole(job->in_width, job->width),
	                                    .y = kernel_axis_whole(job->in_height, job->height),
	                                    .filter = job->filter,
	                                    .samples = floats ? RESAMPLER_FLOATS : RESAMPLER_BYTES,
	                                    .components = job->bands};
	const uint64_t lines = kernel_taps_max(&spec.y, job->filter) + RESAMPLE_STRIP_LINES;

	return line * (floats ? sizeof(float) : 1) * lines + resampler_cost(&spec) +
	       (uint64_t)job->width * job->bands * sizeof(float) +
	       (uint64_t)job->width * job->height * job->bands * sample;
}
