/* jpeg_fdct.h - from the samples of a block to its quantised coefficients.
 *
 * The transform is the transpose of jpeg_idct.h's, in the same fixed point, rounded where libjpeg's
 * accurate integer transform rounds; quotients are rounded to the nearest, halves away from zero.
 * So the coefficients are libjpeg's (JDCT_ISLOW).
 *
 * Pure functions; thread-safe.
 */
#ifndef JPEG_JPEG_FDCT_H
#define JPEG_JPEG_FDCT_H

#include <stddef.h>
#include <stdint.h>

/* What a block's coefficients are divided by; natural order. */
struct jpeg_quantiser {
	float half[64]; /* half the divisor, and a quarter of a unit more: see jpeg_quantiser_make()
	                 */
	float scale[64]; /* one by the divisor */
};

/* quant: the table of the file, each 1 to 255. */
void jpeg_quantiser_make(struct jpeg_quantiser *quantiser, const uint16_t quant[64]);

/* Reads 8 lines of 8 samples, `stride` bytes apart; fills coef in natural order. Returns which of
 * them are other than 0, coefficient i as bit i. */
typedef uint64_t jpeg_fdct(const uint8_t *samples, size_t stride,
                           const struct jpeg_quantiser *quantiser, int16_t coef[64]);

#endif
