/* config.h - files of defaults: their syntax, and nothing of what their keys mean.
 *
 *	# a comment; so is what follows a blank, # and a blank
 *	quality = 85
 *	enlarge                      (a flag alone is yes)
 *	name = "{stem} small.{ext}"  (between quotes blanks count; "\"" and "\\" as in C)
 *	[preset thumbs]
 *	size = 200x200
 *
 * Lines end in LF or CR LF; a mark of UTF-8 may stand before the first.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <batchresize/error.h>

#include "io/path.h"

/* Bytes of a file: more is none of defaults. */
#define CONFIG_BYTES_MAX ((size_t)1 << 20)

struct config_entry {
	const char *preset; /* the section that it stands in; NULL: before all of them */
	const char *key;
	const char *value; /* NULL: the key stands alone */
	unsigned line;     /* from 1 */
};

/* All zero is a file that is not there. */
struct config {
	char *path, *text; /* what the entries point into */
	struct config_entry *entry;
	size_t count, allocated;
	bool of_source; /* it lies among sources, and may be anybody's */
};

/* Whose file it is, and so how it is opened. */
enum config_owner {
	CONFIG_TYPED, /* named on the command line: whatever can be read, but it has to be there */
	CONFIG_USER,  /* in its usual place; none is as good as an empty one */
	CONFIG_SOURCE /* the same; only a regular file, by no link */
};

/* Reads the file. Returns 0, BR_ERROR_USAGE, BR_ERROR_MEMORY or a negative errno, with the file and
 * the line in *error. Release with config_release() in every case. */
int config_read(struct config *config, const char *path, enum config_owner owner,
                struct br_error *error);
void config_release(struct config *config);

/* "FILE:LINE", for messages. */
struct path_shown config_where(const struct config *config, unsigned line);

#endif
