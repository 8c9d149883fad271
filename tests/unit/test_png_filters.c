/* test_png_filters.c - filters of PNG rows: each version against the portable one, and that against
 * the standard's words. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "png/png_filter.h"
#include "png_fixture.h"

#define BYTES 200

static const unsigned pixels[] = {1, 2, 3, 4, 6, 8};

enum { PIXELS = sizeof pixels / sizeof *pixels };

/* ISO/IEC 15948, 9.4, word by word. */
static int paeth_of_the_standard(int left, int above, int corner)
{
	const int p = left + above - corner;
	const int pa = abs(p - left), pb = abs(p - above), pc = abs(p - corner);

	if (pa <= pb && pa <= pc)
		return left;
	return pb <= pc ? above : corner;
}

static void paeth_is_the_standards(void **state)
{
	(void)state;
	for (int left = 0; left < 256; left++)
		for (int above = 0; above < 256; above++)
			for (int corner = 0; corner < 256; corner++)
				if (png_paeth(left, above, corner) !=
				    paeth_of_the_standard(left, above, corner))
					fail_msg("%d %d %d", left, above, corner);
}

static void fill(uint8_t *bytes, size_t size, uint32_t *seed)
{
	/* extremes among them, where sums overflow */
	for (size_t i = 0; i < size; i++) {
		const uint32_t value = png_random(seed) >> 7;

		bytes[i] = (uint8_t)(value & 0x300 ? value : value & 1 ? 255 : 0);
	}
}

/* Whether `kernels` do as the portable ones do, and not a byte more; with the result `before` bytes
 * before the row, 0: elsewhere. */
static void undo_alike(const struct png_kernels *kernels, enum png_filter filter, size_t bytes,
                       unsigned pixel, size_t before, uint32_t *seed)
{
	uint8_t row[2][2 * BYTES], above[BYTES + PNG_SLACK], out[BYTES];
	uint8_t *to = before ? row[1] + 32 - before : row[0];
	uint8_t behind[BYTES];

	fill(row[1], sizeof row[1], seed);
	fill(above, sizeof above, seed);
	memset(row[0], 0xa5, sizeof row[0]);
	png_kernels_portable.undo(filter, out, row[1] + 32, above, bytes, pixel);
	memcpy(behind, to + bytes, BYTES - 32);
	kernels->undo(filter, to, row[1] + 32, above, bytes, pixel);
	assert_memory_equal(to, out, bytes);
	assert_memory_equal(to + bytes, behind, BYTES - 32);
}

static void undo_of(const struct png_kernels *kernels)
{
	uint32_t seed = 1;

	for (unsigned filter = 0; filter < PNG_ROW_FILTERS; filter++)
		for (unsigned p = 0; p < PIXELS; p++)
			for (size_t bytes = pixels[p]; bytes <= 160; bytes += pixels[p])
				for (size_t before = 0; before <= 18; before++)
					undo_alike(kernels, (enum png_filter)filter, bytes,
					           pixels[p], before, &seed);
}

/* Four or eight rows at once come out as one by one, and not a byte behind them changes. */
static void rows_alike(const struct png_kernels *kernels, const uint8_t *filters, size_t count,
                       size_t bytes, unsigned pixel, uint32_t *seed)
{
	uint8_t rows[8 * (BYTES + 1) + PNG_SLACK], out[8][BYTES + PNG_SLACK];
	uint8_t above[BYTES + PNG_SLACK], behind[PNG_SLACK];
	uint8_t *end = rows + count * (bytes + 1);

	fill(rows, sizeof rows, seed);
	fill(above, sizeof above, seed);
	memcpy(behind, end, sizeof behind);
	for (size_t i = 0; i < count; i++) {
		rows[i * (bytes + 1)] = filters[i];
		png_kernels_portable.undo((enum png_filter)filters[i], out[i],
		                          rows + i * (bytes + 1) + 1, i ? out[i - 1] : above, bytes,
		                          pixel);
	}
	(count == 8 ? kernels->undo_eight : kernels->undo_four)(rows, above, bytes, pixel);
	for (size_t i = 0; i < count; i++)
		assert_memory_equal(rows + i * (bytes + 1), out[i], bytes);
	assert_memory_equal(end, behind, sizeof behind);
}

