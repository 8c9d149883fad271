/* outlook.c - see outlook.h. */
#include "batch/outlook.h"

#include <dirent.h>
#include <string.h>

/* Names of a directory that are looked at: those of a collection are mostly of one kind, and a
 * directory of a million is not to be read twice. */
#define NAMES_MAX 64

/* Paths that are looked at. */
#define PATHS_MAX 256

static bool name_needs(const char *name, const struct image_options *options)
{
	const char *dot = strrchr(name, '.');
	const enum image_format format =
	    dot ? image_format_of_extension(dot + 1, strlen(dot + 1)) : IMAGE_FORMAT_UNKNOWN;

	return format != IMAGE_FORMAT_UNKNOWN && image_needs_library(format, options);
}

static bool path_needs(const char *path, const struct image_options *options)
{
	const struct dirent *entry;
	bool needs = name_needs(path, options);
	DIR *directory = needs ? NULL : opendir(path);

	if (!directory)
		return needs;
	for (unsigned i = 0; i < NAMES_MAX && !needs && (entry = readdir(directory)); i++)
		needs = name_needs(entry->d_name, options);
	(void)closedir(directory);
	return needs;
}

bool outlook_needs_library(const struct batch_options *options)
{
	if (image_needs_library(IMAGE_FORMAT_JPEG, &options->image))
		return true;
	for (size_t i = 0; i < options->path_count && i < PATHS_MAX; i++)
		if (path_needs(options->paths[i], &options->image))
			return true;
	return false;
}
