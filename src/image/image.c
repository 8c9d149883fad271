/* image.c - one picture: opened, planned by its header, and handed to the picture. */
#include <batchresize/image.h>

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "picture/cost.h"
#include "probe/formats.h"
#include "picture/frames.h"
#include "metadata/gain_map.h"
#include "pipeline/library.h"
#include "image/make.h"
#include "image/open.h"
#include "picture/shortage.h"
#include "picture/words.h"

struct br_image_options br_image_options_default(void)
{
	return (struct br_image_options){
	    .size = {{.width = 800, .height = 600}},
	    .sizes = 1,
	    .fit = BR_IMAGE_FIT_CONTAIN,
	    .quality = 80,
	    .png_effort = 6,
	    .background = {255, 255, 255},
	    .fail_on = BR_IMAGE_FAIL_ON_TRUNCATED,
	    .max_pixels = 268000000,
	    .max_frames = 4096,
	    .max_scans = 100,
	    .max_metadata = UINT64_C(32) << 20,
	};
}

static int no_worker(struct br_error *error)
{
	return br_error_set(error, BR_ERROR_MEMORY, "no memory to begin with a picture");
}

int br_image_probe(const void *data, size_t size, const struct br_image_options *options,
                   struct br_image_info *info, struct br_error *error)
{
	struct br_image_worker *worker = br_image_worker_new();
	struct source source;
	int status;

	*info = (struct br_image_info){0};
	if (!worker)
		return no_worker(error);
	status = source_open(&source, worker, data, size, options, error);
	*info = source.info;
	source_close(&source);
	br_image_worker_free(worker);
	return status;
}

static int check_options(const struct br_image_options *options, struct br_error *error)
{
	if (options->sizes < 1 || options->sizes > BR_IMAGE_SIZES_MAX || options->quality < 1 ||
	    options->quality > 100)
		return br_error_set(error, BR_ERROR_USAGE, "%u sizes and quality %u make no sense",
		                    options->sizes, options->quality);
	if (options->max_metadata > BR_IMAGE_METADATA_MAX)
		return br_error_set(error, BR_ERROR_USAGE, "max_metadata is %llu: at most %llu",
		                    (unsigned long long)options->max_metadata,
		                    (unsigned long long)BR_IMAGE_METADATA_MAX);
	if ((unsigned)options->fit > BR_IMAGE_FIT_PAD ||
	    (unsigned)options->gravity > BR_IMAGE_GRAVITY_ENTROPY ||
	    (unsigned)options->filter > BR_IMAGE_FILTER_NEAREST)
		return br_error_set(error, BR_ERROR_USAGE, "no fit %d, gravity %d or filter %d",
		                    (int)options->fit, (int)options->gravity, (int)options->filter);
	return 0;
}

static int choose_format(struct picture *picture)
{
	const struct br_image_options *options = picture->options;
	const enum br_image_format format =
	    options->format ? options->format : picture->source.info.format;

	picture->result->out_format = format;
	return br_image_check_write(format, picture->error);
}

/* Whether an output of that size can be written: 0, or BR_ERROR_ENCODE or BR_ERROR_TOO_LARGE. */
static int check_size(enum br_image_format format, const struct br_image_options *options,
                      uint32_t width, uint32_t height, struct br_error *error)
{
	const uint32_t side_max = format_side_max(format);

	if (width > side_max || height > side_max)
		return br_error_set(
		    error, BR_ERROR_ENCODE,
		    "%ux%u pixels do not fit a %s, whose sides are at most %u: choose "
		    "another --format or a smaller --size",
		    width, height, br_image_format_name(format), side_max);
	if (format == BR_IMAGE_FORMAT_JPEG && options->jpeg_progressive &&
	    (uint64_t)width * height > JPEG_BUFFERED_PIXELS_MAX)
		return br_error_set(
		    error, BR_ERROR_TOO_LARGE,
		    "a progressive JPEG of %ux%u pixels takes too much memory: leave "
		    "--jpeg-progressive out, or choose a smaller --size",
		    width, height);
	return 0;
}

