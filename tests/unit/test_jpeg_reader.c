/* test_jpeg_reader.c - what the reader takes, it decodes as libjpeg does, to the last bit; what is
 * not in order it declines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg/jpeg_reader_private.h"
#include "jpeg_oracle.h"
#include "probe/scan.h"

/* How a picture is encoded. */
struct encoding {
	uint32_t width, height;
	int h[3], v[3]; /* h[0] = 0: gray */
	bool progressive, arithmetic;
	unsigned restart; /* MCUs */
	int quality;      /* 0: 90 */
	const jpeg_scan_info *scans;
	int scan_count;
};

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Flat parts, edges and noise: blocks with no coefficient, with some, with all. */
static uint8_t sample(uint32_t *state, uint32_t x, uint32_t y, int c)
{
	if (x % 96 < 32)
		return (uint8_t)(60 + 40 * (uint32_t)c + x / 96 * 20);
	if (x % 96 < 64)
		return (uint8_t)((x * 7 + y * (3 + (uint32_t)c) + (y / 16 % 2) * 90) & 255);
	return (uint8_t)random_next(state);
}

static void describe(struct jpeg_compress_struct *out, const struct encoding *how)
{
	const bool gray = how->h[0] == 0;

	out->image_width = how->width;
	out->image_height = how->height;
	out->input_components = gray ? 1 : 3;
	out->in_color_space = gray ? JCS_GRAYSCALE : JCS_YCbCr;
	jpeg_set_defaults(out);
	jpeg_set_quality(out, how->quality ? how->quality : 90, TRUE);
	for (int c = 0; c < 3 && !gray; c++) {
		out->comp_info[c].h_samp_factor = how->h[c];
		out->comp_info[c].v_samp_factor = how->v[c];
	}
	out->restart_interval = how->restart;
	out->optimize_coding = how->width % 2 == 1;
	out->arith_code = how->arithmetic;
	if (how->progressive)
		jpeg_simple_progression(out);
	if (how->scans) {
		out->scan_info = how->scans;
		out->num_scans = how->scan_count;
	}
}

static struct bytes encode(const struct encoding *how)
{
	struct jpeg_error_mgr errors;
	struct jpeg_compress_struct out = {.err = jpeg_std_error(&errors)};
	unsigned char *data = NULL;
	unsigned long size = 0;
	uint32_t state = how->width;
	JSAMPROW row = calloc(how->width, 3);

	jpeg_create_compress(&out);
	jpeg_mem_dest(&out, &data, &size);
	describe(&out, how);
	jpeg_start_compress(&out, TRUE);
	while (out.next_scanline < out.image_height) {
		for (uint32_t x = 0; x < how->width; x++)
			for (int c = 0; c < out.input_components; c++)
				row[x * (uint32_t)out.input_components + (uint32_t)c] =
				    sample(&state, x, out.next_scanline, c);
		jpeg_write_scanlines(&out, &row, 1);
	}
	jpeg_finish_compress(&out);
	jpeg_destroy_compress(&out);
	free(row);
	return (struct bytes){data, size};
}

static void release(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.data);
}

/* At every scale, at libjpeg's scale of each component; whether scans are passed over or not. */
static void expect_same(struct jpeg_reader *reader, struct bytes bytes)
{
	for (unsigned eighths = 1; eighths <= 8; eighths *= 2) {
		struct oracle_planes want = oracle_libjpeg(bytes, eighths);

		assert_true(want.good);
		for (int pass_over = 0; pass_over < 2; pass_over++) {
			struct oracle_planes got =
			    oracle_reader(reader, bytes, want.size, pass_over);

			assert_true(got.good);
			for (unsigned c = 0; c < want.components; c++)
				assert_true(oracle_same(&want, &got, c));
			oracle_free(&got);
		}
		oracle_free(&want);
	}
}

static const struct encoding samplings[] = {
    {.h = {1, 1, 1}, .v = {1, 1, 1}}, {.h = {2, 1, 1}, .v = {1, 1, 1}},
    {.h = {2, 1, 1}, .v = {2, 1, 1}}, {.h = {1, 1, 1}, .v = {2, 1, 1}},
    {.h = {4, 1, 1}, .v = {1, 1, 1}}, {.h = {0}},
    {.h = {1, 2, 1}, .v = {1, 1, 2}}, {.h = {4, 1, 1}, .v = {2, 1, 1}},
};

enum { SAMPLINGS = sizeof(samplings) / sizeof(samplings[0]) };

