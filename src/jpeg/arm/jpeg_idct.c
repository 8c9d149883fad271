/* jpeg_idct.c - the transforms of jpeg_idct.h by NEON. Sums are cut to 32 bits where they are added
 * up and to 16 where they go from the columns to the rows, as in every version.
 */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_ARM)

#include <string.h>

#include "jpeg/arm/jpeg_vectors.h"

static inline int16x8_t load(const int16_t *coef, const uint16_t *quant, size_t row)
{
	return vmulq_s16(vld1q_s16(coef + 8 * row),
	                 vreinterpretq_s16_u16(vld1q_u16(quant + 8 * row)));
}

/* Lanes of 16 bits without their lowest `16 + shift` of 32. */
#define UPPER(low, high, shift) \
	vshrq_n_s16(vcombine_s16(vshrn_n_s32(low, 16), vshrn_n_s32(high, 16)), shift)

static inline int16x8_t saturate(int32x4_t low, int32x4_t high)
{
	return vcombine_s16(vqmovn_s32(low), vqmovn_s32(high));
}

/* --- blocks to 8x8 pixels ------------------------------------------------------------- */

/* Bits that the sums lose, beside the 16 of UPPER() the second time. */
#define EIGHT_FIRST (IDCT_BITS - IDCT_MID_BITS)
#define EIGHT_LAST  (IDCT_BITS + IDCT_MID_BITS + 3)

/* Four columns: of the inputs, with half a unit of what is kept added, the sums out[0..7]. */
static inline void eight(const int16x4_t in[8], int shift, int32x4_t out[8])
{
	static const int16_t w[4][4] = IDCT_ODD;
	const int32x4_t half = vdupq_n_s32(1 << (shift - 1));
	const int32x4_t a = vaddq_s32(vshlq_n_s32(vaddl_s16(in[0], in[4]), IDCT_BITS), half);
	const int32x4_t b = vaddq_s32(vshlq_n_s32(vsubl_s16(in[0], in[4]), IDCT_BITS), half);
	const int32x4_t c = vmlal_n_s16(vmull_n_s16(in[2], IDCT_E2), in[6], IDCT_E6);
	const int32x4_t d = vmlal_n_s16(vmull_n_s16(in[2], IDCT_E6), in[6], IDCT_F6);
	const int32x4_t even[4] = {vaddq_s32(a, c), vaddq_s32(b, d), vsubq_s32(b, d),
	                           vsubq_s32(a, c)};

	UNROLL
	for (size_t i = 0; i < 4; i++) {
		const int32x4_t odd = vectors_dot(in[1], in[3], in[5], in[7], w[i]);

		out[i] = vaddq_s32(even[i], odd);
		out[7 - i] = vsubq_s32(even[i], odd);
	}
}

/* One direction of eight rows, in place. */
static inline void eight_rows(int16x8_t row[8], bool last)
{
	const int shift = last ? EIGHT_LAST : EIGHT_FIRST;
	int16x4_t left[8], right[8];
	int32x4_t low[8], high[8];

	UNROLL
	for (size_t i = 0; i < 8; i++) {
		left[i] = vget_low_s16(row[i]);
		right[i] = vget_high_s16(row[i]);
	}
	eight(left, shift, low);
	eight(right, shift, high);
	UNROLL
	for (size_t i = 0; i < 8; i++)
		row[i] = last ? UPPER(low[i], high[i], EIGHT_LAST - 16)
		              : saturate(vshrq_n_s32(low[i], EIGHT_FIRST),
		                         vshrq_n_s32(high[i], EIGHT_FIRST));
}

static inline void store_eight(const int16x8_t row[8], uint8_t *out, size_t stride)
{
	UNROLL
	for (size_t i = 0; i < 8; i++)
		vst1_u8(out + i * stride,
		        veor_u8(vreinterpret_u8_s8(vqmovn_s16(row[i])), vdup_n_u8(0x80)));
}

void jpeg_idct_8_neon(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16x8_t row[8];

	UNROLL
	for (size_t i = 0; i < 8; i++)
		row[i] = load(coef, quant, i);
	eight_rows(row, false);
	vectors_transpose(row);
	eight_rows(row, true);
	vectors_transpose(row);
	store_eight(row, out, stride);
}

