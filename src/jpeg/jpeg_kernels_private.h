/* jpeg_kernels_private.h - what the versions of the JPEG transforms share. Private to
 * jpeg_kernels.c, jpeg_idct.c, jpeg_fdct.c, jpeg_colours.c and the files of x86/ and arm/.
 */
#ifndef JPEG_JPEG_KERNELS_PRIVATE_H
#define JPEG_JPEG_KERNELS_PRIVATE_H

#include "jpeg/jpeg_kernels.h"

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

/* The portable versions. */
jpeg_idct jpeg_idct_1, jpeg_idct_2, jpeg_idct_4, jpeg_idct_8;
jpeg_fdct jpeg_fdct_portable;
jpeg_colours jpeg_colours_portable;
jpeg_halve jpeg_halve_portable;

#if defined(CPU_X86)
extern const struct jpeg_kernels jpeg_kernels_avx2, jpeg_kernels_sse2;
jpeg_idct jpeg_idct_2_sse2, jpeg_idct_4_sse2, jpeg_idct_4_few_sse2, jpeg_idct_8_sse2,
    jpeg_idct_8_few_sse2;
jpeg_fdct jpeg_fdct_sse2;
jpeg_colours jpeg_colours_avx2;
jpeg_halve jpeg_halve_avx2;
#elif defined(CPU_ARM)
extern const struct jpeg_kernels jpeg_kernels_neon;
jpeg_idct jpeg_idct_2_neon, jpeg_idct_4_neon, jpeg_idct_4_few_neon, jpeg_idct_8_neon,
    jpeg_idct_8_few_neon;
jpeg_fdct jpeg_fdct_neon;
jpeg_colours jpeg_colours_neon;
jpeg_halve jpeg_halve_neon;
#endif

#endif
