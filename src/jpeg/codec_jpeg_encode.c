/* codec_jpeg_encode.c - turns and frames the resampled planes and encodes them. */
#include <assert.h>

#include "jpeg/codec_jpeg_parts.h"

/* The background in Y, Cb, Cr (JFIF 1.02: ITU-R BT.601, full range). */
static uint8_t background_of(const uint8_t rgb[3], unsigned index)
{
	static const double weight[JPEG_COMPONENTS][4] = {{0.299, 0.587, 0.114, 0},
	                                                  {-0.168735892, -0.331264108, 0.5, 128},
	                                                  {0.5, -0.418687589, -0.081312411, 128}};
	assert(index < JPEG_COMPONENTS);
	const double *w = weight[index];
	double value = w[0] * rgb[0] + w[1] * rgb[1] + w[2] * rgb[2] + w[3];

	return (uint8_t)(value + 0.5 > 255 ? 255 : value + 0.5);
}

static bool covered(const struct jpeg_span *span)
{
	return span->at == 0 && span->count == span->canvas;
}

/* A sample that lies half on the background is half of it. */
static void blend_edges(const struct target_plane *plane, uint8_t background)
{
	const struct jpeg_span *x = &plane->x, *y = &plane->y;

	if (x->blend_first)
		plane_blend_column(&plane->canvas, x->at, y->at, y->count, background);
	if (x->blend_last)
		plane_blend_column(&plane->canvas, x->at + x->count - 1, y->at, y->count,
		                   background);
	if (y->blend_first)
		plane_blend_row(&plane->canvas, y->at, x->at, x->count, background);
	if (y->blend_last)
		plane_blend_row(&plane->canvas, y->at + y->count - 1, x->at, x->count, background);
}

/* The part of the canvas outside the picture; the picture itself stands there already unless it is
 * still to be turned. */
static void fill_around(const struct target_plane *plane, uint8_t background)
{
	const struct plane *canvas = &plane->canvas;
	uint32_t below = plane->y.at + plane->y.count, right = plane->x.at + plane->x.count;
	uint8_t *data = canvas->data;

	struct plane part[4] = {
	    {data, canvas->stride, canvas->width, plane->y.at},
	    {data + below * canvas->stride, canvas->stride, canvas->width, canvas->height - below},
	    {data + plane->y.at * canvas->stride, canvas->stride, plane->x.at, plane->y.count},
	    {data + plane->y.at * canvas->stride + right, canvas->stride, canvas->width - right,
	     plane->y.count},
	};

	for (int i = 0; i < 4; i++)
		plane_fill(&part[i], background);
}

static void finish_canvas(const struct jpeg_codec *codec, const struct jpeg_target *target,
                          const struct target_plane *plane, unsigned index)
{
	const struct plane *canvas = &plane->canvas;
	struct plane place = {.data = canvas->data + plane->y.at * canvas->stride + plane->x.at,
	                      .stride = canvas->stride,
	                      .width = plane->x.count,
	                      .height = plane->y.count};

	if (codec_jpeg_turned(codec->turn))
		plane_turn(&plane->stored, &place, codec->turn);
	if (!covered(&plane->x) || !covered(&plane->y)) {
		uint8_t background = background_of(target->background, index);

		fill_around(plane, background);
		blend_edges(plane, background);
	}
}

/* Ready-made segments, one after another: marker, length, content. */
static void write_markers(struct jpeg_compress_struct *out, struct bytes markers)
{
	for (size_t at = 0; bytes_have(markers, at, 4);) {
		const unsigned char *p = markers.data + at;
		const uint32_t length = be16(p + 2);

		jpeg_write_marker(out, p[1], p + 4, length - 2);
		at += 2 + (size_t)length;
	}
}

static void begin_encoding(struct jpeg_codec *codec, const struct jpeg_target *target)
{
	struct jpeg_compress_struct *out = &codec->out;

	out->image_width = target->geometry.canvas_width;
	out->image_height = target->geometry.canvas_height;
	out->input_components = (int)codec->components;
	out->in_color_space = codec->components == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
	jpeg_set_defaults(out);
	jpeg_set_quality(out, (int)target->quality, TRUE);
	out->comp_info[0].h_samp_factor = codec->components == 1 ? 1 : (int)codec_jpeg_step(target);
	out->comp_info[0].v_samp_factor = codec->components == 1 ? 1 : (int)codec_jpeg_step(target);
	out->raw_data_in = TRUE;
	out->optimize_coding = codec_jpeg_optimizes(target);
	out->dct_method = JDCT_ISLOW;
	if (target->progressive)
		jpeg_simple_progression(out);
	jpeg_start_compress(out, TRUE);
	write_markers(out, target->markers);
}

