/* jpeg_colours.h - from pixels to the samples of a JPEG's components.
 *
 * By the integers of libjpeg (JFIF 1.02, 16 fractional bits), to the last bit. Pure functions;
 * thread-safe.
 */
#ifndef JPEG_JPEG_COLOURS_H
#define JPEG_JPEG_COLOURS_H

#include <stddef.h>
#include <stdint.h>

#define JPEG_COLOURS_BITS   16
#define JPEG_COLOURS_FIX(x) ((int32_t)((x) * (1 << JPEG_COLOURS_BITS) + 0.5))
#define JPEG_COLOURS_HALF   (1 << (JPEG_COLOURS_BITS - 1))

/* Added to Cb and Cr: the middle, and what rounds halves down. */
#define JPEG_COLOURS_OFFSET ((128 << JPEG_COLOURS_BITS) + JPEG_COLOURS_HALF - 1)

/* Samples that are halved at once. */
#define JPEG_COLOURS_STEP 64

/* Pixels of three bytes, RGB, to as many samples each of Y, Cb and Cr. Reads and writes no more. */
typedef void jpeg_colours(const uint8_t *rgb, size_t pixels, uint8_t *luma, uint8_t *blue,
                          uint8_t *red);

/* Samples of two lines to their means by two and two of each: those of even numbers are rounded
 * with a quarter added, those of odd numbers with a half. `samples` is a multiple of
 * JPEG_COLOURS_STEP. */
typedef void jpeg_halve(const uint8_t *upper, const uint8_t *lower, size_t samples, uint8_t *out);

static inline uint8_t jpeg_luma_of(const uint8_t *rgb)
{
	return (uint8_t)((JPEG_COLOURS_FIX(0.29900) * rgb[0] + JPEG_COLOURS_FIX(0.58700) * rgb[1] +
	                  JPEG_COLOURS_FIX(0.11400) * rgb[2] + JPEG_COLOURS_HALF) >>
	                 JPEG_COLOURS_BITS);
}

static inline uint8_t jpeg_blue_of(const uint8_t *rgb)
{
	return (uint8_t)((JPEG_COLOURS_FIX(0.50000) * rgb[2] - JPEG_COLOURS_FIX(0.16874) * rgb[0] -
	                  JPEG_COLOURS_FIX(0.33126) * rgb[1] + JPEG_COLOURS_OFFSET) >>
	                 JPEG_COLOURS_BITS);
}

static inline uint8_t jpeg_red_of(const uint8_t *rgb)
{
	return (uint8_t)((JPEG_COLOURS_FIX(0.50000) * rgb[0] - JPEG_COLOURS_FIX(0.41869) * rgb[1] -
	                  JPEG_COLOURS_FIX(0.08131) * rgb[2] + JPEG_COLOURS_OFFSET) >>
	                 JPEG_COLOURS_BITS);
}

#endif