static void every_sampling(void **state)
{
	for (int i = 0; i < SAMPLINGS * 4; i++) {
		struct encoding how = samplings[i / 4];
		struct bytes bytes;

		how.width = 331 + (uint32_t)i;
		how.height = 219;
		how.progressive = i & 1;
		how.restart = i & 2 ? 7 : 0;
		bytes = encode(&how);
		expect_same(*state, bytes);
		release(bytes);
	}
}

static void every_quality(void **state)
{
	for (int quality = 1; quality <= 100; quality += 9) {
		struct encoding how = samplings[quality % 3];
		struct bytes bytes;

		how.width = 200;
		how.height = 123;
		how.quality = quality;
		for (int i = 0; i < 2; i++) {
			how.progressive = i;
			bytes = encode(&how);
			expect_same(*state, bytes);
			release(bytes);
		}
	}
}

static void every_small_size(void **state)
{
	for (uint32_t width = 1; width <= 33; width += 4)
		for (uint32_t height = 1; height <= 33; height += 4)
			for (int i = 0; i < 2; i++) {
				struct encoding how = samplings[2];
				struct bytes bytes;

				how.width = width;
				how.height = height;
				how.progressive = i;
				bytes = encode(&how);
				expect_same(*state, bytes);
				release(bytes);
			}
}

/* Scans in other orders, parts and steps than the usual. */
static void unusual_scans(void **state)
{
	static const jpeg_scan_info fine[] = {
	    {1, {0}, 0, 0, 0, 3},  {1, {1}, 0, 0, 0, 2},   {1, {2}, 0, 0, 0, 0},
	    {1, {0}, 1, 1, 0, 4},  {1, {0}, 2, 63, 0, 4},  {1, {0}, 1, 63, 4, 3},
	    {1, {2}, 1, 63, 0, 0}, {1, {1}, 1, 5, 0, 1},   {1, {1}, 6, 63, 0, 1},
	    {1, {0}, 1, 63, 3, 2}, {1, {0}, 0, 0, 3, 2},   {1, {1}, 0, 0, 2, 1},
	    {1, {1}, 1, 63, 1, 0}, {1, {0}, 1, 63, 2, 1},  {1, {0}, 1, 63, 1, 0},
	    {1, {0}, 0, 0, 2, 1},  {2, {0, 1}, 0, 0, 1, 0}};
	static const jpeg_scan_info plain[] = {{3, {0, 1, 2}, 0, 0, 0, 0}, {1, {1}, 1, 63, 0, 0},
	                                       {1, {2}, 1, 63, 0, 0},      {1, {0}, 1, 9, 0, 0},
	                                       {1, {0}, 10, 62, 0, 0},     {1, {0}, 63, 63, 0, 0}};
	struct encoding how = samplings[2];

	how.width = 300;
	how.height = 211;
	for (int i = 0; i < 6; i++) {
		struct bytes bytes;

		how.restart = (unsigned)i / 2 * 5;
		how.scans = i % 2 ? plain : fine;
		how.scan_count = i % 2 ? 6 : 17;
		bytes = encode(&how);
		expect_same(*state, bytes);
		release(bytes);
	}
}

/* Each component has its own scale; what is decoded of one does not depend on the others'. */
static void a_scale_for_each_component(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct encoding how = samplings[2];
		struct bytes bytes;

		how.width = 301;
		how.height = 203;
		how.progressive = i;
		bytes = encode(&how);
		for (unsigned luma = 1; luma <= 8; luma *= 2)
			for (unsigned chroma = 1; chroma <= 8; chroma *= 2) {
				const uint8_t size[3] = {(uint8_t)luma, (uint8_t)chroma,
				                         (uint8_t)chroma};
				struct oracle_planes got = oracle_reader(*state, bytes, size, true);
				struct oracle_planes y = oracle_libjpeg(bytes, luma);
				/* of 4:2:0 libjpeg shrinks chroma half as much as luma */
				struct oracle_planes cbcr =
				    oracle_libjpeg(bytes, chroma == 8 ? 4 : chroma / 2);

				assert_true(got.good);
				assert_true(oracle_same(&got, &y, 0));
				if (chroma > 1) {
					assert_true(oracle_same(&got, &cbcr, 1));
					assert_true(oracle_same(&got, &cbcr, 2));
				}
				oracle_free(&got);
				oracle_free(&y);
				oracle_free(&cbcr);
			}
		release(bytes);
	}
}

/* What is accepted must be what libjpeg takes without a warning. Damage makes coefficients whose
 * sums leave 16 bits, as no encoder's do: what the vectors of libjpeg make of these is not
 * compared. */
