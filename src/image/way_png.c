/* way_png.c - PNG to PNG without the image library's pictures.
 *
 * Rows are resampled as soon as their filters are undone, while they are in the cache, and the
 * result is encoded where it is. All parts are those of the general path, so the bytes are the
 * same. Steps that most pictures do not need are left out here, and a picture that needs one of
 * them is declined.
 */
#include "image/way_png.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "colour/cms.h"
#include "png/codec_png.h"
#include "picture/cost.h"
#include "geometry/geometry.h"
#include "colour/icc.h"
#include "pipeline/library.h"
#include "png/png_reader.h"
#include "resample/resample_core.h"

/* What one picture needs. */
struct way {
	struct picture *picture;
	struct png_reader *reader;
	struct png_info info;
	struct bytes profile; /* that the pixels are meant by, to be kept with them */
	unsigned size;        /* the one that is wanted */
	void *pixels;         /* of the result */
	struct raster raster;
	bool scaled;
};

/* --- which pictures go this way ------------------------------------------------------ */

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

/* The whole picture becomes the whole output. */
static bool is_plain(const struct picture *picture, const struct br_image_geometry *geometry)
{
	return geometry->canvas_width == geometry->crop_width &&
	       geometry->canvas_height == geometry->crop_height &&
	       geometry->crop_width == geometry->scaled_width &&
	       geometry->crop_height == geometry->scaled_height &&
	       !geometry_searches(geometry, picture->options->gravity);
}

/* Colours stay as they are. */
static bool keeps_colours(struct way *way)
{
	const struct source *source = &way->picture->source;
	const struct bytes profile = source->profile.bytes;
	const enum icc_pixels pixels = source->info.bands < 3 ? ICC_GRAY : ICC_RGB;
	const bool kept = way->picture->options->profile == BR_IMAGE_PROFILE_KEEP;

	/* numbers go before a profile, as on the general path */
	if (source->profile.hdr.told)
		return kept;
	way->profile = profile;
	return !profile.size || icc_classify(profile, pixels) == ICC_SRGB ||
	       (kept && cms_usable(profile, pixels));
}

static uint64_t result_bytes(const struct br_image_info *info,
                             const struct br_image_geometry *geometry)
{
	return (uint64_t)geometry->canvas_width * geometry->canvas_height * info->bands *
	       (info->bits / 8);
}

bool way_png_is_possible(enum br_image_format source, const struct br_image_options *options)
{
	return source == BR_IMAGE_FORMAT_PNG && !options->linear &&
	       (options->format == BR_IMAGE_FORMAT_UNKNOWN ||
	        options->format == BR_IMAGE_FORMAT_PNG);
}

static bool is_for_us(struct way *way)
{
	const struct picture *picture = way->picture;
	const struct br_image_info *info = &picture->source.info;

	if (!way_png_is_possible(info->format, picture->options) || info->orientation > 1 ||
	    !find_size(picture, &way->size))
		return false;
	return is_plain(picture, &picture->geometry[way->size]) && keeps_colours(way) &&
	       result_bytes(info, &picture->geometry[way->size]) <= CODEC_PNG_MAX;
}

/* Memory as for the general path: what is refused there is not taken here. */
static bool unpack(struct way *way)
{
	struct source *source = &way->picture->source;
	const struct br_image_info *info = &source->info;
	const struct br_image_geometry *geometry = &way->picture->geometry[way->size];
	const uint32_t width = geometry->scaled_width, height = geometry->scaled_height;
	uint64_t memory;

	if (!source->png ||
	    cost_check_decode(info, &source->scan, source->options, 1, width, height, NULL))
		return false;
	memory = cost_png(info, &source->scan, source->options, width, height);
	if (source->png_info.memory > memory)
		return false;
	way->info = source->png_info;
	way->reader = source->png;
	source->png = NULL;
	return way->info.width == info->width && way->info.height == info->height &&
	       way->info.bands == info->bands && way->info.bits == info->bits &&
	       !png_reader_unpack(way->reader);
}

/* --- the pixels ---------------------------------------------------------------------- */

static void make_rows(void *context, uint32_t end)
{
	png_reader_make(context, end);
}

static const void *read_row(void *context, uint32_t y, void *room)
{
	(void)y;
	png_reader_next_row(context, room);
	return room;
}

static int scale(struct way *way)
{
	const struct png_info *info = &way->info;
	const struct raster *raster = &way->raster;
	const struct kernel_axis x = {
	    .extent = info->width, .samples = info->width, .size = raster->width};
	const struct kernel_axis y = {
	    .extent = info->height, .samples = info->height, .size = raster->height};
	struct resample_source source = {
	    .format = info->bits == 16 ? SAMPLE_U16 : SAMPLE_U8,
	    .bands = info->bands,
	    .alpha = raster->alpha,
	    .line = read_row,
	    .context = way->reader,
	    .resampler = way->picture->source.worker->resampler,
	};

	if (info->as_stored) {
		source.pixels = png_reader_rows(way->reader, &source.stride);
		source.ready = make_rows;
	}
	way->pixels = malloc(raster_line_bytes(raster) * raster->height);
	if (!way->pixels)
		return BR_ERROR_MEMORY;
	return resample_lines(&source, &x, &y, way->picture->options->filter, &way->picture->pull,
	                      way->pixels);
}

