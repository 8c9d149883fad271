/* pipeline_shape.c - the size, the colours, the place: all between decoding and encoding. */
#include "pipeline/pipeline.h"

#include <stdlib.h>

#include "base/base.h"
#include "libvips/canvas.h"
#include "colour/cms.h"
#include "picture/cost.h"
#include "geometry/geometry.h"
#include "colour/icc.h"
#include "libvips/linear.h"
#include "libvips/resample.h"
#include "libvips/tone.h"
#include "pipeline/view.h"

static bool keeps_alpha(const struct pipeline *pipeline)
{
	return pipeline->picture->result->out_format != BR_IMAGE_FORMAT_JPEG;
}

/* Alpha that the format can't keep; that it is lost is only worth a note if it said something. */
static int flatten(struct pipeline *pipeline, VipsImage **image, const uint8_t background[3])
{
	if (keeps_alpha(pipeline) || !vips_image_hasalpha(*image))
		return 0;
	if (!pipeline->opaque)
		pipeline->picture->result->notes |= BR_IMAGE_NOTE_ALPHA_DROPPED;
	return canvas_flatten(image, background);
}

/* Whether the background will be seen. */
static bool is_painted(const struct pipeline *pipeline, const struct br_image_geometry *geometry,
                       VipsImage *image)
{
	return geometry->canvas_width != geometry->crop_width ||
	       geometry->canvas_height != geometry->crop_height ||
	       (!keeps_alpha(pipeline) && vips_image_hasalpha(image));
}

/* Inks are no light, and have no place for a background; and whoever looks at pictures knows RGB.
 */
static struct colour_target colour_target(struct pipeline *pipeline, bool painted)
{
	const enum br_image_format format = pipeline->picture->result->out_format;
	const struct br_image_options *options = pipeline->picture->options;
	const bool plain = !painted && !options->linear, inks = plain && !options->show;
	const bool has_gray = format != BR_IMAGE_FORMAT_WEBP && format != BR_IMAGE_FORMAT_AVIF &&
	                      format != BR_IMAGE_FORMAT_HEIC;

	return (struct colour_target){
	    .keep = source_keeps_profile(&pipeline->picture->source, format),
	    .cmyk = inks && (format == BR_IMAGE_FORMAT_JPEG || format == BR_IMAGE_FORMAT_TIFF),
	    .lab = inks && format == BR_IMAGE_FORMAT_TIFF,
	    .hdr = plain,
	    .codes = format == BR_IMAGE_FORMAT_PNG || format == BR_IMAGE_FORMAT_AVIF ||
	             format == BR_IMAGE_FORMAT_HEIC,
	    .gray = !painted || icc_is_end(options->background),
	    .deep =
		pipeline->picture->source.info.bits > 8 && picture_keeps_16_bits(pipeline->picture),
	    .rgb_profile = has_gray ? NULL : &pipeline->rgb_profile,
	};
}

/* How bright HDR is has to be looked at, if it can be. */
static int find_peak(struct pipeline *pipeline, VipsImage **image)
{
	int status = 0;

	if (pipeline->peak > 0)
		return 0;
	if (pixels_bytes(*image) <= COST_SETTLE_MAX)
		status = pixels_settle(image, &pipeline->picture->pull);
	if (status)
		return status;
	pipeline->peak = pixels_settled(*image)
	                     ? tone_peak(*image, &pipeline->picture->source.profile.hdr)
	                     : TONE_PEAK_MAX;
	return 0;
}

static int convert(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const bool painted = is_painted(pipeline, &pipeline->picture->geometry[size], *image);
	const struct colour_target target = colour_target(pipeline, painted);
	struct colour_source source = {.profile = pipeline->picture->source.profile.bytes,
	                               .hdr = pipeline->picture->source.profile.hdr};
	int status = colour_wants_peak(&source, &target) ? find_peak(pipeline, image) : 0;

	source.peak = pipeline->peak;
	return status ? status
	              : colour_convert(image, &source, &target, &pipeline->colours,
	                               &pipeline->picture->result->notes);
}

/* Moves the crop to where the picture is worth most. All frames of an animation are cropped as the
 * first: it would tremble otherwise. */
static int search(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const enum br_image_gravity gravity = pipeline->picture->options->gravity;
	struct br_image_geometry *geometry = &pipeline->picture->geometry[size];
	int status;

	if (!geometry_searches(geometry, gravity) || (pipeline->searched >> size & 1))
		return 0;
	status = pipeline_settle(pipeline, image, true);
	if (!status)
		status = canvas_search(*image, geometry, gravity);
	pipeline->searched |= UINT32_C(1) << size;
	return status;
}

