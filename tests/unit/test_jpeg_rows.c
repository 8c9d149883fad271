/* test_jpeg_rows.c - pixels become the JPEG that libjpeg makes of them, to the last byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>

#include "jpeg/codec_jpeg.h"
#include "jpeg/jpeg_code.h"
#include "jpeg/jpeg_kernels.h"

enum { SIDE_MAX = 300 };

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

struct picture {
	uint32_t width, height;
	unsigned bands;
	unsigned quality;
	enum br_image_subsampling subsampling;
	bool progressive;
};

/* Flat, sloping, striped and noisy parts. */
static uint8_t *pixels_make(const struct picture *how)
{
	const size_t line = (size_t)how->width * how->bands;
	uint8_t *pixels = malloc(line * how->height);
	uint32_t random = how->width + how->height;

	assert_non_null(pixels);
	for (size_t i = 0; i < line * how->height; i++) {
		const size_t x = i % line / how->bands, y = i / line, band = i % how->bands;

		pixels[i] = (uint8_t)(x % 80 < 20   ? (size_t)250 * (band == x / 80 % 3)
		                      : x % 80 < 40 ? (x * (2 + band) + y * 3) / 2
		                      : x % 80 < 60 ? (x + y * band) % 2 * 255
		                                    : random_next(&random));
	}
	return pixels;
}

/* As libvips asks it. */
static unsigned char *by_libjpeg(const struct picture *how, uint8_t *pixels, unsigned long *size)
{
	struct jpeg_error_mgr errors;
	struct jpeg_compress_struct out = {.err = jpeg_std_error(&errors)};
	const bool halved = how->subsampling == BR_IMAGE_SUBSAMPLING_420;
	unsigned char *data = NULL;

	jpeg_create_compress(&out);
	jpeg_mem_dest(&out, &data, size);
	out.image_width = how->width;
	out.image_height = how->height;
	out.input_components = (int)how->bands;
	out.in_color_space = how->bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
	jpeg_set_defaults(&out);
	jpeg_set_quality(&out, (int)how->quality, TRUE);
	if (how->progressive)
		jpeg_simple_progression(&out);
	if (how->bands == 3)
		out.comp_info[0].h_samp_factor = out.comp_info[0].v_samp_factor = halved ? 2 : 1;
	out.optimize_coding = TRUE;
	out.write_JFIF_header = FALSE;
	jpeg_start_compress(&out, TRUE);
	while (out.next_scanline < out.image_height) {
		JSAMPROW row = pixels + (size_t)out.next_scanline * how->width * how->bands;

		(void)jpeg_write_scanlines(&out, &row, 1);
	}
	jpeg_finish_compress(&out);
	jpeg_destroy_compress(&out);
	return data;
}

struct trial {
	uint8_t *pixels;
	struct raster raster;
	struct jpeg_target target;
	struct jpeg_rows rows;
};

static void trial_make(struct trial *trial, const struct picture *how)
{
	trial->pixels = pixels_make(how);
	trial->raster = (struct raster){.pixels = trial->pixels,
	                                .width = how->width,
	                                .height = how->height,
	                                .bands = how->bands,
	                                .bits = 8};
	trial->target = (struct jpeg_target){.quality = how->quality,
	                                     .subsampling = how->subsampling,
	                                     .progressive = how->progressive};
	trial->rows = (struct jpeg_rows){.raster = &trial->raster, .target = &trial->target};
}

static void expect_same(struct jpeg_codec *codec, const struct picture *how)
{
	struct br_buffer out = BR_BUFFER_HEAP;
	struct trial trial;
	unsigned long size = 0;
	unsigned char *want;

	trial_make(&trial, how);
	want = by_libjpeg(how, trial.pixels, &size);
	assert_int_equal(br_buffer_append(&out, "before", 6), 0);
	assert_int_equal(jpeg_codec_write(codec, &trial.rows, &out), 0);
	assert_int_equal(out.size, 6 + size);
	assert_memory_equal(out.data + 6, want, size);
	br_buffer_release(&out);
	free(want);
	free(trial.pixels);
}

