/* way_rows.c - see way_rows.h. Steps that most pictures do not need are left out here: what needs
 * one of them never comes here (way.h).
 */
#include "image/way_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "colour/cms.h"
#include "colour/icc.h"
#include "geometry/cascade.h"
#include "geometry/geometry.h"
#include "image/rows.h"
#include "picture/cost.h"
#include "picture/finish.h"
#include "picture/show.h"

/* What one picture needs. */
struct way {
	struct picture *picture;
	const struct row_sink *sink;
	struct row_source source;
	struct bytes profile; /* that the pixels are meant by, to be kept with them */
	struct cascade cascade;
	unsigned uses; /* sizes that are still to be made of the decoded picture */
	void *whole;   /* the same, if its lines come only once; or NULL */
	/* Sizes as they are stored, that others are made from; without pixels: no such. */
	struct raster resampled[BR_IMAGE_SIZES_MAX];
	void *kept[BR_IMAGE_SIZES_MAX]; /* their pixels */
};

/* One size on its way. */
struct made {
	unsigned size;
	const struct br_image_geometry *geometry;
	struct raster raster;
	uint8_t *pixels; /* of the raster, to be freed; NULL: they are kept by the way */
	bool untouched;  /* they are the file's own */
};

/* Numbers go before a profile, as on the general way. */
static struct bytes profile_of(const struct source *source)
{
	const struct bytes none = {0};

	return source->profile.hdr.told ? none : source->profile.bytes;
}

/* --- what is made of what ------------------------------------------------------------ */

/* As on the general way: a size that is left out makes none. */
static bool is_made_of_source(const struct way *way, unsigned size)
{
	const uint32_t from = way->cascade.from[size];

	return from == CASCADE_SOURCE || !picture_wants(way->picture, from);
}

static bool is_needed_again(const struct way *way, unsigned size)
{
	for (unsigned i = 0; i < way->picture->options->sizes; i++)
		if (picture_wants(way->picture, i) && way->cascade.from[i] == size)
			return true;
	return false;
}

static bool is_stored_size(const struct way *way, unsigned size)
{
	const struct picture *picture = way->picture;
	const struct br_image_geometry *geometry = &picture->geometry[size];

	return is_made_of_source(way, size) &&
	       picture_stored_width(picture, geometry) == picture->source.info.width &&
	       picture_stored_height(picture, geometry) == picture->source.info.height;
}

/* Whether one size takes all there is of the lines, and no other any: those are made of it. */
static bool is_read_once(const struct way *way)
{
	bool stored = false;

	for (unsigned i = 0; i < way->picture->options->sizes; i++)
		stored |= picture_wants(way->picture, i) && is_stored_size(way, i);
	return way->uses == 1 && !stored;
}

static void plan_sizes(struct way *way)
{
	const struct br_image_options *options = way->picture->options;

	cascade_plan(way->picture->geometry, options->sizes,
	             options->filter == BR_IMAGE_FILTER_NEAREST, &way->cascade);
	for (unsigned i = 0; i < options->sizes; i++)
		way->uses += picture_wants(way->picture, i) && is_made_of_source(way, i);
}

/* Returns 0, -ENOTSUP (by the memory that may be taken), -EBADMSG (by the file), or a code. */
static int open_source(struct way *way)
{
	struct picture *picture = way->picture;
	const struct br_image_info *info = &picture->source.info;
	const uint64_t bytes = (uint64_t)info->width * info->height * info->bands * info->bits / 8;
	uint32_t width, height;

	plan_sizes(way);
	/* what the general way would not have in memory either */
	if (bytes > COST_SETTLE_MAX &&
	    (picture->source.jpeg || (way->uses > 1 && !picture->source.png_info.as_stored)))
		return -ENOTSUP;
	if (picture->source.jpeg)
		return row_source_open_jpeg(picture, &way->source);
	picture_largest_sides(picture, &width, &height);
	return row_source_open_png(picture, width, height, is_read_once(way), &way->source);
}

/* --- the pixels ---------------------------------------------------------------------- */

static void close_source(struct way *way)
{
	if (way->source.context)
		way->source.close(way->source.context);
	way->source.context = NULL;
}

/* The decoded picture in memory. */
static int read_whole(struct way *way)
{
	if (!way->whole)
		way->whole = way->source.whole(way->source.context);
	return way->whole ? 0 : BR_ERROR_MEMORY;
}

static int begin_lines(struct way *way, struct resample_source *lines)
{
	if (way->whole || (way->uses > 1 && !way->source.again)) {
		const int status = read_whole(way);

		lines->pixels = way->whole;
		lines->stride = raster_line_bytes(&way->source.shape);
		return status;
	}
	way->source.lines(way->source.context, lines);
	return 0;
}

/* From the decoded picture, or from a larger size. */
static int scale(struct way *way, struct made *made, const struct raster *larger)
{
	const struct raster *shape = larger ? larger : &way->source.shape, *raster = &made->raster;
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
	int status = 0;

	if (larger) {
		source.pixels = larger->pixels;
		source.stride = raster_line_bytes(larger);
	} else {
		status = begin_lines(way, &source);
	}
	if (status)
		return status;
	made->pixels = malloc(raster_line_bytes(raster) * raster->height);
	made->raster.pixels = made->pixels;
	if (!made->pixels)
		return BR_ERROR_MEMORY;
	return resample_lines(&source, &x, &y, way->picture->options->filter, &way->picture->pull,
	                      made->pixels);
}

