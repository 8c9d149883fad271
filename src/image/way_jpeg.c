/* way_jpeg.c - see codec_jpeg.h for how a JPEG is resized in planes, and way.h for when; here is
 * what is made of the planes.
 */
#include "image/way_jpeg.h"

#include <errno.h>
#include <stdlib.h>

#include "colour/cms.h"
#include "image/rows.h"
#include "jpeg/codec_jpeg.h"
#include "jpeg/ycc.h"
#include "metadata/jpeg_markers.h"
#include "picture/finish.h"
#include "picture/show.h"
#include "probe/formats.h"

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

/* The profile that the pixels, which this path leaves as they are, are meant by: any except sRGB's
 * only if it is kept. */
static struct bytes profile_of(const struct source *source)
{
	if (keeps_profile(source) || source->profile.kind == ICC_SRGB)
		return source->profile.bytes;
	return (struct bytes){0};
}

static bool is_jpeg(const struct way *way)
{
	return way->sink->format == BR_IMAGE_FORMAT_JPEG;
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

static int show_pixels(const struct way *way, struct row_picture *what, uint8_t **pixels)
{
	struct shown shown = {.size = what->size, .raster = what->raster, .own = *pixels};
	const int status = show_raster(way->picture, &shown);

	*pixels = shown.own;
	what->raster = shown.raster;
	return status;
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
	else if (!way->sink->planes)
		status = show_pixels(way, &what, &pixels);
	if (!status)
		status = rows_make_file(way->picture, &what);
	free(pixels);
	return status;
}

/* --- whoever wants to see it ----------------------------------------------------------- */

static int read_planes(const struct br_image_view *view, void *pixels)
{
	ycc_to_pixels(view->picture, pixels);
	return 0;
}

static int write_planes(const struct br_image_view *view, const void *pixels)
{
	ycc_take_pixels(view->picture, pixels);
	return 0;
}

static int show_planes(void *context, unsigned target, const struct jpeg_planes *planes)
{
	const struct way *way = context;
	struct jpeg_planes shown = *planes;
	struct br_image_view view = {
	    .size = way->size[target],
	    .width = planes->width,
	    .height = planes->height,
	    .bands = planes->components,
	    .bits = 8,
	    .read = read_planes,
	    .write = write_planes,
	    .picture = &shown,
	};

	return show(way->picture, &view);
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
	way->job.stage = options->stage;
	way->job.reserve = JPEG_RESERVE_DEFAULT;
	way->job.context = way;
	if (options->show && (is_jpeg(way) || way->sink->planes))
		way->job.show = show_planes;
	if (!is_jpeg(way)) {
		way->job.encode = encode;
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
	int status = prepare(&way);

	*taken = true;
	return status ? status : run(&way, taken);
}
