/* pipeline.c - decodes, and goes through the sizes or the frames. */
#include "image/pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "image/cost.h"
#include "image/direct.h"
#include "image/library.h"
#include "image/loaded.h"
#include "image/view.h"
#include "image/webp_tail.h"
#include "image/words.h"

/* The stored picture's side that becomes the seen one's. */
uint32_t pipeline_stored_width(const struct pipeline *pipeline,
                               const struct image_geometry *geometry)
{
	return pipeline->source.info.orientation > 4 ? geometry->scaled_height
	                                             : geometry->scaled_width;
}

uint32_t pipeline_stored_height(const struct pipeline *pipeline,
                                const struct image_geometry *geometry)
{
	return pipeline->source.info.orientation > 4 ? geometry->scaled_width
	                                             : geometry->scaled_height;
}

/* Brings the picture into memory where it is small, or where what follows reads it in any order. */
int pipeline_settle(struct pipeline *pipeline, VipsImage **image, bool anyway)
{
	int status;

	if (!anyway && pixels_bytes(*image) > COST_SETTLE_MAX)
		return 0;
	status = pixels_settle(image, &pipeline->pull);
	return status ? source_fault(&pipeline->source, status, pipeline->error) : 0;
}

/* What all sizes that are wanted can be made of. */
static void largest_sides(const struct pipeline *pipeline, uint32_t *width, uint32_t *height)
{
	*width = *height = 1;
	for (unsigned i = 0; i < pipeline->options->sizes; i++) {
		const struct image_geometry *geometry = &pipeline->geometry[i];

		if (!pipeline_wants(pipeline, i))
			continue;
		*width = VIPS_MAX(*width, pipeline_stored_width(pipeline, geometry));
		*height = VIPS_MAX(*height, pipeline_stored_height(pipeline, geometry));
	}
}

/* Bytes at the peak: the source, what decoding or encoding takes, and the pictures of all sizes,
 * which smaller ones come from and which are files in the end. */
static uint64_t cost(const struct pipeline *pipeline)
{
	const struct image_info *info = &pipeline->source.info;
	const uint64_t pixel = (uint64_t)info->bands * ((info->bits + 7) / 8);
	uint64_t work = 0, pictures = 0;
	uint32_t width, height;

	largest_sides(pipeline, &width, &height);
	if (!pipeline->animated)
		work = source_cost(&pipeline->source, width, height);
	for (unsigned i = 0; i < pipeline->options->sizes; i++) {
		const struct image_geometry *g = &pipeline->geometry[i];

		if (!pipeline_wants(pipeline, i))
			continue;
		work = VIPS_MAX(work, cost_encode(pipeline->result->out_format, info,
		                                  g->canvas_width, g->canvas_height));
		if (pipeline->animated)
			work = VIPS_MAX(
			    work, cost_frames(info, &pipeline->source.scan, pipeline->options, g));
		pictures += (uint64_t)g->canvas_width * g->canvas_height * pixel;
	}
	return pipeline->source.bytes.size + work + pictures;
}

/* Asks whoever hands out the memory. */
static int admit(struct pipeline *pipeline)
{
	const struct image_options *options = pipeline->options;
	const uint64_t bytes = cost(pipeline);
	int status;

	pipeline->bytes = bytes;
	if (!options->admit)
		return 0;
	worker_make_room(pipeline->source.worker, bytes, options->keep);
	if (pipeline->source.shared)
		words_unshare();
	status = options->admit(options->admit_arg, bytes);
	if (pipeline->source.shared)
		words_share();
	if (status == -E2BIG)
		return error_set(pipeline->error, ERROR_TOO_LARGE,
		                 "resizing %ux%u pixels of this encoding takes some %llu MB: raise "
		                 "--max-memory, or choose a smaller --size",
		                 pipeline->source.info.width, pipeline->source.info.height,
		                 (unsigned long long)(bytes >> 20));
	return status;
}

/* Decodes at the size that the largest size wanted needs. */
static int decode(struct pipeline *pipeline, VipsImage **image)
{
	const uint64_t start = clock_ns();
	const VipsImage *loaded;
	uint32_t width, height;
	int status;

	largest_sides(pipeline, &width, &height);
	status = view_load(&pipeline->source, width, height, image, pipeline->error);
	if (status)
		return status;
	loaded = *image;
	status = loaded_correct(image, pipeline->source.info.format, &pipeline->source.scan);
	if (status)
		status = source_fault(&pipeline->source, status, pipeline->error);
	else if (colour_normalise(image))
		status = source_fault(&pipeline->source, ERROR_UNSUPPORTED, pipeline->error);
	if (!status)
		status = pipeline_settle(pipeline, image, false);
	pipeline->result->decode_ms += clock_ms_since(start);
	pipeline->untouched =
	    pipeline->source.view->ours && *image == loaded && pixels_settled(loaded) ? loaded
										      : NULL;
	if (status)
		VIPS_UNREF(*image);
	return status;
}

