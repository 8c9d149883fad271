/* codec_jpeg_plan.c - before anything is decoded: the scale, every plane's registration, the
 * memory. */
#include <stdlib.h>

#include "jpeg/codec_jpeg_parts.h"
#include "probe/jpeg_segments.h"

/* Planes and their rows begin at cache lines. */
#define ALIGNMENT 64

/* The sides of a picture or a component, and those it is to get. */
struct sides {
	uint32_t width, height, target_width, target_height;
};

/* The scale that suits one target. */
static unsigned eighths_for(const struct jpeg_codec *codec, const struct sides *sides)
{
	const unsigned reserve = codec->job->reserve;

	if (codec->in.progressive_mode && reserve > JPEG_RESERVE_MEANS &&
	    jpeg_eighths(sides->width, sides->height, sides->target_width, sides->target_height,
	                 JPEG_RESERVE_MEANS) == 1)
		return 1;
	return jpeg_eighths(sides->width, sides->height, sides->target_width, sides->target_height,
	                    reserve);
}

/* The sides of a component as they would be if it had as many samples for a pixel as the target's;
 * those of the target, as the picture is stored. */
static struct sides sides_of(const struct jpeg_codec *codec, const struct jpeg_target *target,
                             const jpeg_component_info *component, bool chroma)
{
	const struct jpeg_decompress_struct *in = &codec->in;
	const struct br_image_geometry *geometry = &target->geometry;
	const uint32_t step = chroma ? codec_jpeg_step(target) : 1;
	const bool swap = codec->turn.swap;

	return (struct sides){
	    .width = in->image_width * (uint32_t)component->h_samp_factor * step /
	             (uint32_t)in->max_h_samp_factor,
	    .height = in->image_height * (uint32_t)component->v_samp_factor * step /
	              (uint32_t)in->max_v_samp_factor,
	    .target_width = swap ? geometry->scaled_height : geometry->scaled_width,
	    .target_height = swap ? geometry->scaled_width : geometry->scaled_height,
	};
}

/* The scale that suits a component of the largest target. */
static unsigned choose_eighths(const struct jpeg_codec *codec, const jpeg_component_info *component,
                               bool chroma)
{
	unsigned eighths = 1;

	/* scaled transforms blend pixels */
	if (codec->job->filter == BR_IMAGE_FILTER_NEAREST)
		return 8;
	for (unsigned i = 0; i < codec->job->targets; i++) {
		const struct sides sides =
		    sides_of(codec, &codec->job->target[i], component, chroma);
		const unsigned wanted = eighths_for(codec, &sides);

		if (wanted > eighths)
			eighths = wanted;
	}
	return eighths;
}

/* Libjpeg knows one scale for the picture, which is luma's; it makes chroma as large as luma if
 * it can, so that it need not be enlarged. */
static void plan_decoding(struct jpeg_codec *codec)
{
	const jpeg_component_info whole = {.h_samp_factor = codec->in.max_h_samp_factor,
	                                   .v_samp_factor = codec->in.max_v_samp_factor};
	struct jpeg_decompress_struct *in = &codec->in;

	in->scale_num = choose_eighths(codec, &whole, false);
	in->scale_denom = 8;
	in->raw_data_out = TRUE;
	in->out_color_space = in->jpeg_color_space;
	in->dct_method = JDCT_ISLOW;
	in->do_block_smoothing = TRUE;
	in->mem->max_memory_to_use = (long)codec->limits.max_memory;
	jpeg_calc_output_dimensions(in);
	for (unsigned c = 0; c < codec->components; c++)
		codec->size[c] = (uint8_t)in->comp_info[c].DCT_scaled_size;
}

static void plan_reading(struct jpeg_codec *codec)
{
	/* the second bound is for gcc 14, which does not see that no codec has more */
	for (unsigned c = 0; c < codec->components && c < JPEG_COMPONENTS; c++)
		codec->size[c] = (uint8_t)choose_eighths(codec, &codec->in.comp_info[c], c > 0);
}

