/* png_filter.c - applies the filters by NEON. All neighbours are known, so sixteen bytes go at once
 * whatever a pixel's size is. */
#include "png/png_private.h"

#if defined(CPU_ARM)

#include "png/arm/png_vectors.h"

struct neighbours {
	uint8x16_t left, above, corner;
};

static inline uint8x16_t paeth(const struct neighbours *at)
{
	return vcombine_u8(
	    vectors_paeth(vget_low_u8(at->left), vget_low_u8(at->above), vget_low_u8(at->corner)),
	    vectors_paeth(vget_high_u8(at->left), vget_high_u8(at->above),
	                  vget_high_u8(at->corner)));
}

static inline uint8x16_t predict(enum png_filter filter, const struct neighbours *at)
{
	switch (filter) {
	case PNG_ROW_SUB:
		return at->left;
	case PNG_ROW_UP:
		return at->above;
	case PNG_ROW_AVERAGE:
		return vhaddq_u8(at->left, at->above);
	case PNG_ROW_PAETH:
		return paeth(at);
	case PNG_ROW_NONE:
	default:
		return vdupq_n_u8(0);
	}
}

/* png_weight() of each byte. */
static inline uint8x16_t weights(uint8x16_t value)
{
	const uint8x16_t distance = vreinterpretq_u8_s8(vabsq_s8(vreinterpretq_s8_u8(value)));
	/* what is 16 and more finds nothing in the table, and is 0 */
	const uint8x16_t near = vqtbl1q_u8(vld1q_u8(png_weights_near), distance);

	return vorrq_u8(near, vqtbl1q_u8(vld1q_u8(png_weights_far), vshrq_n_u8(distance, 4)));
}

/* Inlined with the filter as a constant. */
static inline __attribute__((always_inline)) uint64_t apply_filter(enum png_filter filter,
                                                                   uint8_t *out, const uint8_t *row,
                                                                   const uint8_t *above,
                                                                   size_t bytes, unsigned pixel)
{
	const size_t begin = pixel < bytes ? pixel : bytes;
	uint64_t sum = png_apply_range(filter, out, row, above, 0, begin, pixel);
	uint64x2_t sums = vdupq_n_u64(0);
	size_t i = begin;

	for (; i + 16 <= bytes; i += 16) {
		const struct neighbours at = {vld1q_u8(row + i - pixel), vld1q_u8(above + i),
		                              vld1q_u8(above + i - pixel)};
		const uint8x16_t value = vsubq_u8(vld1q_u8(row + i), predict(filter, &at));

		vst1q_u8(out + i, value);
		sums = vpadalq_u32(sums, vpaddlq_u16(vpaddlq_u8(weights(value))));
	}
	sum += vaddvq_u64(sums);
	return sum + png_apply_range(filter, out, row, above, i, bytes, pixel);
}

uint64_t png_apply_neon(enum png_filter filter, uint8_t *out, const uint8_t *row,
                        const uint8_t *above, size_t bytes, unsigned pixel)
{
	switch (filter) {
	case PNG_ROW_SUB:
		return apply_filter(PNG_ROW_SUB, out, row, above, bytes, pixel);
	case PNG_ROW_UP:
		return apply_filter(PNG_ROW_UP, out, row, above, bytes, pixel);
	case PNG_ROW_AVERAGE:
		return apply_filter(PNG_ROW_AVERAGE, out, row, above, bytes, pixel);
	case PNG_ROW_PAETH:
		return apply_filter(PNG_ROW_PAETH, out, row, above, bytes, pixel);
	case PNG_ROW_NONE:
	default:
		return apply_filter(PNG_ROW_NONE, out, row, above, bytes, pixel);
	}
}

#endif
