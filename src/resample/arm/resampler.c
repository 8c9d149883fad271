/* resampler.c - the resampling kernels for bytes and for floats by NEON.
 *
 * All sums of bytes are exact 32-bit integers, so their order does not matter, and roundings are
 * those of resampler_portable.c; sums of floats have the order that resampler_kernel.h lays down:
 * the results are equal to the last bit. Down the rows of floats the portable version is as good,
 * being in vectors of four.
 */
#include "resample/resampler_kernel.h"

#if defined(CPU_ARM)

#include <arm_neon.h>
#include <string.h>

#define MID_SHIFT (RESAMPLER_COEF_BITS - RESAMPLER_MID_BITS)
#define MID_ROUND (1 << (MID_SHIFT - 1))
#define OUT_SHIFT (RESAMPLER_COEF_BITS + RESAMPLER_MID_BITS)
#define OUT_ROUND (1 << (OUT_SHIFT - 1))

/* --- vertical ------------------------------------------------------------------------ */

static inline int16x8_t narrow(int32x4_t low, int32x4_t high)
{
	return vcombine_s16(vqshrn_n_s32(low, MID_SHIFT), vqshrn_n_s32(high, MID_SHIFT));
}

static inline void block(int16_t *out, const void *const *rows, const int16_t *coef, uint32_t taps,
                         size_t at)
{
	const int32x4_t round = vdupq_n_s32(MID_ROUND);
	int32x4_t s0 = round, s1 = round, s2 = round, s3 = round;

	for (uint32_t k = 0; k < taps; k++) {
		const uint8x16_t bytes = vld1q_u8((const uint8_t *)rows[k] + at);
		const int16x8_t low = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(bytes)));
		const int16x8_t high = vreinterpretq_s16_u16(vmovl_high_u8(bytes));
		const int16x8_t weight = vdupq_n_s16(coef[k]);

		s0 = vmlal_s16(s0, vget_low_s16(low), vget_low_s16(weight));
		s1 = vmlal_high_s16(s1, low, weight);
		s2 = vmlal_s16(s2, vget_low_s16(high), vget_low_s16(weight));
		s3 = vmlal_high_s16(s3, high, weight);
	}
	vst1q_s16(out + at, narrow(s0, s1));
	vst1q_s16(out + at + 8, narrow(s2, s3));
}

/* Blocks of 16 samples; the last one overlaps its neighbour, so nothing beyond the row is read. */
static void vertical(int16_t *out, const void *const *rows, const int16_t *coef, uint32_t taps,
                     size_t samples)
{
	if (samples < 16) {
		resampler_kernels_portable.vertical(out, rows, coef, taps, samples);
		return;
	}
	for (size_t at = 0; at + 16 <= samples; at += 16)
		block(out, rows, coef, taps, at);
	if (samples % 16)
		block(out, rows, coef, taps, samples - 16);
}

/* --- horizontal ---------------------------------------------------------------------- */

/* Stores the first `samples` of four finished sums. */
static inline void store(uint8_t *out, int32x4_t sum, unsigned samples)
{
	const int16x4_t upper = vshrn_n_s32(vaddq_s32(sum, vdupq_n_s32(OUT_ROUND)), 16);
	const uint8x8_t bytes = vqshrun_n_s16(vcombine_s16(upper, upper), OUT_SHIFT - 16);
	const uint32_t four = vget_lane_u32(vreinterpret_u32_u8(bytes), 0);

	memcpy(out, &four, samples);
}

/* Four partial sums of one output of a plane. */
static inline int32x4_t dot(const int16_t *in, const int16_t *coef, uint32_t stride)
{
	int32x4_t low = vdupq_n_s32(0), high = low;

	for (uint32_t k = 0; k < stride; k += 8) {
		const int16x8_t samples = vld1q_s16(in + k), weights = vld1q_s16(coef + k);

		low = vmlal_s16(low, vget_low_s16(samples), vget_low_s16(weights));
		high = vmlal_high_s16(high, samples, weights);
	}
	return vaddq_s32(low, high);
}

static void horizontal_1(uint8_t *out, const int16_t *in, const struct resampler_table *table)
{
	const size_t stride = table->stride;
	const int16_t *coef = table->coef;
	const uint32_t *first = table->first;
	uint32_t x = 0;

	for (; x + 4 <= table->size; x += 4, coef += 4 * stride) {
		const int32x4_t s0 = dot(in + first[x], coef, table->stride);
		const int32x4_t s1 = dot(in + first[x + 1], coef + stride, table->stride);
		const int32x4_t s2 = dot(in + first[x + 2], coef + 2 * stride, table->stride);
		const int32x4_t s3 = dot(in + first[x + 3], coef + 3 * stride, table->stride);

		store(out + x, vpaddq_s32(vpaddq_s32(s0, s1), vpaddq_s32(s2, s3)), 4);
	}
	for (; x < table->size; x++, coef += stride)
		store(out + x, vdupq_n_s32(vaddvq_s32(dot(in + first[x], coef, table->stride))), 1);
}

