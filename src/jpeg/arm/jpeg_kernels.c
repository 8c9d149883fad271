/* jpeg_kernels.c - the JPEG transforms and colours by NEON, which every 64-bit ARM has. */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_ARM)

const struct jpeg_kernels jpeg_kernels_neon = {
    .code = {.name = "neon"},
    .idct = {jpeg_idct_1, jpeg_idct_2_neon, jpeg_idct_4_neon, jpeg_idct_8_neon},
    .idct_few = {jpeg_idct_1, jpeg_idct_2_neon, jpeg_idct_4_few_neon, jpeg_idct_8_few_neon},
    .fdct = jpeg_fdct_neon,
    .colours = jpeg_colours_neon,
    .halve = jpeg_halve_neon,
};

#endif