static void undo_four_of(const struct png_kernels *kernels)
{
	uint32_t seed = 3;

	for (unsigned i = 0; i < 5 * 5 * 5 * 5; i++) {
		const uint8_t filters[] = {(uint8_t)(i % 5), (uint8_t)(i / 5 % 5),
		                           (uint8_t)(i / 25 % 5), (uint8_t)(i / 125)};
		const bool alike = i % (1 + 5 + 25 + 125) == 0;

		for (unsigned p = 0; p < PIXELS && pixels[p] <= 4; p++)
			for (size_t bytes = pixels[p]; bytes <= 160; bytes += pixels[p])
				for (int again = 0; again < (alike ? 50 : 1); again++)
					rows_alike(kernels, filters, 4, bytes, pixels[p], &seed);
	}
}

/* Each filter for all rows in turn, and then any for each. */
static void undo_eight_of(const struct png_kernels *kernels)
{
	uint32_t seed = 4;

	for (unsigned i = 0; i < 1000; i++) {
		uint8_t filters[8];

		for (unsigned row = 0; row < 8; row++)
			filters[row] = (uint8_t)((i < 250 ? i : png_random(&seed) >> 9) % 5);
		for (unsigned pixel = 3; pixel <= 4; pixel++)
			for (size_t bytes = pixel; bytes <= BYTES; bytes += pixel)
				rows_alike(kernels, filters, 8, bytes, pixel, &seed);
	}
}

static void apply_of(const struct png_kernels *kernels)
{
	uint8_t row[BYTES + PNG_SLACK], above[BYTES + PNG_SLACK];
	uint8_t out[2][BYTES + 1], back[BYTES];
	uint32_t seed = 2;

	for (unsigned filter = 0; filter < PNG_ROW_FILTERS; filter++)
		for (unsigned p = 0; p < PIXELS; p++)
			for (size_t bytes = 1; bytes <= BYTES; bytes++) {
				uint64_t sum[2], expected = 0;

				fill(row, sizeof row, &seed);
				fill(above, sizeof above, &seed);
				out[0][bytes] = out[1][bytes] = 0x5a;
				sum[0] = png_kernels_portable.apply((enum png_filter)filter, out[0],
				                                    row, above, bytes, pixels[p]);
				sum[1] = kernels->apply((enum png_filter)filter, out[1], row, above,
				                        bytes, pixels[p]);
				assert_memory_equal(out[0], out[1], bytes + 1);
				for (size_t i = 0; i < bytes; i++)
					expected += png_weight(out[0][i]);
				assert_int_equal(sum[0], expected);
				assert_int_equal(sum[1], expected);
				png_kernels_portable.undo((enum png_filter)filter, back, out[0],
				                          above, bytes, pixels[p]);
				assert_memory_equal(back, row, bytes);
			}
}

/* Near enough to the logarithm, the same on both sides of zero, and never falling. */
static void weights_are_logarithms(void **state)
{
	(void)state;
	for (int distance = 0; distance <= 128; distance++) {
		const uint8_t weight = png_weight((uint8_t)distance);

		assert_int_equal(weight, png_weight((uint8_t)-distance));
		assert_true(fabs(weight - (16 * log2(1 + distance))) < (distance < 16 ? 0.51 : 11));
		assert_true(!distance || weight >= png_weight((uint8_t)(distance - 1)));
	}
}

static void all_versions_agree(void **state)
{
	const struct png_kernels *kernels;

	(void)state;
	for (unsigned i = 0; (kernels = png_kernels(i)) != NULL; i++) {
		undo_of(kernels);
		apply_of(kernels);
		if (kernels->undo_four)
			undo_four_of(kernels);
		if (kernels->undo_eight)
			undo_eight_of(kernels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paeth_is_the_standards),
	    cmocka_unit_test(weights_are_logarithms),
	    cmocka_unit_test(all_versions_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
