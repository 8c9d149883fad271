/* bench_floor.c - what a JPEG's decoding and encoding cost by themselves: the floor under any
 * resizer that is built on libjpeg-turbo.
 *
 * bench_floor WIDTHxHEIGHT QUALITY FILE... decodes each file into planes at the scale that the
 * direct path would choose, takes the nearest samples for a picture of the size that it would make
 * (not timed), and encodes that as 4:2:0 with optimal tables. Prints one line of JSON: files,
 * decode_s and encode_s (CPU seconds). A file that is not YCbCr is left out and not counted.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

#include <batchresize/image.h>

#include "jpeg/codec_jpeg.h"
#include "jpeg/jpeg_layout.h"

#define COMPONENTS 3
#define BAND_MAX   32

struct picture {
	uint8_t *plane[COMPONENTS];
	uint32_t stride[COMPONENTS], rows[COMPONENTS];
	uint32_t width, height; /* of the source */
};

static double cpu_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *must(void *memory)
{
	if (!memory) {
		fprintf(stderr, "bench_floor: no memory\n");
		exit(1);
	}
	return memory;
}

/* The whole picture into planes; false when it is not YCbCr. */
static bool decode(const uint8_t *data, size_t size, const struct br_image_size *box,
                   struct picture *picture, struct br_image_geometry *geometry)
{
	struct jpeg_error_mgr errors;
	struct jpeg_decompress_struct in = {.err = jpeg_std_error(&errors)};
	JSAMPROW row[COMPONENTS][BAND_MAX];
	JSAMPARRAY band[COMPONENTS] = {row[0], row[1], row[2]};

	jpeg_create_decompress(&in);
	jpeg_mem_src(&in, data, size);
	(void)jpeg_read_header(&in, TRUE);
	if (in.jpeg_color_space != JCS_YCbCr ||
	    br_image_geometry_plan(in.image_width, in.image_height, box, BR_IMAGE_FIT_CONTAIN,
	                           BR_IMAGE_GRAVITY_CENTRE, false, geometry)) {
		jpeg_destroy_decompress(&in);
		return false;
	}
	in.scale_num = jpeg_eighths(in.image_width, in.image_height, geometry->scaled_width,
	                            geometry->scaled_height, JPEG_RESERVE_DEFAULT);
	in.scale_denom = 8;
	in.raw_data_out = TRUE;
	in.out_color_space = JCS_YCbCr;
	(void)jpeg_start_decompress(&in);
	*picture = (struct picture){.width = in.image_width, .height = in.image_height};
	for (int c = 0; c < COMPONENTS; c++) {
		const jpeg_component_info *info = &in.comp_info[c];

		picture->stride[c] = info->width_in_blocks * (uint32_t)info->DCT_scaled_size;
		picture->rows[c] = info->height_in_blocks * (uint32_t)info->DCT_scaled_size + 64;
		picture->plane[c] = must(malloc((size_t)picture->stride[c] * picture->rows[c]));
	}
	for (uint32_t done = 0; in.output_scanline < in.output_height; done++) {
		for (int c = 0; c < COMPONENTS; c++) {
			const uint32_t lines = (uint32_t)(in.comp_info[c].v_samp_factor *
			                                  in.comp_info[c].DCT_scaled_size);

			for (uint32_t i = 0; i < lines; i++)
				row[c][i] = picture->plane[c] +
				            (size_t)picture->stride[c] * (done * lines + i);
		}
		(void)jpeg_read_raw_data(
		    &in, band, (JDIMENSION)(in.max_v_samp_factor * in.min_DCT_scaled_size));
	}
	jpeg_destroy_decompress(&in);
	return true;
}

/* The nearest samples of a plane, at the target's size up to whole MCUs. */
static uint8_t *pick(const struct picture *picture, int c, uint32_t width, uint32_t height)
{
	uint8_t *plane = must(malloc((size_t)width * height));

	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			plane[(size_t)y * width + x] =
			    picture->plane[c][(uint64_t)y * (picture->rows[c] - 64) / height *
			                          picture->stride[c] +
			                      (uint64_t)x * picture->stride[c] / width];
	return plane;
}

