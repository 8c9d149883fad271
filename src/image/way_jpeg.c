/* way_jpeg.c - JPEG to JPEG in planes: see codec_jpeg.h for how, here is when.
 *
 * What libjpeg stumbles over in the header never comes here: source.c leaves it to the general
 * path, with its words. A picture that is declined here takes that path as well.
 */
#include "image/way_jpeg.h"

#include "colour/cms.h"
#include "jpeg/codec_jpeg.h"
#include "probe/formats.h"
#include "picture/cost.h"
#include "geometry/geometry.h"
#include "colour/icc.h"
#include "metadata/jpeg_markers.h"

/* What one picture needs beside the worker. */
struct way {
	struct jpeg_target target[BR_IMAGE_SIZES_MAX];
	struct jpeg_job job;
	unsigned size[BR_IMAGE_SIZES_MAX]; /* which size each target is */
	struct br_image_output output[BR_IMAGE_SIZES_MAX];
	uint32_t notes;         /* of the metadata that is kept */
	struct density density; /* likewise */
};

static bool keeps_profile(const struct source *source)
{
	return source->options->profile == BR_IMAGE_PROFILE_KEEP;
}

static enum icc_pixels pixels_of(const struct source *source)
{
	return source->info.bands == 1 ? ICC_GRAY : ICC_RGB;
}

/* The profile that the pixels, which this path leaves as they are, are meant by: any except sRGB's
 * only if it is kept. */
static struct bytes profile_of(const struct source *source)
{
	const struct bytes profile = source->profile.bytes;

	if (keeps_profile(source) || icc_classify(profile, pixels_of(source)) == ICC_SRGB)
		return profile;
	return (struct bytes){0};
}

static int make_markers(const struct source *source, const struct metadata *metadata,
                        const struct br_image_geometry *geometry, struct br_buffer *markers,
                        uint32_t *notes)
{
	const bool keep = source->options->metadata == BR_IMAGE_METADATA_KEEP;
	struct metadata_change change = {.placement = source_placement(source, geometry),
	                                 .from = BR_IMAGE_FORMAT_JPEG,
	                                 .format = BR_IMAGE_FORMAT_JPEG};
	struct metadata_parts parts;
	int status;

	if (keep || keeps_profile(source))
		change.profile = profile_of(source);
	status = metadata_parts_make(&parts, keep ? metadata : NULL, &change);
	if (!status)
		status = jpeg_markers_write(&parts, markers);
	*notes |= parts.notes;
	metadata_parts_release(&parts);
	return status;
}

/* A gray picture can't have just any background: only a gray one, and where it keeps a curve of its
 * own, only black or white. */
static bool is_paintable(const struct source *source, const struct br_image_geometry *geometry)
{
	const uint8_t *background = source->options->background;
	const bool gray = background[0] == background[1] && background[1] == background[2];

	return source->info.bands != 1 ||
	       (gray && (!source->profile.bytes.size || !keeps_profile(source))) ||
	       (geometry->canvas_width == geometry->crop_width &&
	        geometry->canvas_height == geometry->crop_height) ||
	       icc_is_end(background);
}

static int prepare(struct way *way, const struct source *source, const struct metadata *metadata,
                   const struct br_image_geometry *geometry, uint32_t wanted,
                   struct br_error *error)
{
	const struct br_image_options *options = source->options;
	uint8_t background[3];

	cms_background(options->background,
	               keeps_profile(source) ? profile_of(source) : (struct bytes){0}, background);
	for (unsigned i = 0; i < options->sizes; i++) {
		if (!(wanted >> i & 1))
			continue;
		struct br_buffer *markers = &source->worker->markers[way->job.targets];

		markers->size = 0;
		if (make_markers(source, metadata, &geometry[i], markers, &way->notes))
			return br_error_set(error, BR_ERROR_MEMORY,
			                    "no memory to keep the metadata");
		way->size[way->job.targets] = i;
		way->target[way->job.targets++] = (struct jpeg_target){
		    .geometry = geometry[i],
		    .quality = format_quality(BR_IMAGE_FORMAT_JPEG, options),
		    .subsampling = options->jpeg_subsampling,
		    .progressive = options->jpeg_progressive,
		    .background = {background[0], background[1], background[2]},
		    .markers = {markers->data, markers->size},
		};
	}
	if (options->metadata == BR_IMAGE_METADATA_KEEP)
		way->density = metadata_density(metadata, source->info.orientation);
	way->job.target = way->target;
	way->job.filter = options->filter;
	way->job.reserve = JPEG_RESERVE_DEFAULT;
	return 0;
}

static int run(struct way *way, const struct source *source, struct br_buffer *out,
               struct br_image_result *result, bool *taken, struct br_error *error)
{
	struct jpeg_times times = {0};
	uint32_t notes = 0;
	int status;

