/* pipeline_encode.c - from a finished picture to a file. */
#include "pipeline/pipeline.h"

#include "base/base.h"
#include "libvips/codec_vips.h"
#include "libvips/fields.h"
#include "pipeline/view.h"

static void stop_when_late(VipsImage *image, VipsProgress *progress, void *data)
{
	struct pipeline *pipeline = data;

	(void)progress;
	if (run_limit_over(&pipeline->picture->pull.limit))
		vips_image_set_kill(image, TRUE);
}

static int encode_fault(struct pipeline *pipeline, VipsImage *image, bool killed)
{
	char quote[160];

	if (pipeline->animation && pipeline->animation->status)
		return pipeline->animation->status; /* a frame that failed has said why */
	if (killed)
		return source_fault(&pipeline->picture->source, BR_ERROR_TIMEOUT,
		                    pipeline->picture->error);
	/* a picture that streams is decoded only now */
	if (!pixels_settled(image) && !pipeline->animation)
		return source_fault(&pipeline->picture->source, BR_ERROR_CORRUPT,
		                    pipeline->picture->error);
	return br_error_set(
	    pipeline->picture->error, BR_ERROR_ENCODE, "%s of %dx%d pixels cannot be encoded%s",
	    br_image_format_name(pipeline->picture->result->out_format), image->Xsize, image->Ysize,
	    source_quote(&pipeline->picture->source, quote, sizeof quote));
}

/* Encodes the picture with the parts, which the image library or we put in, to the end of out. */
static int encode_with(struct pipeline *pipeline, VipsImage **image,
                       const struct metadata_parts *parts, bool untouched)
{
	const enum br_image_format format = pipeline->picture->result->out_format;
	struct codec_origin origin = source_origin(&pipeline->picture->source);
	const size_t begin = pipeline->picture->out->size;
	void *data;
	size_t size;
	int status;

	if (colour_pack(image, pipeline->picture->source.info.bits) ||
	    fields_write(image, format, pipeline->picture->source.view->header, parts))
		return BR_ERROR_ENCODE;
	origin.profile = parts->profile.size > 0;
	if (untouched)
		origin.same = source_file(&pipeline->picture->source);
	vips_image_set_progress(*image, TRUE);
	g_signal_connect(*image, "eval", G_CALLBACK(stop_when_late), pipeline);
	if (codec_vips_save(format, *image, &origin, pipeline->picture->options, &data, &size))
		return BR_ERROR_ENCODE;
	status = br_buffer_append(pipeline->picture->out, data, size);
	g_free(data);
	if (!status && pipeline->animation)
		status =
		    animation_set_times(pipeline->animation, format, pipeline->picture->out, begin);
	return status ? status : metadata_embed(format, parts, pipeline->picture->out, begin);
}

/* The profile goes with pixels that are kept as it says, or with what else is kept. */
static struct metadata_change metadata_change(const struct pipeline *pipeline, VipsImage *image,
                                              unsigned size)
{
	const struct br_image_options *options = pipeline->picture->options;
	struct metadata_change change = {
	    .placement =
		source_placement(&pipeline->picture->source, &pipeline->picture->geometry[size]),
	    .from = pipeline->picture->source.info.format,
	    .format = pipeline->picture->result->out_format,
	    .srgb = pipeline->colours.converted,
	    .gray = image->Bands < 3,
	    .codes = pipeline->colours.codes,
	};

	if (options->profile == BR_IMAGE_PROFILE_KEEP ||
	    options->metadata == BR_IMAGE_METADATA_KEEP)
		change.profile = pipeline->colours.profile;
	return change;
}

int pipeline_encode(struct pipeline *pipeline, VipsImage *image, unsigned size)
{
	struct br_image_output *output = &pipeline->picture->result->output[size];
	const uint64_t start = clock_ns();
	const struct metadata_change change = metadata_change(pipeline, image, size);
	const bool keep = pipeline->picture->options->metadata == BR_IMAGE_METADATA_KEEP;
	VipsImage *prepared = image;
	struct metadata_parts parts;
	int status;

	if (pixels_settled(image) || pipeline->animation)
		picture_enter(pipeline->picture, BR_IMAGE_STAGE_ENCODE);
	status = metadata_parts_make(&parts, keep ? &pipeline->picture->metadata : NULL, &change);
	g_object_ref(prepared);
	*output = (struct br_image_output){.offset = pipeline->picture->out->size,
	                                   .width = (uint32_t)image->Xsize,
	                                   .height = (uint32_t)vips_image_get_page_height(image)};
	if (!status)
		status = encode_with(pipeline, &prepared, &parts, image == pipeline->untouched);
	output->size = pipeline->picture->out->size - output->offset;
	if (status == BR_ERROR_ENCODE)
		status = encode_fault(pipeline, image, vips_image_iskilled(prepared));
	else if (status < 0)
		status =
		    br_error_system(pipeline->picture->error, -status, "no room for the output");
	g_object_unref(prepared);
	pipeline->picture->result->notes |=
	    parts.notes | source_size_notes(&pipeline->picture->source, output->size);
	metadata_parts_release(&parts);
	pipeline->picture->result->encode_ms += clock_ms_since(start);
	return status;
}