static const enum br_image_subsampling subsamplings[2] = {BR_IMAGE_SUBSAMPLING_420,
                                                          BR_IMAGE_SUBSAMPLING_444};

static void every_quality(void **state)
{
	for (unsigned i = 0; i < 4; i++)
		for (unsigned quality = 1; quality <= 100; quality += 3) {
			const struct picture how = {.width = 253,
			                            .height = 181,
			                            .bands = i < 2 ? 3 : 1,
			                            .quality = quality,
			                            .subsampling = subsamplings[i % 2]};

			expect_same(*state, &how);
		}
}

static void every_small_size(void **state)
{
	for (unsigned i = 0; i < 4; i++)
		for (uint32_t width = 1; width < 70; width++)
			for (uint32_t height = 1; height < 36; height += width % 4 + 1) {
				const struct picture how = {.width = width,
				                            .height = height,
				                            .bands = i < 2 ? 3 : 1,
				                            .quality = 80,
				                            .subsampling = subsamplings[i % 2]};

				expect_same(*state, &how);
			}
}

/* Those are left to libjpeg. */
static void several_scans(void **state)
{
	static const struct picture how = {.width = 100,
	                                   .height = 75,
	                                   .bands = 3,
	                                   .quality = 80,
	                                   .subsampling = BR_IMAGE_SUBSAMPLING_420,
	                                   .progressive = true};

	expect_same(*state, &how);
}

static bool after_some(void *context)
{
	unsigned *left = context;

	return (*left)-- == 0;
}

static void late(void **state)
{
	static const struct picture how = {.width = 64,
	                                   .height = 200,
	                                   .bands = 3,
	                                   .quality = 80,
	                                   .subsampling = BR_IMAGE_SUBSAMPLING_420};
	struct trial trial;

	trial_make(&trial, &how);
	for (unsigned looks = 0; looks < 3; looks++) {
		struct br_buffer out = BR_BUFFER_HEAP;
		unsigned left = looks;

		trial.rows.late = after_some;
		trial.rows.context = &left;
		assert_int_equal(jpeg_codec_write(*state, &trial.rows, &out), -ECANCELED);
		assert_int_equal(out.size, 0);
		br_buffer_release(&out);
	}
	expect_same(*state, &how);
	free(trial.pixels);
}

/* --- colours --------------------------------------------------------------------------- */

static void colours_agree(void **state)
{
	const struct jpeg_kernels *kernels;
	uint8_t rgb[3 * SIDE_MAX];
	uint32_t random = 3;

	(void)state;
	for (unsigned version = 0; (kernels = jpeg_kernels(version)) != NULL; version++)
		for (size_t pixels = 0; pixels <= SIDE_MAX; pixels++) {
			uint8_t a[3][SIDE_MAX] = {{0}}, b[3][SIDE_MAX] = {{0}};

			for (size_t i = 0; i < sizeof rgb; i++) {
				const uint32_t noise = random_next(&random);

				rgb[i] = (uint8_t)(pixels % 2 ? noise : noise & 1 ? 255 : 0);
			}
			kernels->colours(rgb, pixels, a[0], a[1], a[2]);
			jpeg_kernels_portable.colours(rgb, pixels, b[0], b[1], b[2]);
			assert_memory_equal(a, b, sizeof a);
		}
}

static void halves_agree(void **state)
{
	const struct jpeg_kernels *kernels;
	uint8_t lines[8 * JPEG_COLOURS_STEP];
	uint32_t random = 4;

	(void)state;
	for (unsigned version = 0; (kernels = jpeg_kernels(version)) != NULL; version++)
		for (size_t steps = 0; steps <= 4; steps++) {
			uint8_t a[2 * JPEG_COLOURS_STEP] = {0}, b[2 * JPEG_COLOURS_STEP] = {0};

			for (size_t i = 0; i < sizeof lines; i++)
				lines[i] = (uint8_t)random_next(&random);
			kernels->halve(lines, lines + sizeof lines / 2, steps * JPEG_COLOURS_STEP,
			               a);
			jpeg_kernels_portable.halve(lines, lines + sizeof lines / 2,
			                            steps * JPEG_COLOURS_STEP, b);
			assert_memory_equal(a, b, sizeof a);
		}
}

