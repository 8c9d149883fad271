/* outlook.c - see outlook.h. */
#include "batch/outlook.h"

#include <dirent.h>
#include <string.h>

/* So many names of a directory are looked at: a collection is mostly of one kind, and a directory
 * of a million names is not to be read twice. */
#define NAMES_MAX 64

/* Paths that are looked at. */
#define PATHS_MAX 256

/* What the names have told. */
struct outlook {
	const struct br_image_options *options;
	bool told; /* there was one that promises a picture */
	bool needs;
};

static void look_at_name(struct outlook *outlook, const char *name)
{
	const char *dot = strrchr(name, '.');
	const enum br_image_format format =
	    dot ? br_image_format_of_extension(dot + 1, strlen(dot + 1)) : BR_IMAGE_FORMAT_UNKNOWN;

	if (format == BR_IMAGE_FORMAT_UNKNOWN)
		return;
	outlook->told = true;
	outlook->needs = br_image_needs_library(format, outlook->options);
}

static void look_at_path(struct outlook *outlook, const char *path)
{
	const struct dirent *entry;
	DIR *directory;

	look_at_name(outlook, path);
	directory = outlook->needs ? NULL : opendir(path);
	if (!directory)
		return;
	for (unsigned i = 0; i < NAMES_MAX && !outlook->needs && (entry = readdir(directory)); i++)
		look_at_name(outlook, entry->d_name);
	(void)closedir(directory);
}

bool outlook_needs_library(const struct br_batch_options *options)
{
	struct outlook outlook = {.options = &options->image};

	for (size_t i = 0; i < options->path_count && i < PATHS_MAX && !outlook.needs; i++)
		look_at_path(&outlook, options->paths[i]);
	/* most pictures are JPEGs */
	return outlook.told ? outlook.needs
	                    : br_image_needs_library(BR_IMAGE_FORMAT_JPEG, &options->image);
}
