/* jpeg_vectors.h - what the transforms of both directions have in common by NEON. */
#ifndef JPEG_ARM_JPEG_VECTORS_H
#define JPEG_ARM_JPEG_VECTORS_H

#include <arm_neon.h>
#include <stddef.h>

/* Loops over registers must not become loops over memory. */
#define UNROLL _Pragma("GCC unroll 8")

/* Two and two lanes of each pair change places. */
static inline void vectors_swap_2(int16x8_t *a, int16x8_t *b)
{
	const int32x4_t x = vreinterpretq_s32_s16(*a), y = vreinterpretq_s32_s16(*b);

	*a = vreinterpretq_s16_s32(vtrn1q_s32(x, y));
	*b = vreinterpretq_s16_s32(vtrn2q_s32(x, y));
}

/* Blocks of four lines of four: in each half rows become columns. */
static inline void vectors_transpose_4(int16x8_t row[4])
{
	UNROLL
	for (size_t i = 0; i < 4; i += 2) {
		const int16x8_t a = row[i], b = row[i + 1];

		row[i] = vtrn1q_s16(a, b);
		row[i + 1] = vtrn2q_s16(a, b);
	}
	vectors_swap_2(&row[0], &row[2]);
	vectors_swap_2(&row[1], &row[3]);
}

/* Eight lines of eight: rows become columns. */
static inline void vectors_transpose(int16x8_t row[8])
{
	vectors_transpose_4(row);
	vectors_transpose_4(row + 4);
	UNROLL
	for (size_t i = 0; i < 4; i++) {
		const int64x2_t a = vreinterpretq_s64_s16(row[i]);
		const int64x2_t b = vreinterpretq_s64_s16(row[i + 4]);

		row[i] = vreinterpretq_s16_s64(vtrn1q_s64(a, b));
		row[i + 4] = vreinterpretq_s16_s64(vtrn2q_s64(a, b));
	}
}

/* The four inputs 1, 3, 5, 7 by their weights. */
static inline int32x4_t vectors_dot(int16x4_t a, int16x4_t b, int16x4_t c, int16x4_t d,
                                    const int16_t weight[4])
{
	const int32x4_t near = vmlal_n_s16(vmull_n_s16(a, weight[0]), b, weight[1]);

	return vmlal_n_s16(vmlal_n_s16(near, c, weight[2]), d, weight[3]);
}

#endif
