/* ycc.h - Y, Cb and Cr as gray or RGB.
 *
 * By the integers of libjpeg (JFIF 1.02, 16 fractional bits), to the last bit. Pure; thread-safe.
 */
#ifndef JPEG_YCC_H
#define JPEG_YCC_H

#include "jpeg/codec_jpeg.h"

/* Fills in pixels, line after line: of one band if there is one component, otherwise of three.
 * The planes have a sample of Cb and Cr for each pixel. */
void ycc_to_pixels(const struct jpeg_planes *planes, uint8_t *pixels);

#endif