static bool agree(struct jpeg_reader *reader, struct bytes bytes)
{
	static const uint8_t full[3] = {8, 8, 8};
	struct oracle_planes got = oracle_reader(reader, bytes, full, false);
	const bool taken = got.good;

	if (taken) {
		struct oracle_planes want = oracle_coefficients(bytes, full);

		assert_true(want.good);
		for (unsigned c = 0; c < want.components; c++)
			assert_true(oracle_same(&want, &got, c));
		oracle_free(&want);
	}
	oracle_free(&got);
	return taken;
}

static void nothing_that_is_cut_off(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct encoding how = samplings[i & 1 ? 2 : 0];
		struct bytes bytes;

		how.width = 100;
		how.height = 40;
		how.progressive = i & 2;
		how.restart = 3;
		bytes = encode(&how);
		assert_true(agree(*state, bytes));
		for (size_t size = 2; size < bytes.size; size++)
			assert_false(agree(*state, (struct bytes){bytes.data, size}));
		release(bytes);
	}
}

static void damage_is_told_as_libjpeg_tells_it(void **state)
{
	uint32_t random = 1;

	for (int i = 0; i < 4; i++) {
		struct encoding how = samplings[i & 1 ? 2 : 0];
		struct bytes bytes;
		unsigned char *data;

		how.width = 100;
		how.height = 40;
		how.progressive = i & 2;
		how.restart = i & 1 ? 0 : 4;
		bytes = encode(&how);
		data = (unsigned char *)(uintptr_t)bytes.data;
		for (int n = 0; n < 4000; n++) {
			const size_t at = 20 + random_next(&random) % (bytes.size - 20);
			const unsigned char was = data[at];

			data[at] = (unsigned char)random_next(&random);
			(void)agree(*state, bytes);
			data[at] = was;
		}
		release(bytes);
	}
}

/* The prediction counts by the header, the reader by what it lays out; the rest is alignment. */
static void it_keeps_as_much_as_is_predicted(void **state)
{
	static const uint8_t full[3] = {8, 8, 8};
	static const struct scan_limits limits = {.max_scans = 100, .max_pixels = 268000000};

	(void)state;
	for (uint32_t i = 0; i < SAMPLINGS; i++) {
		struct jpeg_reader *reader = jpeg_reader_new(); /* without earlier memory */
		struct encoding how = samplings[i];
		struct oracle_planes planes;
		struct scan scan;
		struct bytes bytes;
		uint64_t predicted;

		how.width =
		    331 + 90 * i; /* each takes more than those before, whose memory it has */
		how.height = 219;
		how.progressive = true;
		assert_non_null(reader);
		bytes = encode(&how);
		assert_int_equal(scan_run(BR_IMAGE_FORMAT_JPEG, bytes, &limits, &scan, NULL), 0);
		assert_true(scan.whole);
		predicted = scan.blocks * JPEG_READER_BLOCK_BYTES;
		planes = oracle_reader(reader, bytes, full, true);
		assert_true(planes.good);
		assert_in_range(reader->coefficients.capacity, predicted, predicted + 21);
		oracle_free(&planes);
		release(bytes);
		jpeg_reader_free(reader);
	}
}

/* For the general way, or for libjpeg. */
static void what_is_not_for_it(void **state)
{
	static const uint8_t size[3] = {8, 8, 8};
	static const jpeg_scan_info apart[] = {
	    {1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
	static const jpeg_scan_info unfinished[] = {
	    {3, {0, 1, 2}, 0, 0, 0, 1}, {3, {0, 1, 2}, 0, 0, 1, 0}, {1, {0}, 1, 5, 0, 2}};

	for (int i = 0; i < 3; i++) {
		struct encoding how = samplings[0];
		struct oracle_planes got;
		struct bytes bytes;

		how.width = 64;
		how.height = 64;
		how.arithmetic = i == 0;
		how.scans = i == 1 ? apart : i == 2 ? unfinished : NULL;
		how.scan_count = how.scans ? 3 : 0;
		bytes = encode(&how);
		got = oracle_reader(*state, bytes, size, true);
		assert_false(got.good);
		oracle_free(&got);
		release(bytes);
	}
}

static int setup(void **state)
{
	*state = jpeg_reader_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	jpeg_reader_free(*state);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_sampling),
	    TEST(every_quality),
	    TEST(every_small_size),
	    TEST(unusual_scans),
	    TEST(a_scale_for_each_component),
	    TEST(nothing_that_is_cut_off),
	    TEST(damage_is_told_as_libjpeg_tells_it),
	    TEST(it_keeps_as_much_as_is_predicted),
	    TEST(what_is_not_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
