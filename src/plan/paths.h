/* paths.h - the paths of a plan, without repeating themselves: an arena of bytes, and directories
 * that know their parent and their own name only.
 *
 * A directory without a parent (a root) is a path as the user wrote it: "images", "/", "x//", ""
 * for the working directory. Offsets and directory numbers stay valid for the life of the paths;
 * pointers into the arena only until the next text is added. Not thread-safe while it grows.
 */
#ifndef PLAN_PATHS_H
#define PLAN_PATHS_H

#include <stddef.h>
#include <stdint.h>

#include "plan/table.h"

#define PATHS_NONE UINT32_MAX

struct path_directory {
	uint32_t parent; /* PATHS_NONE: a root. Always a smaller number than its own. */
	uint32_t text;   /* its name, a root's path */
	uint32_t length; /* bytes of its whole path with the slash that joins it to a name */
	uint32_t place;  /* see place.h; PATHS_NONE: not looked up */
};

/* All zero is empty. */
struct paths {
	char *bytes;
	size_t used, capacity;
	struct path_directory *directory;
	uint32_t count, allocated;
	struct table known; /* directories made by paths_root() and paths_known_child() */
};

void paths_release(struct paths *paths);

/* Keeps `length` bytes and a NUL. Returns 0, -ENOMEM, or -EOVERFLOW beyond 4 GiB in all. */
int paths_text(struct paths *paths, const char *text, size_t length, uint32_t *offset);

/* The root of that path, made if there is none yet. Returns as paths_text(). */
int paths_root(struct paths *paths, const char *text, size_t length, uint32_t *directory);

/* A new directory below another (paths_child), or the one that paths_known_child() made before. */
int paths_child(struct paths *paths, uint32_t parent, const char *name, size_t length,
                uint32_t *directory);
int paths_known_child(struct paths *paths, uint32_t parent, const char *name, size_t length,
                      uint32_t *directory);

/* The one that paths_known_child() made; PATHS_NONE when it made none. */
uint32_t paths_find_child(const struct paths *paths, uint32_t parent, const char *name,
                          size_t length);

/* Writes the directory's path up to where a name follows ("", "images/", "/"), without a NUL.
 * Returns its length; nothing is written when `size` is less than that. */
size_t paths_prefix(const struct paths *paths, uint32_t directory, char *buffer, size_t size);

/* The directory's own path ("." for the working directory), with a NUL. Returns its length, or
 * -ENAMETOOLONG. */
int paths_directory(const struct paths *paths, uint32_t directory, char *buffer, size_t size);

/* The length of that prefix for the root above the directory. */
size_t paths_root_length(const struct paths *paths, uint32_t directory);

static inline const char *paths_at(const struct paths *paths, uint32_t offset)
{
	return paths->bytes + offset;
}

#endif
