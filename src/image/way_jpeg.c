/* way_jpeg.c - see codec_jpeg.h for how a JPEG is resized in planes; here is when, and what is made
 * of the planes.
 *
 * What libjpeg stumbles over in the header never comes here: open.c leaves it to the general way,
 * with its words. A picture that is declined here takes that way as well.
 */
#include "image/way_jpeg.h"

#include <errno.h>
#include <stdlib.h>

#include "colour/cms.h"
#include "colour/icc.h"
#include "geometry/geometry.h"
#include "image/rows.h"
#include "jpeg/codec_jpeg.h"
#include "jpeg/ycc.h"
#include "metadata/jpeg_markers.h"
#include "picture/finish.h"
#include "probe/formats.h"
#include "webp/codec_webp.h"

/* What one picture needs beside the worker. */
struct way {
	struct picture *picture;
	const struct row_sink *sink;
	struct jpeg_target target[BR_IMAGE_SIZES_MAX];
	struct jpeg_job job;
	unsigned size[BR_IMAGE_SIZES_MAX]; /* which size each target is */
	struct br_image_output output[BR_IMAGE_SIZES_MAX];
	uint32_t notes;         /* of the metadata that is kept */
	struct density density; /* likewise */
};

static bool keeps_profile(const struct source *source)
{
	return source_keeps_profile(source, BR_IMAGE_FORMAT_JPEG);
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

static bool is_jpeg(const struct way *way)
{
	return way->sink->format == BR_IMAGE_FORMAT_JPEG;
}

static bool is_framed(const struct br_image_geometry *geometry)
{
	return geometry->canvas_width != geometry->crop_width ||
	       geometry->canvas_height != geometry->crop_height;
}

/* --- which pictures go this way ------------------------------------------------------ */

bool way_jpeg_is_possible(enum br_image_format source, const struct br_image_options *options)
{
	return source == BR_IMAGE_FORMAT_JPEG && !options->linear &&
	       row_sink_of(options->format ? options->format : source);
}

/* A gray picture can't have just any background: only a gray one, and where it keeps a curve of its
 * own, only black or white. */
static bool is_paintable(const struct source *source, const struct br_image_geometry *geometry)
{
	const uint8_t *background = source->options->background;
	const bool gray = background[0] == background[1] && background[1] == background[2];

	return source->info.bands != 1 ||
	       (gray && (!source->profile.bytes.size || !keeps_profile(source))) ||
	       !is_framed(geometry) || icc_is_end(background);
}

/* Pixels, of all that are resampled. */
static bool is_small(const struct way *way, const struct br_image_geometry *g)
{
	return is_jpeg(way) || (uint64_t)g->canvas_width * g->canvas_height *
	                               (way->picture->source.info.bands + 1) <=
	                           way->sink->bytes_max;
}

static enum br_image_detour detour_of_sizes(const struct way *way)
{
	const struct picture *picture = way->picture;

	for (unsigned i = 0; i < picture->options->sizes; i++) {
		const struct br_image_geometry *geometry = &picture->geometry[i];

		if (!picture_wants(picture, i))
			continue;
		if (!is_paintable(&picture->source, geometry))
			return BR_IMAGE_DETOUR_BACKGROUND;
		if (geometry_searches(geometry, picture->options->gravity))
			return BR_IMAGE_DETOUR_CROP;
		if (way->sink->planes && picture->options->transparent && is_framed(geometry))
			return BR_IMAGE_DETOUR_ALPHA;
		if (!is_small(way, geometry))
			return BR_IMAGE_DETOUR_MEMORY;
	}
	return BR_IMAGE_DETOUR_NONE;
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
	    [BR_IMAGE_DETOUR_MEMORY] = "the memory that it takes",
	    [BR_IMAGE_DETOUR_PALETTE] = "a palette to be found",
	    [BR_IMAGE_DETOUR_LOSSLESS] = "--lossless",
	    [BR_IMAGE_DETOUR_ALPHA] = "transparent margins",
	};

	for (size_t i = 0; i < sizeof declines / sizeof *declines; i++)
		if (declines[i].detour == detour)
			return jpeg_decline_reason(declines[i].decline);
	return (unsigned)detour < BR_IMAGE_DETOURS && reason[detour] ? reason[detour] : "";
}

/* The one rule, for a JPEG that is to become what there is an encoder for: what planes of Y, Cb and
 * Cr don't show is light in proportion, and where the picture is worth most. */
static enum br_image_detour detour_of(const struct way *way)
{
	const struct source *source = &way->picture->source;

