/* jpeg_oracle.c - see jpeg_oracle.h. */
#include "jpeg_oracle.h"

#include <stdlib.h>
#include <string.h>

#include "jpeg/jpeg_kernels.h"
#include "jpeg/jpeg_io.h"

/* Lines of an iMCU row: sampling factors of 4, blocks of 8. */
#define BAND_MAX 32

struct decoder {
	struct jpeg_decompress_struct in;
	struct jpeg_errors errors;
	struct jpeg_source source;
};

static bool is_ours(const struct jpeg_decompress_struct *in)
{
	return (in->num_components == 1 && in->jpeg_color_space == JCS_GRAYSCALE) ||
	       (in->num_components == 3 && in->jpeg_color_space == JCS_YCbCr);
}

static bool allocate(struct oracle_planes *planes, const struct jpeg_decompress_struct *in,
                     const uint8_t *size)
{
	planes->components = (unsigned)in->num_components;
	for (unsigned c = 0; c < planes->components; c++) {
		const jpeg_component_info *info = &in->comp_info[c];
		const uint32_t lines = (info->height_in_blocks + 4) * size[c];

		planes->size[c] = size[c];
		planes->width[c] = info->width_in_blocks * size[c];
		planes->height[c] = info->height_in_blocks * size[c];
		planes->stride[c] = planes->width[c];
		planes->plane[c] = calloc(planes->stride[c], lines);
		if (!planes->plane[c])
			return false;
	}
	return true;
}

static void decode_lines(struct jpeg_decompress_struct *in, const struct oracle_planes *planes)
{
	for (uint32_t band = 0; in->output_scanline < in->output_height; band++) {
		JSAMPROW row[JPEG_READER_COMPONENTS][BAND_MAX];
		JSAMPARRAY rows[JPEG_READER_COMPONENTS] = {row[0], row[1], row[2]};

		for (unsigned c = 0; c < planes->components; c++) {
			const uint32_t lines =
			    (uint32_t)in->comp_info[c].v_samp_factor * planes->size[c];

			for (uint32_t i = 0; i < lines; i++)
				row[c][i] = planes->plane[c] +
				            ((size_t)band * lines + i) * planes->stride[c];
		}
		jpeg_read_raw_data(in, rows,
		                   (JDIMENSION)(in->max_v_samp_factor * in->min_DCT_scaled_size));
	}
}

static void run_libjpeg(struct decoder *decoder, struct bytes bytes, unsigned eighths,
                        struct oracle_planes *planes)
{
	struct jpeg_decompress_struct *in = &decoder->in;
	uint8_t size[JPEG_READER_COMPONENTS];

	jpeg_source_begin(&decoder->source, in, bytes);
	(void)jpeg_read_header(in, TRUE);
	if (!is_ours(in))
		return;
	in->scale_num = eighths;
	in->scale_denom = 8;
	in->raw_data_out = TRUE;
	in->out_color_space = in->jpeg_color_space;
	in->dct_method = JDCT_ISLOW;
	(void)jpeg_start_decompress(in);
	for (int c = 0; c < in->num_components; c++)
		size[c] = (uint8_t)in->comp_info[c].DCT_scaled_size;
	if (!allocate(planes, in, size))
		return;
	decode_lines(in, planes);
	planes->good = decoder->errors.warnings == 0;
}

/* What the file says, to the first scan; false where libjpeg gives up. */
static bool open_decoder(struct decoder *decoder)
{
	jpeg_errors_init(&decoder->errors);
	jpeg_errors_begin(&decoder->errors, BR_IMAGE_FAIL_ON_TRUNCATED);
	decoder->in = (struct jpeg_decompress_struct){.err = &decoder->errors.pub};
	if (setjmp(decoder->errors.jump))
		return false;
	jpeg_create_decompress(&decoder->in);
	decoder->in.mem->max_memory_to_use = 256 << 20;
	return true;
}

struct oracle_planes oracle_libjpeg(struct bytes bytes, unsigned eighths)
{
	static struct decoder decoder;
	static struct oracle_planes planes; /* outlives the jump */

	planes = (struct oracle_planes){0};
	if (open_decoder(&decoder) && !setjmp(decoder.errors.jump))
		run_libjpeg(&decoder, bytes, eighths, &planes);
	jpeg_destroy_decompress(&decoder.in);
	return planes;
}

