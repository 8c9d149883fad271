/* image.c - the pipeline: open, plan, decode, resample, colours, canvas, encode.
 *
 * A JPEG that is to become a JPEG mostly goes another way after the plan: direct.c.
 *
 * Pictures of up to PIXELS_SETTLE_MAX bytes are brought into memory after each step, which is what
 * makes the three times true. A larger one streams through the steps: its decoding is counted in
 * resize_ms where its result is small, and all in encode_ms where that is large as well.
 */
#include <batchresize/image.h>

#include <stdlib.h>

#include "base/base.h"
#include "image/animation.h"
#include "image/canvas.h"
#include "image/cascade.h"
#include "image/codec_vips.h"
#include "image/colour.h"
#include "image/cost.h"
#include "image/direct.h"
#include "image/linear.h"
#include "image/metadata.h"
#include "image/pixels.h"
#include "image/resample.h"
#include "image/source.h"

struct pipeline {
	struct source source;
	const struct image_options *options;
	struct image_result *result;
	struct image_geometry geometry[IMAGE_SIZES_MAX];
	uint32_t wanted; /* bit i: size i is made */
	struct cascade cascade;
	/* sizes before their colours are finished, for the smaller ones that come from them */
	VipsImage *resampled[IMAGE_SIZES_MAX];
	struct metadata metadata;     /* the source's, where it is kept */
	struct colour_result colours; /* of the size being made */
	struct pull pull;
	bool animated;                     /* every frame is made */
	const struct animation *animation; /* that is being encoded, or NULL */
	struct buffer *out;
	struct error *error;
};

struct image_options image_options_default(void)
{
	return (struct image_options){
	    .size = {{.width = 800, .height = 600}},
	    .sizes = 1,
	    .fit = IMAGE_FIT_CONTAIN,
	    .quality = 80,
	    .png_effort = 6,
	    .background = {255, 255, 255},
	    .fail_on = IMAGE_FAIL_ON_TRUNCATED,
	    .max_pixels = 268000000,
	};
}

int image_probe(const void *data, size_t size, const struct image_options *options,
                struct image_info *info, struct error *error)
{
	struct source source;
	int status = source_open(&source, data, size, options, error);

	*info = source.info;
	source_close(&source);
	return status;
}

static int check_options(const struct image_options *options, struct error *error)
{
	if (options->sizes < 1 || options->sizes > IMAGE_SIZES_MAX || options->quality < 1 ||
	    options->quality > 100)
		return error_set(error, ERROR_USAGE, "%u sizes and quality %u make no sense",
		                 options->sizes, options->quality);
	if ((unsigned)options->fit > IMAGE_FIT_PAD ||
	    (unsigned)options->gravity > IMAGE_GRAVITY_ENTROPY ||
	    (unsigned)options->filter > IMAGE_FILTER_NEAREST)
		return error_set(error, ERROR_USAGE, "no fit %d, gravity %d or filter %d",
		                 (int)options->fit, (int)options->gravity, (int)options->filter);
	return 0;
}

static int choose_format(struct pipeline *pipeline)
{
	const struct image_options *options = pipeline->options;
	const enum image_format format =
	    options->format ? options->format : pipeline->source.info.format;

	pipeline->result->out_format = format;
	return image_check_write(format, pipeline->error);
}

static int plan_size(struct pipeline *pipeline, unsigned i)
{
	const struct image_options *options = pipeline->options;
	struct image_geometry *geometry = &pipeline->geometry[i];
	int status = image_geometry_plan(
	    source_seen_width(&pipeline->source), source_seen_height(&pipeline->source),
	    &options->size[i], options->fit, options->gravity, options->enlarge, geometry);

	if (status == ERROR_USAGE)
		return error_set(pipeline->error, ERROR_USAGE, "a size that asks for nothing");
	if (status ||
	    (uint64_t)geometry->canvas_width * geometry->canvas_height > options->max_pixels ||
	    (uint64_t)geometry->scaled_width * geometry->scaled_height > options->max_pixels)
		return error_set(pipeline->error, ERROR_TOO_MANY_PIXELS,
		                 "the size asked for has more than the %llu pixels allowed: raise "
		                 "--max-pixels",
		                 (unsigned long long)options->max_pixels);
	if (geometry->limited)
		pipeline->result->notes |= IMAGE_NOTE_NOT_ENLARGED;
	status =
	    codec_vips_check_size(pipeline->result->out_format, options, geometry->canvas_width,
	                          geometry->canvas_height, pipeline->error);
	if (!status)
		status = cost_check_encode(pipeline->result->out_format, &pipeline->source.info,
		                           geometry->canvas_width, geometry->canvas_height,
		                           pipeline->error);
	if (!status && pipeline->animated)
		status = animation_check(&pipeline->source, geometry, pipeline->error);
	return status;
}

