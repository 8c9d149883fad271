/* resample.c - takes lines as they come, keeps as many as the filter spans, gives lines out.
 *
 * Each line of the result is first the weighted sum of the lines above and below its place
 * (across), then of the pixels left and right (along).
 */
#include "image/resample.h"

#include <stdlib.h>
#include <string.h>

#include <batchresize/error.h>

#include "base/base.h"
#include "image/filter.h"

/* Lines that are asked of the decoder at once. */
#define STRIP_LINES 16

/* Lines of the source by number, of which a window slides down. Lines of bytes in memory are used
 * where they lie; all others are kept in a ring. */
struct lines {
	VipsImage *image;
	VipsRegion *region; /* NULL: the pixels are in memory */
	size_t samples;     /* of a line */
	bool floats;        /* kept as floats, premultiplied */
	bool alpha;
	unsigned char *ring; /* NULL: lines are used where they lie */
	size_t line_bytes;   /* of a line in the ring */
	uint32_t capacity;   /* lines in the ring */
	uint32_t end;        /* lines read so far */
	bool cut_short;      /* the rest can't be had */
};

struct work {
	struct lines lines;
	struct kernel across, along;
	const void **window; /* the lines under the filter */
	void *sums;          /* a line between the two passes */
	float *result;       /* a line of the result, as floats */
	VipsImage *out;
};

static float sample_max(const VipsImage *image)
{
	if (image->BandFmt == VIPS_FORMAT_FLOAT)
		return 1;
	return image->BandFmt == VIPS_FORMAT_UCHAR ? (float)UINT8_MAX : (float)UINT16_MAX;
}

static void to_floats(float *out, const VipsImage *image, const void *line, size_t samples)
{
	if (image->BandFmt == VIPS_FORMAT_UCHAR)
		filter_bytes_to_floats(out, line, samples);
	else if (image->BandFmt == VIPS_FORMAT_USHORT)
		filter_words_to_floats(out, line, samples);
	else
		memcpy(out, line, samples * sizeof *out);
}

/* The colours of a pixel weigh as much as it is opaque, or what is hidden shows at the edges. */
static void premultiply(float *line, size_t samples, unsigned bands, float max)
{
	for (size_t i = 0; i < samples; i += bands) {
		const float alpha = line[i + bands - 1];

		for (unsigned b = 0; alpha != max && b + 1 < bands; b++)
			line[i + b] *= alpha / max;
	}
}

static void unpremultiply(float *line, size_t samples, unsigned bands, float max)
{
	for (size_t i = 0; i < samples; i += bands) {
		const float alpha = line[i + bands - 1];

		for (unsigned b = 0; b + 1 < bands; b++)
			line[i + b] = alpha > 0 ? line[i + b] * max / alpha : 0;
	}
}

static unsigned char *slot_of(const struct lines *lines, uint32_t y)
{
	return lines->ring + y % lines->capacity * lines->line_bytes;
}

