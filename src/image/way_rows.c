/* way_rows.c - see way_rows.h. Steps that most pictures do not need are left out here, and a
 * picture that needs one of them is declined.
 */
#include "image/way_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "colour/cms.h"
#include "colour/icc.h"
#include "geometry/geometry.h"
#include "image/rows.h"
#include "metadata/jpeg_markers.h"
#include "picture/finish.h"

/* What one picture needs. */
struct way {
	struct picture *picture;
	const struct row_sink *sink;
	const struct br_image_geometry *geometry;
	struct row_source source;
	struct bytes profile; /* that the pixels are meant by, to be kept with them */
	unsigned size;        /* the one that is wanted */
	void *pixels;         /* of the raster */
	struct raster raster;
	bool untouched; /* they are the file's own */
};

/* --- which pictures go this way ------------------------------------------------------ */

static const struct row_sink *sink_of(enum br_image_format format)
{
	return format == BR_IMAGE_FORMAT_PNG    ? &row_sink_png
	       : format == BR_IMAGE_FORMAT_JPEG ? &row_sink_jpeg
	                                        : NULL;
}

static bool has_source(enum br_image_format format)
{
	return format == BR_IMAGE_FORMAT_PNG;
}

static bool find_size(const struct picture *picture, unsigned *size)
{
	unsigned wanted = 0;

	for (unsigned i = 0; i < picture->options->sizes; i++)
		if (picture_wants(picture, i)) {
			*size = i;
			wanted++;
		}
	return wanted == 1;
}

static bool is_framed(const struct way *way)
{
	return way->geometry->canvas_width != way->geometry->crop_width ||
	       way->geometry->canvas_height != way->geometry->crop_height;
}

/* Whether the background will be seen. */
static bool is_painted(const struct way *way)
{
	return is_framed(way) || (way->picture->source.info.alpha && !way->sink->alpha);
}

static bool keeps_profile(const struct way *way)
{
	return way->picture->options->profile == BR_IMAGE_PROFILE_KEEP &&
	       (way->sink->format != BR_IMAGE_FORMAT_JPEG ||
	        way->picture->source.profile.bytes.size <= JPEG_PROFILE_MAX);
}

/* Colours stay as they are, or it is not for us. */
static enum br_image_detour detour_of_colours(struct way *way)
{
	const struct source *source = &way->picture->source;
	const struct bytes profile = source->profile.bytes;
	const enum icc_pixels pixels = source->info.bands < 3 ? ICC_GRAY : ICC_RGB;
	const bool kept = keeps_profile(way);

	/* numbers go before a profile, as on the general way; JPEG has no place for them */
	if (source->profile.hdr.told)
		return kept && !is_painted(way) && way->sink->format == BR_IMAGE_FORMAT_PNG
		           ? BR_IMAGE_DETOUR_NONE
		           : BR_IMAGE_DETOUR_PROFILE;
	way->profile = profile;
	if (!profile.size || icc_classify(profile, pixels) == ICC_SRGB)
		return BR_IMAGE_DETOUR_NONE;
	if (!cms_usable(profile, pixels))
		return BR_IMAGE_DETOUR_PROFILE_BROKEN;
	if (!kept)
		return BR_IMAGE_DETOUR_PROFILE;
	return pixels == ICC_GRAY && is_painted(way) &&
	               !icc_is_end(way->picture->options->background)
	           ? BR_IMAGE_DETOUR_BACKGROUND
	           : BR_IMAGE_DETOUR_NONE;
}

/* What is gray can be painted with gray alone. */
static bool is_paintable(const struct way *way)
{
	const uint8_t *background = way->picture->options->background;

	return way->picture->source.info.bands > 2 || !is_painted(way) ||
	       (background[0] == background[1] && background[1] == background[2]);
}

/* Pixels before they are finished, which are at least as many. */
static bool is_small(const struct way *way)
{
	const struct br_image_info *info = &way->picture->source.info;
	const struct br_image_geometry *g = way->geometry;
	const uint64_t pixel = (uint64_t)(info->bands + 1) * (info->bits / 8);

	return (uint64_t)g->canvas_width * g->canvas_height * pixel <= way->sink->bytes_max &&
	       (uint64_t)g->scaled_width * g->scaled_height * pixel <= way->sink->bytes_max;
}

