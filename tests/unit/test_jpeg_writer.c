/* test_jpeg_writer.c - its output has the coefficients that libjpeg finds in the same
 * planes, in as many bits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "jpeg/jpeg_code.h"
#include "jpeg/jpeg_kernels.h"
#include "jpeg/jpeg_writer.h"

enum { SIDE_MAX = 400 };

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

struct planes {
	uint8_t data[3][SIDE_MAX * SIDE_MAX];
	size_t stride[3];
};

/* Flat, striped and noisy parts. */
static void planes_make(struct planes *planes, uint32_t width, unsigned h)
{
	uint32_t random = width;

	for (size_t c = 0; c < 3; c++) {
		planes->stride[c] = (size_t)SIDE_MAX / (c ? h : 1) / 8 * 8;
		for (size_t i = 0; i < sizeof(planes->data[c]); i++) {
			const size_t x = i % planes->stride[c], y = i / planes->stride[c];

			planes->data[c][i] = (uint8_t)(x % 96 < 32   ? 60 + 40 * c + x / 96
			                               : x % 96 < 64 ? x * 7 + y * 3 + y / 16 * 90
			                                             : random_next(&random));
		}
	}
}

struct picture {
	uint32_t width, height;
	unsigned h, v; /* 0: gray */
	int quality;
};

/* The same by libjpeg. */
static unsigned char *by_libjpeg(const struct picture *how, const struct planes *planes,
                                 unsigned long *size, uint16_t quant[2][64])
{
	struct jpeg_error_mgr errors;
	struct jpeg_compress_struct out = {.err = jpeg_std_error(&errors)};
	JSAMPROW row[3][16];
	JSAMPARRAY rows[3] = {row[0], row[1], row[2]};
	unsigned char *data = NULL;

	jpeg_create_compress(&out);
	jpeg_mem_dest(&out, &data, size);
	out.image_width = how->width;
	out.image_height = how->height;
	out.input_components = how->h ? 3 : 1;
	out.in_color_space = how->h ? JCS_YCbCr : JCS_GRAYSCALE;
	jpeg_set_defaults(&out);
	jpeg_set_quality(&out, how->quality, TRUE);
	out.comp_info[0].h_samp_factor = how->h ? (int)how->h : 1;
	out.comp_info[0].v_samp_factor = how->h ? (int)how->v : 1;
	out.optimize_coding = TRUE;
	out.raw_data_in = TRUE;
	for (int i = 0; i < 2; i++)
		memcpy(quant[i], out.quant_tbl_ptrs[i]->quantval, sizeof(quant[i]));
	jpeg_start_compress(&out, TRUE);
	for (uint32_t y = 0; out.next_scanline < out.image_height; y++) {
		for (int c = 0; c < out.num_components; c++)
			for (uint32_t i = 0; i < 8 * (uint32_t)out.comp_info[c].v_samp_factor; i++)
				row[c][i] = (JSAMPROW)(uintptr_t)planes->data[c] +
				            (y * 8 * (uint32_t)out.comp_info[c].v_samp_factor + i) *
				                planes->stride[c];
		jpeg_write_raw_data(&out, rows, 8 * (JDIMENSION)out.max_v_samp_factor);
	}
	jpeg_finish_compress(&out);
	jpeg_destroy_compress(&out);
	return data;
}

static struct jpeg_writer_picture picture_of(const struct picture *how, const struct planes *planes,
                                             uint16_t quant[2][64])
{
	struct jpeg_writer_picture picture = {.width = how->width,
	                                      .height = how->height,
	                                      .components = how->h ? 3 : 1,
	                                      .h = how->h ? how->h : 1,
	                                      .v = how->h ? how->v : 1,
	                                      .luma = quant[0],
	                                      .chroma = quant[1]};

	for (unsigned c = 0; c < picture.components; c++)
		picture.plane[c] = (struct jpeg_writer_plane){planes->data[c], planes->stride[c]};
	return picture;
}

/* A decompressor with all coefficients in it. */
static jvirt_barray_ptr *coefficients(struct jpeg_decompress_struct *in,
                                      struct jpeg_error_mgr *errors, const unsigned char *data,
                                      size_t size)
{
	jvirt_barray_ptr *arrays;

	in->err = jpeg_std_error(errors);
	jpeg_create_decompress(in);
	jpeg_mem_src(in, data, size);
	(void)jpeg_read_header(in, TRUE);
	arrays = jpeg_read_coefficients(in);
	assert_int_equal(errors->num_warnings, 0);
	return arrays;
}

