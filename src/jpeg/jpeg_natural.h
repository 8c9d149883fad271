/* jpeg_natural.h - the order in which the coefficients of a block come (ITU-T T.81, figure 5).
 */
#ifndef JPEG_JPEG_NATURAL_H
#define JPEG_JPEG_NATURAL_H

#include <stdint.h>

/* Where the k-th to come lies in the block, line by line. Runs of zeros may lead beyond the last
 * one by as much as a code can say. */
extern const uint8_t jpeg_natural[64 + 16];

/* As the how many-th each of the block comes. */
extern const uint8_t jpeg_place[64];

#endif
