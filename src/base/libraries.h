/* libraries.h - which versions of the libraries of pictures are loaded in this process.
 *
 * Also the functions of one that is loaded instead of linked. Thread-safe, no state.
 */
#ifndef BASE_LIBRARIES_H
#define BASE_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum library {
	LIBRARY_JPEG,
	LIBRARY_PNG,
	LIBRARY_DEFLATE,
	LIBRARY_ZLIB,
	LIBRARY_LCMS,
	LIBRARY_VIPS,
	LIBRARY_WEBP,
	LIBRARY_WEBP_MUX,
	LIBRARY_WEBP_DEMUX,
	LIBRARY_HEIF,
	LIBRARY_AOM,
	LIBRARY_X265,
	LIBRARY_DE265,
	LIBRARY_DAV1D,
	LIBRARY_TIFF,
	LIBRARY_GIF,
	LIBRARY_CGIF,
	LIBRARY_IMAGEQUANT,
	LIBRARY_SPNG,
	LIBRARY_JXL,
	LIBRARIES
};

/* A number for each version; 0: not loaded, or linked statically. */
struct libraries {
	uint64_t version[LIBRARIES];
};

/* By the names of the files that they were loaded from, which end with their versions. */
void libraries_find(struct libraries *libraries);

/* A handle for dlsym(3) of one that is loaded in this process already, by its path (its soname has
 * a version that nobody here was built with); NULL: it is not. */
void *libraries_open(enum library library);

/* Looks `count` functions up and writes as many pointers, in that order. False when the library is
 * NULL or lacks one: dlerror(3) says which. */
bool libraries_bind(void *library, const char *const *functions, size_t count, void *pointers);

#endif