/* Makes one size of `image`, which is left as it is; one that streams can be used only once. */
static int make_size(struct pipeline *pipeline, VipsImage *image, unsigned size)
{
	int status;

	g_object_ref(image);
	status = pipeline_shape(pipeline, size, &image);
	if (!status)
		status = pipeline_encode(pipeline, image, size);
	g_object_unref(image);
	return status;
}

/* What a size is resampled from: a larger one or the decoded picture, which is decoded again where
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
	const unsigned sizes = pipeline->options->sizes;
	VipsImage *decoded = NULL, *start;
	int status = 0;

	cascade_plan(pipeline->geometry, sizes, pipeline->options->filter == IMAGE_FILTER_NEAREST,
	             &pipeline->cascade);
	for (unsigned i = 0; i < sizes && !status; i++) {
		const unsigned size = pipeline->cascade.order[i];

		if (!pipeline_wants(pipeline, size))
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
};

static int make_frame(void *ctx, VipsImage **image)
{
	const struct frame_maker *maker = ctx;
	struct pipeline *pipeline = maker->pipeline;
	const uint64_t start = clock_ns();
	int status = 0;

	if (colour_normalise(image))
		status = source_fault(&pipeline->source, ERROR_UNSUPPORTED, pipeline->error);
	if (!status)
		status = pipeline_settle(pipeline, image, false);
	pipeline->result->decode_ms += clock_ms_since(start);
	if (!status)
		status = pipeline_shape(pipeline, maker->size, image);
	return status ? status : pipeline_settle(pipeline, image, true);
}

/* The frames are made while they are encoded. */
static int make_animation(struct pipeline *pipeline, unsigned i)
{
	struct frame_maker maker = {pipeline, i};
	struct animation animation = {.make = make_frame, .ctx = &maker, .pull = &pipeline->pull};
	VipsImage *image;
	float *encode_ms = &pipeline->result->encode_ms;
	int status = animation_open(&animation, &pipeline->source, pipeline->result->out_format,
	                            &image, pipeline->error);
	const float before = pipeline->result->decode_ms + pipeline->result->resize_ms;

	pipeline->animation = &animation;
	if (!status)
		status = pipeline_encode(pipeline, image, i);
	pipeline->animation = NULL;
	*encode_ms -= pipeline->result->decode_ms + pipeline->result->resize_ms - before;
	VIPS_UNREF(image);
	animation_close(&animation);
	return status;
}

static int make_animations(struct pipeline *pipeline)
{
	int status = 0;

	for (unsigned i = 0; i < pipeline->options->sizes && !status; i++)
		if (pipeline->wanted >> i & 1)
			status = make_animation(pipeline, i);
	return status;
}

/* What the scan had to leave open, since it takes a decoder to say. */
static int judge(struct pipeline *pipeline)
{
	struct source *source = &pipeline->source;
	const uint64_t pixels = (uint64_t)source->info.width * source->info.height;
	int status;

	/* a frame that says it is larger than its canvas is the decoder's to refuse */
	if (!source->scan.tail.size || source->scan.tail.pixels > pixels)
		return 0;
	status = webp_tail_judge(source->bytes, &pipeline->pull, &source->scan);
	if (pipeline->options->alone)
		libvips_forget_words(); /* of the one with other zeros, which may be an error */
	if (!status && source->scan.missing && pipeline->options->fail_on != IMAGE_FAIL_ON_NONE)
		status = ERROR_TRUNCATED;
	return status ? source_fault(source, status, pipeline->error) : 0;
}

/* By the short way where there is one. */
int pipeline_make(struct pipeline *pipeline)
{
	bool taken;
	int status = admit(pipeline);

	if (status)
		return status;
	/* the time that was waited for memory is nobody's */
	pipeline->pull.limit = run_limit_in(pipeline->options->timeout_ms);
	status = judge(pipeline);
	if (status)
		return status;
	if (pipeline->animated)
		return make_animations(pipeline);
	status = direct_resize(&pipeline->source, &pipeline->metadata, pipeline->geometry,
	                       pipeline->wanted, pipeline->out, pipeline->result, &taken,
	                       pipeline->error);
	if (!status && !taken)
		status = pipeline_png(pipeline, &taken);
	if (status || taken)
		return status;
	status = library_open(&pipeline->source, pipeline->error);
	return status ? status : make_sizes(pipeline);
}
