/* select.c - see select.h. */
#include "plan/select.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "io/io.h"
#include "io/temporary.h"
#include "plan/name.h"
#include "state/place.h"

/* Cameras write .JPG, and *.jpg is typed. */
static bool match(const struct br_batch_options *options, const char *pattern, const char *text)
{
	return fnmatch(pattern, text, options->match_case ? 0 : FNM_CASEFOLD) == 0;
}

static bool matches(const struct br_batch_options *options, const char *const *pattern,
                    size_t count, const char *name, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (match(options, pattern[i], name) || match(options, pattern[i], path))
			return true;
	return false;
}

bool select_is_own(const char *name)
{
	return strncmp(name, OUTPUT_TEMPORARY_PREFIX, strlen(OUTPUT_TEMPORARY_PREFIX)) == 0 ||
	       temporary_is(name) || strcmp(name, PLACE_NAME) == 0;
}

bool select_passes_over(const struct br_batch_options *options, const char *name)
{
	return (name[0] == '.' && !options->hidden) || select_is_own(name);
}

bool select_file(const struct br_batch_options *options, const char *name, const char *path)
{
	if (options->include_count > 0 &&
	    !matches(options, options->include, options->include_count, name, path))
		return false;
	return !matches(options, options->exclude, options->exclude_count, name, path);
}

/* With a slash behind both: what a pattern that ends with one wants to see. */
static bool matches_slashed(const struct br_batch_options *options, const char *pattern,
                            const char *name, const char *path)
{
	char slashed[PATH_MAX + 1];
	size_t length = strlen(pattern);

	if (length == 0 || pattern[length - 1] != '/')
		return false;
	(void)snprintf(slashed, sizeof(slashed), "%s/", name);
	if (match(options, pattern, slashed))
		return true;
	(void)snprintf(slashed, sizeof(slashed), "%s/", path);
	return match(options, pattern, slashed);
}

bool select_directory(const struct br_batch_options *options, const char *name, const char *path)
{
	for (size_t i = 0; i < options->exclude_count; i++)
		if (matches_slashed(options, options->exclude[i], name, path))
			return false;
	return !matches(options, options->exclude, options->exclude_count, name, path);
}

enum br_image_format select_promised(const char *name)
{
	const char *extension = name_extension(name);

	if (!extension)
		return BR_IMAGE_FORMAT_UNKNOWN;
	return br_image_format_of_extension(extension, strlen(extension));
}