	*taken = true;
	status = jpeg_codec_resize(source->jpeg, source->worker->resampler, &way->job, out,
	                           way->output, &notes, &times, error);
	/* Damage is called by the same name on both ways. */
	if (status == BR_ERROR_CORRUPT && !source->scan.ended)
		return source_fault(source, status, error);
	if (status)
		return status;
	result->notes |= notes | way->notes;
	result->decode_ms = times.decode_ms;
	result->resize_ms = times.resize_ms;
	result->encode_ms = times.encode_ms;
	for (unsigned i = 0; i < way->job.targets; i++) {
		result->output[way->size[i]] = way->output[i];
		jpeg_markers_set_density(&way->density, out, way->output[i].offset);
		if (way->output[i].size > source->bytes.size)
			result->notes |= BR_IMAGE_NOTE_GREW;
	}
	return 0;
}

bool way_jpeg_is_possible(enum br_image_format source, const struct br_image_options *options)
{
	return source == BR_IMAGE_FORMAT_JPEG && !options->linear &&
	       (options->format == BR_IMAGE_FORMAT_UNKNOWN ||
	        options->format == BR_IMAGE_FORMAT_JPEG);
}

/* The codec's own reasons. */
static const struct {
	enum jpeg_decline decline;
	enum br_image_detour detour;
} declines[] = {
    {JPEG_DECLINE_COLOUR, BR_IMAGE_DETOUR_COLOUR},
    {JPEG_DECLINE_PROFILE, BR_IMAGE_DETOUR_PROFILE},
    {JPEG_DECLINE_SAMPLING, BR_IMAGE_DETOUR_SAMPLING},
};

static enum br_image_detour detour_of_codec(enum jpeg_decline decline)
{
	for (size_t i = 0; i < sizeof declines / sizeof *declines; i++)
		if (declines[i].decline == decline)
			return declines[i].detour;
	return BR_IMAGE_DETOUR_NONE;
}

const char *br_image_detour_reason(enum br_image_detour detour)
{
	static const char *const reason[BR_IMAGE_DETOURS] = {
	    [BR_IMAGE_DETOUR_LINEAR] = "--linear",
	    [BR_IMAGE_DETOUR_CROP] = "content-aware crop",
	    [BR_IMAGE_DETOUR_BACKGROUND] = "gray on a background that is not",
	    [BR_IMAGE_DETOUR_PROFILE_BROKEN] = "a profile that cannot be kept",
	    [BR_IMAGE_DETOUR_HEADER] = "an unusual header",
	    [BR_IMAGE_DETOUR_SIZES] = "several sizes",
	    [BR_IMAGE_DETOUR_MEMORY] = "the memory that it takes",
	    [BR_IMAGE_DETOUR_PALETTE] = "a palette to be found",
	};

	for (size_t i = 0; i < sizeof declines / sizeof *declines; i++)
		if (declines[i].detour == detour)
			return jpeg_decline_reason(declines[i].decline);
	return (unsigned)detour < BR_IMAGE_DETOURS && reason[detour] ? reason[detour] : "";
}

/* The one rule, for a JPEG that is to become a JPEG: what planes of Y, Cb and Cr don't show is
 * light in proportion, and where the picture is worth most. */
static enum br_image_detour detour_of(const struct source *source,
                                      const struct br_image_geometry *geometry, uint32_t wanted)
{
	const struct br_image_options *options = source->options;

	if (options->linear)
		return BR_IMAGE_DETOUR_LINEAR;
	if (!source->jpeg)
		return BR_IMAGE_DETOUR_HEADER;
	if (source->decline != JPEG_DECLINE_NONE)
		return detour_of_codec(source->decline);
	/* the general path knows what to say of it */
	if (keeps_profile(source) && source->profile.embedded &&
	    !cms_usable(source->profile.bytes, pixels_of(source)))
		return BR_IMAGE_DETOUR_PROFILE_BROKEN;
	for (unsigned i = 0; i < options->sizes; i++) {
		if (!(wanted >> i & 1))
			continue;
		if (!is_paintable(source, &geometry[i]))
			return BR_IMAGE_DETOUR_BACKGROUND;
		if (geometry_searches(&geometry[i], options->gravity))
			return BR_IMAGE_DETOUR_CROP;
	}
	return BR_IMAGE_DETOUR_NONE;
}

int way_jpeg(const struct source *source, const struct metadata *metadata,
             const struct br_image_geometry *geometry, uint32_t wanted, struct br_buffer *out,
             struct br_image_result *result, bool *taken, struct br_error *error)
{
	struct way way = {0};
	int status;

	*taken = false;
	if (source->info.format != BR_IMAGE_FORMAT_JPEG ||
	    result->out_format != BR_IMAGE_FORMAT_JPEG)
		return 0;
	result->detour = detour_of(source, geometry, wanted);
	if (result->detour)
		return 0;
	status = prepare(&way, source, metadata, geometry, wanted, error);
	if (!status)
		status = run(&way, source, out, result, taken, error);
	return status;
}
