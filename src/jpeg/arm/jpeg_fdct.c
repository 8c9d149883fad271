/* jpeg_fdct.c - the transform of jpeg_fdct.h by NEON. */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_ARM)

#include "jpeg/arm/jpeg_vectors.h"

/* Bits that the sums of products lose in each direction. */
#define FIRST (IDCT_BITS - IDCT_MID_BITS)
#define LAST  (IDCT_BITS + IDCT_MID_BITS)

/* Rounded. */
static inline int16x8_t descale(int32x4_t low, int32x4_t high, bool first)
{
	return first ? vcombine_s16(vqrshrn_n_s32(low, FIRST), vqrshrn_n_s32(high, FIRST))
	             : vcombine_s16(vqrshrn_n_s32(low, LAST), vqrshrn_n_s32(high, LAST));
}

static inline int16x8_t by_two(int16x8_t c, int16x8_t d, int16_t first_weight,
                               int16_t second_weight, bool first)
{
	const int32x4_t low = vmull_n_s16(vget_low_s16(c), first_weight);
	const int32x4_t high = vmull_n_s16(vget_high_s16(c), first_weight);

	return descale(vmlal_n_s16(low, vget_low_s16(d), second_weight),
	               vmlal_n_s16(high, vget_high_s16(d), second_weight), first);
}

static inline int16x8_t by_four(const int16x8_t odd[4], const int16_t weight[4], bool first)
{
	return descale(vectors_dot(vget_low_s16(odd[0]), vget_low_s16(odd[1]), vget_low_s16(odd[2]),
	                           vget_low_s16(odd[3]), weight),
	               vectors_dot(vget_high_s16(odd[0]), vget_high_s16(odd[1]),
	                           vget_high_s16(odd[2]), vget_high_s16(odd[3]), weight),
	               first);
}

/* Sums and differences of one direction, in 16 bits; then products. Inlined with `first` as a
 * constant. */
static inline __attribute__((always_inline)) void eight_lines(int16x8_t row[8], bool first)
{
	static const int16_t w[4][4] = IDCT_ODD;
	int16x8_t sum[4], odd[4], a, b, c, d;

	UNROLL
	for (size_t i = 0; i < 4; i++) {
		sum[i] = vaddq_s16(row[i], row[7 - i]);
		odd[i] = vsubq_s16(row[i], row[7 - i]);
	}
	a = vaddq_s16(sum[0], sum[3]);
	b = vaddq_s16(sum[1], sum[2]);
	c = vsubq_s16(sum[0], sum[3]);
	d = vsubq_s16(sum[1], sum[2]);
	row[0] = vaddq_s16(a, b);
	row[4] = vsubq_s16(a, b);
	UNROLL
	for (size_t i = 0; i < 8; i += 4)
		row[i] = first ? vshlq_n_s16(row[i], IDCT_MID_BITS)
		               : vrshrq_n_s16(row[i], IDCT_MID_BITS);
	row[2] = by_two(c, d, IDCT_E2, IDCT_E6, first);
	row[6] = by_two(c, d, IDCT_E6, IDCT_F6, first);
	UNROLL
	for (size_t i = 0; i < 4; i++)
		row[2 * i + 1] = by_four(odd, w[i], first);
}

/* Four coefficients to whole quotients, without their signs. */
static inline uint16x4_t divide(uint16x4_t size, const struct jpeg_quantiser *quantiser, size_t at)
{
	const float32x4_t n =
	    vaddq_f32(vcvtq_f32_u32(vmovl_u16(size)), vld1q_f32(quantiser->half + at));

	return vmovn_u32(vcvtq_u32_f32(vmulq_f32(n, vld1q_f32(quantiser->scale + at))));
}

/* A line of eight. Returns which are not 0: a byte each with the bit of its place, or 0. */
static inline uint8x8_t quantise_line(int16x8_t line, const struct jpeg_quantiser *quantiser,
                                      size_t at, int16_t *coef)
{
	static const uint8_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
	const int16x8_t sign = vshrq_n_s16(line, 15);
	const uint16x8_t size = vreinterpretq_u16_s16(vabsq_s16(line));
	int16x8_t quotient =
	    vreinterpretq_s16_u16(vcombine_u16(divide(vget_low_u16(size), quantiser, at),
	                                       divide(vget_high_u16(size), quantiser, at + 4)));

	quotient = vsubq_s16(veorq_s16(quotient, sign), sign);
	vst1q_s16(coef, quotient);
	return vand_u8(vmovn_u16(vtstq_s16(quotient, quotient)), vld1_u8(bits));
}

uint64_t jpeg_fdct_neon(const uint8_t *samples, size_t stride,
                        const struct jpeg_quantiser *quantiser, int16_t coef[64])
{
	uint8x8_t set[8];
	int16x8_t row[8];

	UNROLL
	for (size_t y = 0; y < 8; y++)
		row[y] =
		    vreinterpretq_s16_u16(vsubl_u8(vld1_u8(samples + y * stride), vdup_n_u8(128)));
	vectors_transpose(row);
	eight_lines(row, true);
	vectors_transpose(row);
	eight_lines(row, false);
	UNROLL
	for (size_t y = 0; y < 8; y++)
		set[y] = quantise_line(row[y], quantiser, 8 * y, coef + 8 * y);
	/* the bits of each line become one byte */
	for (size_t lines = 8; lines > 1; lines /= 2)
		UNROLL for (size_t i = 0; i < lines; i += 2) set[i / 2] =
		    vpadd_u8(set[i], set[i + 1]);
	return vget_lane_u64(vreinterpret_u64_u8(set[0]), 0);
}

#endif