static void assert_same(const unsigned char *a, size_t a_size, const unsigned char *b,
                        size_t b_size)
{
	struct jpeg_error_mgr errors[2];
	struct jpeg_decompress_struct in[2] = {0};
	jvirt_barray_ptr *arrays[2] = {coefficients(&in[0], &errors[0], a, a_size),
	                               coefficients(&in[1], &errors[1], b, b_size)};

	assert_int_equal(in[0].image_width, in[1].image_width);
	assert_int_equal(in[0].image_height, in[1].image_height);
	assert_int_equal(in[0].num_components, in[1].num_components);
	for (int c = 0; c < in[0].num_components; c++) {
		const jpeg_component_info *info = &in[0].comp_info[c];

		assert_int_equal(info->h_samp_factor, in[1].comp_info[c].h_samp_factor);
		assert_int_equal(info->v_samp_factor, in[1].comp_info[c].v_samp_factor);
		assert_memory_equal(info->quant_table->quantval,
		                    in[1].comp_info[c].quant_table->quantval, 128);
		for (JDIMENSION y = 0; y < info->height_in_blocks; y++) {
			JBLOCKARRAY row[2];

			for (int i = 0; i < 2; i++)
				row[i] = in[i].mem->access_virt_barray((j_common_ptr)&in[i],
				                                       arrays[i][c], y, 1, FALSE);
			assert_memory_equal(row[0][0], row[1][0],
			                    info->width_in_blocks * sizeof(JBLOCK));
		}
	}
	jpeg_destroy_decompress(&in[0]);
	jpeg_destroy_decompress(&in[1]);
}

/* A picture to be written, and what libjpeg writes. */
struct trial {
	struct planes planes;
	uint16_t quant[2][64];
	struct jpeg_writer_picture picture;
	unsigned char *want; /* to be freed */
	unsigned long size;
};

static struct trial *trial_make(const struct picture *how)
{
	struct trial *trial = calloc(1, sizeof(*trial));

	assert_non_null(trial);
	planes_make(&trial->planes, how->width, how->h ? how->h : 1);
	trial->want = by_libjpeg(how, &trial->planes, &trial->size, trial->quant);
	trial->picture = picture_of(how, &trial->planes, trial->quant);
	return trial;
}

static void trial_free(struct trial *trial)
{
	free(trial->want);
	free(trial);
}

static void expect_same(struct jpeg_writer *writer, const struct picture *how)
{
	struct trial *trial = trial_make(how);
	const unsigned long size = trial->size;
	struct br_buffer out = BR_BUFFER_HEAP;

	assert_int_equal(jpeg_writer_write(writer, &trial->picture, &out), 0);
	/* of codes that are as good as each other another one may have been chosen: then other
	 * bytes are 0xff, and followed by a zero */
	assert_in_range(out.size, size - size / 100 - 2, size + size / 100 + 2);
	assert_same(trial->want, size, out.data, out.size);
	trial_free(trial);
	br_buffer_release(&out);
}

static const unsigned samplings[4][2] = {{0, 0}, {1, 1}, {2, 1}, {2, 2}};

static void every_sampling_and_quality(void **state)
{
	for (int i = 0; i < 4; i++)
		for (int quality = 1; quality <= 100; quality += 3) {
			const struct picture how = {.width = 253,
			                            .height = 180,
			                            .h = samplings[i][0],
			                            .v = samplings[i][1],
			                            .quality = quality};

			expect_same(*state, &how);
		}
}

static void every_small_size(void **state)
{
	for (int i = 0; i < 4; i++)
		for (uint32_t width = 1; width < 40; width += 3)
			for (uint32_t height = 1; height < 40; height += 3) {
				const struct picture how = {.width = width,
				                            .height = height,
				                            .h = samplings[i][0],
				                            .v = samplings[i][1],
				                            .quality = 85};

				expect_same(*state, &how);
			}
}

static void markers_stand_behind_the_first(void **state)
{
	static const unsigned char comment[] = {0xff, 0xfe, 0, 5, 'a', 'b', 'c'};
	static const struct picture how = {
	    .width = 20, .height = 10, .h = 2, .v = 2, .quality = 50};
	struct trial *trial = trial_make(&how);
	struct br_buffer out = BR_BUFFER_HEAP;

	trial->picture.markers = (struct bytes){comment, sizeof(comment)};
	assert_int_equal(br_buffer_append(&out, "before", 6), 0);
	assert_int_equal(jpeg_writer_write(*state, &trial->picture, &out), 0);
	assert_memory_equal(out.data, "before\xff\xd8\xff\xe0", 10);
	assert_memory_equal(out.data + 6 + 20, comment, sizeof(comment));
	trial_free(trial);
	br_buffer_release(&out);
}

