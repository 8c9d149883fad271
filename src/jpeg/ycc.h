/* ycc.h - Y, Cb and Cr as gray or RGB.
 *
 * By the integers of libjpeg (JFIF 1.02, 16 fractional bits), to the last bit. Pure; thread-safe.
 */
#ifndef JPEG_YCC_H
#define JPEG_YCC_H

#include "jpeg/codec_jpeg.h"

/* Fills in pixels, line after line: of one band if there is one component, otherwise of three.
 * A sample of Cb and Cr that is for several pixels is that of each. */
void ycc_to_pixels(const struct jpeg_planes *planes, uint8_t *pixels);

/* The way back: writes to the planes what differs from what ycc_to_pixels() makes of them, and
 * leaves all other samples as they are. Where Cb and Cr are for several pixels they are their mean.
 */
void ycc_take_pixels(const struct jpeg_planes *planes, const uint8_t *pixels);

#endif
