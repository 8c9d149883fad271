/* rows_jpeg.c - JPEG: pixels to a file by libjpeg, as libvips would have it. */
#include "image/rows.h"
#include "jpeg/codec_jpeg.h"
#include "picture/cost.h"
#include "probe/formats.h"

/* A failure that is no shortage is called as the general way calls it. */
static int encode(struct picture *picture, const struct row_picture *what)
{
	const struct jpeg_target target = {
	    .quality = format_quality(BR_IMAGE_FORMAT_JPEG, picture->options),
	    .subsampling = picture->options->jpeg_subsampling,
	    .progressive = picture->options->jpeg_progressive,
	};
	const struct jpeg_rows rows = {
	    .raster = &what->raster, .target = &target, .late = rows_are_late, .context = picture};
	const int status = jpeg_codec_write(picture->source.worker->jpeg, &rows, picture->out);

	return status > 0 ? BR_ERROR_ENCODE : status;
}

const struct row_sink row_sink_jpeg = {
    .format = BR_IMAGE_FORMAT_JPEG,
    .bytes_max = COST_SETTLE_MAX,
    .encode = encode,
};
