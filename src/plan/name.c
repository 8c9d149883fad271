/* name.c - see name.h. */
#include "plan/name.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <batchresize/image.h>

#include "io/path.h"

const char *name_extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? dot + 1 : NULL;
}

static size_t without_slashes(const char *name)
{
	size_t length = strlen(name);

	while (length > 0 && name[length - 1] == '/')
		length--;
	return length;
}

/* The place of an image's extension in a name; NULL when it has none. */
static const char *image_extension(const char *name)
{
	const char *own = name_extension(name);

	return own && br_image_format_of_extension(own, strlen(own)) != BR_IMAGE_FORMAT_UNKNOWN
	           ? own
	           : NULL;
}

struct name name_of_output(const char *source, bool prefixed, const char *extension)
{
	struct name name = {
	    .prefix = prefixed ? NAME_PREFIX : "",
	    .stem = source,
	    .stem_length = without_slashes(source),
	    .extension = extension,
	};
	const char *own = image_extension(source);

	if (*extension != '\0' && own)
		name.stem_length = (size_t)(own - source) - 1;
	return name;
}

struct name name_parts(const char *source, bool prefixed, const char *extension)
{
	struct name name = {
	    .prefix = prefixed ? NAME_PREFIX : "",
	    .stem = source,
	    .stem_length = without_slashes(source),
	    .extension = extension,
	};
	const char *own = image_extension(source);

	if (own && strspn(source, ".") < (size_t)(own - source)) {
		name.stem_length = (size_t)(own - source) - 1;
		name.extension = *extension != '\0' ? extension : own;
	}
	return name;
}

size_t name_length(const struct name *name)
{
	size_t extension = strlen(name->extension);

	return strlen(name->prefix) + name->stem_length + extension + (extension > 0);
}

/* Appends as much as there is room for; *used counts all. */
static void append(char *buffer, size_t size, size_t *used, const char *text, size_t length)
{
	const size_t room = *used < size ? size - *used : 0;

	if (room > 0)
		memcpy(buffer + *used, text, length < room ? length : room);
	*used += length;
}

size_t name_write(const struct name *name, char *buffer, size_t size)
{
	size_t used = 0;

	append(buffer, size, &used, name->prefix, strlen(name->prefix));
	append(buffer, size, &used, name->stem, name->stem_length);
	if (*name->extension != '\0')
		append(buffer, size, &used, ".", 1);
	append(buffer, size, &used, name->extension, strlen(name->extension));
	if (size > 0)
		buffer[used < size ? used : size - 1] = '\0';
	return used;
}

size_t name_directory_length(const char *path)
{
	size_t length = without_slashes(path);

	while (length > 0 && path[length - 1] != '/')
		length--;
	return length;
}

static bool is_component(const char *text, size_t length, const char *component)
{
	return length == strlen(component) && memcmp(text, component, length) == 0;
}

int name_mirror(struct paths *paths, uint32_t root, const char *path, size_t length,
                uint32_t *directory)
{
	const char *end = path + length;
	uint32_t at = root;
	int status = 0;

	while (path < end && status == 0) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t part = (size_t)((slash ? slash : end) - path);

		if (is_component(path, part, "..")) {
			if (at != root)
				at = paths->directory[at].parent;
		} else if (part > 0 && !is_component(path, part, ".")) {
			status = paths_known_child(paths, at, path, part, &at);
		}
		path += part + 1;
	}
	*directory = at;
	return status;
}

size_t name_trimmed_length(const char *path)
{
	size_t length = strlen(path);

	while ((length > 1 && path[length - 1] == '/') ||
	       (length > 2 && path[length - 1] == '.' && path[length - 2] == '/'))
		length--;
	return length;
}

/* The output's path for a directory that is called "." or "..", or "/". It is the caller's to free.
 */
static int beside_real_name(const char *path, char **text, struct br_error *error)
{
	char real[PATH_MAX];
	const char *slash;
	bool here = strcmp(path, ".") == 0;

	if (!realpath(path, real))
		return br_error_system(error, errno, "cannot find the name of '%s'",
		                       path_shown(path).text);
	slash = strrchr(real, '/');
	if (!slash || slash[1] == '\0')
		return br_error_set(error, BR_ERROR_USAGE,
		                    "'%s' is the root of the file system and has no name for an "
		                    "output: say where with --output",
		                    path_shown(path).text);
	if (asprintf(text, "%s%s" NAME_PREFIX "%s", here ? "" : path, here ? "../" : "/../",
	             slash + 1) < 0) {
		*text = NULL;
		return br_error_system(error, ENOMEM, "no memory for the plan");
	}
	return 0;
}

int name_beside_directory(struct paths *paths, const char *path, uint32_t *directory,
                          struct br_error *error)
{
	size_t before = name_directory_length(path);
	const char *own = path + before;
	char *text = NULL;
	int status = 0;

	if (*own == '\0' || strcmp(own, "/") == 0 || strcmp(own, ".") == 0 ||
	    strcmp(own, "..") == 0) {
		status = beside_real_name(path, &text, error);
	} else if (asprintf(&text, "%.*s" NAME_PREFIX "%s", (int)before, path, own) < 0) {
		text = NULL;
		status = br_error_system(error, ENOMEM, "no memory for the plan");
	}
	if (text) {
		status = paths_root(paths, text, strlen(text), directory);
		if (status != 0)
			(void)br_error_system(error, -status, "no memory for the plan");
	}
	free(text);
	return status;
}
