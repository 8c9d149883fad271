/* rows_png.c - PNG: rows are used as soon as their filters are undone, while they are in the cache.
 */
#include <errno.h>

#include "image/rows.h"
#include "picture/cost.h"
#include "pipeline/library.h"
#include "png/codec_png.h"
#include "png/png_reader.h"

/* --- the decoder --------------------------------------------------------------------- */

static void make_rows(void *context, uint32_t end)
{
	png_reader_make(context, end);
}

static const void *read_row(void *context, uint32_t y, void *room)
{
	(void)y;
	return png_reader_see_row(context, room);
}

static void lines(void *context, struct resample_source *lines)
{
	lines->line = read_row;
	lines->context = context;
}

static void lines_as_stored(void *context, struct resample_source *lines)
{
	lines->pixels = png_reader_rows(context, &lines->stride);
	lines->ready = make_rows;
	lines->context = context;
}

static void *whole(void *context)
{
	return png_reader_whole(context);
}

static void close_reader(void *context)
{
	png_reader_free(context);
}

static bool finish(void *context)
{
	return png_reader_finish(context);
}

/* Below this many bytes unpacked a picture is in the cache in any case. */
#define PIECES_MIN ((uint64_t)256 << 10)

static int unpack(struct png_reader *reader)
{
	switch (png_reader_unpack(reader)) {
	case PNG_DECLINE_NONE:
		return 0;
	case PNG_DECLINE_MEMORY:
		return -ENOTSUP;
	default:
		return -EBADMSG;
	}
}

/* Memory as for the general way: what is refused there is not taken here. */
int row_source_open_png(struct picture *picture, uint32_t width, uint32_t height, bool once,
                        struct row_source *rows)
{
	struct source *source = &picture->source;
	const struct br_image_info *info = &source->info;
	const struct png_info *png = &source->png_info;

	if (!source->png ||
	    cost_check_decode(info, &source->scan, source->options, 1, width, height, NULL) ||
	    png->memory > cost_png(info, &source->scan, source->options, width, height))
		return -ENOTSUP;
	*rows = (struct row_source){
	    .shape = {.width = png->width,
	              .height = png->height,
	              .bands = png->bands,
	              .bits = png->bits,
	              .alpha = info->alpha},
	    .context = source->png,
	    .lines = png->as_stored ? lines_as_stored : lines,
	    .again = png->as_stored,
	    .whole = whole,
	    .close = close_reader,
	};
	source->png = NULL;
	if (!once || png->memory < PIECES_MIN)
		return unpack(rows->context);
	rows->lines = lines;
	rows->again = false;
	rows->finish = finish;
	return png_reader_begin(rows->context) ? 0 : -ENOTSUP;
}

/* --- the encoder --------------------------------------------------------------------- */

/* It takes the image library to do that; a build without one leaves the colours as many as they
 * are. */
static int decline_reduction(void *context, const struct raster *raster, struct raster *reduced)
{
	(void)context;
	(void)raster;
	(void)reduced;
	return library_exists() ? -ENOTSUP : 0;
}

static int encode(struct picture *picture, const struct row_picture *what,
                  const struct metadata_parts *parts)
{
	const struct codec_png_help help = {
	    .late = rows_are_late, .reduce = decline_reduction, .context = picture};
	struct codec_origin origin = source_origin(&picture->source);
	struct br_buffer file = BR_BUFFER_HEAP;
	int status;

	origin.profile = parts->profile.size > 0;
	if (what->untouched)
		origin.same = source_file(&picture->source);
	status =
	    codec_png_encode(&what->raster, &origin, picture->options->png_effort, &help, &file);
	if (!status)
		status = br_buffer_append(picture->out, file.data, file.size);
	br_buffer_release(&file);
	return status;
}

const struct row_sink row_sink_png = {
    .format = BR_IMAGE_FORMAT_PNG,
    .alpha = true,
    .deep = true,
    .bytes_max = CODEC_PNG_MAX,
    .encode = encode,
};
