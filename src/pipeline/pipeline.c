/* pipeline.c - decodes, and goes through the sizes or the frames. */
#include "pipeline/pipeline.h"

#include <stdlib.h>

#include "base/base.h"
#include "libvips/libvips.h"
#include "picture/cost.h"
#include "picture/show.h"
#include "pipeline/library.h"
#include "pipeline/loaded.h"
#include "pipeline/view.h"
#include "pipeline/webp_tail.h"

/* Brings the picture into memory if it is small, or if what follows reads it in any order. */
int pipeline_settle(struct pipeline *pipeline, VipsImage **image, bool anyway)
{
	int status;

	if (!anyway && pixels_bytes(*image) > COST_SETTLE_MAX)
		return 0;
	status = pixels_settle(image, &pipeline->picture->pull);
	return status ? source_fault(&pipeline->picture->source, status, pipeline->picture->error)
	              : 0;
}

/* Decodes at the size that the largest size wanted needs. */
static int decode(struct pipeline *pipeline, VipsImage **image)
{
	const uint64_t start = clock_ns();
	const VipsImage *loaded;
	uint32_t width, height;
	int status;

	picture_enter(pipeline->picture, BR_IMAGE_STAGE_DECODE);
	picture_largest_sides(pipeline->picture, &width, &height);
	status =
	    view_load(&pipeline->picture->source, width, height, image, pipeline->picture->error);
	if (status)
		return status;
	loaded = *image;
	status = loaded_correct(image, pipeline->picture->source.info.format,
	                        &pipeline->picture->source.scan, pipeline->picture->source.bytes);
	if (status)
		status = source_fault(&pipeline->picture->source, status, pipeline->picture->error);
	else if (colour_normalise(image))
		status = source_fault(&pipeline->picture->source, BR_ERROR_UNSUPPORTED,
		                      pipeline->picture->error);
	if (!status)
		status = pipeline_settle(pipeline, image, false);
	pipeline->picture->result->decode_ms += clock_ms_since(start);
	pipeline->untouched =
	    pipeline->picture->source.view->ours && *image == loaded && pixels_settled(loaded)
		? loaded
		: NULL;
	if (status)
		VIPS_UNREF(*image);
	return status;
}

/* A picture like that one, of the pixels, which it takes over. */
static int use_pixels(VipsImage **image, uint8_t *pixels)
{
	VipsImage *next =
	    pixels_over(pixels, *image, (*image)->Xsize, (*image)->Ysize, (*image)->BandFmt);

	if (!next)
		return BR_ERROR_MEMORY;
	pixels_step(image, next);
	return 0;
}

/* To whoever wants to see it, all of it in memory. */
static int show_image(struct pipeline *pipeline, struct shown *shown, VipsImage **image)
{
	struct picture *picture = pipeline->picture;
	int status;

	if (!picture->options->show)
		return 0;
	status = pipeline_settle(pipeline, image, true);
	if (status)
		return status;
	shown->raster = pixels_raster(*image);
	status = show_raster(picture, shown);
	if (!status && shown->changed && use_pixels(image, shown->own))
		return source_fault(&picture->source, BR_ERROR_MEMORY, picture->error);
	if (status)
		free(shown->own);
	return status;
}

/* Makes one size of `image`, which is left as it is; one that streams can be used only once. */
static int make_size(struct pipeline *pipeline, VipsImage *image, unsigned size)
{
	struct shown shown = {.size = size};
	int status;

	g_object_ref(image);
	status = pipeline_shape(pipeline, size, &image);
	if (!status)
		status = show_image(pipeline, &shown, &image);
	if (!status)
		status = pipeline_encode(pipeline, image, size);
	g_object_unref(image);
	return status;
}

/* What a size is resampled from: a larger one or the decoded picture, which is decoded again if
 * it was too large to be kept. */
static int start_of(struct pipeline *pipeline, unsigned size, VipsImage **decoded,
                    VipsImage **start)
{
	const uint32_t from = pipeline->cascade.from[size];
	int status = 0;

	if (from != CASCADE_SOURCE && pipeline->resampled[from]) {
		*start = pipeline->resampled[from];
		return 0;
	}
	if (*decoded && !pixels_settled(*decoded))
		VIPS_UNREF(*decoded);
	if (!*decoded)
		status = decode(pipeline, decoded);
	*start = *decoded;
	return status;
}