static void encode(struct jpeg_codec *codec)
{
	const struct target_plane *plane = codec->target[codec->encoded];
	struct jpeg_compress_struct *out = &codec->out;
	JSAMPROW row[JPEG_COMPONENTS][2 * DCTSIZE];
	JSAMPARRAY planes[JPEG_COMPONENTS] = {row[0], row[1], row[2]};
	uint32_t band = 0;

	begin_encoding(codec, &codec->job->target[codec->encoded]);
	for (; out->next_scanline < out->image_height; band++) {
		for (unsigned c = 0; c < codec->components; c++) {
			const struct plane *canvas = &plane[c].canvas;
			uint32_t rows = (uint32_t)out->comp_info[c].v_samp_factor * DCTSIZE;

			for (uint32_t i = 0; i < rows; i++)
				row[c][i] =
				    canvas->data + ((size_t)band * rows + i) * canvas->stride;
		}
		jpeg_write_raw_data(out, planes, (JDIMENSION)(out->max_v_samp_factor * DCTSIZE));
	}
	jpeg_finish_compress(out);
}

static int encode_out(struct jpeg_codec *codec, struct br_buffer *out)
{
	jpeg_sink_begin(&codec->sink, &codec->out, out);
	return codec_jpeg_guarded(codec, &codec->out_errors, encode);
}

static void set_quality(struct jpeg_codec *codec)
{
	jpeg_set_quality(&codec->out, (int)codec->job->target[codec->encoded].quality, TRUE);
}

/* By the writer, with libjpeg's quantisation. */
static int write_out(struct jpeg_codec *codec, struct br_buffer *out)
{
	const struct jpeg_target *target = &codec->job->target[codec->encoded];
	const struct target_plane *plane = codec->target[codec->encoded];
	const bool gray = codec->components == 1;
	struct jpeg_writer_picture picture = {.width = target->geometry.canvas_width,
	                                      .height = target->geometry.canvas_height,
	                                      .components = codec->components,
	                                      .h = gray ? 1 : codec_jpeg_step(target),
	                                      .v = gray ? 1 : codec_jpeg_step(target),
	                                      .markers = target->markers};
	int status = codec_jpeg_guarded(codec, &codec->out_errors, set_quality);

	if (status)
		return status;
	picture.luma = codec->out.quant_tbl_ptrs[0]->quantval;
	picture.chroma = codec->out.quant_tbl_ptrs[1]->quantval;
	for (unsigned c = 0; c < codec->components; c++)
		picture.plane[c] = (struct jpeg_writer_plane){.data = plane[c].canvas.data,
		                                              .stride = plane[c].canvas.stride};
	return jpeg_writer_write(codec->writer, &picture, out);
}

static struct jpeg_planes planes_of(const struct jpeg_codec *codec, unsigned index)
{
	const struct jpeg_target *target = &codec->job->target[index];
	struct jpeg_planes planes = {
	    .width = target->geometry.canvas_width,
	    .height = target->geometry.canvas_height,
	    .components = codec->components,
	    .step = codec_jpeg_step(target),
	};

	for (unsigned c = 0; c < codec->components; c++)
		planes.plane[c] = codec->target[index][c].canvas;
	return planes;
}

/* To whoever wants to see it, and up to its margins. */
static int finish_target(struct jpeg_codec *codec, unsigned index)
{
	const struct jpeg_target *target = &codec->job->target[index];
	struct target_plane *plane = codec->target[index];
	int status = 0;

	for (unsigned c = 0; c < codec->components; c++)
		finish_canvas(codec, target, &plane[c], c);
	if (codec->job->show) {
		const struct jpeg_planes planes = planes_of(codec, index);

		status = codec->job->show(codec->job->context, index, &planes);
	}
	for (unsigned c = 0; c < codec->components; c++)
		plane_extend(&plane[c].canvas, plane[c].x.canvas, plane[c].y.canvas);
	return status;
}

/* By whoever wants something else. */
static int hand_over(struct jpeg_codec *codec, unsigned index, struct br_buffer *out)
{
	const struct jpeg_planes planes = planes_of(codec, index);

	return codec->job->encode(codec->job->context, index, &planes, out);
}

static int encode_failed(struct jpeg_codec *codec, int status, struct br_error *error)
{
	jpeg_abort_compress(&codec->out);
	if (status < 0)
		return br_error_system(error, -status, "no memory for the encoded JPEG");
	return br_error_set(error, status == BR_ERROR_MEMORY ? BR_ERROR_MEMORY : BR_ERROR_ENCODE,
	                    "the JPEG could not be encoded (%s)", codec->out_errors.text);
}

int codec_jpeg_encode(struct jpeg_codec *codec, unsigned index, struct br_buffer *out,
                      struct br_image_output *output, struct br_error *error)
{
	const struct jpeg_target *target = &codec->job->target[index];
	size_t begin = out->size;
	int status = finish_target(codec, index);

	if (status)
		return status;
	if (codec->job->encode)
		return hand_over(codec, index, out);
	codec->encoded = index;
	jpeg_errors_begin(&codec->out_errors, BR_IMAGE_FAIL_ON_NONE);
	if (codec_jpeg_writes(target))
		status = write_out(codec, out);
	else
		status = encode_out(codec, out);
	if (status)
		return encode_failed(codec, status, error);
	*output = (struct br_image_output){.offset = begin,
	                                   .size = out->size - begin,
	                                   .width = target->geometry.canvas_width,
	                                   .height = target->geometry.canvas_height};
	return 0;
}
