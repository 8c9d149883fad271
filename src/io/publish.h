/* publish.h - the steps of publishing, shared by output.c (temporaries), commit.c (names),
 * attributes.c (what a file has besides its bytes), directories.c, sweep.c and syncer.c. Private to
 * these.
 */
#ifndef IO_PUBLISH_H
#define IO_PUBLISH_H

#include <fcntl.h>

#include "io/io.h"

/* Says that `path` can't be written, and what to do. Returns -sys_errno. */
int publish_refuse(struct br_error *error, int sys_errno, const char *path);

/* The last part of a path. */
const char *publish_name(const char *path);

/* Each of these returns 0 or a negative errno. */

/* What a path is resolved from, for openat(2) and the like, and by what. */
static inline int publish_from(const struct output_place *place)
{
	return place ? place->fd : AT_FDCWD;
}
static inline const char *publish_below(const struct output_place *place, const char *path)
{
	return place ? path + place->length : path;
}

/* A descriptor of the directory in which `path` lies, never 0: one of O_PATH; the other for
 * reading, and of the place if it is not NULL. */
int publish_open_directory(const char *path);
int publish_read_directory(const struct output_place *place, const char *path);
/* What that would open. 0 or a negative errno. */
int publish_look_at_directory(const struct output_place *place, const char *path, struct stat *st);
/* Whether there can be nameless files beside `path`: 0, or 1 if the file system knows none. */
int publish_try_nameless(const char *path);
/* Gives a nameless file a name; -EEXIST when it is taken. */
int publish_link(int fd, int directory, const char *name);
/* Whether that failed because links can't be made here, or not in this way. */
bool publish_lacks_links(int status);
/* Makes a nameless file a named temporary beside `path`, whose name tells whose it is if it `lasts`
 * for longer than a moment. Opens output->directory unless it is open. Returns 1 if the file had to
 * be copied for want of links: then its attributes are to be set again. */
int publish_name_temporary(struct output *output, const char *path, bool lasts);
/* Closes output->fd and checks what that returns. */
int publish_close(struct output *output);

/* Gives the new file, whose fstat() is *file, its attributes. `replaced` is the lstat() of what is
 * there under `path`, or NULL. An attribute that the system does not allow is noted in
 * output->lacks; an error of the disk is returned. */
int publish_set_attributes(struct output *output, const struct stat *file, const char *path,
                           const struct stat *replaced, const struct output_attributes *attributes);

#endif
