/* select.h - which names below a directory are wanted.
 *
 * A pattern is an fnmatch(3) glob and is tried twice: on the name alone, and on the path relative
 * to the directory that the user named, where '*' and '?' match a slash too (as find's -path does:
 * "2024/" + "*" is everything below 2024). Upper and lower case count as one unless match_case is
 * set. A pattern that ends with a slash means directories only. A directory that --exclude matches
 * is not entered. --include says nothing of directories. Names that begin with a dot are left out
 * without --hidden, whatever else matches. None of this applies to what the user named.
 *
 * Pure; thread-safe.
 */
#ifndef PLAN_SELECT_H
#define PLAN_SELECT_H

#include <stdbool.h>

#include <batchresize/batch.h>

/* Whether a name is one of those that runs give to what they keep or have not finished. */
bool select_is_own(const char *name);

/* Whether a name is left out always: a hidden one without --hidden, a temporary of this program
 * that another run is filling, or what runs keep for the next ones (see state/place.h). */
bool select_passes_over(const struct br_batch_options *options, const char *name);

/* `path` is relative to the directory that was named. */
bool select_file(const struct br_batch_options *options, const char *name, const char *path);
bool select_directory(const struct br_batch_options *options, const char *name, const char *path);

/* The format that the name alone promises; UNKNOWN: none. */
enum br_image_format select_promised(const char *name);

#endif