/* Everything between the picture in its size and colours and the one to encode. */
static int finish(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const struct br_image_options *options = pipeline->picture->options;
	const uint32_t orientation = pipeline->picture->source.info.orientation;
	uint8_t background[3];
	int status = 0;

	cms_background(options->background, pipeline->colours.profile, background);
	if (orientation > 1)
		status = pipeline_settle(pipeline, image, true);
	if (!status)
		status = canvas_orient(image, orientation);
	if (!status)
		status = flatten(pipeline, image, background);
	if (!status)
		status = search(pipeline, size, image);
	if (!status)
		status =
		    canvas_place(image, &pipeline->picture->geometry[size],
		                 keeps_alpha(pipeline) && options->transparent ? NULL : background);
	return status;
}

static bool is_needed_again(const struct pipeline *pipeline, unsigned size)
{
	for (unsigned i = 0; i < pipeline->picture->options->sizes; i++)
		if (picture_wants(pipeline->picture, i) && pipeline->cascade.from[i] == size)
			return true;
	return false;
}

/* Remembers a size that others are made from. */
static void keep(struct pipeline *pipeline, unsigned size, VipsImage *image)
{
	if (pipeline->picture->animated || !pixels_settled(image) ||
	    !is_needed_again(pipeline, size))
		return;
	g_object_ref(image);
	pipeline->resampled[size] = image;
}

static bool is_decoded(const struct pipeline *pipeline, const VipsImage *image)
{
	for (unsigned i = 0; i < pipeline->picture->options->sizes; i++)
		if (image == pipeline->resampled[i])
			return false;
	return true;
}

/* In proportion to light if that is asked for. */
static int scale(struct pipeline *pipeline, VipsImage **image, uint32_t width, uint32_t height)
{
	const struct br_image_options *options = pipeline->picture->options;
	const bool decoded = is_decoded(pipeline, *image);
	const double across = decoded ? view_end_across(&pipeline->picture->source, *image)
	                              : (*image)->Xsize,
		     down = decoded ? view_end_down(&pipeline->picture->source, *image)
	                            : (*image)->Ysize;
	struct linear was;
	int status = 0;

	if (options->linear)
		status = linear_decode(image, &was);
	if (!status)
		status = resample_image(image, across, down, width, height, options->filter,
		                        &pipeline->picture->pull);
	if (!status && options->linear)
		status = linear_encode(image, &was);
	return status;
}

/* Looked at while the pixels lie in memory, which they may not once they are converted or turned.
 * Those of a picture too large for that are taken for ones that show the background. */
static void look_at_alpha(struct pipeline *pipeline, VipsImage *image)
{
	pipeline->opaque = !keeps_alpha(pipeline) && vips_image_hasalpha(image) &&
	                   pixels_settled(image) && pixels_opaque(image);
}

/* The fewer pixels are converted, the better: after scaling, unless that must know the light. */
static int scale_and_convert(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const uint32_t width =
	    picture_stored_width(pipeline->picture, &pipeline->picture->geometry[size]);
	const uint32_t height =
	    picture_stored_height(pipeline->picture, &pipeline->picture->geometry[size]);
	const bool scaled = (*image)->Xsize != (int)width || (*image)->Ysize != (int)height;
	const bool first =
	    scaled && pipeline->picture->options->linear &&
	    (linear_wants_srgb(*image) || pipeline->picture->source.profile.hdr.told);
	int status = first ? convert(pipeline, size, image) : 0;

	if (!status && scaled)
		status = scale(pipeline, image, width, height);
	if (!status)
		look_at_alpha(pipeline, *image);
	if (status || first)
		return status;
	keep(pipeline, size, *image);
	return convert(pipeline, size, image);
}

int pipeline_shape(struct pipeline *pipeline, unsigned size, VipsImage **image)
{
	const uint64_t start = clock_ns();
	int status;

	if (pixels_settled(*image))
		picture_enter(pipeline->picture, BR_IMAGE_STAGE_RESIZE);
	status = scale_and_convert(pipeline, size, image);
	if (status)
		return source_fault(&pipeline->picture->source, status, pipeline->picture->error);
	status = finish(pipeline, size, image);
	if (!status)
		status = pipeline_settle(pipeline, image, false);
	pipeline->picture->result->resize_ms += clock_ms_since(start);
	return status;
}