/* --- codes ----------------------------------------------------------------------------- */

/* T.81, figures K.1 to K.4, by numbers of symbols, as libjpeg does it. */
struct oracle {
	uint32_t count[257];
	int next[257]; /* in the same branch; -1: none */
	unsigned depth[257];
	unsigned lengths[258];
};

static int oracle_least(const struct oracle *oracle, int but)
{
	int least = -1;

	for (int i = 0; i < 257; i++)
		if (oracle->count[i] && i != but &&
		    (least < 0 || oracle->count[i] <= oracle->count[least]))
			least = i;
	return least;
}

static int oracle_deepen(struct oracle *oracle, int from)
{
	oracle->depth[from]++;
	while (oracle->next[from] >= 0) {
		from = oracle->next[from];
		oracle->depth[from]++;
	}
	return from;
}

static void oracle_shorten(struct oracle *oracle)
{
	unsigned *lengths = oracle->lengths, i = 257;

	for (; i > 16; i--)
		while (lengths[i]) {
			unsigned j = i - 2;

			while (!lengths[j])
				j--;
			lengths[i] -= 2;
			lengths[i - 1]++;
			lengths[j + 1] += 2;
			lengths[j]--;
		}
	while (!lengths[i])
		i--;
	lengths[i]--;
}

static void oracle_make(struct oracle *oracle, const uint32_t count[256])
{
	memset(oracle, 0, sizeof *oracle);
	memcpy(oracle->count, count, 256 * sizeof *count);
	oracle->count[256] = 1;
	for (int i = 0; i < 257; i++)
		oracle->next[i] = -1;
	for (int a, b; (a = oracle_least(oracle, -1), b = oracle_least(oracle, a)) >= 0;) {
		oracle->count[a] += oracle->count[b];
		oracle->count[b] = 0;
		oracle->next[oracle_deepen(oracle, a)] = b;
		(void)oracle_deepen(oracle, b);
	}
	for (int i = 0; i < 257; i++)
		if (oracle->depth[i])
			oracle->lengths[oracle->depth[i]]++;
	oracle_shorten(oracle);
}

static void check_code(const uint32_t count[256])
{
	struct oracle oracle;
	struct jpeg_code code;
	unsigned at = 0;

	jpeg_code_make(&code, count, true);
	oracle_make(&oracle, count);
	for (unsigned i = 1; i <= 16; i++)
		assert_int_equal(code.lengths[i], oracle.lengths[i]);
	for (unsigned depth = 1; depth < 257; depth++)
		for (unsigned symbol = 0; symbol < 256; symbol++)
			if (oracle.depth[symbol] == depth)
				assert_int_equal(code.symbol[at++], symbol);
	assert_int_equal(code.symbols, at);
	for (unsigned i = 1, next = 0, first = 0; i <= 16; first += code.lengths[i++], next <<= 1)
		for (unsigned k = 0; k < code.lengths[i]; k++, next++) {
			assert_int_equal(code.length[code.symbol[first + k]], i);
			assert_int_equal(code.code[code.symbol[first + k]], next);
		}
}

static void codes(void **state)
{
	uint32_t count[256] = {0}, random = 7, fibonacci[2] = {1, 1};

	(void)state;
	count[77] = 5;
	check_code(count);
	for (int n = 0; n < 600; n++) {
		for (unsigned i = 0; i < 256; i++)
			count[i] = random_next(&random) % 3 ? 0 : random_next(&random) >> (n % 24);
		count[n % 256] = 1;
		check_code(count);
	}
	/* a tree that is too deep */
	memset(count, 0, sizeof count);
	for (size_t i = 0; i < 30; i++) {
		count[i * 5] = fibonacci[i % 2];
		fibonacci[i % 2] = fibonacci[0] + fibonacci[1];
	}
	check_code(count);
}

static int setup(void **state)
{
	*state = jpeg_codec_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	jpeg_codec_free(*state);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_quality),
	    TEST(every_small_size),
	    TEST(several_scans),
	    TEST(late),
	    cmocka_unit_test(colours_agree),
	    cmocka_unit_test(halves_agree),
	    cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
