/* hash_avx2.c - see hash_kernel.h: the library's header, compiled for AVX2. */
#include "base/hash_kernel.h"

#if defined(CPU_X86)

#include <immintrin.h> /* which xxhash.h includes for AVX2 alone */

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#define XXH_INLINE_ALL
#define XXH_VECTOR 2 /* XXH_AVX2, which is not defined yet */
#include <xxhash.h>

static uint64_t hash_wide(const void *bytes, size_t size, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, size, seed);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const struct hash_kernel hash_kernel_avx2 = {.code = {.name = "avx2", .needs = CPU_AVX2},
                                             .bytes = hash_wide};

#endif