static bool same_geometry(const struct image_geometry *a, const struct image_geometry *b)
{
	return a->scaled_width == b->scaled_width && a->scaled_height == b->scaled_height &&
	       a->crop_width == b->crop_width && a->crop_height == b->crop_height &&
	       a->canvas_width == b->canvas_width && a->canvas_height == b->canvas_height;
}

/* A size that the picture is too small for is left out where another one comes to the same. */
static void choose_sizes(struct pipeline *pipeline)
{
	const struct image_geometry *geometry = pipeline->geometry;
	const unsigned sizes = pipeline->options->sizes;

	for (unsigned i = 0; i < sizes; i++) {
		bool skipped = false;

		for (unsigned j = 0; j < sizes && geometry[i].limited; j++)
			skipped = skipped || ((j < i || !geometry[j].limited) &&
			                      same_geometry(&geometry[i], &geometry[j]));
		if (skipped)
			pipeline->result->notes |= IMAGE_NOTE_SIZE_SKIPPED;
		else
			pipeline->wanted |= UINT32_C(1) << i;
	}
}

/* The stored picture's side that becomes the seen one's. */
static uint32_t stored_width(const struct pipeline *pipeline, const struct image_geometry *geometry)
{
	return pipeline->source.info.orientation > 4 ? geometry->scaled_height
	                                             : geometry->scaled_width;
}

static uint32_t stored_height(const struct pipeline *pipeline,
                              const struct image_geometry *geometry)
{
	return pipeline->source.info.orientation > 4 ? geometry->scaled_width
	                                             : geometry->scaled_height;
}

/* Brings the picture into memory where it is small, or where what follows reads it in any order. */
static int settle(struct pipeline *pipeline, VipsImage **image, bool anyway)
{
	int status;

	if (!anyway && pixels_bytes(*image) > PIXELS_SETTLE_MAX)
		return 0;
	status = pixels_settle(image, &pipeline->pull);
	return status ? source_fault(&pipeline->source, status, pipeline->error) : 0;
}

static bool is_wanted(const struct pipeline *pipeline, unsigned size)
{
	return pipeline->wanted >> size & 1;
}

/* Decodes at the size that the largest size wanted needs. */
static int decode(struct pipeline *pipeline, VipsImage **image)
{
	const uint64_t start = clock_ns();
	uint32_t width = 1, height = 1;
	int status;

	for (unsigned i = 0; i < pipeline->options->sizes; i++) {
		if (!is_wanted(pipeline, i))
			continue;
		width = VIPS_MAX(width, stored_width(pipeline, &pipeline->geometry[i]));
		height = VIPS_MAX(height, stored_height(pipeline, &pipeline->geometry[i]));
	}
	status = source_load(&pipeline->source, width, height, image, pipeline->error);
	if (status)
		return status;
	if (colour_normalise(image))
		status = source_fault(&pipeline->source, ERROR_UNSUPPORTED, pipeline->error);
	if (!status)
		status = settle(pipeline, image, false);
	pipeline->result->decode_ms += clock_ms_since(start);
	if (status)
		VIPS_UNREF(*image);
	return status;
}

static bool keeps_alpha(const struct pipeline *pipeline)
{
	return pipeline->result->out_format != IMAGE_FORMAT_JPEG;
}

/* Alpha that the format can't keep; that it is lost is only worth a note if it said something. */
static int flatten(struct pipeline *pipeline, VipsImage **image, const uint8_t background[3])
{
	if (keeps_alpha(pipeline) || !vips_image_hasalpha(*image))
		return 0;
	if (!pixels_settled(*image) || !pixels_opaque(*image))
		pipeline->result->notes |= IMAGE_NOTE_ALPHA_DROPPED;
	return canvas_flatten(image, background);
}

