/* libraries.h - which versions of the libraries of pictures are loaded in this process.
 *
 * Thread-safe, no state.
 */
#ifndef BASE_LIBRARIES_H
#define BASE_LIBRARIES_H

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

#endif
