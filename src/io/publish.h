/* publish.h - the steps of publishing, shared by output.c (one file) and group.c (several or none).
 */
#ifndef IO_PUBLISH_H
#define IO_PUBLISH_H

#include "io/io.h"

/* Says that `path` can't be written, and what to do. Returns -sys_errno. */
int publish_refuse(struct error *error, int sys_errno, const char *path);

/* The last part of a path. */
const char *publish_name(const char *path);

/* Each of these returns 0 or a negative errno. */

/* An O_PATH descriptor of the directory that `path` lies in, instead of 0. */
int publish_open_directory(const char *path);
int publish_random_name(char name[OUTPUT_TEMPORARY_MAX]);
int publish_set_attributes(int fd, const struct output_attributes *attributes);
/* Gives a nameless file a name; -EEXIST when it is taken. */
int publish_link(int fd, int directory, const char *name);
/* Whether that failed because links are not to be had here, or not in this way. */
bool publish_lacks_links(int status);
/* Makes a nameless file a named temporary beside `path`, by a link or else by copying it. Opens
 * output->directory unless it is open. */
int publish_name_temporary(struct output *output, const char *path,
                           const struct output_attributes *attributes);
/* Renames the temporary, but never over a file: -EEXIST. */
int publish_rename_new(const struct output *output, const char *name);
int publish_sync_directory(const char *path);

#endif
