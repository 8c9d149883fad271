/* hash_kernel.h - the versions of hash_bytes(), which give the same: see cpu.h. */
#ifndef BASE_HASH_KERNEL_H
#define BASE_HASH_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

struct hash_kernel {
	struct cpu_code code;
	uint64_t (*bytes)(const void *bytes, size_t size, uint64_t seed);
};

/* All that the build has, the fastest first; NULL behind the last. */
extern const struct cpu_code *const hash_kernels[];

/* By vectors of 32 bytes, three times as fast as by those of 16. */
extern const struct hash_kernel hash_kernel_avx2;

#endif
