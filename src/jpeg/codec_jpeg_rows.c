/* codec_jpeg_rows.c - a picture of pixels as a JPEG: by the writer if it can, being the quicker
 * one, or by libjpeg. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jpeg/codec_jpeg_parts.h"

/* --- by libjpeg ------------------------------------------------------------------------ */

/* Lines between two looks at the clock. */
#define STRIP_LINES 16

static void begin(struct jpeg_codec *codec)
{
	const struct raster *raster = codec->rows->raster;
	const struct jpeg_target *target = codec->rows->target;
	struct jpeg_compress_struct *out = &codec->out;

	out->image_width = raster->width;
	out->image_height = raster->height;
	out->input_components = (int)raster->bands;
	out->in_color_space = raster->bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(out);
	jpeg_set_quality(out, (int)target->quality, TRUE);
	if (target->progressive)
		jpeg_simple_progression(out);
	if (raster->bands > 1) {
		out->comp_info[0].h_samp_factor = (int)codec_jpeg_step(target);
		out->comp_info[0].v_samp_factor = (int)codec_jpeg_step(target);
	}
	out->optimize_coding = raster_pixels(raster) <= JPEG_BUFFERED_PIXELS_MAX;
	out->write_JFIF_header = FALSE;
	jpeg_start_compress(out, TRUE);
}

static void write_rows(struct jpeg_codec *codec)
{
	const struct jpeg_rows *rows = codec->rows;
	struct jpeg_compress_struct *out = &codec->out;

	begin(codec);
	while (out->next_scanline < out->image_height) {
		/* libjpeg does not write to it */
		JSAMPROW row = (JSAMPROW)(uintptr_t)raster_line(rows->raster, out->next_scanline);

		if (out->next_scanline % STRIP_LINES == 0 && rows->late &&
		    rows->late(rows->context)) {
			codec->out_errors.code = -ECANCELED;
			longjmp(codec->out_errors.jump, 1);
		}
		(void)jpeg_write_scanlines(out, &row, 1);
	}
	jpeg_finish_compress(out);
}

static int write_by_libjpeg(struct jpeg_codec *codec, struct br_buffer *out)
{
	int status;

	jpeg_sink_begin(&codec->sink, &codec->out, out);
	status = codec_jpeg_guarded(codec, &codec->out_errors, write_rows);
	if (status)
		jpeg_abort_compress(&codec->out);
	return status;
}

/* --- by the writer --------------------------------------------------------------------- */

/* One line of MCUs in planes. */
struct strip {
	const struct jpeg_rows *rows;
	const struct jpeg_kernels *kernels;
	uint32_t step;             /* pixels for each sample of Cb and Cr, across and down */
	size_t width;              /* samples of Y, up to whole MCUs */
	size_t stride;             /* the same up to what is halved at once */
	uint8_t *plane[3];         /* 8 lines; of Y `step` times as many */
	uint8_t *blue[2], *red[2]; /* lines of Cb and Cr with a sample for each pixel */
};

/* Lines of `stride` bytes that a strip takes. */
#define STRIP_ROOM (2 * DCTSIZE + 2 * DCTSIZE + 4)

static void *strip_make(struct strip *strip, const struct jpeg_rows *rows)
{
	const bool gray = rows->raster->bands == 1;
	uint8_t *memory, *line;

	*strip = (struct strip){.rows = rows, .kernels = jpeg_kernels(0)};
	strip->step = gray ? 1 : codec_jpeg_step(rows->target);
	strip->width =
	    (size_t)jpeg_ceil(rows->raster->width, DCTSIZE * strip->step) * DCTSIZE * strip->step;
	strip->stride =
	    (strip->width + JPEG_COLOURS_STEP - 1) / JPEG_COLOURS_STEP * JPEG_COLOURS_STEP;
	line = memory = calloc(STRIP_ROOM, strip->stride);
	if (!memory)
		return NULL;
	for (size_t i = 0; i < 2; i++, line += 2 * strip->stride) {
		strip->blue[i] = line;
		strip->red[i] = line + strip->stride;
	}
	for (size_t c = 0; c < 3; c++, line += DCTSIZE * strip->stride) {
		strip->plane[c] = line;
		line += c == 0 ? DCTSIZE * strip->stride : 0;
	}
	return memory;
}

/* The last pixel once more, up to whole MCUs. */
static void extend(const struct strip *strip, uint8_t *line)
{
	const uint32_t width = strip->rows->raster->width;

	memset(line + width, line[width - 1], strip->width - width);
}

/* The pixels that share a line of Cb and Cr, line number `y` of the strip. Below the picture is its
 * last line. */