static void encode(uint8_t *const plane[COMPONENTS], const struct br_image_geometry *geometry,
                   uint32_t across, int quality)
{
	struct jpeg_error_mgr errors;
	struct jpeg_compress_struct out = {.err = jpeg_std_error(&errors)};
	JSAMPROW row[COMPONENTS][2 * DCTSIZE];
	JSAMPARRAY band[COMPONENTS] = {row[0], row[1], row[2]};
	unsigned char *data = NULL;
	unsigned long size = 0;

	jpeg_create_compress(&out);
	jpeg_mem_dest(&out, &data, &size);
	out.image_width = geometry->scaled_width;
	out.image_height = geometry->scaled_height;
	out.input_components = COMPONENTS;
	out.in_color_space = JCS_YCbCr;
	jpeg_set_defaults(&out);
	jpeg_set_quality(&out, quality, TRUE);
	out.optimize_coding = TRUE;
	out.raw_data_in = TRUE;
	jpeg_start_compress(&out, TRUE);
	while (out.next_scanline < out.image_height) {
		for (uint32_t i = 0; i < 2 * DCTSIZE; i++)
			row[0][i] = plane[0] + (size_t)(out.next_scanline + i) * across;
		for (uint32_t i = 0; i < DCTSIZE; i++) {
			row[1][i] = plane[1] + (size_t)(out.next_scanline / 2 + i) * (across / 2);
			row[2][i] = plane[2] + (size_t)(out.next_scanline / 2 + i) * (across / 2);
		}
		(void)jpeg_write_raw_data(&out, band, 2 * DCTSIZE);
	}
	jpeg_finish_compress(&out);
	jpeg_destroy_compress(&out);
	free(data);
}

static bool measure(const char *path, const struct br_image_size *box, int quality,
                    double *decode_s, double *encode_s)
{
	FILE *file = fopen(path, "rb");
	struct br_image_geometry geometry;
	struct picture picture;
	uint8_t *data, *plane[COMPONENTS];
	uint32_t across, down;
	long size;
	bool taken;

	if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) <= 0) {
		fprintf(stderr, "bench_floor: cannot read %s\n", path);
		exit(1);
	}
	rewind(file);
	data = must(malloc((size_t)size));
	if (fread(data, 1, (size_t)size, file) != (size_t)size)
		exit(1);
	(void)fclose(file);
	double begin = cpu_seconds();

	taken = decode(data, (size_t)size, box, &picture, &geometry);
	*decode_s += taken ? cpu_seconds() - begin : 0;
	free(data);
	if (!taken)
		return false;
	across = (geometry.scaled_width + 15) / 16 * 16;
	down = (geometry.scaled_height + 15) / 16 * 16;
	for (int c = 0; c < COMPONENTS; c++) {
		plane[c] = pick(&picture, c, c ? across / 2 : across, c ? down / 2 : down);
		free(picture.plane[c]);
	}
	begin = cpu_seconds();
	encode(plane, &geometry, across, quality);
	*encode_s += cpu_seconds() - begin;
	for (int c = 0; c < COMPONENTS; c++)
		free(plane[c]);
	return true;
}

int main(int argc, char **argv)
{
	double decode_s = 0, encode_s = 0;
	struct br_image_size box = {0};
	int files = 0;

	if (argc < 4 || sscanf(argv[1], "%ux%u", &box.width, &box.height) != 2) {
		fprintf(stderr, "usage: bench_floor WIDTHxHEIGHT QUALITY FILE...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		files += measure(argv[i], &box, atoi(argv[2]), &decode_s, &encode_s);
	printf("{\"files\": %d, \"decode_s\": %.4f, \"encode_s\": %.4f}\n", files, decode_s,
	       encode_s);
	return 0;
}
