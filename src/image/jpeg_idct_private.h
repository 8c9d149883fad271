/* jpeg_idct_private.h - the numbers that all versions of jpeg_idct*.c share. */
#ifndef IMAGE_JPEG_IDCT_PRIVATE_H
#define IMAGE_JPEG_IDCT_PRIVATE_H

#include "image/jpeg_idct.h"

/* Fractional bits of the weights, and of what goes from the columns to the rows. */
#define IDCT_BITS     13
#define IDCT_MID_BITS 2

/* Weights of the inputs 2 and 6, in the first two outputs: sqrt(2) cos(pi/8) and sqrt(2) sin(pi/8),
 * each the sum of the constants that libjpeg rounds one by one. */
#define IDCT_E2 (4433 + 6270)
#define IDCT_E6 4433
#define IDCT_F6 (4433 - 15137)

/* Those of the inputs 1, 3, 5, 7 in the outputs 0 to 3 (7 to 4: the negatives), likewise. */
#define IDCT_ODD                                                             \
	{                                                                    \
		{11363, 9633, 6437, 2260}, {9633, -2259, -11362, -6436},     \
		    {6437, -11362, 2261, 9633}, {2260, -6436, 9633, -11363}, \
	}

/* The same of sums of two outputs: inputs 2 and 6, then 1, 3, 5, 7. */
#define IDCT_4_E2 15137
#define IDCT_4_E6 (-6270)
#define IDCT_ODD_4                                                         \
	{                                                                  \
		{20995, 7373, -4926, -4176}, {8697, -17799, 11893, -1730}, \
	}

/* And of four. */
#define IDCT_ODD_2                          \
	{                                   \
		29692, -10426, 6967, -5906, \
	}

/* The version for x86-64, or NULL. */
jpeg_idct *jpeg_idct_x86(unsigned size, bool few);

#endif
