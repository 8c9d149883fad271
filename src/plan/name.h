/* name.h - what outputs are called. Pure: bytes in, bytes out; no file is touched, unless a
 * function says so.
 *
 * With --output DIR, a directory's content lies directly below DIR, and a file that was named keeps
 * its path: no leading slash, "." dropped, ".." resolved by the text alone. Without it, the output
 * stands beside what was named, as "resized_" and its own name.
 */
#ifndef PLAN_NAME_H
#define PLAN_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <batchresize/error.h>

#include "plan/paths.h"

#define NAME_PREFIX "resized_"

/* A name as it is put together, in this order. */
struct name {
	const char *prefix;
	const char *stem; /* of the source's name; not ended by NUL */
	size_t stem_length;
	const char *extension; /* with a dot before it unless it is "" */
};

/* An output's name from its source's. `extension` is that of the format asked for: it replaces the
 * source's own if that is an image's, and is appended otherwise; "" keeps the name. Slashes at the
 * name's end, which a user may write behind a file's name, are dropped. */
struct name name_of_output(const char *source, bool prefixed, const char *extension);
size_t name_length(const struct name *name);

/* The same taken apart for a template. If no format was asked for, the extension is the source's
 * own, if that is an image's. A stem is never empty, "." or "..": the whole name is the stem then.
 */
struct name name_parts(const char *source, bool prefixed, const char *extension);

/* Writes it with a NUL and returns its length; cut when `size` is too small. */
size_t name_write(const struct name *name, char *buffer, size_t size);

/* The place of the extension's first byte in a name, behind the dot; NULL when there is none: a dot
 * at the beginning makes a hidden file, not an extension. */
const char *name_extension(const char *name);

/* The part of a path before its last component, slashes included, and the component. Slashes at the
 * end of the path belong to the component. */
size_t name_directory_length(const char *path);

/* The directory below `root` that mirrors the one in the first `length` bytes of a path. */
int name_mirror(struct paths *paths, uint32_t root, const char *path, size_t length,
                uint32_t *directory);

/* The length of a directory's path, as the user wrote it, without slashes and "/." at its end: at
 * least 1 for a path that is not empty. */
size_t name_trimmed_length(const char *path);

/* The root "resized_" + own name beside the directory at `path` (as trimmed). "." and ".." have the
 * name that the system knows them by (realpath(3)). Returns 0, BR_ERROR_USAGE for the file system's
 * root, which has no name, or a negative errno. */
int name_beside_directory(struct paths *paths, const char *path, uint32_t *directory,
                          struct br_error *error);

#endif