/* A component's planes cover the picture exactly at extent_x x extent_y samples; samples into which
 * a margin of the file's own was mixed are left out, as long as one remains. */
static void plan_source(struct jpeg_codec *codec, unsigned index)
{
	const struct jpeg_decompress_struct *in = &codec->in;
	const jpeg_component_info *component = &in->comp_info[index];
	struct source_plane *plane = &codec->plane[index];
	const uint32_t block = codec->size[index];
	double size = block / 8.0;
	double whole_x = (double)in->image_width * component->h_samp_factor / in->max_h_samp_factor;
	double whole_y =
	    (double)in->image_height * component->v_samp_factor / in->max_v_samp_factor;
	uint32_t width = (uint32_t)whole_x + (whole_x > (uint32_t)whole_x);
	uint32_t height = (uint32_t)whole_y + (whole_y > (uint32_t)whole_y);

	*plane = (struct source_plane){
	    .band = (uint32_t)component->v_samp_factor * block,
	    .width = (uint32_t)(width * size),
	    .height = (uint32_t)(height * size),
	    .extent_x = whole_x * size,
	    .extent_y = whole_y * size,
	};
	if (!plane->width)
		plane->width = 1;
	if (!plane->height)
		plane->height = 1;
	plane->rows.stride =
	    ((size_t)component->width_in_blocks * block + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	plane->rows.ring = plane->band;
}

uint32_t codec_jpeg_step(const struct jpeg_target *target)
{
	switch (target->subsampling) {
	case BR_IMAGE_SUBSAMPLING_AUTO:
		return target->quality < 90 ? 2 : 1;
	case BR_IMAGE_SUBSAMPLING_420:
		return 2;
	case BR_IMAGE_SUBSAMPLING_444:
		break;
	}
	return 1;
}

/* Pixels of one MCU are a matter of the whole picture, samples of one of the component. */
static void plan_spans(const struct jpeg_codec *codec, const struct jpeg_target *target,
                       unsigned index, struct target_plane *plane)
{
	const struct br_image_geometry *g = &target->geometry;
	const uint32_t step = codec_jpeg_step(target), mcu = codec->components == 1 ? 8 : 8 * step;
	struct jpeg_side x = {.scaled = g->scaled_width,
	                      .crop = g->crop_x,
	                      .kept = g->crop_width,
	                      .pad = g->pad_x,
	                      .canvas = g->canvas_width,
	                      .flip = codec->turn.flip_x};
	struct jpeg_side y = {.scaled = g->scaled_height,
	                      .crop = g->crop_y,
	                      .kept = g->crop_height,
	                      .pad = g->pad_y,
	                      .canvas = g->canvas_height,
	                      .flip = codec->turn.flip_y};

	plane->x = jpeg_span_of(&x, index ? step : 1, mcu);
	plane->y = jpeg_span_of(&y, index ? step : 1, mcu);
}

static struct kernel_axis axis_of(const struct jpeg_span *span, double extent, uint32_t samples)
{
	return (struct kernel_axis){.origin = span->origin * extent,
	                            .extent = span->extent * extent,
	                            .samples = samples,
	                            .size = span->count};
}

/* The same with another target's samples for a source. */
static struct kernel_axis axis_from(const struct jpeg_span *span, const struct jpeg_span *from)
{
	return (struct kernel_axis){.origin =
	                                (span->origin - from->origin) / from->extent * from->count,
	                            .extent = span->extent / from->extent * from->count,
	                            .samples = from->count,
	                            .size = span->count};
}

static const struct jpeg_span *span_across(const struct jpeg_codec *codec,
                                           const struct target_plane *plane)
{
	return codec->turn.swap ? &plane->y : &plane->x;
}

static const struct jpeg_span *span_down(const struct jpeg_codec *codec,
                                         const struct target_plane *plane)
{
	return codec->turn.swap ? &plane->x : &plane->y;
}

static int begin_pass(struct jpeg_codec *codec, unsigned target, unsigned index,
                      struct br_error *error)
{
	const uint32_t from = codec->cascade.from[target];
	const struct source_plane *source = &codec->plane[index];
	struct target_plane *plane = &codec->target[target][index];
	const struct jpeg_span *across = span_across(codec, plane), *down = span_down(codec, plane);
	struct resampler_spec spec = {
	    .filter = codec->job->filter, .samples = RESAMPLER_BYTES, .components = 1};

	if (from == CASCADE_SOURCE) {
		spec.x = axis_of(across, source->extent_x, source->width);
		spec.y = axis_of(down, source->extent_y, source->height);
	} else {
		spec.x = axis_from(across, span_across(codec, &codec->target[from][index]));
		spec.y = axis_from(down, span_down(codec, &codec->target[from][index]));
	}
	return resampler_begin(codec->resampler, &spec, &plane->pass, error);
}

/* Whole bands, so that none wraps. */
static void widen_ring(struct source_plane *source, const struct resampler_pass *pass)
{
	const uint32_t ring =
	    (resampler_height(pass) + source->band - 1) / source->band * source->band +
	    source->band;

	if (ring > source->rows.ring)
		source->rows.ring = ring;
}

static int plan_target(struct jpeg_codec *codec, unsigned target, unsigned index,
                       struct br_error *error)
{
	struct target_plane *plane = &codec->target[target][index];
	int status;

	plan_spans(codec, &codec->job->target[target], index, plane);
	status = begin_pass(codec, target, index, error);
	if (status)
		return status;
	if (codec->cascade.from[target] == CASCADE_SOURCE)
		widen_ring(&codec->plane[index], &plane->pass);
	plane->stored.width = span_across(codec, plane)->count;
	plane->stored.stride = plane->stored.width;
	plane->stored.height = span_down(codec, plane)->count;
	plane->canvas.width = plane->x.padded;
	plane->canvas.stride = plane->x.padded;
	plane->canvas.height = plane->y.padded;
	return 0;
}

/* Targets in the cascade's order, so that what one is made from is planned before it. */
static int plan_targets(struct jpeg_codec *codec, struct br_error *error)
{
	struct br_image_geometry geometry[BR_IMAGE_SIZES_MAX];
	int status = 0;

	for (unsigned t = 0; t < codec->job->targets; t++)
		geometry[t] = codec->job->target[t].geometry;
	cascade_plan(geometry, codec->job->targets, codec->job->filter == BR_IMAGE_FILTER_NEAREST,
	             &codec->cascade);
	for (unsigned c = 0; c < codec->components; c++) {
		plan_source(codec, c);
		for (unsigned t = 0; t < codec->job->targets && !status; t++)
			status = plan_target(codec, codec->cascade.order[t], c, error);
	}
	return status;
}

/* Hands out `bytes` of the codec's memory; the first round only counts. */
static unsigned char *take(unsigned char *memory, size_t *used, size_t bytes)
{
	unsigned char *taken = memory ? memory + *used : NULL;

	*used += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	return taken;
}

static size_t lay_out(struct jpeg_codec *codec, unsigned char *memory)
{
	size_t used = 0;

	for (unsigned c = 0; c < codec->components; c++) {
		struct source_plane *source = &codec->plane[c];

		source->data = take(memory, &used, source->rows.stride * source->rows.ring);
		source->rows.base = source->data;
		for (unsigned t = 0; t < codec->job->targets; t++) {
			struct target_plane *plane = &codec->target[t][c];
			struct plane *canvas = &plane->canvas, *stored = &plane->stored;

			canvas->data = take(memory, &used, canvas->stride * canvas->height);
			if (codec_jpeg_turned(codec->turn)) {
				stored->data = take(memory, &used, stored->stride * stored->height);
				continue;
			}
			stored->stride = canvas->stride;
			stored->data =
			    memory ? canvas->data + plane->y.at * canvas->stride + plane->x.at
				   : NULL;
		}
	}
	return used;
}

/* Bytes that encoding a target takes. Coefficients, where libjpeg keeps them, or symbols. */
static uint64_t encoding_bytes(const struct jpeg_codec *codec, unsigned t)
{
	const struct jpeg_target *target = &codec->job->target[t];
	uint64_t samples = 0;

	if (codec->job->encode)
		return (uint64_t)target->geometry.canvas_width * target->geometry.canvas_height *
		       codec->job->encode_bytes;
	for (unsigned c = 0; c < codec->components; c++)
		samples +=
		    (uint64_t)codec->target[t][c].canvas.stride * codec->target[t][c].canvas.height;
	if (codec_jpeg_writes(target))
		return samples * JPEG_WRITER_SAMPLE_BYTES;
	return codec_jpeg_optimizes(target) ? samples * sizeof(JCOEF) : 0;
}

/* Of the target that takes most: one is encoded after another. */
static uint64_t most_encoding_bytes(const struct jpeg_codec *codec)
{
	uint64_t most = 0;

	for (unsigned t = 0; t < codec->job->targets; t++) {
		const uint64_t bytes = encoding_bytes(codec, t);

		most = bytes > most ? bytes : most;
	}
	return most;
}

static int plan_memory(struct jpeg_codec *codec, struct br_error *error)
{
	size_t wanted = lay_out(codec, NULL);
	uint64_t limit = codec->limits.max_memory;

	if (limit && wanted + most_encoding_bytes(codec) > limit)
		return br_error_set(
		    error, BR_ERROR_TOO_LARGE,
		    "resizing needs %llu MB, more than --max-memory leaves",
		    (unsigned long long)((wanted + most_encoding_bytes(codec)) >> 20));
	if (wanted > codec->capacity) {
		unsigned char *memory = aligned_alloc(ALIGNMENT, wanted);

		if (!memory)
			return br_error_set(error, BR_ERROR_MEMORY,
			                    "no memory for %zu MB of planes", wanted >> 20);
		free(codec->memory);
		codec->memory = memory;
		codec->capacity = wanted;
	}
	lay_out(codec, codec->memory);
	return 0;
}

/* Bytes of coefficients that libjpeg keeps of a picture in several scans. */
static uint64_t coefficient_bytes(const struct jpeg_decompress_struct *in)
{
	struct jpeg_sampling sampling[MAX_COMPONENTS];

	for (int i = 0; i < in->num_components; i++) {
		sampling[i].h = (uint8_t)in->comp_info[i].h_samp_factor;
		sampling[i].v = (uint8_t)in->comp_info[i].v_samp_factor;
	}
	return jpeg_blocks(in->image_width, in->image_height, sampling,
	                   (unsigned)in->num_components) *
	       sizeof(JBLOCK);
}

int codec_jpeg_check_memory(struct jpeg_codec *codec, struct br_error *error)
{
	const uint64_t limit = codec->limits.max_memory;

	if (!limit || !jpeg_has_multiple_scans(&codec->in) ||
	    coefficient_bytes(&codec->in) <= limit)
		return 0;
	return br_error_set(error, BR_ERROR_TOO_LARGE,
	                    "a progressive JPEG that needs %llu MB to decode, more than "
	                    "--max-memory leaves",
	                    (unsigned long long)(coefficient_bytes(&codec->in) >> 20));
}

int codec_jpeg_plan(struct jpeg_codec *codec, bool reader, struct br_error *error)
{
	int status =
	    codec_jpeg_guarded(codec, &codec->in_errors, reader ? plan_reading : plan_decoding);

	if (status)
		return codec_jpeg_decode_failed(codec, status, error);
	status = codec_jpeg_check_memory(codec, error);
	if (status)
		return status;
	resampler_recycle(codec->resampler);
	status = plan_targets(codec, error);
	return status ? status : plan_memory(codec, error);
}
