/* rows_jpeg.c - JPEG: pixels to a file as libvips would have libjpeg make it. */
#include "image/rows.h"

#include <errno.h>
#include <stdlib.h>

#include "jpeg/codec_jpeg.h"
#include "picture/cost.h"
#include "probe/formats.h"

/* --- the decoder --------------------------------------------------------------------- */

/* A picture in memory. */
struct decoded {
	struct raster raster;
	uint8_t *pixels;
};

static void lines(void *context, struct resample_source *lines)
{
	const struct decoded *decoded = context;

	lines->pixels = decoded->pixels;
	lines->stride = raster_line_bytes(&decoded->raster);
}

static void *whole(void *context)
{
	struct decoded *decoded = context;
	void *pixels = decoded->pixels;

	decoded->pixels = NULL;
	return pixels;
}

static void close_decoded(void *context)
{
	struct decoded *decoded = context;

	free(decoded->pixels);
	free(decoded);
}

/* Damage is called by the same name on all ways. */
static int decode(struct picture *picture, uint8_t *pixels)
{
	const struct source *source = &picture->source;
	uint32_t notes = 0;
	const int status = jpeg_codec_pixels(source->jpeg, pixels, &notes, picture->error);

	picture->result->notes |= notes;
	return status == BR_ERROR_CORRUPT && !source->scan.ended
	           ? source_fault(source, status, picture->error)
	           : status;
}

int row_source_open_jpeg(struct picture *picture, struct row_source *rows)
{
	const struct br_image_info *info = &picture->source.info;
	struct decoded *decoded = calloc(1, sizeof *decoded);
	int status;

	if (!decoded)
		return source_fault(&picture->source, BR_ERROR_MEMORY, picture->error);
	decoded->raster = (struct raster){
	    .width = info->width, .height = info->height, .bands = info->bands, .bits = 8};
	decoded->pixels = malloc(raster_line_bytes(&decoded->raster) * info->height);
	*rows = (struct row_source){
	    .shape = decoded->raster,
	    .context = decoded,
	    .lines = lines,
	    .again = true,
	    .whole = whole,
	    .close = close_decoded,
	};
	if (!decoded->pixels)
		return source_fault(&picture->source, BR_ERROR_MEMORY, picture->error);
	status = decode(picture, decoded->pixels);
	return status == BR_ERROR_TOO_LARGE ? -ENOTSUP : status;
}

/* --- the encoder --------------------------------------------------------------------- */

/* A failure that is no shortage is called as the general way calls it. */
static int encode(struct picture *picture, const struct row_picture *what,
                  const struct metadata_parts *parts)
{
	const struct jpeg_target target = {
	    .quality = format_quality(BR_IMAGE_FORMAT_JPEG, picture->options),
	    .subsampling = picture->options->jpeg_subsampling,
	    .progressive = picture->options->jpeg_progressive,
	};
	const struct jpeg_rows rows = {
	    .raster = &what->raster, .target = &target, .late = rows_are_late, .context = picture};
	int status;

	(void)parts;
	status = jpeg_codec_write(picture->source.worker->jpeg, &rows, picture->out);

	return status > 0 ? BR_ERROR_ENCODE : status;
}

const struct row_sink row_sink_jpeg = {
    .format = BR_IMAGE_FORMAT_JPEG,
    .bytes_max = COST_SETTLE_MAX,
    .encode = encode,
};
