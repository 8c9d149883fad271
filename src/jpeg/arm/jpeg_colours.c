/* jpeg_colours.c - jpeg_colours.h by NEON. */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_ARM)

#include <arm_neon.h>

/* Pixels that are converted at once. */
#define BLOCK 8U

/* Four pixels' samples: 16 bits of each colour. */
static inline uint16x4_t luma_of(uint16x4_t red, uint16x4_t green, uint16x4_t blue)
{
	uint32x4_t sum = vmull_n_u16(red, JPEG_COLOURS_FIX(0.29900));

	sum = vmlal_n_u16(sum, green, JPEG_COLOURS_FIX(0.58700));
	sum = vmlal_n_u16(sum, blue, JPEG_COLOURS_FIX(0.11400));
	return vrshrn_n_u32(sum, JPEG_COLOURS_BITS);
}

/* Half of one colour, less its shares of the two others. */
static inline uint16x4_t chroma_of(uint16x4_t colour, uint16x4_t a, uint16_t share_a, uint16x4_t b,
                                   uint16_t share_b)
{
	uint32x4_t sum = vdupq_n_u32(JPEG_COLOURS_OFFSET);

	sum = vmlal_n_u16(sum, colour, JPEG_COLOURS_FIX(0.50000));
	sum = vmlsl_n_u16(sum, a, share_a);
	sum = vmlsl_n_u16(sum, b, share_b);
	return vshrn_n_u32(sum, JPEG_COLOURS_BITS);
}

static inline uint8x8_t chromas_of(uint16x8_t colour, uint16x8_t a, uint16_t share_a, uint16x8_t b,
                                   uint16_t share_b)
{
	return vmovn_u16(vcombine_u16(
	    chroma_of(vget_low_u16(colour), vget_low_u16(a), share_a, vget_low_u16(b), share_b),
	    chroma_of(vget_high_u16(colour), vget_high_u16(a), share_a, vget_high_u16(b),
	              share_b)));
}

void jpeg_colours_neon(const uint8_t *rgb, size_t pixels, uint8_t *luma, uint8_t *blue,
                       uint8_t *red)
{
	size_t i = 0;

	for (; i + BLOCK <= pixels; i += BLOCK) {
		const uint8x8x3_t bytes = vld3_u8(rgb + 3 * i);
		const uint16x8_t r = vmovl_u8(bytes.val[0]), g = vmovl_u8(bytes.val[1]);
		const uint16x8_t b = vmovl_u8(bytes.val[2]);

		vst1_u8(luma + i,
		        vmovn_u16(vcombine_u16(
			    luma_of(vget_low_u16(r), vget_low_u16(g), vget_low_u16(b)),
			    luma_of(vget_high_u16(r), vget_high_u16(g), vget_high_u16(b)))));
		vst1_u8(blue + i,
		        chromas_of(b, r, JPEG_COLOURS_FIX(0.16874), g, JPEG_COLOURS_FIX(0.33126)));
		vst1_u8(red + i,
		        chromas_of(r, g, JPEG_COLOURS_FIX(0.41869), b, JPEG_COLOURS_FIX(0.08131)));
	}
	jpeg_colours_portable(rgb + 3 * i, pixels - i, luma + i, blue + i, red + i);
}

void jpeg_halve_neon(const uint8_t *upper, const uint8_t *lower, size_t samples, uint8_t *out)
{
	static const uint16_t rounds[8] = {1, 2, 1, 2, 1, 2, 1, 2};
	const uint16x8_t round = vld1q_u16(rounds);

	for (size_t i = 0; i < samples; i += 16) {
		const uint16x8_t sum =
		    vpadalq_u8(vpaddlq_u8(vld1q_u8(upper + i)), vld1q_u8(lower + i));

		vst1_u8(out + i / 2, vshrn_n_u16(vaddq_u16(sum, round), 2));
	}
}

#endif