bool way_rows_is_possible(enum br_image_format source, const struct br_image_options *options)
{
	return has_source(source) && !options->linear && options->sizes == 1 &&
	       (options->fit != BR_IMAGE_FIT_COVER ||
	        options->gravity < BR_IMAGE_GRAVITY_ATTENTION) &&
	       sink_of(options->format ? options->format : source);
}

static enum br_image_detour detour_of(struct way *way)
{
	const struct picture *picture = way->picture;

	if (picture->options->linear)
		return BR_IMAGE_DETOUR_LINEAR;
	if (!picture->source.png)
		return BR_IMAGE_DETOUR_HEADER;
	if (!find_size(picture, &way->size))
		return BR_IMAGE_DETOUR_SIZES;
	way->geometry = &picture->geometry[way->size];
	if (geometry_searches(way->geometry, picture->options->gravity))
		return BR_IMAGE_DETOUR_CROP;
	if (!is_paintable(way))
		return BR_IMAGE_DETOUR_BACKGROUND;
	return is_small(way) ? detour_of_colours(way) : BR_IMAGE_DETOUR_MEMORY;
}

/* --- the pixels ---------------------------------------------------------------------- */

bool rows_are_late(void *context)
{
	struct picture *picture = context;

	return run_limit_over(&picture->pull.limit);
}

static int scale(struct way *way)
{
	const struct raster *shape = &way->source.shape, *raster = &way->raster;
	const struct kernel_axis x = {
	    .extent = shape->width, .samples = shape->width, .size = raster->width};
	const struct kernel_axis y = {
	    .extent = shape->height, .samples = shape->height, .size = raster->height};
	struct resample_source source = {
	    .format = shape->bits == 16 ? SAMPLE_U16 : SAMPLE_U8,
	    .bands = shape->bands,
	    .alpha = shape->alpha,
	    .resampler = way->picture->source.worker->resampler,
	};

	way->source.lines(way->source.context, &source);
	way->pixels = malloc(raster_line_bytes(raster) * raster->height);
	if (!way->pixels)
		return BR_ERROR_MEMORY;
	return resample_lines(&source, &x, &y, way->picture->options->filter, &way->picture->pull,
	                      way->pixels);
}

static void close_source(struct way *way)
{
	if (way->source.context)
		way->source.close(way->source.context);
	way->source.context = NULL;
}

/* The picture in its size, as it is stored. */
static int make_pixels(struct way *way)
{
	int status = 0;

	way->raster = way->source.shape;
	way->raster.width = picture_stored_width(way->picture, way->geometry);
	way->raster.height = picture_stored_height(way->picture, way->geometry);
	way->untouched = way->raster.width == way->source.shape.width &&
	                 way->raster.height == way->source.shape.height;
	if (!way->untouched)
		status = scale(way);
	else if (!(way->pixels = way->source.whole(way->source.context)))
		status = BR_ERROR_MEMORY;
	way->raster.pixels = way->pixels;
	/* what has been unpacked is not needed any more */
	close_source(way);
	return status;
}

static struct finish finish_of(const struct way *way)
{
	const struct br_image_options *options = way->picture->options;
	struct finish finish = {
	    .geometry = way->geometry,
	    .turn = turn_of(way->picture->source.info.orientation),
	    .deep = way->sink->deep,
	    .flat = !way->sink->alpha,
	    .transparent = way->sink->alpha && options->transparent,
	};

	cms_background(options->background, way->profile, finish.background);
	return finish;
}

/* Upright, on its canvas, as the encoder takes it. */
static int finish(struct way *way)
{
	const struct finish finish = finish_of(way);
	struct raster shape = finish_shape(&way->raster, &finish);
	void *pixels, *room;

	if (finish.flat && way->raster.alpha && !raster_opaque(&way->raster))
		way->picture->result->notes |= BR_IMAGE_NOTE_ALPHA_DROPPED;
	if (finish_is_done(&way->raster, &finish))
		return 0;
	pixels = malloc(raster_line_bytes(&shape) * shape.height);
	room = malloc(finish_room(&way->raster, &finish));
	if (pixels && room)
		finish_run(&way->raster, &finish, pixels, room);
	free(room);
	free(way->pixels);
	way->pixels = pixels;
	way->raster = shape;
	way->raster.pixels = pixels;
	way->untouched = false;
	return pixels && room ? 0 : BR_ERROR_MEMORY;
}

