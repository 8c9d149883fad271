/* codec_jpeg_rows.c - a picture of pixels as a JPEG, by libjpeg. */
#include <errno.h>

#include "jpeg/codec_jpeg_parts.h"

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

int jpeg_codec_write(struct jpeg_codec *codec, const struct jpeg_rows *rows, struct br_buffer *out)
{
	int status;

	codec->rows = rows;
	jpeg_errors_begin(&codec->out_errors, BR_IMAGE_FAIL_ON_NONE);
	jpeg_sink_begin(&codec->sink, &codec->out, out);
	status = codec_jpeg_guarded(codec, &codec->out_errors, write_rows);
	codec->rows = NULL;
	if (status)
		jpeg_abort_compress(&codec->out);
	return status;
}