/* The formats whose files of 16 bits are as usual as those of 8. */
static bool keeps_16_bits(const struct pipeline *pipeline)
{
	return pipeline->result->out_format == IMAGE_FORMAT_PNG ||
	       pipeline->result->out_format == IMAGE_FORMAT_TIFF ||
	       pipeline->result->out_format == IMAGE_FORMAT_JXL;
}

/* Whether the background will be seen. */
static bool is_painted(const struct pipeline *pipeline, const struct image_geometry *geometry,
                       VipsImage *image)
{
	return geometry->canvas_width != geometry->crop_width ||
	       geometry->canvas_height != geometry->crop_height ||
	       (!keeps_alpha(pipeline) && vips_image_hasalpha(image));
}

/* Inks are no light, and have no place for a background. */
static struct colour_target colour_target(const struct pipeline *pipeline, bool painted)
{
	const enum image_format format = pipeline->result->out_format;
	const bool inks = !painted && !pipeline->options->linear;

	return (struct colour_target){
	    .keep = pipeline->options->profile == IMAGE_PROFILE_KEEP,
	    .cmyk = inks && (format == IMAGE_FORMAT_JPEG || format == IMAGE_FORMAT_TIFF),
	    .lab = inks && format == IMAGE_FORMAT_TIFF,
	    .gray = !painted || colour_is_end(pipeline->options->background),
	    .deep = pipeline->source.info.bits > 8 && keeps_16_bits(pipeline),
	};
}

static int convert(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const bool painted = is_painted(pipeline, &pipeline->geometry[size], *image);
	const struct colour_target target = colour_target(pipeline, painted);

	return colour_convert(image, pipeline->source.profile.bytes, &target, &pipeline->colours,
	                      &pipeline->result->notes);
}

/* Everything between the picture in its size and colours and the one to encode. */
static int finish(struct pipeline *pipeline, const struct image_geometry *geometry,
                  VipsImage **image)
{
	const struct image_options *options = pipeline->options;
	const uint32_t orientation = pipeline->source.info.orientation;
	uint8_t background[3];
	int status = 0;

	colour_background(options->background, pipeline->colours.profile, background);
	if (orientation > 1)
		status = settle(pipeline, image, true);
	if (!status)
		status = canvas_orient(image, orientation);
	if (!status)
		status = flatten(pipeline, image, background);
	if (!status && canvas_searches(geometry, options->gravity))
		status = settle(pipeline, image, true);
	if (!status)
		status =
		    canvas_place(image, geometry, options->gravity,
		                 keeps_alpha(pipeline) && options->transparent ? NULL : background);
	return status;
}

static bool is_needed_again(const struct pipeline *pipeline, unsigned size)
{
	for (unsigned i = 0; i < pipeline->options->sizes; i++)
		if (is_wanted(pipeline, i) && pipeline->cascade.from[i] == size)
			return true;
	return false;
}

/* Remembers a size that others are made from. */
static void keep(struct pipeline *pipeline, unsigned size, VipsImage *image)
{
	if (pipeline->animated || !pixels_settled(image) || !is_needed_again(pipeline, size))
		return;
	g_object_ref(image);
	pipeline->resampled[size] = image;
}

/* In proportion to light where that is asked for. */
static int scale(struct pipeline *pipeline, VipsImage **image, uint32_t width, uint32_t height)
{
	const struct image_options *options = pipeline->options;
	struct linear was;
	int status = 0;

	if (options->linear)
		status = linear_decode(image, &was);
	if (!status)
		status = resample(image, width, height, options->filter, &pipeline->pull);
	if (!status && options->linear)
		status = linear_encode(image, &was);
	return status;
}

/* The fewer pixels are converted, the better: after scaling, unless that must know the light. */
static int scale_and_convert(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const uint32_t width = stored_width(pipeline, &pipeline->geometry[size]);
	const uint32_t height = stored_height(pipeline, &pipeline->geometry[size]);
	const bool scaled = (*image)->Xsize != (int)width || (*image)->Ysize != (int)height;
	const bool first = scaled && pipeline->options->linear && linear_wants_srgb(*image);
	int status = first ? convert(pipeline, size, image) : 0;

	if (!status && scaled)
		status = scale(pipeline, image, width, height);
	if (status || first)
		return status;
	keep(pipeline, size, *image);
	return convert(pipeline, size, image);
}