	if (source->options->linear)
		return BR_IMAGE_DETOUR_LINEAR;
	if (!source->jpeg)
		return BR_IMAGE_DETOUR_HEADER;
	if (source->decline != JPEG_DECLINE_NONE)
		return detour_of_codec(source->decline);
	if (way->sink->planes && source->options->lossless)
		return BR_IMAGE_DETOUR_LOSSLESS;
	/* a PNG may tell by numbers what a JPEG's profile says; WebP has none for gray */
	if ((source->profile.hdr.told && !is_jpeg(way)) ||
	    (way->sink->planes && source->info.bands == 1 && source->profile.bytes.size))
		return BR_IMAGE_DETOUR_PROFILE;
	/* the general path knows what to say of it */
	if (keeps_profile(source) && source->profile.embedded &&
	    !cms_usable(source->profile.bytes, pixels_of(source)))
		return BR_IMAGE_DETOUR_PROFILE_BROKEN;
	return detour_of_sizes(way);
}

/* Whether pixels of a size are the file's own, and not to be rounded in between. */
static bool has_whole(const struct way *way)
{
	const struct picture *picture = way->picture;
	const struct br_image_info *info = &picture->source.info;
	bool whole = false;

	if (is_jpeg(way) || way->sink->planes)
		return false;
	for (unsigned i = 0; i < picture->options->sizes; i++)
		whole |= picture_wants(picture, i) &&
		         picture_stored_width(picture, &picture->geometry[i]) == info->width &&
		         picture_stored_height(picture, &picture->geometry[i]) == info->height;
	return whole;
}

/* --- JPEG ---------------------------------------------------------------------------- */

static int make_markers(const struct way *way, unsigned size, struct br_buffer *markers,
                        uint32_t *notes)
{
	const struct picture *picture = way->picture;
	const struct source *source = &picture->source;
	const bool keep = source->options->metadata == BR_IMAGE_METADATA_KEEP;
	struct metadata_change change = {.placement =
	                                     source_placement(source, &picture->geometry[size]),
	                                 .from = BR_IMAGE_FORMAT_JPEG,
	                                 .format = BR_IMAGE_FORMAT_JPEG};
	struct metadata_parts parts;
	int status;

	if (keep || keeps_profile(source))
		change.profile = profile_of(source);
	status = metadata_parts_make(&parts, keep ? &picture->metadata : NULL, &change);
	markers->size = 0;
	if (!status)
		status = jpeg_markers_write(&parts, markers);
	*notes |= parts.notes;
	metadata_parts_release(&parts);
	return status;
}

/* --- other formats -----------------------------------------------------------------------------
 */

/* The picture, which is upright and cut, on its canvas. */
static int put_on_canvas(const struct way *way, unsigned size, struct raster *raster,
                         uint8_t **pixels)
{
	const struct picture *picture = way->picture;
	struct br_image_geometry geometry = picture->geometry[size];
	struct finish finish = {
	    .geometry = &geometry, .deep = true, .transparent = picture->options->transparent};
	struct raster shape;
	uint8_t *canvas;
	void *room;

	geometry.scaled_width = geometry.crop_width;
	geometry.scaled_height = geometry.crop_height;
	geometry.crop_x = geometry.crop_y = 0;
	cms_background(picture->options->background, profile_of(&picture->source),
	               finish.background);
	if (finish_is_done(raster, &finish))
		return 0;
	shape = finish_shape(raster, &finish);
	canvas = malloc(raster_line_bytes(&shape) * shape.height);
	room = malloc(finish_room(raster, &finish));
	if (canvas && room)
		finish_run(raster, &finish, canvas, room);
	free(room);
	free(*pixels);
	*pixels = canvas;
	*raster = shape;
	raster->pixels = canvas;
	return canvas && room ? 0 : BR_ERROR_MEMORY;
}

static int make_raster(const struct way *way, unsigned size, const struct jpeg_planes *planes,
                       struct raster *raster, uint8_t **pixels)
{
	*raster = (struct raster){.width = planes->width,
	                          .height = planes->height,
	                          .bands = planes->components,
	                          .bits = 8};
	*pixels = malloc(raster_line_bytes(raster) * raster->height);
	raster->pixels = *pixels;
	if (!*pixels)
		return BR_ERROR_MEMORY;
	ycc_to_pixels(planes, *pixels);
	return put_on_canvas(way, size, raster, pixels);
}

static void use_planes(const struct jpeg_planes *planes, struct row_picture *what)
{
	what->planes = planes;
	what->raster = (struct raster){.width = planes->width,
	                               .height = planes->height,
	                               .bands = planes->components,
	                               .bits = 8};
}

static int encode(void *context, unsigned target, const struct jpeg_planes *planes,
                  struct br_buffer *out)
{
	struct way *way = context;
	struct row_picture what = {.sink = way->sink,
	                           .size = way->size[target],
	                           .profile = profile_of(&way->picture->source)};
	uint8_t *pixels = NULL;
	int status = 0;

	(void)out; /* the picture's */
	if (way->sink->planes)
		use_planes(planes, &what);
	else
		status = make_raster(way, what.size, planes, &what.raster, &pixels);
	if (status)
		status = source_fault(&way->picture->source, status, way->picture->error);
	else
		status = rows_make_file(way->picture, &what);
	free(pixels);
	return status;
}

