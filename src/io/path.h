/* path.h - a path as a person may see it in a message.
 *
 * Thread-safe, fork-safe, no state.
 */
#ifndef IO_PATH_H
#define IO_PATH_H

#include <stddef.h>

/* Bytes of a path shown in a message, NUL included: a message (struct br_error) has 240 for the
 * path, what failed and what to do. */
#define PATH_SHOWN_MAX 104

struct path_shown {
	char text[PATH_SHOWN_MAX];
};

/* The path on one line: control characters become '?', and of a long path only the end is left,
 * after "...". The file's true name stands in reports; this is for reading only. */
struct path_shown path_shown(const char *path);

/* The same in at most `max` bytes (from 16 to PATH_SHOWN_MAX), NUL included. */
struct path_shown path_shown_within(const char *path, size_t max);

#endif