static void keep_line(struct lines *lines, const void *pixels)
{
	unsigned char *slot = slot_of(lines, lines->end);
	float *floats = (float *)(void *)slot;

	if (!lines->floats) {
		memcpy(slot, pixels, lines->samples);
		return;
	}
	to_floats(floats, lines->image, pixels, lines->samples);
	if (lines->alpha)
		premultiply(floats, lines->samples, (unsigned)lines->image->Bands,
		            sample_max(lines->image));
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
	                  VIPS_MIN(STRIP_LINES, lines->image->Ysize - top)};
	const bool missing =
	    lines->cut_short || (lines->region && vips_region_prepare(lines->region, &strip));

	if (missing && pixels_missing(pull, top))
		return ERROR_CORRUPT;
	lines->cut_short = missing;
	for (int y = top; y < top + strip.height; y++) {
		if (missing)
			memset(slot_of(lines, lines->end), 0, lines->line_bytes);
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

static const void *line_at(const struct lines *lines, uint32_t y)
{
	if (!lines->ring)
		return pixels_line(lines->image, y);
	return slot_of(lines, y);
}

static void store(const VipsImage *out, void *line, const float *values, size_t samples)
{
	const float max = sample_max(out);

	for (size_t i = 0; i < samples; i++) {
		const float value = values[i] + 0.5F;
		const float cut = value < 0 ? 0 : value > max ? max : value;

		if (out->BandFmt == VIPS_FORMAT_UCHAR)
			((uint8_t *)line)[i] = (uint8_t)cut;
		else
			((uint16_t *)line)[i] = (uint16_t)cut;
	}
}

static void make_line(struct work *work, uint32_t y)
{
	const struct lines *lines = &work->lines;
	const struct kernel *across = &work->across;
	const size_t at = (size_t)y * across->stride;
	const unsigned bands = (unsigned)work->out->Bands;
	const size_t samples = (size_t)work->out->Xsize * bands;
	void *out = pixels_line(work->out, y);

	for (uint32_t k = 0; k < across->count[y]; k++)
		work->window[k] = line_at(lines, across->start[y] + k);
	if (!lines->floats) {
		filter_across_bytes(work->sums, (const uint8_t *const *)work->window,
		                    across->fixed + at, across->count[y], lines->samples);
		filter_along_bytes(out, work->sums, &work->along, bands);
		return;
	}
	filter_across_floats(work->sums, (const float *const *)work->window, across->real + at,
	                     across->count[y], lines->samples);
	filter_along_floats(work->result, work->sums, &work->along, bands);
	if (lines->alpha)
		unpremultiply(work->result, samples, bands, sample_max(work->out));
	if (work->out->BandFmt == VIPS_FORMAT_FLOAT)
		memcpy(out, work->result, samples * sizeof *work->result);
	else
		store(work->out, out, work->result, samples);
}

static int make_lines(struct work *work, struct pull *pull)
{
	for (uint32_t y = 0; y < work->across.out; y++) {
		const int status =
		    read_to(&work->lines, work->across.start[y] + work->across.count[y], pull);

		if (status)
			return status;
		make_line(work, y);
		if (pull->deadline && y % STRIP_LINES == 0 && clock_ns() > pull->deadline)
			return ERROR_TIMEOUT;
	}
	return 0;
}

static int open_lines(struct lines *lines, VipsImage *image, uint32_t taps)
{
	const bool settled = pixels_settled(image);

	*lines = (struct lines){.image = image,
	                        .samples = (size_t)image->Xsize * (size_t)image->Bands,
	                        .alpha = vips_image_hasalpha(image),
	                        .capacity = taps + STRIP_LINES};
	lines->floats = lines->alpha || image->BandFmt != VIPS_FORMAT_UCHAR;
	if (settled && !lines->floats)
		return 0;
	lines->line_bytes = lines->samples * (lines->floats ? sizeof(float) : 1);
	lines->ring = malloc(lines->line_bytes * lines->capacity);
	if (!lines->ring)
		return ERROR_MEMORY;
	if (!settled && (vips_image_pio_input(image) || !(lines->region = vips_region_new(image))))
		return ERROR_CORRUPT;
	return 0;
}

static int open_work(struct work *work, VipsImage *image, uint32_t width, uint32_t height)
{
	const size_t samples = (size_t)image->Xsize * (size_t)image->Bands + FILTER_PADDING;
	int status = kernel_make(&work->across, (uint32_t)image->Ysize, height);

	if (!status)
		status = kernel_make(&work->along, (uint32_t)image->Xsize, width);
	if (!status)
		status = open_lines(&work->lines, image, work->across.taps);
	if (status)
		return status;
	work->window = calloc(work->across.taps, sizeof *work->window);
	work->sums = calloc(samples, work->lines.floats ? sizeof(float) : sizeof(int16_t));
	work->result = calloc((size_t)width * (size_t)image->Bands, sizeof *work->result);
	work->out = pixels_new(image, (int)width, (int)height);
	return work->window && work->sums && work->result && work->out ? 0 : ERROR_MEMORY;
}

int resample(VipsImage **image, uint32_t width, uint32_t height, struct pull *pull)
{
	struct work work = {0};
	int status = open_work(&work, *image, width, height);

	if (!status)
		status = make_lines(&work, pull);
	VIPS_UNREF(work.lines.region);
	kernel_release(&work.across);
	kernel_release(&work.along);
	free(work.lines.ring);
	free(work.window);
	free(work.sums);
	free(work.result);
	if (status)
		VIPS_UNREF(work.out);
	else
		pixels_step(image, work.out);
	return status;
}

uint64_t resample_cost(uint32_t in_width, uint32_t in_height, uint32_t bands, uint32_t bits,
                       bool alpha, uint32_t width, uint32_t height)
{
	const uint64_t sample = (bits + 7) / 8;
	const uint64_t kept = alpha || bits != 8 ? sizeof(float) : 1;
	const uint64_t line = (uint64_t)in_width * bands;
	const uint64_t weights = (uint64_t)kernel_taps(in_width, width) * width +
	                         (uint64_t)kernel_taps(in_height, height) * height;

	return line * kept * (kernel_taps(in_height, height) + STRIP_LINES) +
	       weights * (sizeof(int16_t) + sizeof(float)) + line * sizeof(float) +
	       (uint64_t)width * height * bands * sample;
}