static int shape(struct way *way)
{
	const uint64_t start = clock_ns();
	int status = make_pixels(way);

	if (!status)
		status = finish(way);
	way->picture->result->resize_ms += clock_ms_since(start);
	return status ? source_fault(&way->picture->source, status, way->picture->error) : 0;
}

/* --- the file ------------------------------------------------------------------------ */

static int fault(const struct way *way, int status)
{
	struct br_error *error = way->picture->error;

	if (status == -ECANCELED)
		return source_fault(&way->picture->source, BR_ERROR_TIMEOUT, error);
	if (status < 0)
		return br_error_system(error, -status, "no room for the output");
	return br_error_set(error, BR_ERROR_ENCODE, "%s of %ux%u pixels cannot be encoded",
	                    br_image_format_name(way->sink->format), way->raster.width,
	                    way->raster.height);
}

static int encode(struct way *way, const struct metadata_parts *parts)
{
	struct picture *picture = way->picture;
	struct br_image_output *output = &picture->result->output[way->size];
	const struct row_picture what = {
	    .raster = way->raster, .parts = parts, .untouched = way->untouched};
	const size_t begin = picture->out->size;
	int status = way->sink->encode(picture, &what);

	if (!status)
		status = metadata_embed(way->sink->format, parts, picture->out, begin);
	if (status)
		return status;
	*output = (struct br_image_output){.offset = begin,
	                                   .size = picture->out->size - begin,
	                                   .width = way->raster.width,
	                                   .height = way->raster.height};
	if (output->size > picture->source.bytes.size)
		picture->result->notes |= BR_IMAGE_NOTE_GREW;
	picture->result->notes |= parts->notes;
	return 0;
}

static struct metadata_change change_of(const struct way *way)
{
	const struct br_image_options *options = way->picture->options;
	struct metadata_change change = {
	    .placement = source_placement(&way->picture->source, way->geometry),
	    .from = way->picture->source.info.format,
	    .format = way->sink->format,
	    .gray = way->raster.bands < 3,
	    .codes = way->picture->source.profile.hdr,
	};

	if (options->metadata == BR_IMAGE_METADATA_KEEP ||
	    options->profile == BR_IMAGE_PROFILE_KEEP)
		change.profile = way->profile;
	return change;
}

static int make_file(struct way *way, bool *taken)
{
	const bool keep = way->picture->options->metadata == BR_IMAGE_METADATA_KEEP;
	const struct metadata_change change = change_of(way);
	const uint64_t start = clock_ns();
	struct metadata_parts parts;
	int status = metadata_parts_make(&parts, keep ? &way->picture->metadata : NULL, &change);

	if (!status)
		status = encode(way, &parts);
	metadata_parts_release(&parts);
	way->picture->result->encode_ms += clock_ms_since(start);
	*taken = status != -ENOTSUP;
	if (!*taken)
		way->picture->result->detour = BR_IMAGE_DETOUR_PALETTE;
	return status && *taken ? fault(way, status) : 0;
}

int way_rows(struct picture *picture, bool *taken)
{
	const uint64_t start = clock_ns();
	struct way way = {.picture = picture, .sink = sink_of(picture->result->out_format)};
	int status = 0;

	*taken = false;
	if (!has_source(picture->source.info.format) || !way.sink)
		return 0;
	picture->result->detour = detour_of(&way);
	if (picture->result->detour)
		return 0;
	*taken = row_source_open_png(picture, picture_stored_width(picture, way.geometry),
	                             picture_stored_height(picture, way.geometry), &way.source);
	picture->result->decode_ms += clock_ms_since(start);
	if (*taken)
		status = shape(&way);
	else
		picture->result->detour = BR_IMAGE_DETOUR_MEMORY;
	if (*taken && !status)
		status = make_file(&way, taken);
	close_source(&way);
	free(way.pixels);
	return status;
}