static int make_sizes(struct pipeline *pipeline)
{
	const unsigned sizes = pipeline->picture->options->sizes;
	VipsImage *decoded = NULL, *start;
	int status = 0;

	cascade_plan(pipeline->picture->geometry, sizes,
	             pipeline->picture->options->filter == BR_IMAGE_FILTER_NEAREST,
	             &pipeline->cascade);
	for (unsigned i = 0; i < sizes && !status; i++) {
		const unsigned size = pipeline->cascade.order[i];

		if (!picture_wants(pipeline->picture, size))
			continue;
		status = start_of(pipeline, size, &decoded, &start);
		if (!status)
			status = make_size(pipeline, start, size);
	}
	for (unsigned i = 0; i < sizes; i++)
		VIPS_UNREF(pipeline->resampled[i]);
	VIPS_UNREF(decoded);
	return status;
}

/* What a frame is made by: the pipeline, for one size. */
struct frame_maker {
	struct pipeline *pipeline;
	unsigned size;
	uint32_t frames; /* so far */
};

static int make_frame(void *ctx, VipsImage **image)
{
	struct frame_maker *maker = ctx;
	struct pipeline *pipeline = maker->pipeline;
	struct shown shown = {.size = maker->size,
	                      .frame = maker->frames++,
	                      .frames = pipeline->picture->source.info.pages};
	const uint64_t start = clock_ns();
	int status = 0;

	picture_enter(pipeline->picture, BR_IMAGE_STAGE_DECODE);
	if (colour_normalise(image))
		status = source_fault(&pipeline->picture->source, BR_ERROR_UNSUPPORTED,
		                      pipeline->picture->error);
	if (!status)
		status = pipeline_settle(pipeline, image, false);
	pipeline->picture->result->decode_ms += clock_ms_since(start);
	if (!status)
		status = pipeline_shape(pipeline, maker->size, image);
	if (!status)
		status = pipeline_settle(pipeline, image, true);
	if (!status)
		status = show_image(pipeline, &shown, image);
	picture_enter(pipeline->picture, BR_IMAGE_STAGE_ENCODE);
	return status;
}

/* The frames are made while they are encoded. */
static int make_animation(struct pipeline *pipeline, unsigned i)
{
	struct frame_maker maker = {.pipeline = pipeline, .size = i};
	struct animation animation = {
	    .make = make_frame, .ctx = &maker, .pull = &pipeline->picture->pull};
	VipsImage *image;
	float *encode_ms = &pipeline->picture->result->encode_ms;
	int status =
	    animation_open(&animation, &pipeline->picture->source,
	                   pipeline->picture->result->out_format, &image, pipeline->picture->error);
	const float before =
	    pipeline->picture->result->decode_ms + pipeline->picture->result->resize_ms;

	pipeline->animation = &animation;
	if (!status)
		status = pipeline_encode(pipeline, image, i);
	pipeline->animation = NULL;
	*encode_ms -=
	    pipeline->picture->result->decode_ms + pipeline->picture->result->resize_ms - before;
	VIPS_UNREF(image);
	animation_close(&animation);
	return status;
}

static int make_animations(struct pipeline *pipeline)
{
	int status = 0;

	for (unsigned i = 0; i < pipeline->picture->options->sizes && !status; i++)
		if (pipeline->picture->wanted >> i & 1)
			status = make_animation(pipeline, i);
	return status;
}

/* What the scan had to leave open, since it takes a decoder to say. */
static int judge(struct picture *picture)
{
	struct source *source = &picture->source;
	const uint64_t pixels = (uint64_t)source->info.width * source->info.height;
	int status;

	/* a frame that says it is larger than its canvas is the decoder's to refuse */
	if (!source->scan.tail.size || source->scan.tail.pixels > pixels)
		return 0;
	status = webp_tail_judge(source->bytes, &picture->pull, &source->scan);
	if (picture->options->alone)
		libvips_forget_words(); /* of the one with other zeros, which may be an error */
	if (!status && source->scan.missing && picture->options->fail_on != BR_IMAGE_FAIL_ON_NONE)
		status = BR_ERROR_TRUNCATED;
	return status ? source_fault(source, status, picture->error) : 0;
}

int library_make(struct picture *picture)
{
	struct pipeline pipeline = {.picture = picture, .rgb_profile = BR_BUFFER_HEAP};
	const unsigned shortages = libvips_shortages();
	int status = judge(picture);

	if (!status)
		status = library_open(&picture->source, picture->error);
	if (!status)
		status = picture->animated ? make_animations(&pipeline) : make_sizes(&pipeline);
	if (!status && libvips_shortages() != shortages)
		status = source_fault(&picture->source, BR_ERROR_MEMORY, picture->error);
	br_buffer_release(&pipeline.rgb_profile);
	return status;
}
