/* poison.h - what `make msan` includes before all else, in files of the program with POISON.
 *
 * MemorySanitizer sees no byte written that a library writes which was compiled without it. So what
 * malloc() returns is taken for written, to whomever it does, and the program's own is marked here
 * as not written yet.
 */
#ifndef UNIT_POISON_H
#define UNIT_POISON_H

#ifdef __clang__ /* no other compiler has that sanitizer */

#include <malloc.h> /* before names stand for others */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <sanitizer/allocator_interface.h>
#include <sanitizer/msan_interface.h>

/* fstat(2) is seen to write, a plain system call is not. */
#undef SYS_fstat

/* Called by the sanitizer with all that is allocated. One definition of many. */
__attribute__((weak, visibility("default"))) void
__sanitizer_malloc_hook(const volatile void *memory, size_t size)
{
	__msan_unpoison(memory, size);
}

#ifdef POISON

#include <libdeflate.h>

static inline void *poisoned_malloc(size_t size)
{
	void *memory = malloc(size);

	if (memory)
		__msan_poison(memory, size);
	return memory;
}

static inline void *poisoned_aligned_alloc(size_t alignment, size_t size)
{
	void *memory = aligned_alloc(alignment, size);

	if (memory)
		__msan_poison(memory, size);
	return memory;
}

static inline void *poisoned_realloc(void *old, size_t size)
{
	const size_t before = old ? __sanitizer_get_allocated_size(old) : 0;
	void *memory = poisoned_malloc(size);

	if (memory && old) {
		memcpy(memory, old, before < size ? before : size);
		free(old);
	}
	return memory;
}

/* The program's memory, which a library writes to. */
static inline enum libdeflate_result seen_decompress(struct libdeflate_decompressor *decompressor,
                                                     const void *in, size_t in_size, void *out,
                                                     size_t room, size_t *used, size_t *made)
{
	const enum libdeflate_result result =
	    libdeflate_zlib_decompress_ex(decompressor, in, in_size, out, room, used, made);

	if (result == LIBDEFLATE_SUCCESS) {
		__msan_unpoison(out, made ? *made : room);
		__msan_unpoison(used, sizeof(*used));
	}
	return result;
}

static inline size_t seen_compress(struct libdeflate_compressor *compressor, const void *in,
                                   size_t in_size, void *out, size_t room)
{
	const size_t made = libdeflate_zlib_compress(compressor, in, in_size, out, room);

	__msan_unpoison(out, made);
	return made;
}

#define malloc                        poisoned_malloc
#define aligned_alloc                 poisoned_aligned_alloc
#define realloc                       poisoned_realloc
#define libdeflate_zlib_decompress_ex seen_decompress
#define libdeflate_zlib_compress      seen_compress

#endif

#endif

#endif