static int plan_size(struct picture *picture, unsigned i)
{
	const struct br_image_options *options = picture->options;
	struct br_image_geometry *geometry = &picture->geometry[i];
	int status = br_image_geometry_plan(
	    source_seen_width(&picture->source), source_seen_height(&picture->source),
	    &options->size[i], options->fit, options->gravity, options->enlarge, geometry);

	if (status == BR_ERROR_USAGE)
		return br_error_set(picture->error, BR_ERROR_USAGE,
		                    "a size needs a width, a height or a percentage");
	if (status)
		return br_error_set(picture->error, BR_ERROR_TOO_MANY_PIXELS,
		                    "the size asked for has a side of more than %llu pixels: "
		                    "choose a smaller --size",
		                    (unsigned long long)BR_IMAGE_SIDE_MAX);
	if ((uint64_t)geometry->canvas_width * geometry->canvas_height > options->max_pixels ||
	    (uint64_t)geometry->scaled_width * geometry->scaled_height > options->max_pixels)
		return br_error_set(
		    picture->error, BR_ERROR_TOO_MANY_PIXELS,
		    "the size asked for has more than the %llu pixels allowed: raise "
		    "--max-pixels",
		    (unsigned long long)options->max_pixels);
	if (geometry->limited)
		picture->result->notes |= BR_IMAGE_NOTE_NOT_ENLARGED;
	status = check_size(picture->result->out_format, options, geometry->canvas_width,
	                    geometry->canvas_height, picture->error);
	if (!status)
		status = cost_check_encode(picture->result->out_format, &picture->source.info,
		                           options, geometry->canvas_width, geometry->canvas_height,
		                           picture->error);
	if (!status && picture->animated)
		status = frames_check(&picture->source, geometry, picture->error);
	return status;
}

static bool same_geometry(const struct br_image_geometry *a, const struct br_image_geometry *b)
{
	return a->scaled_width == b->scaled_width && a->scaled_height == b->scaled_height &&
	       a->crop_width == b->crop_width && a->crop_height == b->crop_height &&
	       a->canvas_width == b->canvas_width && a->canvas_height == b->canvas_height;
}

/* A size that the picture is too small for is left out if another one comes to the same. */
static void choose_sizes(struct picture *picture)
{
	const struct br_image_geometry *geometry = picture->geometry;
	const unsigned sizes = picture->options->sizes;

	for (unsigned i = 0; i < sizes; i++) {
		bool skipped = false;

		for (unsigned j = 0; j < sizes && geometry[i].limited; j++)
			skipped = skipped || ((j < i || !geometry[j].limited) &&
			                      same_geometry(&geometry[i], &geometry[j]));
		if (skipped)
			picture->result->notes |= BR_IMAGE_NOTE_SIZE_SKIPPED;
		else
			picture->wanted |= UINT32_C(1) << i;
	}
}

/* Everything that the header decides: the format, every size's geometry, and which sizes are to be
 * made. */
static int plan(struct picture *picture, struct br_image_worker *worker, const void *data,
                size_t size)
{
	int status;

	picture_enter(picture, BR_IMAGE_STAGE_HEADER);
	status =
	    source_open(&picture->source, worker, data, size, picture->options, picture->error);
	picture->result->info = picture->source.info;
	if (!status)
		status = choose_format(picture);
	picture->animated =
	    !status && frames_are_kept(&picture->source, picture->result->out_format);
	for (unsigned i = 0; i < picture->options->sizes && !status; i++)
		status = plan_size(picture, i);
	if (!status)
		choose_sizes(picture);
	return status;
}

/* Whether libvips passed on a warning of libjpeg's, of which it keeps the first. */
static bool is_warned(const struct source *source)
{
	return source->info.format == BR_IMAGE_FORMAT_JPEG && source->view &&
	       strstr(source->words(), "VipsJpeg: ");
}

/* What is said of damaged data: that they end early explains all else. */
static void note_damage(struct picture *picture)
{
	uint32_t *notes = &picture->result->notes;

	if (is_warned(&picture->source))
		*notes |= BR_IMAGE_NOTE_DAMAGED;
	if (source_is_short(&picture->source) || picture->pull.cut_short)
		*notes |= BR_IMAGE_NOTE_TRUNCATED;
	if (*notes & BR_IMAGE_NOTE_TRUNCATED)
		*notes &= ~(uint32_t)BR_IMAGE_NOTE_DAMAGED;
}

static int run(struct picture *picture, struct br_image_worker *worker, const void *data,
               size_t size)
{
	struct metadata_fields fields;
	int status = plan(picture, worker, data, size);

	if (status)
		return status;
	if (picture->source.profile.broken)
		picture->result->notes |= BR_IMAGE_NOTE_PROFILE_BROKEN;
	if (picture->source.profile.unknown)
		picture->result->notes |= BR_IMAGE_NOTE_COLOURS_UNKNOWN;
	if (gain_map_exists(picture->source.info.format, picture->source.bytes))
		picture->result->notes |= BR_IMAGE_NOTE_GAIN_MAP_DROPPED;
	if (picture->source.info.bits > 8 && !picture_keeps_16_bits(picture))
		picture->result->notes |= BR_IMAGE_NOTE_DEPTH_REDUCED;
	if (picture->options->metadata == BR_IMAGE_METADATA_KEEP)
		status = metadata_read(&picture->metadata, picture->source.info.format,
		                       picture->source.bytes, picture->options->max_metadata,
		                       library_fields(&picture->source, &fields) ? &fields : NULL);
	if (status)
		return br_error_system(picture->error, -status, "no memory to keep the metadata");
	picture->result->outputs = picture->options->sizes;
	status = make(picture);
	if (picture->source.info.pages > 1 && !picture->animated)
		picture->result->notes |= BR_IMAGE_NOTE_ANIMATION_DROPPED;
	if (!status)
		note_damage(picture);
	return status;
}