/* Four columns of inputs of which only the first four are not 0. */
static inline void eight_few(const int16x4_t in[4], int shift, int32x4_t out[8])
{
	static const int16_t w[4][4] = IDCT_ODD;
	const int32x4_t half = vdupq_n_s32(1 << (shift - 1));
	const int32x4_t a = vaddq_s32(vshll_n_s16(in[0], IDCT_BITS), half);
	const int32x4_t even[4] = {vmlal_n_s16(a, in[2], IDCT_E2), vmlal_n_s16(a, in[2], IDCT_E6),
	                           vmlsl_n_s16(a, in[2], IDCT_E6), vmlsl_n_s16(a, in[2], IDCT_E2)};

	UNROLL
	for (size_t i = 0; i < 4; i++) {
		const int32x4_t odd = vmlal_n_s16(vmull_n_s16(in[1], w[i][0]), in[3], w[i][1]);

		out[i] = vaddq_s32(even[i], odd);
		out[7 - i] = vsubq_s32(even[i], odd);
	}
}

void jpeg_idct_8_few_neon(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16x8_t row[8], column[4];
	int16x4_t in[4], lower[4];
	int32x4_t low[8], high[8];

	UNROLL
	for (size_t i = 0; i < 4; i++)
		in[i] = vget_low_s16(load(coef, quant, i));
	eight_few(in, EIGHT_FIRST, low);
	/* the rows 0 to 3 beside the rows 4 to 7 */
	UNROLL
	for (size_t i = 0; i < 4; i++)
		column[i] = saturate(vshrq_n_s32(low[i], EIGHT_FIRST),
		                     vshrq_n_s32(low[i + 4], EIGHT_FIRST));
	vectors_transpose_4(column);
	UNROLL
	for (size_t i = 0; i < 4; i++) {
		in[i] = vget_low_s16(column[i]);
		lower[i] = vget_high_s16(column[i]);
	}
	eight_few(in, EIGHT_LAST, low);
	eight_few(lower, EIGHT_LAST, high);
	UNROLL
	for (size_t i = 0; i < 8; i++)
		row[i] = UPPER(low[i], high[i], EIGHT_LAST - 16);
	vectors_transpose(row);
	store_eight(row, out, stride);
}

/* --- blocks to 4x4 pixels ------------------------------------------------------------- */

#define FOUR_FIRST (IDCT_BITS + 1 - IDCT_MID_BITS)
#define FOUR_LAST  (IDCT_BITS + 1 + IDCT_MID_BITS + 3)

/* Four columns: of the inputs, in[4] excepted, the sums out[0..3]. With `few` the first four alone.
 */
static inline void four(const int16x4_t *in, int shift, bool few, int32x4_t out[4])
{
	static const int16_t w[2][4] = IDCT_ODD_4;
	const int32x4_t half = vdupq_n_s32(1 << (shift - 1));
	const int32x4_t a = vaddq_s32(vshll_n_s16(in[0], IDCT_BITS + 1), half);
	int32x4_t b = vmull_n_s16(in[2], IDCT_4_E2);

	if (!few)
		b = vmlal_n_s16(b, in[6], IDCT_4_E6);
	UNROLL
	for (size_t i = 0; i < 2; i++) {
		const int32x4_t even = i ? vsubq_s32(a, b) : vaddq_s32(a, b);
		const int32x4_t odd = few ? vmlal_n_s16(vmull_n_s16(in[1], w[i][0]), in[3], w[i][1])
		                          : vectors_dot(in[1], in[3], in[5], in[7], w[i]);

		out[i] = vaddq_s32(even, odd);
		out[3 - i] = vsubq_s32(even, odd);
	}
}

/* Columns to rows. */
static inline void store_four(const int32x4_t sum[4], uint8_t *out, size_t stride)
{
	const int16x8_t zero = vdupq_n_s16(0);
	int16x8_t row[4];
	uint32x4_t pixels;

	UNROLL
	for (size_t i = 0; i < 4; i++)
		row[i] = vcombine_s16(vshrn_n_s32(sum[i], 16), vget_low_s16(zero));
	vectors_transpose_4(row);
	UNROLL
	for (size_t i = 0; i < 4; i += 2)
		row[i] = vshrq_n_s16(vcombine_s16(vget_low_s16(row[i]), vget_low_s16(row[i + 1])),
		                     FOUR_LAST - 16);
	pixels = vreinterpretq_u32_s8(vcombine_s8(vqmovn_s16(row[0]), vqmovn_s16(row[2])));
	pixels = veorq_u32(pixels, vdupq_n_u32(0x80808080));
	UNROLL
	for (int i = 0; i < 4; i++, out += stride) {
		const uint32_t four_pixels = vgetq_lane_u32(pixels, 0);

		memcpy(out, &four_pixels, sizeof(four_pixels));
		pixels = vextq_u32(pixels, pixels, 1);
	}
}

