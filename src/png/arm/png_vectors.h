/* png_vectors.h - what the filters of both directions have in common by NEON. */
#ifndef PNG_ARM_PNG_VECTORS_H
#define PNG_ARM_PNG_VECTORS_H

#include <arm_neon.h>

/* png_paeth() by distances, as the standard says it (9.4): |above - corner| to left, |left -
 * corner| to above, and to the corner what is cut to a byte, than which the others are no larger.
 */
static inline uint8x8_t vectors_paeth(uint8x8_t left, uint8x8_t above, uint8x8_t corner)
{
	const uint8x8_t to_left = vabd_u8(above, corner), to_above = vabd_u8(left, corner);
	const uint8x8_t to_corner =
	    vqmovn_u16(vabdq_u16(vaddl_u8(left, above), vshll_n_u8(corner, 1)));
	const uint8x8_t is_above = vcle_u8(to_above, to_corner);
	const uint8x8_t is_left = vand_u8(vcle_u8(to_left, to_above), vcle_u8(to_left, to_corner));

	return vbsl_u8(is_left, left, vbsl_u8(is_above, above, corner));
}

#endif