static void fill_lines(const struct strip *strip, uint32_t top, uint32_t y)
{
	const struct raster *raster = strip->rows->raster;
	uint8_t *blue = strip->plane[1] + y * strip->stride;
	uint8_t *red = strip->plane[2] + y * strip->stride;

	for (uint32_t i = 0; i < strip->step; i++) {
		const uint32_t at = top + y * strip->step + i;
		const uint8_t *pixels =
		    raster_line(raster, at < raster->height ? at : raster->height - 1);
		uint8_t *luma = strip->plane[0] + (y * strip->step + i) * strip->stride;
		uint8_t *own_blue = strip->step == 1 ? blue : strip->blue[i];
		uint8_t *own_red = strip->step == 1 ? red : strip->red[i];

		strip->kernels->colours(pixels, raster->width, luma, own_blue, own_red);
		extend(strip, luma);
		extend(strip, own_blue);
		extend(strip, own_red);
	}
	if (strip->step == 1)
		return;
	strip->kernels->halve(strip->blue[0], strip->blue[1], strip->stride, blue);
	strip->kernels->halve(strip->red[0], strip->red[1], strip->stride, red);
}

static void fill_gray(const struct strip *strip, uint32_t top, uint32_t y)
{
	const struct raster *raster = strip->rows->raster;
	uint8_t *line = strip->plane[0] + y * strip->stride;

	memcpy(line, raster_line(raster, top + y), raster->width);
	extend(strip, line);
}

/* The last line of a plane, number `last`, once more in all below it. */
static void repeat_line(const struct strip *strip, unsigned component, uint32_t last, uint32_t end)
{
	const uint8_t *line = strip->plane[component] + last * strip->stride;

	for (uint32_t y = last + 1; y < end; y++)
		memcpy(strip->plane[component] + y * strip->stride, line, strip->width);
}

/* As libjpeg does it: what is below the picture are the last samples, not those of the last pixels.
 */
static int fill_strip(void *context, uint32_t line)
{
	const struct strip *strip = context;
	const struct raster *raster = strip->rows->raster;
	const uint32_t top = line * DCTSIZE * strip->step, left = raster->height - top;
	const uint32_t wanted = jpeg_ceil(left, strip->step);
	const uint32_t lines = wanted < DCTSIZE ? wanted : DCTSIZE;

	if (strip->rows->late && strip->rows->late(strip->rows->context))
		return -ECANCELED;
	for (uint32_t y = 0; y < lines; y++)
		if (raster->bands == 1)
			fill_gray(strip, top, y);
		else
			fill_lines(strip, top, y);
	repeat_line(strip, 0, lines * strip->step - 1, DCTSIZE * strip->step);
	for (unsigned c = 1; c < raster->bands; c++)
		repeat_line(strip, c, lines - 1, DCTSIZE);
	return 0;
}

static void set_quality(struct jpeg_codec *codec)
{
	jpeg_set_quality(&codec->out, (int)codec->rows->target->quality, TRUE);
}

static int write_by_writer(struct jpeg_codec *codec, struct br_buffer *out)
{
	const struct raster *raster = codec->rows->raster;
	struct jpeg_writer_picture picture = {.width = raster->width,
	                                      .height = raster->height,
	                                      .components = raster->bands,
	                                      .fill = fill_strip,
	                                      .by_libjpeg = true};
	struct strip strip;
	void *memory;
	int status = codec_jpeg_guarded(codec, &codec->out_errors, set_quality);

	if (status)
		return status;
	memory = strip_make(&strip, codec->rows);
	if (!memory)
		return -ENOMEM;
	picture.context = &strip;
	picture.h = picture.v = strip.step;
	picture.luma = codec->out.quant_tbl_ptrs[0]->quantval;
	picture.chroma = codec->out.quant_tbl_ptrs[1]->quantval;
	for (unsigned c = 0; c < raster->bands; c++)
		picture.plane[c] =
		    (struct jpeg_writer_plane){.data = strip.plane[c], .stride = strip.stride};
	status = jpeg_writer_write(codec->writer, &picture, out);
	free(memory);
	return status;
}

/* --- either ---------------------------------------------------------------------------- */

static bool is_written(const struct jpeg_rows *rows)
{
	return codec_jpeg_writes_pixels(rows->target, raster_pixels(rows->raster)) &&
	       rows->raster->width <= JPEG_MAX_DIMENSION &&
	       rows->raster->height <= JPEG_MAX_DIMENSION;
}

int jpeg_codec_write(struct jpeg_codec *codec, const struct jpeg_rows *rows, struct br_buffer *out)
{
	int status;

	codec->rows = rows;
	jpeg_errors_begin(&codec->out_errors, BR_IMAGE_FAIL_ON_NONE);
	status = is_written(rows) ? write_by_writer(codec, out) : write_by_libjpeg(codec, out);
	codec->rows = NULL;
	return status;
}
