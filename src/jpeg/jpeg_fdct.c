/* jpeg_fdct.c - see jpeg_fdct.h: the portable transform. */
#include "jpeg/jpeg_fdct.h"

#include <math.h>
#include <stdlib.h>

#include "jpeg/jpeg_kernels_private.h"

/* The transform's results are eight times the coefficients. What is to be divided is a whole number
 * n, and n + half too, as divisors are even: a quarter more keeps the product from falling below a
 * whole number that it should be, and lifts none that is below, since all stay under 2^20. */
void jpeg_quantiser_make(struct jpeg_quantiser *quantiser, const uint16_t quant[64])
{
	for (int i = 0; i < 64; i++) {
		const float divisor = 8.0F * (float)quant[i];

		quantiser->half[i] = divisor / 2 + 0.25F;
		quantiser->scale[i] = 1 / divisor;
	}
}

static int32_t descale(int32_t sum, int shift)
{
	return (sum + (1 << (shift - 1))) >> shift;
}

/* One direction: of eight inputs, each `step` from the next. `up` is the shift to the left that the
 * outputs 0 and 4 get; negative ones are rounded. */
static void eight(int32_t *data, size_t step, int up, int down)
{
	static const int16_t weight[4][4] = IDCT_ODD;
	int32_t sum[4], odd[4], a, b, c, d;

	for (size_t i = 0; i < 4; i++) {
		sum[i] = data[i * step] + data[(7 - i) * step];
		odd[i] = data[i * step] - data[(7 - i) * step];
	}
	a = sum[0] + sum[3];
	b = sum[1] + sum[2];
	c = sum[0] - sum[3];
	d = sum[1] - sum[2];
	data[0] = up > 0 ? (a + b) * (1 << up) : descale(a + b, -up);
	data[4 * step] = up > 0 ? (a - b) * (1 << up) : descale(a - b, -up);
	data[2 * step] = descale(c * IDCT_E2 + d * IDCT_E6, down);
	data[6 * step] = descale(c * IDCT_E6 + d * IDCT_F6, down);
	for (size_t i = 0; i < 4; i++)
		data[(2 * i + 1) * step] =
		    descale(odd[0] * weight[i][0] + odd[1] * weight[i][1] + odd[2] * weight[i][2] +
		                odd[3] * weight[i][3],
		            down);
}

uint64_t jpeg_fdct_portable(const uint8_t *samples, size_t stride,
                            const struct jpeg_quantiser *quantiser, int16_t coef[64])
{
	int32_t data[64];
	uint64_t nonzero = 0;

	for (size_t y = 0; y < 8; y++)
		for (size_t x = 0; x < 8; x++)
			data[8 * y + x] = samples[y * stride + x] - 128;
	for (size_t y = 0; y < 8; y++)
		eight(data + 8 * y, 1, IDCT_MID_BITS, IDCT_BITS - IDCT_MID_BITS);
	for (size_t x = 0; x < 8; x++)
		eight(data + x, 8, -IDCT_MID_BITS, IDCT_BITS + IDCT_MID_BITS);
	for (int i = 0; i < 64; i++) {
		const int32_t size =
		    (int32_t)(((float)abs(data[i]) + quantiser->half[i]) * quantiser->scale[i]);

		coef[i] = (int16_t)(data[i] < 0 ? -size : size);
		nonzero |= (uint64_t)(size != 0) << i;
	}
	return nonzero;
}