static int resize(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const uint64_t start = clock_ns();
	int status = scale_and_convert(pipeline, size, image);

	if (status)
		return source_fault(&pipeline->source, status, pipeline->error);
	status = finish(pipeline, &pipeline->geometry[size], image);
	if (!status)
		status = settle(pipeline, image, false);
	pipeline->result->resize_ms += clock_ms_since(start);
	return status;
}

static void stop_when_late(VipsImage *image, VipsProgress *progress, void *data)
{
	const struct pipeline *pipeline = data;

	(void)progress;
	if (pipeline->pull.deadline && clock_ns() > pipeline->pull.deadline)
		vips_image_set_kill(image, TRUE);
}

static int encode_fault(struct pipeline *pipeline, VipsImage *image, bool killed)
{
	char quote[160];

	if (pipeline->animation && pipeline->animation->status)
		return pipeline->animation->status; /* a frame that failed has said why */
	if (killed)
		return source_fault(&pipeline->source, ERROR_TIMEOUT, pipeline->error);
	/* a picture that streams is decoded only now */
	if (!pixels_settled(image) && !pipeline->animation)
		return source_fault(&pipeline->source, ERROR_CORRUPT, pipeline->error);
	return error_set(pipeline->error, ERROR_ENCODE, "%s of %dx%d pixels cannot be encoded%s",
	                 image_format_name(pipeline->result->out_format), image->Xsize,
	                 image->Ysize, source_quote(pipeline->options, quote, sizeof quote));
}

/* Encodes the picture with the parts, which the image library or we put in, to the end of out. */
static int encode_with(struct pipeline *pipeline, VipsImage **image,
                       const struct metadata_parts *parts)
{
	const enum image_format format = pipeline->result->out_format;
	struct codec_origin origin = source_origin(&pipeline->source);
	const size_t begin = pipeline->out->size;
	void *data;
	size_t size;
	int status;

	if (colour_pack(image, pipeline->source.info.bits) ||
	    metadata_prepare(image, format, pipeline->source.header, parts))
		return ERROR_ENCODE;
	origin.profile = parts->profile.size > 0;
	vips_image_set_progress(*image, TRUE);
	g_signal_connect(*image, "eval", G_CALLBACK(stop_when_late), pipeline);
	if (codec_vips_save(format, *image, &origin, pipeline->options, &data, &size))
		return ERROR_ENCODE;
	status = buffer_append(pipeline->out, data, size);
	g_free(data);
	return status ? status : metadata_embed(format, parts, pipeline->out, begin);
}

/* The profile goes with pixels that are kept as it says, or with what else is kept. */
static struct metadata_change metadata_change(const struct pipeline *pipeline, VipsImage *image)
{
	const struct image_options *options = pipeline->options;
	struct metadata_change change = {
	    .width = (uint32_t)image->Xsize,
	    .height = (uint32_t)vips_image_get_page_height(image),
	    .srgb = pipeline->colours.converted,
	};

	if (options->profile == IMAGE_PROFILE_KEEP || options->metadata == IMAGE_METADATA_KEEP)
		change.profile = pipeline->colours.profile;
	return change;
}

static int encode(struct pipeline *pipeline, VipsImage *image, struct image_output *output)
{
	const uint64_t start = clock_ns();
	const struct metadata_change change = metadata_change(pipeline, image);
	const bool keep = pipeline->options->metadata == IMAGE_METADATA_KEEP;
	VipsImage *prepared = image;
	struct metadata_parts parts;
	int status = metadata_parts_make(&parts, keep ? &pipeline->metadata : NULL, &change);

	g_object_ref(prepared);
	*output = (struct image_output){.offset = pipeline->out->size,
	                                .width = (uint32_t)image->Xsize,
	                                .height = (uint32_t)vips_image_get_page_height(image)};
	if (!status)
		status = encode_with(pipeline, &prepared, &parts);
	output->size = pipeline->out->size - output->offset;
	if (status == ERROR_ENCODE)
		status = encode_fault(pipeline, image, vips_image_iskilled(prepared));
	else if (status < 0)
		status = error_system(pipeline->error, -status, "no room for the output");
	g_object_unref(prepared);
	metadata_parts_release(&parts);
	if (output->size > pipeline->source.bytes.size)
		pipeline->result->notes |= IMAGE_NOTE_GREW;
	pipeline->result->encode_ms += clock_ms_since(start);
	return status;
}

