/* entry.h - a plugin's file in this process: loaded, and looked at.
 *
 * Thread-safe. What is loaded stays so.
 */
#ifndef PLUGIN_ENTRY_H
#define PLUGIN_ENTRY_H

#include <batchresize/error.h>
#include <batchresize/plugin.h>

/* Loads the file, which runs what it has for that, and finds its table. Returns 0 or
 * BR_ERROR_USAGE. */
int entry_load(const char *path, const struct br_plugin **entry, struct br_error *error);

/* Loads it, and tells how many pictures it wants at a time at most. Returns as entry_load(). */
int entry_look(const char *path, unsigned *together, struct br_error *error);

/* The same in a process of its own, of which nothing stays: for a program without threads. Returns
 * also BR_ERROR_PLUGIN, for a file that ends that process or takes too long, or a negative errno.
 */
int entry_try(const char *path, unsigned *together, struct br_error *error);

#endif