/* --- all ----------------------------------------------------------------------------- */

/* What the codec makes of a size: others than JPEG are put on their canvas as pixels. */
static struct jpeg_target target_of(const struct way *way, unsigned size,
                                    const uint8_t background[3])
{
	const struct br_image_options *options = way->picture->options;
	struct jpeg_target target = {
	    .geometry = way->picture->geometry[size],
	    .quality = format_quality(BR_IMAGE_FORMAT_JPEG, options),
	    .subsampling = options->jpeg_subsampling,
	    .progressive = options->jpeg_progressive,
	    .background = {background[0], background[1], background[2]},
	};

	if (is_jpeg(way))
		return target;
	target.subsampling =
	    way->sink->planes ? BR_IMAGE_SUBSAMPLING_420 : BR_IMAGE_SUBSAMPLING_444;
	if (way->sink->planes)
		return target;
	target.geometry.canvas_width = target.geometry.crop_width;
	target.geometry.canvas_height = target.geometry.crop_height;
	target.geometry.pad_x = target.geometry.pad_y = 0;
	return target;
}

static int add_target(struct way *way, unsigned size, const uint8_t background[3])
{
	struct picture *picture = way->picture;
	const unsigned at = way->job.targets++;
	struct br_buffer *markers = &picture->source.worker->markers[at];

	way->size[at] = size;
	way->target[at] = target_of(way, size, background);
	if (!is_jpeg(way))
		return 0;
	if (make_markers(way, size, markers, &way->notes))
		return br_error_set(picture->error, BR_ERROR_MEMORY,
		                    "no memory to keep the metadata");
	way->target[at].markers = (struct bytes){markers->data, markers->size};
	return 0;
}

/* Bytes a pixel that other formats take: a PNG twice as pixels, as rows, and as a file; WebP less.
 */
#define OTHER_PIXEL_BYTES 12

static int prepare(struct way *way)
{
	const struct picture *picture = way->picture;
	const struct source *source = &picture->source;
	const struct br_image_options *options = picture->options;
	uint8_t background[3];
	int status = 0;

	cms_background(options->background,
	               keeps_profile(source) ? profile_of(source) : (struct bytes){0}, background);
	for (unsigned i = 0; i < options->sizes && !status; i++)
		if (picture_wants(picture, i))
			status = add_target(way, i, background);
	if (is_jpeg(way) && options->metadata == BR_IMAGE_METADATA_KEEP)
		way->density = metadata_density(&picture->metadata, source->info.orientation);
	way->job.target = way->target;
	way->job.filter = options->filter;
	way->job.reserve = JPEG_RESERVE_DEFAULT;
	if (!is_jpeg(way)) {
		way->job.encode = encode;
		way->job.context = way;
		way->job.encode_bytes = OTHER_PIXEL_BYTES;
	}
	return status;
}

static void describe_jpegs(const struct way *way)
{
	struct picture *picture = way->picture;

	for (unsigned i = 0; i < way->job.targets; i++) {
		picture->result->output[way->size[i]] = way->output[i];
		jpeg_markers_set_density(&way->density, picture->out, way->output[i].offset);
		picture->result->notes |= source_size_notes(&picture->source, way->output[i].size);
	}
}

static int run(struct way *way, bool *taken)
{
	struct picture *picture = way->picture;
	struct br_image_result *result = picture->result;
	struct jpeg_times times = {0};
	uint32_t notes = 0;
	int status =
	    jpeg_codec_resize(picture->source.jpeg, picture->source.worker->resampler, &way->job,
	                      picture->out, way->output, &notes, &times, picture->error);

	/* the general way may stream what is too large for this one */
	*taken = is_jpeg(way) || status != BR_ERROR_TOO_LARGE;
	if (!*taken) {
		result->detour = BR_IMAGE_DETOUR_MEMORY;
		return 0;
	}
	/* Damage is called by the same name on both ways. */
	if (status == BR_ERROR_CORRUPT && !picture->source.scan.ended)
		return source_fault(&picture->source, status, picture->error);
	if (status)
		return status;
	result->notes |= notes | way->notes;
	result->decode_ms = times.decode_ms;
	result->resize_ms = times.resize_ms;
	result->encode_ms = times.encode_ms;
	if (is_jpeg(way))
		describe_jpegs(way);
	return 0;
}

int way_jpeg(struct picture *picture, bool *taken)
{
	struct way way = {.picture = picture, .sink = row_sink_of(picture->result->out_format)};
	int status;

	*taken = false;
	if (picture->source.info.format != BR_IMAGE_FORMAT_JPEG || !way.sink ||
	    (way.sink->planes && !codec_webp_exists()))
		return 0;
	picture->result->detour = detour_of(&way);
	if (picture->result->detour || has_whole(&way))
		return 0;
	status = prepare(&way);
	if (!status)
		return run(&way, taken);
	*taken = true;
	return status;
}
