/* jpeg_kernels.c - the JPEG transforms by SSE2, which every x86-64 has, and colours by AVX2. */
#include "jpeg/jpeg_kernels_private.h"

#if defined(CPU_X86)

const struct jpeg_kernels jpeg_kernels_sse2 = {
    .code = {.name = "sse2"},
    .idct = {jpeg_idct_1, jpeg_idct_2_sse2, jpeg_idct_4_sse2, jpeg_idct_8_sse2},
    .idct_few = {jpeg_idct_1, jpeg_idct_2_sse2, jpeg_idct_4_few_sse2, jpeg_idct_8_few_sse2},
    .fdct = jpeg_fdct_sse2,
    .colours = jpeg_colours_portable,
    .halve = jpeg_halve_portable,
};

const struct jpeg_kernels jpeg_kernels_avx2 = {
    .code = {.name = "avx2", .needs = CPU_AVX2},
    .idct = {jpeg_idct_1, jpeg_idct_2_sse2, jpeg_idct_4_sse2, jpeg_idct_8_sse2},
    .idct_few = {jpeg_idct_1, jpeg_idct_2_sse2, jpeg_idct_4_few_sse2, jpeg_idct_8_few_sse2},
    .fdct = jpeg_fdct_sse2,
    .colours = jpeg_colours_avx2,
    .halve = jpeg_halve_avx2,
};

#endif
