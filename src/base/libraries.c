/* libraries.c - see libraries.h. */
#include "base/libraries.h"

#include <dlfcn.h>
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

struct search {
	enum library wanted;
	void *library;
};

static int open_wanted(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct search *search = ctx;
	const char *wanted = names[search->wanted];

	(void)size;
	if (!info->dlpi_name || strncmp(name_of(info->dlpi_name), wanted, strlen(wanted)) != 0)
		return 0;
	search->library = dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD);
	return 1;
}

void *libraries_open(enum library library)
{
	struct search search = {.wanted = library};

	(void)dl_iterate_phdr(open_wanted, &search);
	return search.library;
}

bool libraries_bind(void *library, const char *const *functions, size_t count, void *pointers)
{
	bool found = library != NULL;

	for (size_t i = 0; i < count && found; i++) {
		void *function = dlsym(library, functions[i]);

		found = function != NULL;
		memcpy((char *)pointers + i * sizeof(function), &function, sizeof(function));
	}
	return found;
}

void libraries_find(struct libraries *libraries)
{
	*libraries = (struct libraries){0};
	(void)dl_iterate_phdr(take, libraries);
}
