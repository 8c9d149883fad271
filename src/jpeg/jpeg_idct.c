/* jpeg_idct.c - see jpeg_idct.h: the portable transforms. */
#include "jpeg/jpeg_idct.h"

#include <string.h>

#include "jpeg/jpeg_kernels_private.h"

static int32_t clamp(int32_t value, int32_t least, int32_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

/* What goes from the columns to the rows has 16 bits. Sums of more than 32, which no picture has
 * that an encoder made, are cut as vectors cut them. */
static int16_t to_mid(int64_t sum, unsigned shift)
{
	const int32_t rounded = (int32_t)(uint32_t)(uint64_t)(sum + (INT64_C(1) << (shift - 1)));

	return (int16_t)clamp(rounded >> shift, INT16_MIN, INT16_MAX);
}

static uint8_t to_sample(int64_t sum, unsigned shift)
{
	return (uint8_t)clamp(to_mid(sum, shift) + 128, 0, 255);
}

static int16_t dequantise(const int16_t *coef, const uint16_t *quant, unsigned at)
{
	return (int16_t)(uint16_t)((uint32_t)(uint16_t)coef[at] * quant[at]);
}

/* Eight in, eight sums out. */
static void eight(const int16_t in[8], int64_t out[8])
{
	const int64_t a = ((int64_t)in[0] + in[4]) * (1 << IDCT_BITS);
	const int64_t b = ((int64_t)in[0] - in[4]) * (1 << IDCT_BITS);
	const int64_t c = (int64_t)in[2] * IDCT_E2 + (int64_t)in[6] * IDCT_E6;
	const int64_t d = (int64_t)in[2] * IDCT_E6 + (int64_t)in[6] * IDCT_F6;
	const int64_t even[4] = {a + c, b + d, b - d, a - c};

	for (int i = 0; i < 4; i++) {
		static const int16_t weight[4][4] = IDCT_ODD;
		int64_t odd = 0;

		for (int k = 0; k < 4; k++)
			odd += (int64_t)in[2 * k + 1] * weight[i][k];
		out[i] = even[i] + odd;
		out[7 - i] = even[i] - odd;
	}
}

void jpeg_idct_8(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16_t mid[8][8];
	int64_t sum[8];

	for (unsigned x = 0; x < 8; x++) {
		int16_t in[8];

		for (unsigned k = 0; k < 8; k++)
			in[k] = dequantise(coef, quant, 8 * k + x);
		eight(in, sum);
		for (unsigned y = 0; y < 8; y++)
			mid[y][x] = to_mid(sum[y], IDCT_BITS - IDCT_MID_BITS);
	}
	for (unsigned y = 0; y < 8; y++, out += stride) {
		eight(mid[y], sum);
		for (unsigned x = 0; x < 8; x++)
			out[x] = to_sample(sum[x], IDCT_BITS + IDCT_MID_BITS + 3);
	}
}

/* Four sums, each of two of the eight. The fifth input has no part in them. */
static void four(const int16_t in[8], int64_t out[4])
{
	static const int16_t weight[2][4] = IDCT_ODD_4;
	const int64_t a = (int64_t)in[0] * (1 << (IDCT_BITS + 1));
	const int64_t b = (int64_t)in[2] * IDCT_4_E2 + (int64_t)in[6] * IDCT_4_E6;

	for (int i = 0; i < 2; i++) {
		const int64_t even = i ? a - b : a + b;
		int64_t odd = 0;

		for (int k = 0; k < 4; k++)
			odd += (int64_t)in[2 * k + 1] * weight[i][k];
		out[i] = even + odd;
		out[3 - i] = even - odd;
	}
}

void jpeg_idct_4(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16_t mid[4][8];
	int64_t sum[4];

	for (unsigned x = 0; x < 8; x++) {
		int16_t in[8];

		for (unsigned k = 0; k < 8; k++)
			in[k] = dequantise(coef, quant, 8 * k + x);
		four(in, sum);
		for (unsigned y = 0; y < 4; y++)
			mid[y][x] = to_mid(sum[y], IDCT_BITS + 1 - IDCT_MID_BITS);
	}
	for (unsigned y = 0; y < 4; y++, out += stride) {
		four(mid[y], sum);
		for (unsigned x = 0; x < 4; x++)
			out[x] = to_sample(sum[x], IDCT_BITS + 1 + IDCT_MID_BITS + 3);
	}
}

/* Two sums, each of four of the eight. */
static void two(const int16_t in[8], int64_t out[2])
{
	static const int16_t weight[4] = IDCT_ODD_2;
	const int64_t even = (int64_t)in[0] * (1 << (IDCT_BITS + 2));
	int64_t odd = 0;

	for (int k = 0; k < 4; k++)
		odd += (int64_t)in[2 * k + 1] * weight[k];
	out[0] = even + odd;
	out[1] = even - odd;
}

void jpeg_idct_2(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16_t mid[2][8] = {{0}};
	int64_t sum[2];

	for (unsigned x = 0; x < 8; x = x ? x + 2 : 1) {
		int16_t in[8];

		for (unsigned k = 0; k < 8; k++)
			in[k] = dequantise(coef, quant, 8 * k + x);
		two(in, sum);
		for (unsigned y = 0; y < 2; y++)
			mid[y][x] = to_mid(sum[y], IDCT_BITS + 2 - IDCT_MID_BITS);
	}
	for (unsigned y = 0; y < 2; y++, out += stride) {
		two(mid[y], sum);
		out[0] = to_sample(sum[0], IDCT_BITS + 2 + IDCT_MID_BITS + 3);
		out[1] = to_sample(sum[1], IDCT_BITS + 2 + IDCT_MID_BITS + 3);
	}
}

static uint8_t mean_of(int mean, uint16_t quant)
{
	const int16_t value = dequantise(&(int16_t){(int16_t)mean}, &quant, 0);

	return (uint8_t)clamp(((value + 4) >> 3) + 128, 0, 255);
}

void jpeg_idct_1(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	(void)stride;
	*out = mean_of(coef[0], quant[0]);
}

void jpeg_idct_flat(int mean, uint16_t quant, unsigned size, uint8_t *out, size_t stride)
{
	const uint8_t value = mean_of(mean, quant);

	for (unsigned y = 0; y < size; y++)
		memset(out + y * stride, value, size);
}
