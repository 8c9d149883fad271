/* test_jpeg_idct.c - the transforms against the definition of the cosine transform, and the quick
 * ones against the portable. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "jpeg/jpeg_kernels.h"

enum { STRIDE = 11 };

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* T.81, A.3.3: the sample at x, y. */
static double definition(const int16_t *coef, const uint16_t *quant, unsigned x, unsigned y)
{
	const double pi = 3.14159265358979323846;
	double sum = 0;

	for (unsigned v = 0; v < 8; v++)
		for (unsigned u = 0; u < 8; u++)
			sum += (u ? 1 : sqrt(0.5)) * (v ? 1 : sqrt(0.5)) * coef[8 * v + u] *
			       quant[8 * v + u] * cos((2 * x + 1) * u * pi / 16) *
			       cos((2 * y + 1) * v * pi / 16);
	return sum / 4 + 128;
}

/* Mean of the samples that one of a shrunk block stands for. */
static double shrunk(const int16_t *coef, const uint16_t *quant, unsigned size, unsigned x,
                     unsigned y)
{
	const unsigned side = 8 / size;
	double sum = 0;

	for (unsigned j = 0; j < side; j++)
		for (unsigned i = 0; i < side; i++)
			sum += definition(coef, quant, x * side + i, y * side + j);
	sum /= side * side;
	return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

static void block_make(int16_t coef[64], uint16_t quant[64], uint32_t *random)
{
	const unsigned count = 1 + random_next(random) % 64;

	memset(coef, 0, 64 * sizeof(*coef));
	for (unsigned i = 0; i < 64; i++)
		quant[i] = (uint16_t)(1 + random_next(random) % 20);
	coef[0] = (int16_t)((int)(random_next(random) % 100) - 50);
	for (unsigned i = 0; i < count; i++)
		coef[random_next(random) % 64] = (int16_t)((int)(random_next(random) % 9) - 4);
}

static void by_definition(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int n = 0; n < 200; n++) {
		int16_t coef[64];
		uint16_t quant[64];

		block_make(coef, quant, &random);
		for (unsigned size = 1; size <= 8; size *= 2) {
			uint8_t out[8 * STRIDE];

			jpeg_kernels_idct(jpeg_kernels(0), size, false)(coef, quant, out, STRIDE);
			for (unsigned y = 0; y < size; y++)
				for (unsigned x = 0; x < size; x++)
					assert_true(fabs(out[y * STRIDE + x] -
					                 shrunk(coef, quant, size, x, y)) < 1);
		}
	}
}

/* Of any 16 bits, sane or not; and nothing is written beside the block. */
static void agrees(const struct jpeg_kernels *kernels)
{
	uint32_t random = 2;

	for (int n = 0; n < 20000; n++) {
		int16_t coef[64];
		uint16_t quant[64];

		block_make(coef, quant, &random);
		for (int i = 0; n % 2 && i < 64; i++) {
			coef[i] = (int16_t)random_next(&random);
			quant[i] = (uint16_t)random_next(&random);
		}
		for (unsigned size = 1; size <= 8; size *= 2) {
			uint8_t a[9 * STRIDE], b[9 * STRIDE];

			memset(a, 7, sizeof(a));
			memset(b, 7, sizeof(b));
			jpeg_kernels_idct(kernels, size, false)(coef, quant, a, STRIDE);
			jpeg_kernels_idct(&jpeg_kernels_portable, size, false)(coef, quant, b,
			                                                       STRIDE);
			assert_memory_equal(a, b, sizeof(a));
			assert_int_equal(a[size], 7);
			assert_int_equal(a[(size_t)size * STRIDE], 7);
		}
	}
}

/* Where only the first coefficients are not 0: (0, 0) to (3, 0) along the diagonals. */
static void agrees_on_few(const struct jpeg_kernels *kernels)
{
	static const unsigned first[JPEG_IDCT_FEW] = {0, 1, 8, 16, 9, 2, 3, 10, 17, 24};
	uint32_t random = 3;

	for (int n = 0; n < 20000; n++) {
		int16_t coef[64] = {0};
		uint16_t quant[64];

		for (int i = 0; i < 64; i++)
			quant[i] = (uint16_t)(1 + random_next(&random) % (n % 2 ? 65535 : 20));
		for (int i = 0; i < JPEG_IDCT_FEW; i++)
			coef[first[i]] =
			    (int16_t)((int)(random_next(&random) % (n % 2 ? 65536 : 40)) - 20);
		for (unsigned size = 1; size <= 8; size *= 2) {
			uint8_t a[9 * STRIDE] = {0}, b[9 * STRIDE] = {0};

			jpeg_kernels_idct(kernels, size, true)(coef, quant, a, STRIDE);
			jpeg_kernels_idct(&jpeg_kernels_portable, size, false)(coef, quant, b,
			                                                       STRIDE);
			assert_memory_equal(a, b, sizeof(a));
		}
	}
}

static void all_versions_agree(void **state)
{
	const struct jpeg_kernels *kernels;

	(void)state;
	for (unsigned i = 0; (kernels = jpeg_kernels(i)) != NULL; i++) {
		agrees(kernels);
		agrees_on_few(kernels);
	}
}

static void flat_blocks(void **state)
{
	(void)state;
	for (int mean = -1200; mean <= 1200; mean += 7)
		for (unsigned size = 1; size <= 8; size *= 2) {
			int16_t coef[64] = {(int16_t)mean};
			uint16_t quant[64] = {3};
			uint8_t a[8 * STRIDE] = {0}, b[8 * STRIDE] = {0};

			jpeg_kernels_idct(jpeg_kernels(0), size, false)(coef, quant, a, STRIDE);
			jpeg_idct_flat(mean, 3, size, b, STRIDE);
			assert_memory_equal(a, b, sizeof(a));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_definition),
	    cmocka_unit_test(all_versions_agree),
	    cmocka_unit_test(flat_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
