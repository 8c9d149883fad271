/* jpeg_kernels.c - see jpeg_kernels.h. */
#include "jpeg/jpeg_kernels_private.h"

const struct jpeg_kernels jpeg_kernels_portable = {
    .code = {.name = "portable"},
    .idct = {jpeg_idct_1, jpeg_idct_2, jpeg_idct_4, jpeg_idct_8},
    .idct_few = {jpeg_idct_1, jpeg_idct_2, jpeg_idct_4, jpeg_idct_8},
    .fdct = jpeg_fdct_portable,
    .colours = jpeg_colours_portable,
    .halve = jpeg_halve_portable,
};

static const struct cpu_code *const versions[] = {
#if defined(CPU_X86)
    &jpeg_kernels_avx2.code,
    &jpeg_kernels_sse2.code,
#elif defined(CPU_ARM)
    &jpeg_kernels_neon.code,
#endif
    &jpeg_kernels_portable.code,
    NULL,
};

const struct jpeg_kernels *jpeg_kernels(unsigned before)
{
	return (const struct jpeg_kernels *)cpu_version(versions, before);
}

bool jpeg_kernels_in_vectors(void)
{
	return jpeg_kernels(0) != &jpeg_kernels_portable;
}

jpeg_idct *jpeg_kernels_idct(const struct jpeg_kernels *kernels, unsigned size, bool few)
{
	const int step = __builtin_ctz(size);

	return few ? kernels->idct_few[step] : kernels->idct[step];
}
