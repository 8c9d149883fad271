/* file.h - the file that a page is written to: whole, or as it was before. */
#ifndef HTML_FILE_H
#define HTML_FILE_H

#include <stdbool.h>

#include <batchresize/error.h>

#include "io/io.h"
#include "text/text.h"

struct html_file {
	const char *path; /* borrowed; NULL: nothing is to be written */
	bool fsync;       /* the caller's to set */
};

/* Looks whether `path` can be written: opens a temporary beside it, in a directory that must be
 * there, and drops it. Returns 0, BR_ERROR_USAGE for what exists and is no page of ours
 * (`--html *.jpg` must not cost a picture), or a negative errno. */
int html_file_open(struct html_file *file, const char *path, struct br_error *error);

/* Writes the page and gives it the file's name. Whoever has the old page open keeps it. May be
 * called again, with another page; what has come into its place since, or a directory that has
 * gone, is left as it is. Returns as html_file_open(). */
int html_file_publish(const struct html_file *file, const struct text *page,
                      struct br_error *error);

#endif
