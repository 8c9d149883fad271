/* png_image.c - see png_image.h. */
#include "libvips/png_image.h"

#include <stdlib.h>

#include <batchresize/error.h>

#include "picture/cost.h"
#include "libvips/pixels.h"

/* Lines of a strip: what libvips' own loader has (VIPS__FATSTRIP_HEIGHT). */
#define STRIP_LINES 16

/* Rows that are read as they are asked for. */
struct stream {
	struct png_reader *reader;
	int next;
};

static void free_pixels(VipsImage *image, void *pixels)
{
	(void)image;
	free(pixels);
}

static void free_stream(VipsImage *image, void *data)
{
	struct stream *stream = data;

	(void)image;
	png_reader_free(stream->reader);
	free(stream);
}

static void describe(VipsImage *image, const VipsImage *like)
{
	vips_image_init_fields(image, like->Xsize, like->Ysize, like->Bands, like->BandFmt,
	                       VIPS_CODING_NONE, like->Type, like->Xres, like->Yres);
}

static VipsImage *in_memory(struct png_reader *reader, const struct png_info *info,
                            const VipsImage *header)
{
	void *pixels = png_reader_whole(reader);
	VipsImage *image;

	if (!pixels)
		return NULL;
	image = vips_image_new_from_memory(pixels, info->line_bytes * info->height, header->Xsize,
	                                   header->Ysize, header->Bands, header->BandFmt);
	if (!image) {
		free(pixels);
		return NULL;
	}
	g_signal_connect(image, "postclose", G_CALLBACK(free_pixels), pixels);
	describe(image, header);
	return image;
}

static int generate(VipsRegion *out, void *sequence, void *a, void *b, gboolean *stop)
{
	const VipsRect *strip = &out->valid;
	struct stream *stream = a;

	(void)sequence;
	(void)b;
	(void)stop;
	if (strip->top != stream->next) {
		vips_error("png", "rows are read from top to bottom, once");
		return -1;
	}
	for (int y = 0; y < strip->height; y++)
		png_reader_next_row(stream->reader, out->data + (size_t)y * (size_t)out->bpl);
	stream->next += strip->height;
	return 0;
}

/* Takes the reader over unless it fails. */
static VipsImage *streaming(struct png_reader *reader, const VipsImage *header)
{
	struct stream *stream = calloc(1, sizeof *stream);
	VipsImage *rows = vips_image_new(), *image = NULL;

	describe(rows, header);
	if (!stream || vips_image_pipelinev(rows, VIPS_DEMAND_STYLE_THINSTRIP, NULL) ||
	    vips_image_generate(rows, NULL, generate, NULL, stream, NULL) ||
	    vips_sequential(rows, &image, "tile_height", STRIP_LINES, NULL)) {
		g_object_unref(rows);
		free(stream);
		return NULL;
	}
	stream->reader = reader;
	g_signal_connect(rows, "postclose", G_CALLBACK(free_stream), stream);
	g_object_unref(rows);
	return image;
}

static bool is_described_by(const struct png_info *info, const VipsImage *header)
{
	return (uint32_t)header->Xsize == info->width && (uint32_t)header->Ysize == info->height &&
	       (uint32_t)header->Bands == info->bands &&
	       header->BandFmt == (info->bits == 16 ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR);
}

VipsImage *png_image_load(struct png_reader *reader, const struct png_info *info,
                          const VipsImage *header)
{
	VipsImage *image = NULL;

	if (!is_described_by(info, header) || png_reader_unpack(reader)) {
		png_reader_free(reader);
		return NULL;
	}
	if (info->in_place || pixels_bytes(header) <= COST_SETTLE_MAX) {
		image = in_memory(reader, info, header);
	} else {
		image = streaming(reader, header);
		if (image)
			return image;
	}
	png_reader_free(reader);
	return image;
}
