/* codec_jpeg_decode.c - decodes band by band into rings and resamples what has come. */
#include <string.h>

#include "base/base.h"
#include "jpeg/codec_jpeg_parts.h"

/* Rows of one component in one iMCU row: sampling factors of 4, blocks of 8. */
#define BAND_MAX 32

/* The next band of a plane's ring. */
static uint8_t *band_begin(struct source_plane *plane)
{
	uint8_t *at = plane->data + (plane->decoded % plane->rows.ring) * plane->rows.stride;

	plane->decoded += plane->band;
	return at;
}

/* Decodes one iMCU row into the rings. */
static void decode_band(struct jpeg_codec *codec)
{
	JSAMPROW row[JPEG_COMPONENTS][BAND_MAX];
	JSAMPARRAY planes[JPEG_COMPONENTS];
	JDIMENSION lines =
	    (JDIMENSION)(codec->in.max_v_samp_factor * codec->in.min_DCT_scaled_size);

	for (unsigned c = 0; c < codec->components; c++) {
		struct source_plane *plane = &codec->plane[c];
		uint8_t *at = band_begin(plane);

		for (uint32_t i = 0; i < plane->band; i++)
			row[c][i] = at + i * plane->rows.stride;
		planes[c] = row[c];
	}
	jpeg_read_raw_data(&codec->in, planes, lines);
}

/* Makes the rows of one target's component that can be made by now, of the source or of another
 * target, which has had its turn before. */
static void resample_rows(struct jpeg_codec *codec, unsigned target, unsigned index)
{
	const struct source_plane *source = &codec->plane[index];
	const uint32_t from = codec->cascade.from[target];
	struct target_plane *plane = &codec->target[target][index];

	if (from == CASCADE_SOURCE) {
		resampler_run(codec->resampler, &plane->pass, &source->rows,
		              source->decoded < source->height ? source->decoded : source->height,
		              plane->stored.data, plane->stored.stride);
	} else {
		const struct target_plane *larger = &codec->target[from][index];
		const struct resampler_rows rows = {.base = larger->stored.data,
		                                    .stride = larger->stored.stride,
		                                    .ring = larger->stored.height};

		resampler_run(codec->resampler, &plane->pass, &rows, larger->pass.next,
		              plane->stored.data, plane->stored.stride);
	}
}

static void resample_band(struct jpeg_codec *codec)
{
	uint64_t before = clock_ns();

	for (unsigned c = 0; c < codec->components; c++)
		for (unsigned t = 0; t < codec->job->targets; t++)
			resample_rows(codec, codec->cascade.order[t], c);
	codec->resize_ns += clock_ns() - before;
}

/* The pass over unread scans finds no damage in them; if every flaw counts, all are read. A
 * header that libjpeg has warned of is for libjpeg. */
static bool begin_reading(struct jpeg_codec *codec)
{
	struct jpeg_reader_options options = {
	    .pass_over = codec->limits.fail_on < BR_IMAGE_FAIL_ON_WARNING,
	    .max_memory = codec->limits.max_memory,
	};

	if (codec->in_errors.warnings)
		return false;
	memcpy(options.size, codec->size, sizeof(options.size));
	return jpeg_reader_begin(codec->reader, &codec->in, codec->bytes,
	                         codec->source.at - codec->source.pub.bytes_in_buffer, &options);
}

bool codec_jpeg_read(struct jpeg_codec *codec)
{
	bool good = begin_reading(codec);

	for (uint32_t i = 0; good && i < jpeg_reader_bands(codec->reader); i++) {
		uint8_t *data[JPEG_COMPONENTS] = {NULL};
		size_t stride[JPEG_COMPONENTS] = {0};

		for (unsigned c = 0; c < codec->components; c++) {
			data[c] = band_begin(&codec->plane[c]);
			stride[c] = codec->plane[c].rows.stride;
		}
		good = jpeg_reader_band(codec->reader, data, stride);
		if (good)
			resample_band(codec);
	}
	return good;
}

void codec_jpeg_decode(struct jpeg_codec *codec)
{
	jpeg_start_decompress(&codec->in);
	while (codec->in.output_scanline < codec->in.output_height) {
		decode_band(codec);
		resample_band(codec);
	}
}

void codec_jpeg_decode_pixels(struct jpeg_codec *codec)
{
	struct jpeg_decompress_struct *in = &codec->in;
	JSAMPROW line = codec->pixels;

	in->out_color_space = codec->components == 1 ? JCS_GRAYSCALE : JCS_RGB;
	in->mem->max_memory_to_use = (long)codec->limits.max_memory;
	(void)jpeg_start_decompress(in);
	for (; in->output_scanline < in->output_height;
	     line += (size_t)in->output_width * codec->components)
		(void)jpeg_read_scanlines(in, &line, 1);
}

/* At an eighth of its size: the smallest of libjpeg's scales that goes over all data. */
static void check(struct jpeg_codec *codec)
{
	struct jpeg_decompress_struct *in = &codec->in;
	JSAMPARRAY line;

	in->scale_num = 1;
	in->scale_denom = 8;
	in->out_color_space = in->jpeg_color_space;
	in->do_fancy_upsampling = FALSE;
	in->mem->max_memory_to_use = (long)codec->limits.max_memory;
	(void)jpeg_start_decompress(in);
	line = in->mem->alloc_sarray((j_common_ptr)in, JPOOL_IMAGE,
	                             in->output_width * (JDIMENSION)in->output_components, 1);
	while (in->output_scanline < in->output_height)
		(void)jpeg_read_scanlines(in, line, 1);
}

int jpeg_codec_check(struct jpeg_codec *codec)
{
	const int status = codec_jpeg_guarded(codec, &codec->in_errors, check);

	jpeg_abort_decompress(&codec->in);
	return status;
}
