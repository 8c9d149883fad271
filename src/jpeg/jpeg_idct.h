/* jpeg_idct.h - from the coefficients of a block to its samples, at full size or shrunk.
 *
 * The 8x8 transform is that of Loeffler, Ligtenberg and Moschytz ("Practical Fast 1-D DCT
 * Algorithms with 11 Multiplications", 1989) in fixed point of 13 bits, written out as sums of
 * products. The shrunk ones are the means of its 2x2, 4x4 and 8x8 samples, taken before anything is
 * rounded. All
 * round where libjpeg's accurate integer transforms do (JDCT_ISLOW) and give the same samples, but
 * of coefficients whose sums leave 16 bits, as no encoder's do.
 *
 * Pure functions; thread-safe.
 */
#ifndef JPEG_JPEG_IDCT_H
#define JPEG_JPEG_IDCT_H

#include <stddef.h>
#include <stdint.h>

/* coef and quant: 64 in natural order, of which the products count modulo 2^16. Writes as many
 * lines of as many samples as the transform's size is, `stride` bytes apart. */
typedef void jpeg_idct(const int16_t *coef, const uint16_t *quant, uint8_t *out, size_t stride);

/* Coefficients, in the order in which they come in a file, that all lie in the first four columns
 * and lines. */
#define JPEG_IDCT_FEW 10

/* A block that is its mean only. */
void jpeg_idct_flat(int mean, uint16_t quant, unsigned size, uint8_t *out, size_t stride);

#endif
