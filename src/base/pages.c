/* pages.c - see pages.h. */
#include "base/pages.h"

#include <sys/mman.h>

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define ASAN
#include <sanitizer/asan_interface.h>
#elif __has_feature(memory_sanitizer)
#define MSAN
#include <sanitizer/msan_interface.h>
#endif

/* Sanitizers know by themselves of what malloc() returns alone: so many bytes may be used from here
 * on, and none of them has been written. */
static void tell_sanitizer(const struct pages *pages, size_t bytes)
{
#if defined(ASAN)
	ASAN_UNPOISON_MEMORY_REGION(pages->data, bytes);
	ASAN_POISON_MEMORY_REGION(pages->data + bytes, pages->capacity - bytes);
#elif defined(MSAN)
	__msan_poison(pages->data, bytes);
#else
	(void)pages;
	(void)bytes;
#endif
}

static void *map(const struct pages *pages, size_t bytes)
{
	if (pages->data)
		return mremap(pages->data, pages->capacity, bytes, MREMAP_MAYMOVE);
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

bool pages_reserve(struct pages *pages, size_t bytes)
{
	if (bytes > pages->capacity) {
		void *data = map(pages, bytes);

		if (data == MAP_FAILED)
			return false;
		pages->data = data;
		pages->capacity = bytes;
	}
	tell_sanitizer(pages, bytes);
	return true;
}

void pages_trim(struct pages *pages, size_t keep)
{
	if (pages->capacity <= keep)
		return;
	tell_sanitizer(pages, pages->capacity);
	if (keep == 0) {
		(void)munmap(pages->data, pages->capacity);
		*pages = (struct pages){0};
	} else if (mremap(pages->data, pages->capacity, keep, 0) != MAP_FAILED) {
		pages->capacity = keep;
	}
}