int br_image_plan(struct br_image_worker *worker, const void *data, size_t size,
                  const struct br_image_options *options, uint32_t *sizes, struct br_error *error)
{
	struct br_image_result result = {0};
	struct picture picture = {.options = options, .result = &result, .error = error};
	struct br_image_worker *own = worker ? NULL : br_image_worker_new();
	int status = check_options(options, error);

	*sizes = 0;
	if (!status && !worker && !own)
		status = no_worker(error);
	if (!status) {
		status = plan(&picture, worker ? worker : own, data, size);
		source_close(&picture.source);
	}
	if (!status)
		*sizes = picture.wanted;
	br_image_worker_free(own);
	return status;
}

/* *shared: whether it used the library beside other threads. */
static int attempt(struct br_image_worker *worker, const void *data, size_t size,
                   const struct br_image_options *options, struct br_buffer *out,
                   struct br_image_result *result, bool *shared, struct br_error *error)
{
	const size_t out_size = out->size;
	struct picture picture = {.options = options,
	                          .result = result,
	                          .metadata = METADATA_NONE,
	                          .out = out,
	                          .error = error};
	int status;

	picture.pull.lenient = options->fail_on == BR_IMAGE_FAIL_ON_NONE;
	status = run(&picture, worker, data, size);
	if (status)
		out->size = out_size;
	status = status ? shortage_judge(status, picture.bytes, picture.source.asked, error) : 0;
	metadata_release(&picture.metadata);
	*shared = picture.source.shared;
	source_close(&picture.source);
	return status;
}

/* Whether the library's words belong to that failure: to its text, and sometimes to its code. */
static bool has_words(int status)
{
	return status == BR_ERROR_CORRUPT || status == BR_ERROR_TRUNCATED ||
	       status == BR_ERROR_UNSUPPORTED || status == BR_ERROR_ENCODE;
}

/* Whoever wants to see a picture that is taken again alone. */
struct again {
	const struct br_image_options *options;
};

static int show_alone(void *arg, const struct br_image_view *view, struct br_error *error)
{
	const struct again *again = arg;
	struct br_image_view alone = *view;

	alone.alone = true;
	return again->options->show(again->options->show_arg, &alone, error);
}

/* A picture that fails beside others is taken again alone, so that it is told the same, by the same
 * code, as if only one were worked on at a time; and so is one that a warning may belong to, which
 * is known of few. It holds the memory it was admitted with. */
static int resize(struct br_image_worker *worker, const void *data, size_t size,
                  const struct br_image_options *options, struct br_buffer *out,
                  struct br_image_result *result, struct br_error *error)
{
	struct br_image_options own = *options;
	struct again again = {.options = options};
	const size_t out_size = out->size;
	bool shared;
	int status = attempt(worker, data, size, options, out, result, &shared, error);
	const bool warned = !status && result->notes & BR_IMAGE_NOTE_DAMAGED;

	if (!shared || !(has_words(status) || warned) || !words_take())
		return status;
	out->size = out_size;
	own.alone = true;
	own.admit = NULL;
	if (own.show)
		own.show = show_alone;
	own.show_arg = &again;
	*result = (struct br_image_result){0};
	status = attempt(worker, data, size, &own, out, result, &shared, error);
	words_release();
	return status;
}

/* What is kept from earlier pictures costs none: if memory is short all of it goes, and the
 * picture is tried once more. It has been admitted already. */
static int resize_with_all(struct br_image_worker *worker, const void *data, size_t size,
                           const struct br_image_options *options, struct br_buffer *out,
                           struct br_image_result *result, struct br_error *error)
{
	struct br_image_options again = *options;
	int status = resize(worker, data, size, options, out, result, error);

	if (status != BR_ERROR_MEMORY)
		return status;
	again.admit = NULL;
	worker_drop(worker);
	*result = (struct br_image_result){0};
	return resize(worker, data, size, &again, out, result, error);
}

int br_image_resize(struct br_image_worker *worker, const void *data, size_t size,
                    const struct br_image_options *options, struct br_buffer *out,
                    struct br_image_result *result, struct br_error *error)
{
	struct br_image_worker *own = worker ? NULL : br_image_worker_new();
	int status = check_options(options, error);

	*result = (struct br_image_result){0};
	if (!status && !worker && !own)
		status = no_worker(error);
	if (!status)
		status =
		    resize_with_all(worker ? worker : own, data, size, options, out, result, error);
	br_image_worker_free(own);
	return status;
}