static void transform(struct jpeg_decompress_struct *in, jvirt_barray_ptr *arrays,
                      const struct oracle_planes *planes, unsigned c)
{
	const jpeg_component_info *info = &in->comp_info[c];
	jpeg_idct *idct = jpeg_kernels_idct(&jpeg_kernels_portable, planes->size[c], false);

	for (JDIMENSION y = 0; y < info->height_in_blocks; y++) {
		JBLOCKARRAY row =
		    in->mem->access_virt_barray((j_common_ptr)in, arrays[c], y, 1, FALSE);

		for (JDIMENSION x = 0; x < info->width_in_blocks; x++)
			idct(row[0][x], info->quant_table->quantval,
			     planes->plane[c] + (y * planes->stride[c] + x) * planes->size[c],
			     planes->stride[c]);
	}
}

static void run_coefficients(struct decoder *decoder, struct bytes bytes, const uint8_t *size,
                             struct oracle_planes *planes)
{
	struct jpeg_decompress_struct *in = &decoder->in;
	jvirt_barray_ptr *arrays;

	jpeg_source_begin(&decoder->source, in, bytes);
	(void)jpeg_read_header(in, TRUE);
	if (!is_ours(in))
		return;
	arrays = jpeg_read_coefficients(in);
	if (!allocate(planes, in, size))
		return;
	for (unsigned c = 0; c < planes->components; c++)
		transform(in, arrays, planes, c);
	planes->good = decoder->errors.warnings == 0;
}

struct oracle_planes oracle_coefficients(struct bytes bytes,
                                         const uint8_t size[JPEG_READER_COMPONENTS])
{
	static struct decoder decoder;
	static struct oracle_planes planes;

	planes = (struct oracle_planes){0};
	if (open_decoder(&decoder) && !setjmp(decoder.errors.jump))
		run_coefficients(&decoder, bytes, size, &planes);
	jpeg_destroy_decompress(&decoder.in);
	return planes;
}

static void run_reader(struct decoder *decoder, struct jpeg_reader *reader, struct bytes bytes,
                       const struct jpeg_reader_options *options, struct oracle_planes *planes)
{
	struct jpeg_decompress_struct *in = &decoder->in;
	uint8_t *at[JPEG_READER_COMPONENTS];

	jpeg_source_begin(&decoder->source, in, bytes);
	(void)jpeg_read_header(in, TRUE);
	if (!is_ours(in) || decoder->errors.warnings ||
	    !jpeg_reader_begin(reader, in, bytes,
	                       decoder->source.at - decoder->source.pub.bytes_in_buffer, options) ||
	    !allocate(planes, in, options->size))
		return;
	memcpy(at, planes->plane, sizeof(at));
	planes->good = true;
	for (uint32_t i = 0; i < jpeg_reader_bands(reader) && planes->good; i++) {
		planes->good = jpeg_reader_band(reader, at, planes->stride);
		for (unsigned c = 0; c < planes->components; c++)
			at[c] += planes->stride[c] * planes->size[c] *
			         (size_t)in->comp_info[c].v_samp_factor;
	}
}

struct oracle_planes oracle_reader(struct jpeg_reader *reader, struct bytes bytes,
                                   const uint8_t size[JPEG_READER_COMPONENTS], bool pass_over)
{
	static struct decoder decoder;
	static struct oracle_planes planes;
	struct jpeg_reader_options options = {.pass_over = pass_over};

	memcpy(options.size, size, sizeof(options.size));
	planes = (struct oracle_planes){0};
	if (open_decoder(&decoder) && !setjmp(decoder.errors.jump))
		run_reader(&decoder, reader, bytes, &options, &planes);
	jpeg_destroy_decompress(&decoder.in);
	return planes;
}

bool oracle_same(const struct oracle_planes *a, const struct oracle_planes *b, unsigned component)
{
	if (a->width[component] != b->width[component] ||
	    a->height[component] != b->height[component])
		return false;
	for (uint32_t y = 0; y < a->height[component]; y++)
		if (memcmp(a->plane[component] + y * a->stride[component],
		           b->plane[component] + y * b->stride[component],
		           a->width[component]) != 0)
			return false;
	return true;
}

void oracle_free(struct oracle_planes *planes)
{
	for (unsigned c = 0; c < JPEG_READER_COMPONENTS; c++)
		free(planes->plane[c]);
	*planes = (struct oracle_planes){0};
}
