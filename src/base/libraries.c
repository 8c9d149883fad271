/* libraries.c - see libraries.h. */
#include "base/libraries.h"

#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* What the file's name begins with, before a version or ".so". */
static const char *const names[LIBRARIES] = {
    [LIBRARY_JPEG] = "libjpeg.",
    [LIBRARY_PNG] = "libpng16.",
    [LIBRARY_DEFLATE] = "libdeflate.",
    [LIBRARY_ZLIB] = "libz.",
    [LIBRARY_LCMS] = "liblcms2.",
    [LIBRARY_VIPS] = "libvips.",
    [LIBRARY_WEBP] = "libwebp.",
    [LIBRARY_WEBP_MUX] = "libwebpmux.",
    [LIBRARY_WEBP_DEMUX] = "libwebpdemux.",
    [LIBRARY_HEIF] = "libheif.",
    [LIBRARY_AOM] = "libaom.",
    [LIBRARY_X265] = "libx265.",
    [LIBRARY_DE265] = "libde265.",
    [LIBRARY_DAV1D] = "libdav1d.",
    [LIBRARY_TIFF] = "libtiff.",
    [LIBRARY_GIF] = "libgif.",
    [LIBRARY_CGIF] = "libcgif.",
    [LIBRARY_IMAGEQUANT] = "libimagequant.",
    [LIBRARY_SPNG] = "libspng.",
    [LIBRARY_JXL] = "libjxl.",
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int take(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct libraries *libraries = ctx;
	const char *name = name_of(info->dlpi_name ? info->dlpi_name : "");
	char real[PATH_MAX];

	(void)size;
	for (unsigned i = 0; i < LIBRARIES; i++) {
		if (strncmp(name, names[i], strlen(names[i])) != 0)
			continue;
		name = name_of(realpath(info->dlpi_name, real) ? real : info->dlpi_name);
		libraries->version[i] = hash_bytes(name, strlen(name), 1);
		break;
	}
	return 0;
}

void libraries_find(struct libraries *libraries)
{
	*libraries = (struct libraries){0};
	(void)dl_iterate_phdr(take, libraries);
}
