/* hash.c - see hash.h. */
#include "base/hash.h"

#include <errno.h>
#include <unistd.h>

#include "base/hash_kernel.h"

#define XXH_INLINE_ALL /* no library is linked */
#include <xxhash.h>

static uint64_t hash_any(const void *bytes, size_t size, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, size, seed);
}

static const struct hash_kernel any = {.code = {.name = "any"}, .bytes = hash_any};

const struct cpu_code *const hash_kernels[] = {
#if defined(CPU_X86)
    &hash_kernel_avx2.code,
#endif
    &any.code, NULL};

uint64_t hash_bytes(const void *bytes, size_t size, uint64_t seed)
{
	const struct cpu_code *code = cpu_version(hash_kernels, 0);

	return ((const struct hash_kernel *)code)->bytes(bytes, size, seed);
}

int hash_file(int fd, const int *stop, uint64_t *hash)
{
	unsigned char block[1 << 16];
	XXH3_state_t state;
	off_t at = 0;

	XXH3_INITSTATE(&state);
	(void)XXH3_64bits_reset(&state);
	for (;;) {
		const ssize_t got = pread(fd, block, sizeof(block), at);

		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (stop && __atomic_load_n(stop, __ATOMIC_RELAXED))
			return -ECANCELED;
		if (got < 0)
			continue;
		(void)XXH3_64bits_update(&state, block, (size_t)got);
		at += got;
	}
	*hash = XXH3_64bits_digest(&state);
	return 0;
}