/* Makes one size of `image`, which is left as it is; one that streams can be used only once. */
static int make_size(struct pipeline *pipeline, VipsImage *image, unsigned size)
{
	int status;

	g_object_ref(image);
	status = resize(pipeline, size, &image);
	if (!status)
		status = encode(pipeline, image, &pipeline->result->output[size]);
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

		if (!is_wanted(pipeline, size))
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
		status = settle(pipeline, image, false);
	pipeline->result->decode_ms += clock_ms_since(start);
	if (!status)
		status = resize(pipeline, maker->size, image);
	return status ? status : settle(pipeline, image, true);
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
		status = encode(pipeline, image, &pipeline->result->output[i]);
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

/* By the short way where there is one. */
static int make(struct pipeline *pipeline)
{
	bool taken;
	int status;

	if (pipeline->animated)
		return make_animations(pipeline);
	status = direct_resize(&pipeline->source, &pipeline->metadata, pipeline->geometry,
	                       pipeline->wanted, pipeline->out, pipeline->result, &taken,
	                       pipeline->error);

	return status || taken ? status : make_sizes(pipeline);
}

/* Everything that the header decides: the format, every size's geometry, and which sizes are to be
 * made. */
static int plan(struct pipeline *pipeline, const void *data, size_t size)
{
	int status = source_open(&pipeline->source, data, size, pipeline->options, pipeline->error);

	pipeline->result->info = pipeline->source.info;
	if (!status)
		status = choose_format(pipeline);
	pipeline->animated =
	    !status && animation_is_kept(&pipeline->source, pipeline->result->out_format);
	for (unsigned i = 0; i < pipeline->options->sizes && !status; i++)
		status = plan_size(pipeline, i);
	if (!status)
		choose_sizes(pipeline);
	return status;
}

static int run(struct pipeline *pipeline, const void *data, size_t size)
{
	int status = plan(pipeline, data, size);

	if (status)
		return status;
	if (pipeline->source.info.pages > 1 && !pipeline->animated)
		pipeline->result->notes |= IMAGE_NOTE_ANIMATION_DROPPED;
	if (pipeline->source.profile.broken)
		pipeline->result->notes |= IMAGE_NOTE_PROFILE_BROKEN;
	if (pipeline->source.info.bits > 8 && !keeps_16_bits(pipeline))
		pipeline->result->notes |= IMAGE_NOTE_DEPTH_REDUCED;
	if (pipeline->options->metadata == IMAGE_METADATA_KEEP)
		status = metadata_read(&pipeline->metadata, pipeline->source.info.format,
		                       pipeline->source.bytes, pipeline->source.header);
	if (status)
		return error_system(pipeline->error, -status, "no memory to keep the metadata");
	pipeline->result->outputs = pipeline->options->sizes;
	status = make(pipeline);
	if (!status && (!pipeline->source.scan.ended || pipeline->pull.cut_short))
		pipeline->result->notes |= IMAGE_NOTE_TRUNCATED;
	return status;
}

int image_plan(const void *data, size_t size, const struct image_options *options, uint32_t *sizes,
               struct error *error)
{
	struct image_result result = {0};
	struct pipeline pipeline = {.options = options, .result = &result, .error = error};
	int status = check_options(options, error);

	*sizes = 0;
	if (status)
		return status;
	status = plan(&pipeline, data, size);
	if (!status)
		*sizes = pipeline.wanted;
	source_close(&pipeline.source);
	vips_error_clear();
	return status;
}

int image_resize(const void *data, size_t size, const struct image_options *options,
                 struct buffer *out, struct image_result *result, struct error *error)
{
	const size_t out_size = out->size;
	struct pipeline pipeline = {.options = options,
	                            .result = result,
	                            .metadata = METADATA_NONE,
	                            .out = out,
	                            .error = error};
	int status = check_options(options, error);

	*result = (struct image_result){0};
	if (status)
		return status;
	pipeline.pull.lenient = options->fail_on == IMAGE_FAIL_ON_NONE;
	if (options->timeout_ms)
		pipeline.pull.deadline = clock_ns() + UINT64_C(1000000) * options->timeout_ms;
	status = run(&pipeline, data, size);
	if (status)
		out->size = out_size;
	metadata_release(&pipeline.metadata);
	source_close(&pipeline.source);
	vips_error_clear();
	return status;
}