void jpeg_idct_4_neon(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16x4_t left[8], right[8];
	int32x4_t low[4], high[4];
	int16x8_t row[4];

	UNROLL
	for (size_t i = 0; i < 8; i++) {
		const int16x8_t line = i == 4 ? vdupq_n_s16(0) : load(coef, quant, i);

		left[i] = vget_low_s16(line);
		right[i] = vget_high_s16(line);
	}
	four(left, FOUR_FIRST, false, low);
	four(right, FOUR_FIRST, false, high);
	UNROLL
	for (size_t i = 0; i < 4; i++)
		row[i] =
		    saturate(vshrq_n_s32(low[i], FOUR_FIRST), vshrq_n_s32(high[i], FOUR_FIRST));
	/* the columns 0 to 3 beside the columns 4 to 7 */
	vectors_transpose_4(row);
	UNROLL
	for (size_t i = 0; i < 4; i++) {
		left[i] = vget_low_s16(row[i]);
		left[i + 4] = vget_high_s16(row[i]);
	}
	four(left, FOUR_LAST, false, low);
	store_four(low, out, stride);
}

void jpeg_idct_4_few_neon(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16x4_t in[4];
	int32x4_t sum[4];
	int16x8_t row[4];

	UNROLL
	for (size_t i = 0; i < 4; i++)
		in[i] = vget_low_s16(load(coef, quant, i));
	four(in, FOUR_FIRST, true, sum);
	UNROLL
	for (size_t i = 0; i < 4; i++)
		row[i] = saturate(vshrq_n_s32(sum[i], FOUR_FIRST), sum[i]);
	vectors_transpose_4(row);
	UNROLL
	for (size_t i = 0; i < 4; i++)
		in[i] = vget_low_s16(row[i]);
	four(in, FOUR_LAST, true, sum);
	store_four(sum, out, stride);
}

/* --- blocks to 2x2 pixels ------------------------------------------------------------- */

#define TWO_FIRST (IDCT_BITS + 2 - IDCT_MID_BITS)
#define TWO_LAST  (IDCT_BITS + 2 + IDCT_MID_BITS + 3)

/* The sums of one row: columns that have no part have weights of 0. */
static inline void store_two(int16x8_t row, uint8_t *out)
{
	static const int16_t w[4] = IDCT_ODD_2;
	const int16_t weights[8] = {0, w[0], 0, w[1], 0, w[2], 0, w[3]};
	const int16x8_t weight = vld1q_s16(weights);
	const int32x4_t odds =
	    vmlal_high_s16(vmull_s16(vget_low_s16(row), vget_low_s16(weight)), row, weight);
	const int32x2_t odd = vdup_n_s32(vaddvq_s32(odds));
	const int32x2_t even = vdup_n_s32(vgetq_lane_s16(row, 0) * (1 << (IDCT_BITS + 2)));
	const int32x2_t half = vdup_n_s32(1 << (TWO_LAST - 1));
	const int32x2_t first = vadd_s32(vadd_s32(even, odd), half);
	const int32x2_t second = vadd_s32(vsub_s32(even, odd), half);
	const int32x4_t sum = vcombine_s32(first, second);
	const int8x8_t bytes = vqmovn_s16(UPPER(sum, sum, TWO_LAST - 16));

	out[0] = (uint8_t)vget_lane_s8(bytes, 0) ^ 0x80;
	out[1] = (uint8_t)vget_lane_s8(bytes, 2) ^ 0x80;
}

static inline void two(const int16x4_t in[5], int32x4_t out[2])
{
	static const int16_t w[4] = IDCT_ODD_2;
	const int32x4_t half = vdupq_n_s32(1 << (TWO_FIRST - 1));
	const int32x4_t even = vaddq_s32(vshll_n_s16(in[0], IDCT_BITS + 2), half);
	const int32x4_t odd = vectors_dot(in[1], in[2], in[3], in[4], w);

	out[0] = vshrq_n_s32(vaddq_s32(even, odd), TWO_FIRST);
	out[1] = vshrq_n_s32(vsubq_s32(even, odd), TWO_FIRST);
}

void jpeg_idct_2_neon(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride)
{
	int16x4_t left[5], right[5];
	int32x4_t low[2], high[2];

	UNROLL
	for (size_t i = 0; i < 5; i++) {
		const int16x8_t row = load(coef, quant, i ? 2 * i - 1 : 0);

		left[i] = vget_low_s16(row);
		right[i] = vget_high_s16(row);
	}
	two(left, low);
	two(right, high);
	store_two(saturate(low[0], high[0]), out);
	store_two(saturate(low[1], high[1]), out + stride);
}

#endif