/* The picture in its size, as it is stored. */
static int make_pixels(struct way *way, struct made *made)
{
	const bool from_source = is_made_of_source(way, made->size);
	const struct raster *larger =
	    from_source ? NULL : &way->resampled[way->cascade.from[made->size]];
	int status;

	made->raster = way->source.shape;
	made->raster.width = picture_stored_width(way->picture, made->geometry);
	made->raster.height = picture_stored_height(way->picture, made->geometry);
	made->untouched = is_stored_size(way, made->size);
	if (made->untouched) {
		status = read_whole(way);
		made->raster.pixels = way->whole;
	} else {
		status = scale(way, made, larger);
	}
	if (!from_source || --way->uses)
		return status;
	if (!status && way->source.finish && !way->source.finish(way->source.context))
		status = -EBADMSG;
	/* what has been unpacked is not needed any more */
	close_source(way);
	return status;
}

/* Keeps a size that others are made from. */
static void keep(struct way *way, struct made *made)
{
	if (!is_needed_again(way, made->size))
		return;
	way->resampled[made->size] = made->raster;
	way->kept[made->size] = made->pixels;
	made->pixels = NULL;
}

static struct finish finish_of(const struct way *way, const struct made *made)
{
	const struct br_image_options *options = way->picture->options;
	struct finish finish = {
	    .geometry = made->geometry,
	    .turn = turn_of(way->picture->source.info.orientation),
	    .deep = way->sink->deep,
	    .flat = !way->sink->alpha,
	    .transparent = way->sink->alpha && options->transparent,
	};

	cms_background(options->background, way->profile, finish.background);
	return finish;
}

/* Upright, on its canvas, as the encoder takes it. */
static int finish(struct way *way, struct made *made)
{
	const struct finish finish = finish_of(way, made);
	struct raster shape = finish_shape(&made->raster, &finish);
	uint8_t *pixels;
	void *room;

	if (finish.flat && made->raster.alpha && !raster_opaque(&made->raster))
		way->picture->result->notes |= BR_IMAGE_NOTE_ALPHA_DROPPED;
	if (finish_is_done(&made->raster, &finish))
		return 0;
	pixels = malloc(raster_line_bytes(&shape) * shape.height);
	room = malloc(finish_room(&made->raster, &finish));
	if (pixels && room)
		finish_run(&made->raster, &finish, pixels, room);
	free(room);
	free(made->pixels);
	made->pixels = pixels;
	made->raster = shape;
	made->raster.pixels = pixels;
	made->untouched = false;
	return pixels && room ? 0 : BR_ERROR_MEMORY;
}

static int shape(struct way *way, struct made *made)
{
	const uint64_t start = clock_ns();
	int status;

	picture_enter(way->picture, is_made_of_source(way, made->size) && !way->whole
	                                ? BR_IMAGE_STAGE_DECODE
	                                : BR_IMAGE_STAGE_RESIZE);
	status = make_pixels(way, made);
	if (!status) {
		keep(way, made);
		status = finish(way, made);
	}
	way->picture->result->resize_ms += clock_ms_since(start);
	if (!status || status == -EBADMSG)
		return status;
	return source_fault(&way->picture->source, status, way->picture->error);
}

/* --- the files ----------------------------------------------------------------------- */

static int show_made(const struct way *way, struct made *made)
{
	struct shown shown = {.size = made->size, .raster = made->raster, .own = made->pixels};
	const int status = show_raster(way->picture, &shown);

	made->pixels = shown.own;
	made->raster = shown.raster;
	made->untouched = made->untouched && !shown.changed;
	return status;
}

static int make_file(struct way *way, const struct made *made)
{
	const struct row_picture what = {.sink = way->sink,
	                                 .size = made->size,
	                                 .raster = made->raster,
	                                 .untouched = made->untouched,
	                                 .profile = way->profile};
	const uint64_t start = clock_ns();
	int status;

	picture_enter(way->picture, BR_IMAGE_STAGE_ENCODE);
	status = rows_make_file(way->picture, &what);
	way->picture->result->encode_ms += clock_ms_since(start);
	return status;
}

static int make_size(struct way *way, unsigned size)
{
	struct made made = {.size = size, .geometry = &way->picture->geometry[size]};
	int status = shape(way, &made);

	if (!status)
		status = show_made(way, &made);
	if (!status)
		status = make_file(way, &made);
	free(made.pixels);
	return status;
}

/* *taken is false, and nothing has been done, if one of the files is for the general way. */
static int make_sizes(struct way *way, bool *taken)
{
	struct picture *picture = way->picture;
	const uint32_t notes = picture->result->notes;
	const size_t begin = picture->out->size;
	int status = 0;

	for (unsigned i = 0; i < picture->options->sizes && !status; i++)
		if (picture_wants(picture, way->cascade.order[i]))
			status = make_size(way, way->cascade.order[i]);
	*taken = status != -ENOTSUP && status != -EBADMSG;
	if (*taken)
		return status;
	picture->result->detour =
	    status == -ENOTSUP ? BR_IMAGE_DETOUR_PALETTE : BR_IMAGE_DETOUR_DATA;
	picture->result->notes = notes;
	picture->out->size = begin;
	return 0;
}

int way_rows(struct picture *picture, bool *taken)
{
	const uint64_t start = clock_ns();
	struct way way = {.picture = picture,
	                  .sink = row_sink_of(picture->result->out_format),
	                  .profile = profile_of(&picture->source)};
	int status = open_source(&way);

	picture->result->decode_ms += clock_ms_since(start);
	*taken = status != -ENOTSUP && status != -EBADMSG;
	if (!*taken)
		picture->result->detour =
		    status == -ENOTSUP ? BR_IMAGE_DETOUR_MEMORY : BR_IMAGE_DETOUR_DATA;
	if (!status)
		status = make_sizes(&way, taken);
	close_source(&way);
	for (unsigned i = 0; i < picture->options->sizes; i++)
		free(way.kept[i]);
	free(way.whole);
	return *taken ? status : 0;
}