static int grow_never(struct br_buffer *buffer, size_t capacity)
{
	(void)buffer;
	(void)capacity;
	return -ENOSPC;
}

static void no_room(void **state)
{
	static const struct picture how = {
	    .width = 300, .height = 300, .h = 1, .v = 1, .quality = 90};
	static unsigned char room[20000];
	struct trial *trial = trial_make(&how);

	for (size_t capacity = 0; capacity <= sizeof(room); capacity += 1000) {
		struct br_buffer out = {.data = room, .capacity = capacity, .grow = grow_never};

		assert_int_equal(jpeg_writer_write(*state, &trial->picture, &out), -ENOSPC);
		assert_int_equal(out.size, 0);
	}
	trial_free(trial);
}

static void fdct_agrees(const struct jpeg_kernels *kernels)
{
	uint32_t random = 5;

	for (int n = 0; n < 20000; n++) {
		struct jpeg_quantiser quantiser;
		uint8_t samples[64];
		uint16_t quant[64];
		int16_t a[64], b[64];

		for (int i = 0; i < 64; i++) {
			const uint32_t noise = random_next(&random);

			samples[i] = (uint8_t)(n % 3 ? noise : noise & 1 ? 255 : 0);
			quant[i] = (uint16_t)(1 + random_next(&random) % (n % 2 ? 255 : 8));
		}
		jpeg_quantiser_make(&quantiser, quant);
		assert_int_equal(kernels->fdct(samples, 8, &quantiser, a),
		                 jpeg_kernels_portable.fdct(samples, 8, &quantiser, b));
		assert_memory_equal(a, b, sizeof(a));
	}
}

/* All versions find the same, of any samples. */
static void transforms_agree(void **state)
{
	const struct jpeg_kernels *kernels;

	(void)state;
	for (unsigned i = 0; (kernels = jpeg_kernels(i)) != NULL; i++)
		fdct_agrees(kernels);
}

/* A prefix code that leaves room for the code of all ones; no longer than 16 bits. */
static void check_code(const uint32_t count[256])
{
	struct jpeg_code code;
	uint32_t used = 0;
	unsigned symbols = 0;

	jpeg_code_make(&code, count, false);
	for (unsigned s = 0; s < 256; s++) {
		if (!code.length[s]) {
			assert_true(count[s] == 0);
			continue;
		}
		symbols++;
		assert_in_range(code.length[s], 1, 16);
		assert_true(code.code[s] + 1 < 1 << code.length[s]);
		used += UINT32_C(1) << (16 - code.length[s]);
		for (unsigned t = 0; t < s; t++) {
			const unsigned shift = code.length[t] > code.length[s]
			                           ? code.length[t] - code.length[s]
			                           : code.length[s] - code.length[t];

			if (!code.length[t])
				continue;
			if (code.length[t] > code.length[s])
				assert_true(code.code[t] >> shift != code.code[s]);
			else
				assert_true(code.code[s] >> shift != code.code[t]);
		}
	}
	assert_int_equal(symbols, code.symbols);
	assert_true(used < 65536);
}

static void codes(void **state)
{
	uint32_t count[256] = {0}, random = 9;
	uint32_t fibonacci[2] = {1, 1};

	(void)state;
	check_code(count);
	count[77] = 5;
	check_code(count);
	/* the deepest tree there is: a chain, and above it all that can be heavier than it */
	for (size_t i = 0; i < 256; i++)
		count[i] = UINT32_MAX;
	for (size_t i = 0; i < 47; i++) {
		count[i * 5] = fibonacci[i % 2];
		fibonacci[i % 2] = fibonacci[0] + fibonacci[1];
	}
	check_code(count);
	for (int n = 0; n < 300; n++) {
		for (unsigned i = 0; i < 256; i++)
			count[i] = random_next(&random) % 3 ? 0 : random_next(&random) >> (n % 24);
		check_code(count);
	}
	for (unsigned i = 0; i < 256; i++)
		count[i] = 1;
	check_code(count);
}

static int setup(void **state)
{
	*state = jpeg_writer_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	jpeg_writer_free(*state);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_sampling_and_quality),     TEST(every_small_size),
	    TEST(markers_stand_behind_the_first), TEST(no_room),
	    cmocka_unit_test(transforms_agree),   cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