static int make_pixels(struct way *way)
{
	const struct br_image_geometry *geometry = &way->picture->geometry[way->size];
	const uint64_t start = clock_ns();
	int status = 0;

	way->raster = (struct raster){
	    .width = geometry->scaled_width,
	    .height = geometry->scaled_height,
	    .bands = way->info.bands,
	    .bits = way->info.bits,
	    .alpha = way->picture->source.info.alpha,
	};
	way->scaled = geometry->scaled_width != way->info.width ||
	              geometry->scaled_height != way->info.height;
	if (way->scaled)
		status = scale(way);
	else
		way->pixels = png_reader_whole(way->reader);
	if (!status && !way->pixels)
		status = BR_ERROR_MEMORY;
	way->raster.pixels = way->pixels;
	/* what has been unpacked is not needed any more */
	png_reader_free(way->reader);
	way->reader = NULL;
	way->picture->result->resize_ms += clock_ms_since(start);
	return status;
}

/* --- the file ------------------------------------------------------------------------ */

static bool is_late(void *context)
{
	struct picture *picture = context;

	return run_limit_over(&picture->pull.limit);
}

/* It takes the image library to do that; a build without one leaves the colours as many as they
 * are. */
static int decline_reduction(void *context, const struct raster *raster, struct raster *reduced)
{
	(void)context;
	(void)raster;
	(void)reduced;
	return library_exists() ? -ENOTSUP : 0;
}

static int encode(struct way *way, const struct metadata_parts *parts, struct br_buffer *file)
{
	struct picture *picture = way->picture;
	const struct codec_png_help help = {
	    .late = is_late, .reduce = decline_reduction, .context = picture};
	struct codec_origin origin = source_origin(&picture->source);

	origin.profile = parts->profile.size > 0;
	if (!way->scaled)
		origin.same = source_file(&picture->source);
	return codec_png_encode(&way->raster, &origin, picture->options->png_effort, &help, file);
}

static int encode_fault(const struct way *way, int status)
{
	struct br_error *error = way->picture->error;

	if (status == -ECANCELED)
		return source_fault(&way->picture->source, BR_ERROR_TIMEOUT, error);
	return br_error_set(error, BR_ERROR_ENCODE, "%s of %ux%u pixels cannot be encoded",
	                    br_image_format_name(BR_IMAGE_FORMAT_PNG), way->raster.width,
	                    way->raster.height);
}

static int publish(struct way *way, const struct metadata_parts *parts,
                   const struct br_buffer *file)
{
	struct picture *picture = way->picture;
	struct br_image_output *output = &picture->result->output[way->size];
	int status;

	*output = (struct br_image_output){
	    .offset = picture->out->size, .width = way->raster.width, .height = way->raster.height};
	status = br_buffer_append(picture->out, file->data, file->size);
	if (!status)
		status = metadata_embed(BR_IMAGE_FORMAT_PNG, parts, picture->out, output->offset);
	output->size = picture->out->size - output->offset;
	if (output->size > picture->source.bytes.size)
		picture->result->notes |= BR_IMAGE_NOTE_GREW;
	return status ? br_error_system(picture->error, -status, "no room for the output") : 0;
}

static int make_file(struct way *way, bool *taken)
{
	const struct br_image_options *options = way->picture->options;
	const bool keep = options->metadata == BR_IMAGE_METADATA_KEEP;
	const uint64_t start = clock_ns();
	struct metadata_change change = {
	    .placement =
		source_placement(&way->picture->source, &way->picture->geometry[way->size]),
	    .from = BR_IMAGE_FORMAT_PNG,
	    .format = BR_IMAGE_FORMAT_PNG,
	    .codes = way->picture->source.profile.hdr,
	};
	struct br_buffer file = BR_BUFFER_HEAP;
	struct metadata_parts parts;
	int status;

	if (keep || options->profile == BR_IMAGE_PROFILE_KEEP)
		change.profile = way->profile;
	status = metadata_parts_make(&parts, keep ? &way->picture->metadata : NULL, &change);
	if (status) {
		status = br_error_system(way->picture->error, -status, "no room for the output");
	} else {
		status = encode(way, &parts, &file);
		*taken = status != -ENOTSUP;
		if (*taken)
			way->picture->result->notes |= parts.notes;
		if (*taken)
			status = status ? encode_fault(way, status) : publish(way, &parts, &file);
	}
	br_buffer_release(&file);
	metadata_parts_release(&parts);
	way->picture->result->encode_ms += clock_ms_since(start);
	return *taken ? status : 0;
}

int way_png(struct picture *picture, bool *taken)
{
	const uint64_t start = clock_ns();
	struct way way = {.picture = picture};
	int status = 0;

	*taken = is_for_us(&way) && unpack(&way);
	picture->result->decode_ms += clock_ms_since(start);
	if (*taken) {
		status = make_pixels(&way);
		status = status ? source_fault(&picture->source, status, picture->error)
		                : make_file(&way, taken);
	}
	png_reader_free(way.reader);
	free(way.pixels);
	return status;
}
