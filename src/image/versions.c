/* versions.c - what had a part in a picture's bytes, besides the options. */
#include <pthread.h>
#include <string.h>

#include <batchresize/image.h>

#include "base/hash.h"
#include "base/libraries.h"
#include "image/versions.h"
#include "pipeline/library.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct libraries linked; /* what this program is linked with */

static void find_linked(void)
{
	libraries_find(&linked);
}

void versions_find(void)
{
	(void)pthread_once(&once, find_linked);
}

/* Bits of the libraries that the image library reads or writes the format with. */
static uint32_t libraries_of(enum br_image_format format)
{
	switch (format) {
	case BR_IMAGE_FORMAT_PNG:
		return 1U << LIBRARY_PNG | 1U << LIBRARY_SPNG | 1U << LIBRARY_IMAGEQUANT;
	case BR_IMAGE_FORMAT_WEBP:
		return 1U << LIBRARY_WEBP | 1U << LIBRARY_WEBP_MUX | 1U << LIBRARY_WEBP_DEMUX;
	case BR_IMAGE_FORMAT_AVIF:
	case BR_IMAGE_FORMAT_HEIC:
		return 1U << LIBRARY_HEIF | 1U << LIBRARY_AOM | 1U << LIBRARY_X265 |
		       1U << LIBRARY_DE265 | 1U << LIBRARY_DAV1D;
	case BR_IMAGE_FORMAT_TIFF:
		return 1U << LIBRARY_TIFF;
	case BR_IMAGE_FORMAT_GIF:
		return 1U << LIBRARY_GIF | 1U << LIBRARY_CGIF | 1U << LIBRARY_IMAGEQUANT;
	case BR_IMAGE_FORMAT_JXL:
		return 1U << LIBRARY_JXL;
	default:
		return 0;
	}
}

uint64_t br_image_versions(enum br_image_format source, enum br_image_format output, bool library)
{
	/* those that are there in any case, whether the image library is or not */
	static const unsigned own[] = {LIBRARY_JPEG, LIBRARY_DEFLATE, LIBRARY_ZLIB, LIBRARY_LCMS};
	const struct libraries *loaded =
	    library && library_load(NULL) == 0 ? library_versions() : NULL;
	const uint32_t wanted = 1U << LIBRARY_VIPS | libraries_of(source) | libraries_of(output);
	uint64_t version[LIBRARIES + 1] = {0};

	versions_find();
	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		version[own[i]] = linked.version[own[i]];
	for (unsigned i = 0; loaded && i < LIBRARIES; i++)
		if (wanted >> i & 1)
			version[i] = loaded->version[i];
	version[LIBRARIES] = hash_bytes(BATCHRESIZE_VERSION, strlen(BATCHRESIZE_VERSION), 1);
	return hash_bytes(version, sizeof(version), 0);
}
