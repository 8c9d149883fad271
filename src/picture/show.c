/* show.c - see show.h. */
#include "picture/show.h"

#include <stdlib.h>
#include <string.h>

#include "base/run_clock.h"
#include "picture/words.h"

int show(struct picture *picture, struct br_image_view *view)
{
	const struct br_image_options *options = picture->options;
	int status;

	if (!options->show)
		return 0;
	view->format = picture->result->out_format;
	if (view->frames == 0)
		view->frames = 1;
	view->alone = view->frames > 1;
	/* it may wait for other pictures, which is nobody's time */
	if (picture->source.shared && !view->alone)
		words_unshare();
	status = options->show(options->show_arg, view, picture->error);
	if (picture->source.shared && !view->alone)
		words_share();
	if (!view->alone)
		picture->pull.limit = run_limit_in(options->timeout_ms);
	if (status == BR_ERROR_MEMORY)
		return source_fault(&picture->source, BR_ERROR_MEMORY, picture->error);
	return status;
}

static size_t bytes_of(const struct raster *raster)
{
	return raster_line_bytes(raster) * raster->height;
}

static int read_raster(const struct br_image_view *view, void *pixels)
{
	const struct shown *shown = view->picture;

	memcpy(pixels, shown->raster.pixels, bytes_of(&shown->raster));
	return 0;
}

static int write_raster(const struct br_image_view *view, const void *pixels)
{
	struct shown *shown = view->picture;
	const size_t bytes = bytes_of(&shown->raster);

	if (!shown->own)
		shown->own = malloc(bytes);
	if (!shown->own)
		return BR_ERROR_MEMORY;
	memcpy(shown->own, pixels, bytes);
	shown->raster.pixels = shown->own;
	shown->changed = true;
	return 0;
}

int show_raster(struct picture *picture, struct shown *shown)
{
	struct br_image_view view = {
	    .size = shown->size,
	    .frame = shown->frame,
	    .frames = shown->frames,
	    .width = shown->raster.width,
	    .height = shown->raster.height,
	    .bands = shown->raster.bands,
	    .bits = shown->raster.bits,
	    .alpha = shown->raster.alpha,
	    .read = read_raster,
	    .write = write_raster,
	    .picture = shown,
	};

	return show(picture, &view);
}