/* One output of 2 components: four pixels at a time. */
static inline int32x4_t couple(const int16_t *in, const int16_t *coef, uint32_t taps)
{
	int32x4_t low = vdupq_n_s32(0), high = low, sum;

	for (uint32_t k = 0; k < taps; k += 4, in += 8) {
		const int16x4_t weights = vld1_s16(coef + k);
		const int16x8_t pixels = vld1q_s16(in);

		low = vmlal_s16(low, vget_low_s16(pixels), vzip1_s16(weights, weights));
		high = vmlal_s16(high, vget_high_s16(pixels), vzip2_s16(weights, weights));
	}
	sum = vaddq_s32(low, high);
	return vaddq_s32(sum, vextq_s32(sum, sum, 2));
}

/* Of 3 or 4: a pixel is a vector. Of three components the fourth lane is the next pixel's and not
 * used. */
static inline int32x4_t pixel(const int16_t *in, const int16_t *coef, uint32_t taps,
                              unsigned components)
{
	int32x4_t even = vdupq_n_s32(0), odd = even;

	for (uint32_t k = 0; k < taps; k += 4, in += (size_t)4 * components) {
		const int16x4_t weights = vld1_s16(coef + k);

		even = vmlal_lane_s16(even, vld1_s16(in), weights, 0);
		odd = vmlal_lane_s16(odd, vld1_s16(in + components), weights, 1);
		even = vmlal_lane_s16(even, vld1_s16(in + (size_t)2 * components), weights, 2);
		odd = vmlal_lane_s16(odd, vld1_s16(in + (size_t)3 * components), weights, 3);
	}
	return vaddq_s32(even, odd);
}

static inline void pixels(uint8_t *out, const int16_t *in, const struct resampler_table *table,
                          unsigned components)
{
	for (uint32_t x = 0; x < table->size; x++) {
		const int16_t *coef = table->coef + (size_t)x * table->stride;
		const int16_t *from = in + (size_t)table->first[x] * components;
		const int32x4_t sum = components == 2
		                          ? couple(from, coef, table->taps[x])
		                          : pixel(from, coef, table->taps[x], components);

		store(out + (size_t)x * components, sum, components);
	}
}

#define HORIZONTAL(components)                                                   \
	static void horizontal_##components(uint8_t *out, const int16_t *in,     \
	                                    const struct resampler_table *table) \
	{                                                                        \
		pixels(out, in, table, components);                              \
	}

HORIZONTAL(2)
HORIZONTAL(3)
HORIZONTAL(4)

/* --- horizontal, of floats ----------------------------------------------------------- */

/* The sums that pixels are dealt out to in turn, as two vectors of four. */
struct sums {
	float32x4_t first, second;
};

static inline float32x4_t add_product(float32x4_t sum, float32x4_t a, float32x4_t b)
{
	return vaddq_f32(sum, vmulq_f32(a, b));
}

/* One output: pixels are taken in groups of as many as there are sums, the last group with
 * coefficients of 0. Of three components, the fourth sum is not used. */
static inline struct sums real_sums(const float *in, const float *coef, uint32_t taps,
                                    unsigned components)
{
	const uint32_t group = components == 1 ? 8 : components == 2 ? 4 : 2;
	const size_t half = components == 3 ? 3 : 4;
	struct sums sums = {vdupq_n_f32(0), vdupq_n_f32(0)};

	for (uint32_t k = 0; k < taps; k += group, in += (size_t)group * components) {
		const float *c = coef + k;
		float32x4_t near, far;

		if (components == 1) {
			near = vld1q_f32(c);
			far = vld1q_f32(c + 4);
		} else if (components == 2) {
			far = vld1q_f32(c);
			near = vzip1q_f32(far, far);
			far = vzip2q_f32(far, far);
		} else {
			near = vdupq_n_f32(c[0]);
			far = vdupq_n_f32(c[1]);
		}
		sums.first = add_product(sums.first, near, vld1q_f32(in));
		sums.second = add_product(sums.second, far, vld1q_f32(in + half));
	}
	return sums;
}

static inline void real_row(float *out, const float *in, const struct resampler_table *table,
                            unsigned components)
{
	for (uint32_t x = 0; x < table->size; x++) {
		const struct sums sums =
		    real_sums(in + (size_t)table->first[x] * components,
		              table->real + (size_t)x * table->stride, table->taps[x], components);
		float32x4_t sum = vaddq_f32(sums.first, sums.second);
		float all[4];

		if (components <= 2)
			sum = vaddq_f32(sum, vextq_f32(sum, sum, 2));
		if (components == 1)
			sum = vaddq_f32(sum, vextq_f32(sum, sum, 1));
		vst1q_f32(all, sum);
		memcpy(out + (size_t)x * components, all, components * sizeof(float));
	}
}

static void horizontal_real(float *out, const float *in, const struct resampler_table *table,
                            unsigned components)
{
	switch (components) {
	case 1:
		real_row(out, in, table, 1);
		break;
	case 2:
		real_row(out, in, table, 2);
		break;
	case 3:
		real_row(out, in, table, 3);
		break;
	case 4:
		real_row(out, in, table, 4);
		break;
	default:
		resampler_horizontal_real_any(out, in, table, components);
	}
}

const struct resampler_kernels resampler_kernels_neon = {
    .code = {.name = "neon"},
    .vertical = vertical,
    .horizontal = {horizontal_1, horizontal_2, horizontal_3, horizontal_4},
    .vertical_real = resampler_vertical_real_any,
    .horizontal_real = horizontal_real,
    .colours = resampler_colours_portable,
};

#endif
